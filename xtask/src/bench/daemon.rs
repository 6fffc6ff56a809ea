//! A running `mcpvisor serve` of ours with a state directory of its own, and with a day of history
//! where that is wanted.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::http;
use super::running::Running;
use super::workshop;
use crate::command::run;

/// How long it may take until it has looked for the first time.
const START_WITHIN: Duration = Duration::from_mins(1);

/// After so long it has read what it reads only now and then, so all its series are there.
const ALL_SERIES_AFTER: Duration = Duration::from_secs(21);

/// A daemon that runs, and ends when dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    pub(crate) running: Running,
    pub(crate) port: u16,
    /// What opens `/api/v1`.
    pub(crate) token: String,
}

/// What benchmarks of the daemon run.
pub(crate) const BUILDS: [(&str, &[&str]); 3] = [
    ("mcpvisor", &["--bin", "mcpvisor"]),
    ("mcpvisor-testbed", &["--bins", "--quiet"]),
    ("xtask", &["--example", "fill_history"]),
];

impl Daemon {
    /// Starts it on a free port, without configuration; returns when it has looked at the machine.
    fn start(state: &Path) -> Result<Self> {
        Self::start_with(state, &[])
    }

    /// The same with more arguments. `home` in its state directory is its home.
    pub(crate) fn start_with(state: &Path, more: &[&str]) -> Result<Self> {
        let mut command = Command::new(workshop::release().join("mcpvisor"));
        command.arg("--state-dir").arg(state);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(more);
        // What belongs to the person who measures is not part of the load.
        let home = state.join("home");
        fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
        command.env("HOME", &home);
        command.env("XDG_CONFIG_HOME", home.join("config"));
        let mut running = Running::start_logging(&mut command, &home, "serve")?;
        let log = home.join("serve.log");
        let deadline = Instant::now() + START_WITHIN;
        loop {
            let said = fs::read_to_string(&log).unwrap_or_default();
            running.must_still_run().context(said.clone())?;
            if let Some(port) = port(&said)
                && http::fetch(port, "/metrics", &[]).is_ok()
            {
                let token = fs::read_to_string(state.join("token")).context("no token")?;
                return Ok(Self {
                    running,
                    port,
                    token: token.trim().to_owned(),
                });
            }
            if Instant::now() > deadline {
                bail!("the daemon is not ready after {START_WITHIN:?}: {said}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Starts one that has already watched these very servers for a day: what it measures now is
    /// taken as the end of a day that is made up, written into the history, and gone on with.
    pub(crate) fn with_a_day() -> Result<Self> {
        let state = workshop::empty("state")?;
        eprintln!("a first daemon tells which series there are");
        let first = Self::start(&state)?;
        thread::sleep(ALL_SERIES_AFTER);
        let page = state.join("home/page.txt");
        fs::write(&page, http::fetch(first.port, "/metrics", &[])?)
            .with_context(|| format!("cannot write {}", page.display()))?;
        drop(first);
        for name in ["history.db", "history.db-wal", "history.db-shm"] {
            let file = state.join(name);
            if file.exists() {
                fs::remove_file(&file)
                    .with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        eprintln!("a day of them is written");
        run(
            Command::new(workshop::release().join("examples/fill_history"))
                .arg(&page)
                .arg(state.join("history.db")),
        )?;
        Self::start(&state)
    }

    /// Asks for a document under `/api/v1`.
    pub(crate) fn ask(&self, path: &str) -> Result<serde_json::Value> {
        let bearer = self.bearer();
        let body = http::fetch(self.port, path, &[("Authorization", &bearer)])?;
        serde_json::from_slice(&body).with_context(|| format!("{path}: no JSON"))
    }

    /// The value of the header that opens `/api/v1`.
    pub(crate) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// How many series `/metrics` has.
    pub(crate) fn series(&self) -> Result<usize> {
        let page = http::fetch(self.port, "/metrics", &[])?;
        Ok(series(&String::from_utf8_lossy(&page)))
    }
}

/// Lines of a page that are series.
fn series(page: &str) -> usize {
    let is_series = |line: &&str| !line.is_empty() && !line.starts_with('#');
    page.lines().filter(is_series).count()
}

/// The port of the link that it prints.
fn port(said: &str) -> Option<u16> {
    let (_, after) = said.split_once("http://127.0.0.1:")?;
    let (digits, _) = after.split_once('/')?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_says() {
        assert_eq!(
            port("a\n\n  http://127.0.0.1:4301/#sign-in=43\n"),
            Some(4301)
        );
        assert_eq!(port("  http://127.0.0.1:43"), None);
        assert_eq!(port(""), None);
        assert_eq!(
            series("# HELP a b\n# TYPE a gauge\na 1\nb{c=\"#\"} 2\n\n# EOF\n"),
            2
        );
    }
}
