//! `bench quiet`: an hour over ten healthy real servers at work, by a daemon without configuration but
//! for a receiver that takes everything. Whatever it tells is a false alarm.

mod report;
mod servers;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::daemon::{self, Daemon};
use super::fleet;
use super::machine::Busy;
use super::paper::{Output, Paper};
use super::workshop::{self, Builds};
use crate::repository;

/// `bench quiet`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long, minutes.
    #[arg(long, default_value_t = 60)]
    minutes: u64,

    /// Between two calls of a server, on the average, milliseconds.
    #[arg(long, default_value_t = 1000)]
    pause_ms: u64,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

/// Between two looks at what is pending.
const PACE: Duration = Duration::from_secs(15);

/// What came of it.
#[derive(Debug, Default)]
struct Outcome {
    /// What each server did, by name, as the client tells it.
    traffic: Value,
    /// The servers as the daemon saw them last.
    servers: Vec<Value>,
    /// Every alert that there was, firing or over.
    alerts: Vec<Value>,
    /// What was pending for a while, by rule and object.
    pending: Vec<String>,
    /// Lines that the receiver got.
    notices: Vec<String>,
    /// How busy the machine was.
    busy_percent: f64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.builds.build(&daemon::BUILDS)?;
    servers::install()?;
    let folder = workshop::empty("quiet")?;
    let plan = servers::plan(&folder)?;
    let state = folder.join("state");
    let told = folder.join("told.jsonl");
    configure(&state, &told, &plan)?;
    let mut client = Client::start(&folder, &plan, arguments)?;
    let daemon = Daemon::start_with(&state, &["--config", &folder_text(&state)])?;
    let outcome = watch(daemon, &mut client, arguments, &told)?;
    let mut paper = Paper::default();
    report::fill(&mut paper, &outcome, arguments);
    paper.deliver(&arguments.output)
}

fn folder_text(state: &Path) -> String {
    state.join("mcpvisor.toml").display().to_string()
}

/// The defaults, and one receiver; the servers are declared as people declare them.
fn configure(state: &Path, told: &Path, plan: &Value) -> Result<()> {
    let home = state.join("home");
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let receiver = format!(
        "[[receiver]]\nname = \"lines\"\nkind = \"file\"\npath = \"{}\"\n",
        told.display()
    );
    let declared = serde_json::json!({ "mcpServers": servers::declared(plan) });
    for (file, text) in [
        (state.join("mcpvisor.toml"), receiver),
        (home.join(".claude.json"), declared.to_string()),
    ] {
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Ok(())
}

fn watch(
    mut daemon: Daemon,
    client: &mut Client,
    arguments: &Arguments,
    told: &Path,
) -> Result<Outcome> {
    let mut outcome = Outcome::default();
    let end = Instant::now() + Duration::from_secs(arguments.minutes * 60);
    let before = Busy::now();
    eprintln!("{} minutes begin", arguments.minutes);
    while Instant::now() < end {
        thread::sleep(PACE.min(end.saturating_duration_since(Instant::now())));
        daemon.running.must_still_run()?;
        for alert in list(&daemon, "/api/v1/alerts?state=pending", "alerts")? {
            let what = format!("{} {}", alert["rule"], alert["labels"]);
            if !outcome.pending.contains(&what) {
                eprintln!("pending: {what}");
                outcome.pending.push(what);
            }
        }
    }
    outcome.busy_percent = Busy::now().percent_since(before);
    outcome.servers = list(&daemon, "/api/v1/servers", "servers")?;
    for state in ["firing", "resolved"] {
        let path = format!("/api/v1/alerts?state={state}");
        outcome.alerts.extend(list(&daemon, &path, "alerts")?);
    }
    // The daemon first: that the servers end now is no news.
    drop(daemon);
    let text = fs::read_to_string(told).unwrap_or_default();
    outcome.notices = text.lines().map(str::to_owned).collect();
    outcome.traffic = client.finish()?;
    Ok(outcome)
}

fn list(daemon: &Daemon, path: &str, key: &str) -> Result<Vec<Value>> {
    let mut document = daemon.ask(path)?;
    match document[key].take() {
        Value::Array(list) => Ok(list),
        other => anyhow::bail!("{path}: {key} is {other}"),
    }
}

/// The client at work.
#[derive(Debug)]
struct Client {
    process: Child,
    output: BufReader<ChildStdout>,
}

impl Client {
    fn start(folder: &Path, plan: &Value, arguments: &Arguments) -> Result<Self> {
        let file = folder.join("plan.json");
        fs::write(&file, plan.to_string())
            .with_context(|| format!("cannot write {}", file.display()))?;
        let program = fleet::link(&workshop::release().join("mcp-traffic"), folder, "claude")?;
        let lifetime = (arguments.minutes + 10) * 60;
        let mut process = Command::new(program)
            .arg("--plan")
            .arg(file)
            .arg(format!("--pause-ms={}", arguments.pause_ms))
            .arg(format!("--max-lifetime={lifetime}"))
            .current_dir(repository::testbed().join("npm"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the client")?;
        let output = process
            .stdout
            .take()
            .context("the client cannot be heard")?;
        let mut client = Self {
            process,
            output: BufReader::new(output),
        };
        let ready = client.line()?;
        let wanted = plan.as_object().map_or(0, serde_json::Map::len);
        ensure!(
            ready["ready"] == wanted,
            "only {} of {wanted} servers came up",
            ready["ready"]
        );
        Ok(client)
    }

    fn line(&mut self) -> Result<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("the client said {line:?}"))
    }

    /// Ends it; what each server did.
    fn finish(&mut self) -> Result<Value> {
        drop(self.process.stdin.take());
        self.line()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if let Err(error) = self.process.wait() {
            eprintln!("cannot wait for the client to end: {error}");
        }
    }
}
