//! Running mcpvisor in a world of its own: own home, own state, JSON out.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;
use testbed::programs;

/// Options that make `clean` act at once: nobody waits a minute in a test.
pub(crate) const NOW: [&str; 5] = [
    "--apply",
    "--yes",
    "--json",
    "--grace=0s",
    "--kill-after=1s",
];

/// A home and a state directory.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    /// Variables besides those that every world has.
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn home(&self) -> PathBuf {
        let home = self.folder.path().join("home");
        std::fs::create_dir_all(&home).unwrap();
        home
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mcpvisor"));
        command
            .args(arguments)
            .env("HOME", self.home())
            .env("COLUMNS", "100")
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("CLAUDE_CONFIG_DIR")
            .env_remove("CODEX_HOME")
            .arg("--state-dir")
            .arg(self.state())
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(self.folder.path());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The document that a command prints, with its exit code.
    pub(crate) fn json(&self, arguments: &[&str]) -> (Value, i32) {
        let output = self.run(arguments);
        let code = output.status.code().unwrap();
        let document = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!(
                "{arguments:?} printed no JSON ({error}), code {code}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            )
        });
        (document, code)
    }

    pub(crate) fn ps(&self) -> Value {
        self.json(&["ps", "--json"]).0
    }

    /// The plan of a dry run without grace.
    pub(crate) fn plan(&self, more: &[&str]) -> Value {
        let arguments = [&["clean", "--json", "--grace=0s"], more].concat();
        let (document, code) = self.json(&arguments);
        assert_eq!(code, 0, "a dry run never fails: {document}");
        document["plan"].clone()
    }
}

/// The instance that a process belongs to, with its server.
pub(crate) fn instance_of(report: &Value, pid: u32) -> Option<(&Value, &Value)> {
    report["servers"].as_array()?.iter().find_map(|server| {
        let instance = server["instances"].as_array()?.iter().find(|instance| {
            instance["processes"]
                .as_array()
                .is_some_and(|all| all.iter().any(|p| p["pid"] == pid))
        })?;
        Some((server, instance))
    })
}

/// Pids that a plan would end.
pub(crate) fn planned(plan: &Value) -> Vec<u32> {
    let removals = plan["removals"].as_array().unwrap();
    removals
        .iter()
        .flat_map(|removal| pids(&removal["pids"]))
        .collect()
}

/// Kinds of the reasons for which the instance with this root is left alone.
pub(crate) fn refusals(plan: &Value, root: u32) -> Vec<String> {
    let refused = plan["refused"].as_array().unwrap();
    refused
        .iter()
        .filter(|refused| refused["root_pid"] == root)
        .flat_map(|refused| refused["reasons"].as_array().unwrap())
        .map(|reason| reason["kind"].as_str().unwrap().to_owned())
        .collect()
}

pub(crate) fn pids(list: &Value) -> Vec<u32> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|pid| u32::try_from(pid.as_u64().unwrap()).unwrap())
        .collect()
}

/// `--only PID` for each.
pub(crate) fn only(pids: &[u32]) -> Vec<String> {
    pids.iter().map(|pid| format!("--only={pid}")).collect()
}

/// `clean --apply` at once, for these pids only: other tests have orphans too.
pub(crate) fn apply(world: &World, pids: &[u32]) -> (Value, i32) {
    let only = only(pids);
    let mut arguments = vec!["clean"];
    arguments.extend(NOW);
    arguments.extend(only.iter().map(String::as_str));
    world.json(&arguments)
}

/// Declares a misbehaving server as `notes` for Claude Code: what an owner that looks like it starts
/// is then known for what it is.
pub(crate) fn declare(world: &World, flags: &[&str]) {
    let command = programs::server_command(flags).unwrap();
    let words: Vec<String> = command
        .iter()
        .map(|word| word.to_str().unwrap().to_owned())
        .collect();
    let config =
        serde_json::json!({"mcpServers": {"notes": {"command": words[0], "args": words[1..]}}});
    std::fs::write(world.home().join(".claude.json"), config.to_string()).unwrap();
}
