//! Removing what a plan names: containers by their engines, each try reported, and files.
//!
//! It may take minutes where an engine hangs, so whoever must not wait calls it in a thread of its own.
//! Nothing is decided here: what is removed was judged left over right before, and the engine is asked
//! again whether it is still the same container.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::act::{self, Attempt, Outcome, Patience, Report, Step};
use containers::{Engine, once};
use futures_util::{StreamExt as _, stream};

use super::plan::{FileRemoval, Plan, Removal};

/// Removals under way at once.
const AT_ONCE: usize = 8;
/// None is begun after this, nanoseconds: together with the last tries it stays below five minutes.
const TIME_NS: u64 = 200_000_000_000;

/// What became of everything.
#[derive(Clone, Debug, Default)]
pub struct Removed {
    /// Each container.
    pub containers: Vec<Report>,
    /// Each file; the error says why it is still there.
    pub files: Vec<(PathBuf, Result<(), String>)>,
}

impl Removed {
    /// All of it is gone.
    pub fn is_complete(&self) -> bool {
        self.containers.iter().all(Report::is_done) && self.files.iter().all(|(_, how)| how.is_ok())
    }

    /// Something was not any more what it was when that was decided.
    pub fn has_changed(&self) -> bool {
        let mut all = self.containers.iter();
        all.any(|report| matches!(report.outcome, Outcome::Refused(_)))
    }

    /// Ids of containers that are gone.
    pub fn gone(&self) -> impl Iterator<Item = &str> {
        let done = self.containers.iter().filter(|report| report.is_done());
        done.map(|report| report.container.as_str())
    }
}

/// Removes all of it. `note` hears of each as it ends.
pub fn remove(plan: &Plan, patience: &Patience, note: &dyn Fn(&str)) -> Removed {
    let files: Vec<_> = plan.files.iter().map(remove_file).collect();
    let containers = if plan.removals.is_empty() {
        Vec::new()
    } else {
        match once::with_runtime(remove_all(&plan.removals, patience, note)) {
            Ok(reports) => reports,
            Err(error) => plan
                .removals
                .iter()
                .map(|removal| failed(removal, Vec::new(), error.to_string()))
                .collect(),
        }
    };
    Removed { containers, files }
}

fn remove_file(removal: &FileRemoval) -> (PathBuf, Result<(), String>) {
    let how = removal.file.remove().map_err(|error| error.to_string());
    (removal.file.path().to_owned(), how)
}

async fn remove_all(removals: &[Removal], patience: &Patience, note: &dyn Fn(&str)) -> Vec<Report> {
    let begun = linux::clock::boot_ns();
    let mut engines = BTreeMap::new();
    for removal in removals {
        if !engines.contains_key(&removal.socket) {
            let engine = connect(&removal.socket, patience).await;
            engines.insert(removal.socket.clone(), engine);
        }
    }
    let engines = &engines;
    let ends = stream::iter(removals).map(|removal| async move {
        let spent = linux::clock::boot_ns().saturating_sub(begun);
        match engines.get(&removal.socket) {
            _ if spent > TIME_NS => {
                let why = "not tried: the others took all of the time".to_owned();
                failed(removal, Vec::new(), why)
            }
            Some(Ok(engine)) => act::remove(engine, &removal.planned, patience).await,
            Some(Err(attempts)) => {
                let why = "its engine does not answer".to_owned();
                failed(removal, attempts.clone(), why)
            }
            None => failed(removal, Vec::new(), "its engine is gone".to_owned()),
        }
    });
    let mut ends = ends.buffer_unordered(AT_ONCE);
    let mut reports = Vec::new();
    while let Some(report) = ends.next().await {
        let word = if report.is_done() {
            "removed"
        } else {
            "still there"
        };
        note(&format!("  container {}: {word}", report.name));
        reports.push(report);
    }
    reports.sort_by(|a, b| a.container.cmp(&b.container));
    reports
}

/// The engine, asked with growing patience; else all tries.
pub(crate) async fn connect(socket: &Path, patience: &Patience) -> Result<Engine, Vec<Attempt>> {
    let mut attempts = Vec::new();
    for (at, deadline) in patience.tries.iter().enumerate() {
        if let Some(before) = at.checked_sub(1) {
            let pause = patience.pauses.get(before).or(patience.pauses.last());
            tokio::time::sleep(pause.copied().unwrap_or_default()).await;
        }
        let begun = linux::clock::boot_ns();
        match Engine::connect(socket, *deadline).await {
            Ok(engine) => return Ok(engine),
            Err(error) => attempts.push(Attempt {
                number: at + 1,
                deadline_seconds: deadline.as_secs_f64(),
                steps: vec![Step {
                    call: "connect".to_owned(),
                    seconds: since(begun).as_secs_f64(),
                    is_ok: false,
                    answer: error.to_string(),
                }],
            }),
        }
    }
    Err(attempts)
}

fn since(begun: u64) -> Duration {
    Duration::from_nanos(linux::clock::boot_ns().saturating_sub(begun))
}

fn failed(removal: &Removal, attempts: Vec<Attempt>, why: String) -> Report {
    let target = removal.planned.target();
    Report {
        order: "remove".to_owned(),
        container: target.id.clone(),
        name: target.name.clone(),
        attempts,
        outcome: Outcome::Failed(why),
    }
}
