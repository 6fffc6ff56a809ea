//! Ending what a plan names: the one place where processes are signalled.
//!
//! Whoever calls has observed, planned, held every process by its pidfd ([`grasp`]), and
//! observed again with the same plan as the result. What is done is in the audit file before
//! the first signal and after the last.
//!
//! Processes come first. What the plan says of containers and files is left as [`Underway`], because an
//! engine that hangs may take minutes: a command finishes it at once, the daemon in a thread of its own.

use std::time::Duration;

use containers::act::Patience;
use inventory::plan::{Plan, Removal};
use linux::ProcRoot;
use linux::control::{self, Lineage, Outcome, Progress, Target, Timing};
use model::{ProcessId, ProcessTable};
use serde::Serialize;

use crate::cli::Setting;
use crate::engines;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::picture::Picture;
use crate::report::{
    self, CleanReport, ContainerResult, FileResult, Measured, PlanReport, ProcessResult,
};
use crate::state::State;

/// An entry of the audit file.
#[derive(Serialize)]
struct Audit {
    at: jiff::Timestamp,
    actor: String,
    command: &'static str,
    boot_id: String,
    phase: &'static str,
    plan: PlanReport,
    results: Vec<ProcessResult>,
    containers: Vec<ContainerResult>,
    files: Vec<FileResult>,
    freed: Option<Measured>,
}

/// What carrying out a plan has come to so far.
pub enum Carried {
    /// Nothing was done, or all of it.
    Done(Box<CleanReport>),
    /// Its processes have been ended; containers and files are left.
    Underway(Box<Underway>),
}

impl Carried {
    /// Does what is left of it; an engine that hangs may take minutes.
    pub fn finish(self, note: &dyn Fn(&str)) -> CleanReport {
        match self {
            Self::Done(document) => *document,
            Self::Underway(underway) => underway.finish(note),
        }
    }
}

/// Holds all processes of a plan; `None` if one of them is not there any more or has changed.
pub fn grasp(root: &ProcRoot, plan: &Plan) -> Option<Vec<Target>> {
    let mut targets = Vec::new();
    for id in plan.removals.iter().flat_map(|removal| &removal.processes) {
        match Target::hold(root, id.pid) {
            Ok((target, _)) if target.id() == *id => targets.push(target),
            _ => return None,
        }
    }
    Some(targets)
}

/// The document of a plan that has not been carried out.
pub fn document(observer: &mut Observer<'_>, seen: &Picture, outcome: &'static str) -> CleanReport {
    CleanReport {
        schema: report::CLEAN.into(),
        taken_at: seen.table.moment.wall,
        host: report::host(&seen.table),
        plan: plan_of(seen, observer.wishes().grace_seconds),
        applied: false,
        outcome: outcome.into(),
        results: Vec::new(),
        containers: Vec::new(),
        files: Vec::new(),
        before: None,
        after: None,
        freed: None,
        notes: Vec::new(),
    }
}

/// The plan of a picture as a document.
pub fn plan_of(seen: &Picture, grace_seconds: f64) -> PlanReport {
    let engines = seen.engines.as_ref();
    report::plan(&seen.plan, grace_seconds).with(engines.map(|look| &look.plan))
}

/// Carries out the plan with this id if the machine still gives it; else nothing is done and the
/// outcome is `changed`.
///
/// Every process is held before the machine is observed for the last time, so that what is ended is
/// what that observation saw. `held` are the plan's processes as they were held when it was made, if
/// they still are.
pub fn apply(
    setting: &Setting,
    observer: &mut Observer<'_>,
    plan_id: &str,
    held: Option<Vec<Target>>,
    kill_after: Duration,
    actor: &str,
    note: &dyn Fn(&str),
) -> anyhow::Result<Carried> {
    let root = ProcRoot::system()?;
    let seen = observer.observe(Scope::Thorough);
    if seen.plan.id != plan_id {
        return Ok(Carried::Done(Box::new(document(
            observer, &seen, "changed",
        ))));
    }
    if seen.has_nothing_to_clean() {
        return Ok(Carried::Done(Box::new(document(
            observer,
            &seen,
            "nothing_to_do",
        ))));
    }
    let targets = held.or_else(|| grasp(&root, &seen.plan));
    let again = observer.observe(Scope::Thorough);
    let Some(targets) = targets.filter(|_| again.plan.id == plan_id) else {
        return Ok(Carried::Done(Box::new(document(
            observer, &again, "changed",
        ))));
    };
    execute(setting, observer, &again, targets, kill_after, actor, note)
}

