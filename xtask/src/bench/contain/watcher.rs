//! The daemon that watches a server of others, and what it says of it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::others::{By, NAME, START_WITHIN};
use crate::bench::daemon::Daemon;

/// Until the daemon has told what it has done, or removed a group of what has ended.
const TOLD_WITHIN: Duration = Duration::from_secs(20);

/// A daemon that may act, and knows the server by its declaration.
pub(super) fn daemon(by: By, folder: &Path, words: &[String]) -> Result<Daemon> {
    let state = folder.join("state");
    let home = state.join("home");
    fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
    let (command, arguments) = words.split_first().context("no command")?;
    let declared = json!({"mcpServers": {NAME: {"command": command, "args": arguments}}});
    let file = state.join("mcpvisor.toml");
    for (file, text) in [
        (&file, by.limit()),
        (&home.join(".claude.json"), declared.to_string()),
    ] {
        fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    Daemon::start_with(&state, &["--config", &file.display().to_string()])
}

/// Until the daemon has seen the server run.
pub(super) fn wait_known(daemon: &Daemon) -> Result<()> {
    let begin = Instant::now();
    while begin.elapsed() < START_WITHIN {
        let list = daemon.ask("/api/v1/servers")?;
        let mut servers = list["servers"].as_array().into_iter().flatten();
        if servers.any(|server| server["name"] == NAME && server["state"] == "running") {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(100));
    }
    bail!("the daemon does not see it")
}

/// Until the daemon says what it has done.
pub(super) fn wait_told(daemon: &Daemon, by: By) -> Result<()> {
    let begin = Instant::now();
    while begin.elapsed() < TOLD_WITHIN {
        let told = match by {
            By::Tasks => says_limited(&daemon.ask("/api/v1/changes?limit=500")?),
            By::Processes | By::Polling => says_contained(&daemon.ask("/api/v1/audit?limit=1000")?),
        };
        if told {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(200));
    }
    bail!("the daemon does not say that it has contained it")
}

/// Until the daemon has removed the group of what has ended.
pub(super) fn wait_gone(group: &Path) {
    let begin = Instant::now();
    while group.exists() {
        if begin.elapsed() > TOLD_WITHIN {
            eprintln!("the daemon has left the group {}", group.display());
            return;
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Whether the kernel holds a limit of the server.
fn says_limited(changes: &Value) -> bool {
    let mut changes = changes["changes"].as_array().into_iter().flatten();
    changes.any(|change| change["data"]["server"] == NAME && change["data"]["held"] == true)
}

/// Whether the audit has something that was done to the server, and not by a person.
fn says_contained(audit: &Value) -> bool {
    let mut entries = audit["entries"].as_array().into_iter().flatten();
    entries.any(|entry| {
        let text = |key: &str| entry[key].as_str().unwrap_or_default();
        let is_ours = text("actor") == "policy" && text("command") != "notify";
        let is_done = text("phase") == "end" && text("outcome").starts_with("done");
        is_ours
            && is_done
            && (text("target").contains(NAME) || entry["data"].to_string().contains(NAME))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_done_counts() {
        let entry = |actor: &str, command: &str, phase: &str, outcome: &str, target: &str| {
            json!({"entries": [{"actor": actor, "command": command, "phase": phase, "outcome": outcome,
                "target": target, "data": null}]})
        };
        assert!(says_contained(&entry(
            "policy",
            "stop_largest",
            "end",
            "done: ended",
            "exploder of claude"
        )));
        assert!(!says_contained(&entry(
            "policy",
            "stop_largest",
            "begin",
            "",
            "exploder of claude"
        )));
        assert!(!says_contained(&entry(
            "policy",
            "stop_largest",
            "end",
            "failed: gone",
            "exploder"
        )));
        assert!(!says_contained(&entry(
            "policy", "notify", "end", "done", "exploder"
        )));
        assert!(!says_contained(&entry(
            "policy",
            "stop_largest",
            "end",
            "done",
            "another"
        )));
        assert!(!says_contained(&entry(
            "token from 127.0.0.1",
            "stop",
            "end",
            "done",
            "exploder"
        )));
        assert!(!says_contained(&json!({})));
    }

    #[test]
    fn only_what_is_held_counts() {
        let change = |server: &str, held: bool| json!({"changes": [{"title": "x", "data": null}, {"data": {"server": server, "held": held}}]});
        assert!(says_limited(&change(NAME, true)));
        assert!(!says_limited(&change(NAME, false)) && !says_limited(&change("another", true)));
        assert!(!says_limited(&json!({})));
    }
}
