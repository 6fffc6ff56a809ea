//! Instances: orphans, surplus, duplicates, stopped ones, strays, undeclared and disabled ones.

use model::{Finding, FindingKind, Severity, units};

use super::{Scene, burden, finding, id, member_ids, named};
use crate::{Instance, OwnerKind, Server, ServerState};

/// Memory of one orphan from which on it is more than a nuisance: users' own warning level for a
/// server is 300 MB, critical 500 MB.
const HEAVY_BYTES: u64 = 500_000_000;
/// CPU of one processor, percent, that nobody asked an orphan for.
const BUSY_PERCENT: f64 = 50.0;
/// Identical siblings from which on it is an explosion, not a leftover.
const EXPLOSION: usize = 10;

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (server, instance) in scene.inventory.instances() {
        if instance.orphaned.is_some() {
            findings.push(orphan(scene, server, instance));
        } else if instance.unused.is_some() {
            findings.push(let_go(scene, server, instance));
        }
        if instance.state == ServerState::Duplicate {
            findings.push(duplicate(scene, server, instance));
        }
        let leaf = scene.table.get(instance.leaf.pid);
        let stopped =
            leaf.is_some_and(|leaf| leaf.sample.counters.state == model::ProcessState::Stopped);
        if stopped {
            findings.push(stopped_leaf(scene, server, instance));
        }
        findings.extend(strays(scene, server, instance));
    }
    for server in &scene.inventory.servers {
        findings.extend(surplus(scene, server));
        findings.extend(undeclared(scene, server));
    }
}