/// Carries out the plan of `seen`, whose processes are `targets`.
///
/// Fails without having done anything if the audit file cannot be written.
pub fn execute(
    setting: &Setting,
    observer: &mut Observer<'_>,
    seen: &Picture,
    targets: Vec<Target>,
    kill_after: Duration,
    actor: &str,
    note: &dyn Fn(&str),
) -> anyhow::Result<Carried> {
    let document = document(observer, seen, "done");
    let planned: Vec<ProcessId> = seen
        .plan
        .removals
        .iter()
        .flat_map(|removal| removal.processes.clone())
        .collect();
    let engines = seen.engines.as_ref();
    let work = engines.map(|look| look.plan.clone()).unwrap_or_default();
    let mut underway = Underway {
        before: with_engines(measure(&seen.table, &planned), &work),
        state: setting.state.clone(),
        actor: actor.to_owned(),
        boot_id: seen.table.host.boot_id.clone(),
        work,
        document,
        after: measure(&seen.table, &[]),
        is_complete: true,
        has_changed: false,
    };
    underway.audit("begin").map_err(|error| {
        Failure::new(
            exit::CANNOT_CREATE,
            format!(
                "the audit file in {} cannot be written ({error}), so nothing was done; name another folder with --state-dir",
                setting.state.folder().display()
            ),
        )
    })?;
    underway.document.applied = true;
    if !targets.is_empty() {
        let outcomes = stop(kill_after, &seen.plan.removals, targets, note)?;
        underway.document.results = outcomes.results;
        underway.document.notes = outcomes.notes;
        let after_look = observer.observe(Scope::Thorough);
        underway.after = measure(&after_look.table, &planned);
        underway.is_complete = outcomes.complete && underway.after.processes == 0;
        underway.has_changed = outcomes.changed;
    }
    observer.remember();
    if underway.work.is_empty() {
        return Ok(Carried::Done(Box::new(underway.finish(note))));
    }
    Ok(Carried::Underway(Box::new(underway)))
}

/// A plan whose processes have been ended: its containers and files are left.
pub struct Underway {
    state: State,
    actor: String,
    boot_id: String,
    work: engines::Plan,
    document: CleanReport,
    before: Measured,
    after: Measured,
    is_complete: bool,
    has_changed: bool,
}

impl Underway {
    /// Removes containers and files, measures what came free, and writes the end into the audit file.
    pub fn finish(self, note: &dyn Fn(&str)) -> CleanReport {
        let Self { work, .. } = &self;
        let removed = if work.is_empty() {
            engines::removal::Removed::default()
        } else {
            engines::removal::remove(work, &Patience::default(), note)
        };
        let after = left_of(self.after.clone(), work, &removed);
        let mut done = self;
        done.document.containers = ContainerResult::all(&removed);
        done.document.files = FileResult::all(&removed);
        done.document.freed = Some(freed(&done.before, &after));
        done.document.before = Some(done.before.clone());
        done.document.after = Some(after);
        let is_complete = done.is_complete && removed.is_complete();
        done.document.outcome = match (done.has_changed || removed.has_changed(), is_complete) {
            (true, _) => "changed".into(),
            (false, true) => "done".into(),
            (false, false) => "incomplete".into(),
        };
        if let Err(error) = done.audit("end") {
            done.document.notes.push(format!(
                "the result could not be written to the audit file: {error}"
            ));
        }
        done.document
    }

    fn audit(&self, phase: &'static str) -> std::io::Result<()> {
        let document = &self.document;
        self.state.audit(&Audit {
            at: linux::clock::now().wall,
            actor: self.actor.clone(),
            command: "clean",
            boot_id: self.boot_id.clone(),
            phase,
            plan: document.plan.clone(),
            results: document.results.clone(),
            containers: document.containers.clone(),
            files: document.files.clone(),
            freed: document.freed.clone(),
        })
    }
}

/// With what containers and files of a plan hold.
fn with_engines(mut measured: Measured, work: &engines::Plan) -> Measured {
    let memory = work.removals.iter().map(|removal| removal.memory_bytes);
    measured.containers = work.removals.len() as u64;
    measured.container_memory_bytes = memory.sum();
    measured.files = work.files.len() as u64;
    measured
}

/// With what is left of them.
fn left_of(
    measured: Measured,
    work: &engines::Plan,
    removed: &engines::removal::Removed,
) -> Measured {
    let gone: Vec<&str> = removed.gone().collect();
    let mut left = work.clone();
    left.removals
        .retain(|removal| !gone.contains(&removal.planned.target().id.as_str()));
    left.files
        .retain(|file| file.file.path().symlink_metadata().is_ok());
    with_engines(measured, &left)
}

/// What came of stopping processes.
pub(crate) struct Outcomes {
    /// Of each.
    pub(crate) results: Vec<ProcessResult>,
    notes: Vec<String>,
    /// Nothing of them is left.
    pub(crate) complete: bool,
    changed: bool,
}

impl Outcomes {
    /// How many live on.
    pub(crate) fn left(&self) -> usize {
        let has_ended =
            |result: &&ProcessResult| matches!(&*result.outcome, "ended" | "already_gone");
        self.results.len() - self.results.iter().filter(has_ended).count()
    }
}

