//! Stops of trees that do not want to end: how many processes are left when the order has been carried out,
//! as its own command tells.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use linux::control::Target;
use rustix::process::Signal;

use super::keepers::{Kind, Server, order};
use super::notes::{Notes, hold};
use crate::bench::strays::Mark;

/// Processes of a tree: the root, a child, a session leader, an orphan.
const PROCESSES: usize = 4;

const START_WITHIN: Duration = Duration::from_secs(30);

/// What is left now may still be on its way out.
const LATER: Duration = Duration::from_secs(2);

/// What one keeper did.
#[derive(Clone, Debug)]
pub(super) struct Stops {
    pub(super) kind: Kind,
    /// How often it was stopped.
    pub(super) times: usize,
    /// How long the command took, milliseconds.
    pub(super) took_ms: Vec<f64>,
    /// Processes that lived when the command had ended, of all stops.
    pub(super) left: usize,
    /// Of these, some time later.
    pub(super) left_later: usize,
}

pub(super) fn measure(
    kind: Kind,
    times: usize,
    tree: &Path,
    folder: &Path,
    mark: &Mark,
) -> Result<Stops> {
    eprintln!("{times} stops under {}", kind.name());
    let notes = Notes::new(folder, "nasty")?;
    let server = Server {
        name: "nasty".to_owned(),
        command: vec![tree.display().to_string(), notes.path(), "nasty".to_owned()],
        autostart: false,
        pids_max: None,
        stops_quickly: true,
    };
    let keeper = kind.start(folder, &[server], mark)?;
    // Some start it all the same.
    end(&all(&notes));
    let mut told = Stops {
        kind,
        times,
        took_ms: Vec::new(),
        left: 0,
        left_later: 0,
    };
    for _ in 0..times {
        notes.clear()?;
        order(keeper.start_command("nasty"))?;
        notes.wait(PROCESSES, START_WITHIN)?;
        let tree = all(&notes);
        ensure!(
            tree.len() == PROCESSES,
            "{} processes instead of {PROCESSES}",
            tree.len()
        );
        let begin = Instant::now();
        order(keeper.stop_command("nasty"))?;
        told.took_ms.push(begin.elapsed().as_secs_f64() * 1e3);
        let left = alive(&tree);
        if left > 0 {
            thread::sleep(LATER);
            told.left_later += alive(&tree);
        }
        told.left += left;
        end(&tree);
    }
    drop(keeper);
    Ok(told)
}

/// All that have told of themselves and live.
fn all(notes: &Notes) -> Vec<Target> {
    let pids = notes.read().into_iter().map(|note| note.pid);
    // One that ended before it could be held is none that is left.
    pids.filter_map(|pid| hold(pid).ok()).collect()
}

/// How many live; what has ended and was not waited for holds nothing.
fn alive(tree: &[Target]) -> usize {
    tree.iter()
        .filter(|target| !matches!(target.ending(), Ok(Some(_))))
        .count()
}

/// What a keeper leaves is not left to the machine.
fn end(tree: &[Target]) {
    for target in tree {
        if matches!(target.ending(), Ok(None))
            && let Err(error) = target.signal(Signal::KILL)
        {
            eprintln!("a process of the tree is left: {error}");
        }
    }
}