fn orphan(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Finding {
    let processes = member_ids(instance);
    let cost = scene.cost(&processes);
    let heavy = cost.pss_bytes.unwrap_or(cost.rss_bytes) >= HEAVY_BYTES;
    let busy = cost.cpu_percent.is_some_and(|cpu| cpu >= BUSY_PERCENT);
    let severity = if heavy || busy {
        Severity::Error
    } else {
        Severity::Warning
    };
    let id = id(FindingKind::Orphan, [instance.root.to_string().as_str()]);
    let gone = instance.orphaned.as_ref();
    let mut evidence = gone.map(|gone| gone.evidence.clone()).unwrap_or_default();
    if let Some(since) = gone.and_then(|gone| gone.since) {
        let seconds = scene.table.moment.wall.duration_since(since).as_secs_f64();
        evidence.push(format!(
            "its owner has been gone for at least {}",
            units::seconds(seconds)
        ));
    }
    evidence.push(format!(
        "it has run for {}",
        units::seconds(scene.age(instance.root))
    ));
    let pid = instance.root.pid;
    Finding {
        server: Some(server.id.clone()),
        command: Some(format!("mcpvisor clean --apply --only {id}")),
        evidence,
        cost,
        processes,
        ..finding(
            FindingKind::Orphan,
            severity,
            id,
            format!(
                "{} was left behind (PID {pid}): {}",
                named(server),
                burden(&cost)
            ),
            "Its owner is gone, so nobody will ever stop it. Clean it up.",
        )
    }
}

/// The owner lives, but nobody talks to this one any more.
fn let_go(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Finding {
    let processes = member_ids(instance);
    let cost = scene.cost(&processes);
    Finding {
        server: Some(server.id.clone()),
        evidence: instance.unused.iter().cloned().collect(),
        cost,
        processes,
        ..finding(
            FindingKind::Surplus,
            Severity::Warning,
            id(FindingKind::Surplus, [instance.root.to_string().as_str()]),
            format!(
                "{} is no longer used (PID {}): {}",
                named(server),
                instance.root.pid,
                burden(&cost)
            ),
            "Restart its owner, or let the owner reconnect its servers; it forgot this one.",
        )
    }
}

fn duplicate(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Finding {
    let processes = member_ids(instance);
    let cost = scene.cost(&processes);
    let first = server
        .instances
        .iter()
        .filter(|other| other.root != instance.root)
        .map(|other| other.root.pid.to_string())
        .collect::<Vec<_>>()
        .join(", ");
    Finding {
        server: Some(server.id.clone()),
        evidence: vec![
            format!("the same command runs as PID {first} under the same owner"),
            "both were started within three minutes".to_owned(),
        ],
        cost,
        processes,
        ..finding(
            FindingKind::Duplicate,
            Severity::Warning,
            id(FindingKind::Duplicate, [instance.root.to_string().as_str()]),
            format!(
                "{} was started twice (PID {}): {}",
                named(server),
                instance.root.pid,
                burden(&cost)
            ),
            "Two writers on one store lose data. Look whether two configuration files of the owner declare it.",
        )
    }
}

/// One finding for all siblings that are too many: their number is what matters.
fn surplus(scene: &Scene<'_>, server: &Server) -> Option<Finding> {
    let extra: Vec<&Instance> = server
        .instances
        .iter()
        .filter(|i| i.state == ServerState::Surplus && i.unused.is_none())
        .collect();
    let first = extra.first()?;
    let processes: Vec<_> = extra
        .iter()
        .flat_map(|instance| member_ids(instance))
        .collect();
    let cost = scene.cost(&processes);
    let severity = if extra.len() >= EXPLOSION {
        Severity::Error
    } else {
        Severity::Warning
    };
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: vec![
            format!(
                "{} identical instances run under one owner (PID {})",
                server.instances.len(),
                server
                    .owner
                    .pid
                    .map_or_else(|| "?".to_owned(), |pid| pid.to_string())
            ),
            format!(
                "the oldest is PID {} and has run for {}",
                first.root.pid,
                units::seconds(scene.age(first.root))
            ),
        ],
        cost,
        processes,
        ..finding(
            FindingKind::Surplus,
            severity,
            id(FindingKind::Surplus, [server.id.as_str()]),
            format!(
                "{} runs {} times: {} more than one needs {}",
                named(server),
                server.instances.len(),
                extra.len(),
                burden(&cost)
            ),
            "The owner lives and holds their pipes, so they are not cleaned under it. Restart the owner, or close the sessions that you do not need.",
        )
    })
}

fn stopped_leaf(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Finding {
    let pid = instance.leaf.pid;
    Finding {
        server: Some(server.id.clone()),
        evidence: vec![format!(
            "PID {pid} is in state T: a signal stopped it, and nothing has continued it"
        )],
        cost: scene.cost(&[instance.leaf]),
        processes: vec![instance.leaf],
        command: Some(format!("kill -CONT {pid}")),
        ..finding(
            FindingKind::Stopped,
            if instance.orphaned.is_some() {
                Severity::Warning
            } else {
                Severity::Error
            },
            id(FindingKind::Stopped, [instance.root.to_string().as_str()]),
            format!(
                "{} is stopped (PID {pid}) and answers nobody",
                named(server)
            ),
            "Continue it, or have its owner restart it.",
        )
    }
}

fn strays(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Option<Finding> {
    let strays: Vec<_> = instance
        .members
        .iter()
        .filter(|m| m.stray)
        .map(|m| m.id)
        .collect();
    let first = scene.table.get(strays.first()?.pid)?;
    let evidence = strays
        .iter()
        .filter_map(|id| scene.table.get(id.pid))
        .take(8)
        .map(|process| {
            format!(
                "PID {} ({}) is in group {} and session {}",
                process.pid(),
                model::text::safe(process.comm()),
                process.sample.counters.pgid,
                process.sample.counters.sid
            )
        })
        .collect();
    let cost = scene.cost(&strays);
    Some(Finding {
        server: Some(server.id.clone()),
        evidence,
        cost,
        processes: strays,
        ..finding(
            FindingKind::Stray,
            Severity::Info,
            id(FindingKind::Stray, [instance.root.to_string().as_str()]),
            format!(
                "{} has descendants outside its group, first {} (PID {}): {}",
                named(server),
                model::text::safe(first.comm()),
                first.pid(),
                burden(&cost)
            ),
            "A stop of its process group would leave them behind; `mcpvisor clean` ends the whole tree.",
        )
    })
}

/// Servers that run without being declared, and declared ones that run although they are off.
fn undeclared(scene: &Scene<'_>, server: &Server) -> Option<Finding> {
    let first = server.instances.first()?;
    let disabled = scene.context.declared.iter().any(|declared| {
        !declared.enabled
            && server.declared_in.iter().any(|place| {
                place.file == declared.source.display().to_string() && declared.name == server.name
            })
    }) && !server.declared_in.is_empty();
    let processes = member_ids(first);
    if disabled {
        return Some(Finding {
            server: Some(server.id.clone()),
            evidence: server
                .declared_in
                .iter()
                .map(|place| format!("disabled in {}", place.file))
                .collect(),
            cost: scene.cost(&processes),
            processes,
            ..finding(
                FindingKind::DisabledRunning,
                Severity::Warning,
                id(FindingKind::DisabledRunning, [server.id.as_str()]),
                format!(
                    "{} runs although it is disabled (PID {})",
                    named(server),
                    first.root.pid
                ),
                "Restart its owner so that it reads its configuration again.",
            )
        });
    }
    let by_client = matches!(server.owner.kind, OwnerKind::Client | OwnerKind::Gateway);
    if !server.declared_in.is_empty() || !by_client || server.state == ServerState::Orphan {
        return None;
    }
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: server.evidence.clone(),
        cost: scene.cost(&processes),
        processes,
        ..finding(
            FindingKind::Undeclared,
            Severity::Info,
            id(FindingKind::Undeclared, [server.id.as_str()]),
            format!(
                "{} runs but no configuration declares it (PID {})",
                named(server),
                first.root.pid
            ),
            "It may come from a plugin, a command line, or an entry that has been removed since.",
        )
    })
}