/// Stops what removals have planned, and what it forks meanwhile: SIGTERM, after `kill_after` SIGKILL.
pub(crate) fn stop<'r>(
    kill_after: Duration,
    removals: impl IntoIterator<Item = &'r Removal>,
    targets: Vec<Target>,
    note: &dyn Fn(&str),
) -> anyhow::Result<Outcomes> {
    let root = ProcRoot::system()?;
    let spared: Vec<ProcessId> = removals
        .into_iter()
        .flat_map(|removal| removal.spared.iter().map(|(id, _)| *id))
        .collect();
    let mut lineage = Lineage::new(&root, &targets, &spared)?;
    let work = control::Plan {
        targets,
        timing: Timing {
            kill_after,
            ..Timing::default()
        },
        ..control::Plan::default()
    };
    let started = linux::clock::boot_ns();
    let clock = || Duration::from_nanos(linux::clock::boot_ns().saturating_sub(started));
    let done = control::run(work, &clock, &mut lineage, &mut |progress| {
        if let Progress::Phase(phase, count) = &progress {
            note(&format!("  {phase:?}: {count} left"));
        }
    });
    let complete = done.is_complete();
    let mut notes = Vec::new();
    if let Some(why) = &done.unverified {
        notes.push(format!(
            "whether anything of it is left could not be verified: {why}"
        ));
    }
    let strays: Vec<String> = lineage.left().map(|id| id.pid.to_string()).collect();
    if !strays.is_empty() {
        notes.push(format!(
            "left its trees and were not touched: PID {}",
            strays.join(", ")
        ));
    }
    let changed = done
        .outcomes
        .iter()
        .any(|(_, outcome)| matches!(outcome, Outcome::Changed { .. }));
    let results = done
        .outcomes
        .iter()
        .map(|(id, outcome)| result(*id, outcome))
        .collect();
    Ok(Outcomes {
        results,
        notes,
        complete,
        changed,
    })
}

fn result(id: ProcessId, outcome: &Outcome) -> ProcessResult {
    let (outcome, detail) = match outcome {
        Outcome::Ended { by, .. } => ("ended", Some(format!("{by:?}").to_lowercase())),
        Outcome::AlreadyGone => ("already_gone", None),
        Outcome::Survived => ("survived", None),
        Outcome::Refused { why } => ("refused", Some(why.clone())),
        Outcome::Changed { why } => ("changed", Some(why.clone())),
    };
    ProcessResult {
        pid: id.pid,
        outcome: outcome.into(),
        detail,
    }
}

/// What the planned processes hold, by the picture. Zombies hold nothing and do not count.
fn measure(table: &ProcessTable, planned: &[ProcessId]) -> Measured {
    let living: Vec<_> = planned
        .iter()
        .filter_map(|id| table.get(id.pid).filter(|process| process.id() == *id))
        .filter(|process| process.sample.counters.state != model::ProcessState::Zombie)
        .collect();
    let mut ports: Vec<u16> = living
        .iter()
        .filter_map(|process| process.sample.connections.as_ref()?.value.as_ref())
        .flat_map(|all| all.iter().filter_map(model::Connection::listening_port))
        .collect();
    ports.sort_unstable();
    ports.dedup();
    Measured {
        processes: living.len() as u64,
        rss_bytes: living
            .iter()
            .map(|process| process.sample.counters.rss_bytes)
            .sum(),
        pss_bytes: living.iter().map(|process| process.pss_bytes()).sum(),
        fds: living
            .iter()
            .map(|process| process.sample.counters.fd_total.map(u64::from))
            .sum(),
        ports,
        ..Measured::default()
    }
}

fn freed(before: &Measured, after: &Measured) -> Measured {
    let less = |before: Option<u64>, after: Option<u64>| Some(before?.saturating_sub(after?));
    Measured {
        processes: before.processes.saturating_sub(after.processes),
        rss_bytes: before.rss_bytes.saturating_sub(after.rss_bytes),
        pss_bytes: less(before.pss_bytes, after.pss_bytes),
        fds: less(before.fds, after.fds),
        ports: before
            .ports
            .iter()
            .filter(|port| !after.ports.contains(port))
            .copied()
            .collect(),
        containers: before.containers.saturating_sub(after.containers),
        container_memory_bytes: less(before.container_memory_bytes, after.container_memory_bytes),
        files: before.files.saturating_sub(after.files),
    }
}

/// Who did it: the user, and the one behind `sudo`.
pub fn actor() -> String {
    let uid = rustix::process::getuid().as_raw();
    match std::env::var("SUDO_UID") {
        Ok(sudo) if uid == 0 => format!("uid {uid} (sudo by uid {sudo})"),
        _ => format!("uid {uid}"),
    }
}
