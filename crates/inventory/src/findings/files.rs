//! Files that are left behind or grow: hubs' state, container ids, locks, logs.

use model::{Finding, FindingKind, Severity, units};

use super::{Scene, finding, id};
use crate::context::WatchedKind;

/// Logs larger than this are worth a look, in bytes; users reported 20 GB in five days.
const LARGE_LOG: u64 = 1 << 30;
/// Logs larger than this endanger the disk, in bytes.
const HUGE_LOG: u64 = 10 << 30;
/// Growth a day that is reported, bytes.
const GROWTH_A_DAY: f64 = 100e6;
/// Growth is judged over at least this long, seconds.
const GROWTH_SPAN: f64 = 600.0;

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    hubs(scene, findings);
    for file in &scene.context.files {
        match file.kind {
            WatchedKind::Log => findings.extend(log(scene, file)),
            WatchedKind::ContainerId => findings.push(left_over(
                file,
                "a container id that a crashed gateway left behind",
                "No gateway runs that would still read it; it can be deleted.",
            )),
            WatchedKind::Lock => findings.push(left_over(
                file,
                "a lock file that nobody holds any more",
                "A crash left it, and it keeps others waiting; delete it.",
            )),
            WatchedKind::Pid(pid) => {
                if scene.table.get(pid).is_none() {
                    findings.push(left_over(
                        file,
                        "a state file of a process that is gone",
                        "It names a PID that no longer runs; its program overwrites it at its next start.",
                    ));
                }
            }
        }
    }
}

/// `workspaces.json` still calls a dead hub active.
fn hubs(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for hub in &scene.context.hubs {
        let process = scene.table.get(hub.pid);
        let replaced = match (process, hub.started_at) {
            // The pid was given out again: its process started well after the hub said it did.
            (Some(process), Some(started)) => {
                let real = scene
                    .table
                    .moment
                    .wall_of(process.id().start_ticks, &scene.table.host);
                real.duration_since(started).as_secs_f64() > 60.0
            }
            _ => false,
        };
        let zombie =
            process.is_some_and(|p| p.sample.counters.state == model::ProcessState::Zombie);
        if process.is_some() && !replaced && !zombie {
            continue;
        }
        let file = hub.file.display().to_string();
        findings.push(Finding {
            evidence: vec![
                format!("{} says that mcp-hub runs as PID {} on port {}", model::text::safe(&file), hub.pid, hub.port),
                if replaced {
                    format!("PID {} is another program by now", hub.pid)
                } else {
                    format!("there is no PID {}", hub.pid)
                },
            ],
            ..finding(
                FindingKind::StaleState,
                Severity::Info,
                id(FindingKind::StaleState, [file.as_str(), hub.pid.to_string().as_str()]),
                format!("mcp-hub's state file still lists a hub that is gone (port {})", hub.port),
                "The hub died without tidying up. The next hub on that port overwrites the entry; whatever reads the file until then is misled.",
            )
        });
    }
}

fn log(scene: &Scene<'_>, file: &crate::context::WatchedFile) -> Option<Finding> {
    let mut evidence = vec![format!(
        "{} holds {}",
        model::text::safe(&file.path),
        units::bytes(file.bytes)
    )];
    let mut severity = match file.bytes {
        HUGE_LOG.. => Some(Severity::Error),
        LARGE_LOG.. => Some(Severity::Warning),
        _ => None,
    };
    if let Some((then, before)) = scene.context.memory.sizes.get(&file.path) {
        let seconds = scene.table.moment.wall.duration_since(*then).as_secs_f64();
        let growth = file.bytes.saturating_sub(*before) as f64;
        let a_day = growth / seconds.max(1.0) * 86_400.0;
        if seconds >= GROWTH_SPAN && a_day >= GROWTH_A_DAY {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "positive, for display"
            )]
            let shown = a_day as u64;
            evidence.push(format!(
                "it grew by {} a day over the last {}",
                units::bytes(shown),
                units::seconds(seconds)
            ));
            severity = severity.max(Some(if a_day >= 1e9 {
                Severity::Error
            } else {
                Severity::Warning
            }));
        }
    }
    let severity = severity?;
    let mut found = finding(
        FindingKind::LogGrowth,
        severity,
        id(FindingKind::LogGrowth, [file.path.as_str()]),
        format!("logs of {} take {}", file.client, units::bytes(file.bytes)),
        "Nothing rotates them. Delete or truncate them, and look what the server writes so much of.",
    );
    found.evidence = evidence;
    found.cost.disk_bytes = Some(file.bytes);
    Some(found)
}

fn left_over(file: &crate::context::WatchedFile, what: &str, advice: &str) -> Finding {
    let path = model::text::safe(&file.path).into_owned();
    let mut found = finding(
        FindingKind::StaleState,
        Severity::Info,
        id(FindingKind::StaleState, [file.path.as_str()]),
        format!("{path} is {what}"),
        advice,
    );
    found.evidence = vec![format!("it belongs to {}", file.client)];
    found.cost.disk_bytes = Some(file.bytes);
    found
}
