//! Ending what a plan names: the one place where processes are signalled.
//!
//! Whoever calls has observed, planned, held every process by its pidfd ([`grasp`]), and
//! observed again with the same plan as the result. What is done is in the audit file before
//! the first signal and after the last.

use std::time::Duration;

use inventory::plan::Plan;
use linux::ProcRoot;
use linux::control::{self, Lineage, Outcome, Progress, Target, Timing};
use model::{ProcessId, ProcessTable};
use serde::Serialize;

use crate::cli::Setting;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::picture::Picture;
use crate::report::{self, CleanReport, Measured, ProcessResult};

/// An entry of the audit file.
#[derive(Serialize)]
struct Audit {
    at: jiff::Timestamp,
    actor: String,
    command: &'static str,
    boot_id: String,
    phase: &'static str,
    plan: report::PlanReport,
    results: Vec<ProcessResult>,
    freed: Option<Measured>,
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
        plan: report::plan(&seen.plan, observer.wishes().grace_seconds),
        applied: false,
        outcome: outcome.into(),
        results: Vec::new(),
        before: None,
        after: None,
        freed: None,
        notes: Vec::new(),
    }
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
) -> anyhow::Result<CleanReport> {
    let root = ProcRoot::system()?;
    let seen = observer.observe(Scope::Thorough);
    if seen.plan.id != plan_id {
        return Ok(document(observer, &seen, "changed"));
    }
    if seen.plan.removals.is_empty() {
        return Ok(document(observer, &seen, "nothing_to_do"));
    }
    let targets = held.or_else(|| grasp(&root, &seen.plan));
    let again = observer.observe(Scope::Thorough);
    let Some(targets) = targets.filter(|_| again.plan.id == plan_id) else {
        return Ok(document(observer, &again, "changed"));
    };
    let mut document = document(observer, &again, "done");
    execute(
        setting,
        observer,
        &again,
        targets,
        kill_after,
        &mut document,
        actor,
        note,
    )?;
    Ok(document)
}

/// Carries out the plan of `seen`, whose processes are `targets`, and completes `document`.
///
/// Fails without having done anything if the audit file cannot be written.
#[expect(
    clippy::too_many_arguments,
    reason = "what ends processes is told everything, and assumes nothing"
)]
pub fn execute(
    setting: &Setting,
    observer: &mut Observer<'_>,
    seen: &Picture,
    targets: Vec<Target>,
    kill_after: Duration,
    document: &mut CleanReport,
    actor: &str,
    note: &dyn Fn(&str),
) -> anyhow::Result<()> {
    let planned: Vec<ProcessId> = seen
        .plan
        .removals
        .iter()
        .flat_map(|removal| removal.processes.clone())
        .collect();
    let before = measure(&seen.table, &planned);
    let boot_id = seen.table.host.boot_id.clone();
    let entry = |phase, document: &CleanReport| Audit {
        at: linux::clock::now().wall,
        actor: actor.to_owned(),
        command: "clean",
        boot_id: boot_id.clone(),
        phase,
        plan: document.plan.clone(),
        results: document.results.clone(),
        freed: document.freed.clone(),
    };
    setting.state.audit(&entry("begin", document)).map_err(|error| {
        Failure::new(
            exit::CANNOT_CREATE,
            format!(
                "the audit file in {} cannot be written ({error}), so nothing was done; name another folder with --state-dir",
                setting.state.folder().display()
            ),
        )
    })?;
    let outcomes = stop(kill_after, &seen.plan, targets, note)?;
    document.applied = true;
    document.results = outcomes.results;
    document.notes = outcomes.notes;
    let after_look = observer.observe(Scope::Thorough);
    observer.remember();
    let after = measure(&after_look.table, &planned);
    document.freed = Some(freed(&before, &after));
    let complete = outcomes.complete && after.processes == 0;
    document.before = Some(before);
    document.after = Some(after);
    document.outcome = match (outcomes.changed, complete) {
        (true, _) => "changed".into(),
        (false, true) => "done".into(),
        (false, false) => "incomplete".into(),
    };
    if let Err(error) = setting.state.audit(&entry("end", document)) {
        document.notes.push(format!(
            "the result could not be written to the audit file: {error}"
        ));
    }
    Ok(())
}

struct Outcomes {
    results: Vec<ProcessResult>,
    notes: Vec<String>,
    complete: bool,
    changed: bool,
}

fn stop(
    kill_after: Duration,
    plan: &Plan,
    targets: Vec<Target>,
    note: &dyn Fn(&str),
) -> anyhow::Result<Outcomes> {
    let root = ProcRoot::system()?;
    let spared: Vec<ProcessId> = plan
        .removals
        .iter()
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
