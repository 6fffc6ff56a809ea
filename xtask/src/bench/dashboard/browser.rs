//! A browser under measurement, started by ourselves so that its processes are known, and the script that
//! tells it what to do.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::bench::family;
use crate::bench::running::Running;
use crate::repository;

const START_WITHIN: Duration = Duration::from_secs(30);

/// Quiet: nothing but the page is asked for, and nothing is updated behind its back.
const SWITCHES: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--enable-precise-memory-info",
    "--remote-debugging-port=0",
];

/// Chromium, without a window.
#[derive(Debug)]
pub(super) struct Browser {
    running: Running,
    address: String,
}

impl Browser {
    /// Starts it with an empty profile in this folder.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let profile = folder.join("profile");
        let mut command = Command::new("chromium");
        command
            .args(SWITCHES)
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg("about:blank")
            .env("HOME", folder);
        let mut running = Running::start_logging(&mut command, folder, "chromium")?;
        let told = profile.join("DevToolsActivePort");
        let deadline = Instant::now() + START_WITHIN;
        loop {
            running.must_still_run()?;
            let text = fs::read_to_string(&told).unwrap_or_default();
            if let Some(port) = text.lines().next().filter(|line| !line.is_empty()) {
                let address = format!("http://127.0.0.1:{port}");
                return Ok(Self { running, address });
            }
            ensure!(Instant::now() < deadline, "chromium does not come up");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Runs `page.mjs` with this stage, and answers with its figures.
    pub(super) fn measure(&mut self, mut stage: Value) -> Result<Value> {
        stage["browser"] = json!(self.address);
        stage["packages"] = json!(repository::testbed().join("browser"));
        let script = repository::root().join("xtask/src/bench/dashboard/page.mjs");
        let mut node = Command::new("node")
            .arg(script)
            .env("STAGE", stage.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start node")?;
        let mut answers = node.stdin.take().context("node cannot be told anything")?;
        let cues = BufReader::new(node.stdout.take().context("node cannot be heard")?);
        let mut figures = None;
        for line in cues.lines() {
            let line = line?;
            let Ok(mut cue) = serde_json::from_str::<Value>(&line) else {
                eprintln!("{line}");
                continue;
            };
            let detail = cue["detail"].take();
            let answer = match cue["cue"].as_str() {
                Some("cost") => self.cost(&detail)?,
                Some("hold") => {
                    eprintln!(
                        "{}; Enter ends it",
                        detail["link"].as_str().unwrap_or_default()
                    );
                    io::stdin().read_line(&mut String::new())?;
                    figures = Some(Value::Null);
                    Value::Null
                }
                Some("figures") => {
                    figures = Some(detail);
                    Value::Null
                }
                other => bail!("no such cue: {other:?}"),
            };
            writeln!(answers, "{answer}").context("node does not listen")?;
        }
        let status = node.wait().context("cannot wait for node")?;
        ensure!(
            status.success(),
            "the script in the browser failed: {status}"
        );
        figures.context("the script told no figures")
    }

    fn cost(&mut self, detail: &Value) -> Result<Value> {
        let seconds = detail["seconds"].as_u64().context("for how long?")?;
        let time = Duration::from_secs(seconds);
        Ok(family::watch(&mut [&mut self.running], time)?
            .remove(0)
            .json())
    }
}
