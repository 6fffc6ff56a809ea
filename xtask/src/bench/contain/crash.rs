//! From the death of a server to its next start: SIGKILL to its root, and the moment that its successor
//! tells of itself. Each server once, so that it is always the first restart.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use linux::clock::monotonic_ns;
use rustix::process::Signal;

use super::keepers::{Kind, Server};
use super::notes::{Notes, hold};
use crate::bench::strays::Mark;

/// All of them must be up by then.
const START_WITHIN: Duration = Duration::from_mins(2);

/// Every keeper takes a server for running after that: supervisord does after a second.
const SETTLE: Duration = Duration::from_secs(4);

/// Between two crashes: they are not to wait for each other.
const APART: Duration = Duration::from_millis(150);

/// Some keepers come round only each second, or each thirty.
const RESTART_WITHIN: Duration = Duration::from_secs(40);

/// What one keeper did.
#[derive(Clone, Debug)]
pub(super) struct Crashes {
    pub(super) kind: Kind,
    /// Milliseconds, one for each server.
    pub(super) took_ms: Vec<f64>,
}

pub(super) fn measure(
    kind: Kind,
    count: usize,
    tree: &Path,
    folder: &Path,
    mark: &Mark,
) -> Result<Crashes> {
    eprintln!("{count} crashes under {}", kind.name());
    let mut servers = Vec::new();
    let mut all = Vec::new();
    for number in 0..count {
        let name = format!("crash-{number}");
        let notes = Notes::new(folder, &name)?;
        servers.push(Server {
            command: vec![tree.display().to_string(), notes.path(), "idle".to_owned()],
            name,
            autostart: true,
            pids_max: None,
            stops_quickly: true,
        });
        all.push(notes);
    }
    let keeper = kind.start(folder, &servers, mark)?;
    for notes in &all {
        notes.wait(1, START_WITHIN)?;
    }
    thread::sleep(SETTLE);
    let took_ms = all.iter().map(crash).collect::<Result<_>>()?;
    drop(keeper);
    Ok(Crashes { kind, took_ms })
}

fn crash(notes: &Notes) -> Result<f64> {
    thread::sleep(APART);
    let before = notes.read();
    let last = before.last().context("it has not started")?;
    let root = hold(last.pid)?;
    let begin = monotonic_ns();
    root.signal(Signal::KILL)?;
    let after = notes.wait(before.len() + 1, RESTART_WITHIN)?;
    let next = after.get(before.len()).context("no next start")?;
    Ok(next.at_ns.saturating_sub(begin) as f64 / 1e6)
}
