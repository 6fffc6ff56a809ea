//! A scene: a world with a daemon, and a browser in which a scenario is played.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use testbed::real::{self, or_skip};
use testbed::{Owner, OwnerPlan, Spawned};

use crate::daemon::running::Daemon;
use crate::support::World;

/// A daemon with its world, and what a browser needs.
pub(super) struct Scene {
    pub(super) world: World,
    /// Absent while a scenario wants it to be gone.
    pub(super) daemon: Option<Daemon>,
    config: PathBuf,
    browser: real::Browser,
}

impl Scene {
    /// Starts a daemon that looks each second. `None` where there is no browser, which is said.
    pub(super) fn open(world: World, config: &str) -> Option<Self> {
        let mut scene = Self::prepare(world, config)?;
        let daemon = Daemon::start(&scene.world, &["--config", scene.config.to_str().unwrap()]);
        scene.daemon = Some(daemon);
        Some(scene)
    }

    /// The same without a daemon.
    pub(super) fn prepare(world: World, config: &str) -> Option<Self> {
        let browser = or_skip(real::browser())?;
        let file = world.folder.path().join("browser.toml");
        std::fs::write(&file, format!("[daemon]\ninterval = \"1s\"\n{config}")).unwrap();
        Some(Self {
            world,
            daemon: None,
            config: file,
            browser,
        })
    }

    pub(super) fn config(&self) -> &str {
        self.config.to_str().unwrap()
    }

    pub(super) fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    /// Starts a daemon again where the last one listened.
    pub(super) fn start_again(&mut self, address: &str) {
        let arguments = ["--config", self.config(), "--listen", address];
        self.daemon = Some(Daemon::start(&self.world, &arguments));
    }

    /// What every scenario is told.
    fn stage(&self, more: &Value) -> Value {
        let mut stage = json!({
            "chromium": self.browser.program,
            "packages": self.browser.packages,
            "pictures": std::env::var_os("MCPVISOR_PICTURES").map(PathBuf::from),
        });
        if let Some(daemon) = &self.daemon {
            stage["link"] = json!(daemon.link);
            stage["address"] = json!(daemon.link.split('#').next());
        }
        let all = stage.as_object_mut().unwrap();
        all.extend(more.as_object().cloned().unwrap_or_default());
        stage
    }

    /// Plays a scenario, which finds `more` on its stage; `act` does what its cues ask for.
    pub(super) fn play(
        &mut self,
        scenario: &str,
        more: &Value,
        mut act: impl FnMut(&mut Self, &str, &Value) -> Value,
    ) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
        let temporary = self.world.folder.path().join("tmp");
        std::fs::create_dir_all(&temporary).unwrap();
        let mut script = Spawned::start(
            Command::new("node")
                .arg(folder.join("run.mjs"))
                .arg(scenario)
                .env("STAGE", self.stage(more).to_string())
                // The browser's profile goes with the world.
                .env("TMPDIR", &temporary)
                .env("HOME", self.world.folder.path())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped()),
        )
        .unwrap();
        let mut answers = script.take_stdin().unwrap();
        let cues = BufReader::new(script.take_stdout().unwrap());
        for line in cues.lines().map_while(Result::ok) {
            let Some(cue) = serde_json::from_str::<Value>(&line).ok() else {
                eprintln!("{line}");
                continue;
            };
            let answer = act(self, cue["cue"].as_str().unwrap(), &cue["detail"]);
            // A script that has failed meanwhile says so by its code.
            drop(writeln!(answers, "{answer}"));
        }
        let status = script.wait(Duration::from_secs(20)).unwrap();
        if !status.success() {
            let log = Daemon::log(&self.world);
            let end: Vec<&str> = log.lines().rev().take(15).collect();
            panic!("{scenario} failed, see above; the daemon's last words: {end:#?}");
        }
    }

    /// Plays a scenario without cues.
    pub(super) fn watch(&mut self, scenario: &str, more: &Value) {
        self.play(scenario, more, |_, cue, _| panic!("no such cue: {cue}"));
    }
}

/// Declares servers of these names and command lines for Claude Code.
pub(super) fn declare(world: &World, servers: &[(&str, &[String])]) {
    let all: serde_json::Map<String, Value> = servers
        .iter()
        .map(|(name, words)| {
            let server = json!({"command": words[0], "args": words[1..]});
            ((*name).to_owned(), server)
        })
        .collect();
    let text = json!({ "mcpServers": all }).to_string();
    std::fs::write(world.home().join(".claude.json"), text).unwrap();
}

/// Starts what was declared as Claude Code does.
pub(super) fn start_claude(world: &World, words: &[String]) -> Owner {
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..OwnerPlan::default()
    };
    let command: Vec<_> = words.iter().map(Into::into).collect();
    Owner::start(world.folder.path(), &plan, &command).unwrap()
}

/// A real server of npm's that keeps its notes in this world: a command line that nobody else has.
pub(super) fn memory_server(world: &World) -> Option<Vec<String>> {
    let script = or_skip(real::npm_script("mcp-server-memory"))?;
    let mark = world.folder.path().join("notes.json");
    let words = [Path::new("node"), &script, &mark];
    Some(
        words
            .iter()
            .map(|word| word.display().to_string())
            .collect(),
    )
}

/// A `[[server]]` that the daemon keeps.
pub(super) fn kept(name: &str, words: &[String]) -> String {
    format!(
        "[[server]]\nname = {name:?}\ncommand = {words:?}\n\
         stop = {{ stdin_grace = \"300ms\", kill_after = \"2s\" }}\n"
    )
}
