//! Single processes of servers: zombies, hot ones, descriptors near the limit, deleted programs,
//! and ports and locks that orphans hold.

use model::{Finding, FindingKind, Process, ProcessState, Severity, units};

use super::{Scene, finding, id, named};
use crate::{Instance, OwnerKind, Server};

/// Share of a processor, percent, in the sampling window and over the whole life.
const HOT_PERCENT: f64 = 80.0;
/// A process must have been busy this long, seconds, before its average means anything.
const HOT_AFTER_SECONDS: f64 = 60.0;
/// A zombie that its parent has not waited for this long, seconds. PID 1 of a virtual machine or
/// container may take some seconds over its own.
const ZOMBIE_GRACE_SECONDS: f64 = 10.0;

pub(super) fn judge(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    for (server, instance) in scene.inventory.instances() {
        for process in instance
            .members
            .iter()
            .filter_map(|member| scene.table.get(member.id.pid))
        {
            findings.extend(hot(scene, server, process));
            findings.extend(fds(scene, server, process));
            findings.extend(deleted(scene, server, process));
            if instance.orphaned.is_some() {
                findings.extend(ports(scene, server, instance, process));
            }
        }
        if instance.orphaned.is_some() {
            findings.extend(locks(scene, server, instance));
        }
    }
    zombies(scene, findings);
}

fn hot(scene: &Scene<'_>, server: &Server, process: &Process) -> Option<Finding> {
    let now = process.usage.cpu_percent?;
    let age = scene.age(process.id());
    let counters = &process.sample.counters;
    let ticks = scene.table.host.ticks_per_second.max(1);
    let spent = (counters.user_ticks + counters.system_ticks) as f64 / ticks as f64;
    let average = 100.0 * spent / age.max(1.0);
    if now < HOT_PERCENT || average < HOT_PERCENT / 2.0 || age < HOT_AFTER_SECONDS {
        return None;
    }
    let pid = process.pid();
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: vec![
            format!("it uses {now:.0} % of a processor now"),
            format!(
                "it has used {average:.0} % of one on average for {}",
                units::seconds(age)
            ),
        ],
        cost: scene.cost(&[process.id()]),
        processes: vec![process.id()],
        command: Some(format!("mcpvisor explain {pid}")),
        ..finding(
            FindingKind::Hot,
            Severity::Error,
            id(FindingKind::Hot, [process.id().to_string().as_str()]),
            format!(
                "{} uses a processor without end (PID {pid}, {now:.0} %)",
                named(server)
            ),
            "A healthy server is idle between calls. Restart it by its owner, or clean it if it is an orphan.",
        )
    })
}

fn fds(scene: &Scene<'_>, server: &Server, process: &Process) -> Option<Finding> {
    let total = u64::from(process.sample.counters.fd_total?);
    let limit = process.sample.facts.fd_limit.filter(|&limit| limit > 0)?;
    let share = 100 * total / limit;
    if share < 70 {
        return None;
    }
    let mut evidence = vec![format!("{total} of {limit} descriptors are open")];
    if let Some(files) = process.files() {
        let kinds = files.kinds;
        evidence.push(format!(
            "{} sockets, {} pipes, {} files, {} eventfd, {} inotify, {} other anonymous inodes",
            kinds.socket, kinds.pipe, kinds.file, kinds.eventfd, kinds.inotify, kinds.anon_inode
        ));
    }
    Some(Finding {
        server: Some(server.id.clone()),
        evidence,
        cost: scene.cost(&[process.id()]),
        processes: vec![process.id()],
        ..finding(
            FindingKind::FdsNearLimit,
            if share >= 90 {
                Severity::Error
            } else {
                Severity::Warning
            },
            id(
                FindingKind::FdsNearLimit,
                [process.id().to_string().as_str()],
            ),
            format!(
                "{} has {share} % of its descriptors open (PID {})",
                named(server),
                process.pid()
            ),
            "At the limit every call fails with EMFILE. Restart it by its owner; a higher limit only delays this if it leaks.",
        )
    })
}

fn deleted(scene: &Scene<'_>, server: &Server, process: &Process) -> Option<Finding> {
    if !process.sample.facts.exe_deleted {
        return None;
    }
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: process
            .sample
            .facts
            .exe
            .iter()
            .map(|exe| format!("{} has been deleted or replaced", model::text::safe(exe)))
            .collect(),
        cost: scene.cost(&[process.id()]),
        processes: vec![process.id()],
        ..finding(
            FindingKind::DeletedExecutable,
            Severity::Info,
            id(
                FindingKind::DeletedExecutable,
                [process.id().to_string().as_str()],
            ),
            format!(
                "{} runs a program that is no longer on disk (PID {})",
                named(server),
                process.pid()
            ),
            "An upgrade replaced it: the old version runs until its owner restarts it.",
        )
    })
}

fn ports(
    scene: &Scene<'_>,
    server: &Server,
    instance: &Instance,
    process: &Process,
) -> Option<Finding> {
    let connections = process.sample.connections.as_ref()?.value.as_ref()?;
    let mut ports: Vec<u16> = connections
        .iter()
        .filter_map(model::Connection::listening_port)
        .collect();
    ports.sort_unstable();
    ports.dedup();
    if ports.is_empty() {
        return None;
    }
    let list = ports
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: vec![format!("PID {} listens on port {list}", process.pid())],
        cost: scene.cost(&[process.id()]),
        processes: vec![process.id()],
        command: Some(clean_command(instance)),
        ..finding(
            FindingKind::PortHeld,
            Severity::Warning,
            id(FindingKind::PortHeld, [process.id().to_string().as_str()]),
            format!(
                "an orphan of {} holds port {list} (PID {})",
                named(server),
                process.pid()
            ),
            "A new server cannot listen there until this one is gone.",
        )
    })
}

fn locks(scene: &Scene<'_>, server: &Server, instance: &Instance) -> Option<Finding> {
    let held: Vec<_> = scene
        .context
        .locks
        .iter()
        .filter(|(id, _)| instance.members.iter().any(|member| member.id == *id))
        .collect();
    let (first, path) = held.first()?;
    Some(Finding {
        server: Some(server.id.clone()),
        evidence: held
            .iter()
            .map(|(id, path)| format!("PID {} holds a lock on {}", id.pid, model::text::safe(path)))
            .collect(),
        cost: scene.cost(&[*first]),
        processes: vec![*first],
        command: Some(clean_command(instance)),
        ..finding(
            FindingKind::LockHeld,
            Severity::Warning,
            id(FindingKind::LockHeld, [instance.root.to_string().as_str()]),
            format!(
                "an orphan of {} holds a lock on {}",
                named(server),
                model::text::safe(path)
            ),
            "A new server that wants the same file waits or fails until this one is gone.",
        )
    })
}

fn clean_command(instance: &Instance) -> String {
    let id = id(FindingKind::Orphan, [instance.root.to_string().as_str()]);
    format!("mcpvisor clean --apply --only {id}")
}

/// Zombies below servers, owners and gateways, one finding for each parent that does not wait.
fn zombies(scene: &Scene<'_>, findings: &mut Vec<Finding>) {
    let mut by_parent: std::collections::BTreeMap<u32, Vec<&Process>> =
        std::collections::BTreeMap::new();
    for process in scene.table.processes() {
        if process.sample.counters.state == ProcessState::Zombie && lasting(scene, process) {
            by_parent.entry(process.ppid()).or_default().push(process);
        }
    }
    for (parent, dead) in by_parent {
        let owner = scene
            .inventory
            .owners
            .iter()
            .find(|owner| owner.pid == Some(parent));
        let server = scene.inventory.instance_of(parent);
        let mcp = owner.is_some()
            || server.is_some()
            || dead
                .iter()
                .any(|process| process.comm().to_ascii_lowercase().contains("mcp"));
        if !mcp {
            continue;
        }
        let name = scene.table.get(parent).map_or("its parent", Process::comm);
        let processes: Vec<_> = dead.iter().map(|process| process.id()).collect();
        let names: Vec<String> = dead
            .iter()
            .take(8)
            .map(|process| {
                format!(
                    "PID {} ({}) has ended",
                    process.pid(),
                    model::text::safe(process.comm())
                )
            })
            .collect();
        let in_container =
            parent == 1 || owner.is_some_and(|owner| owner.kind == OwnerKind::Gateway);
        findings.push(Finding {
            server: server.map(|(server, _)| server.id.clone()),
            evidence: names,
            cost: scene.cost(&processes),
            processes,
            ..finding(
                FindingKind::Zombie,
                if dead.len() > 50 { Severity::Error } else { Severity::Warning },
                id(FindingKind::Zombie, [parent.to_string().as_str()]),
                format!("{} has not waited for {} ended processes (PID {parent})", model::text::safe(name), dead.len()),
                if in_container {
                    "They cost an entry of the process table each. In a container start the image with `--init`."
                } else {
                    "They cost an entry of the process table each, and go when their parent ends. Restart the parent."
                },
            )
        });
    }
}

/// Not one of the moment: seen before, or a child of somebody who lets others wait too.
fn lasting(scene: &Scene<'_>, process: &Process) -> bool {
    let first = scene.context.memory.zombies.get(&process.id().to_string());
    first.is_some_and(|first| {
        scene.table.moment.wall.duration_since(*first).as_secs_f64() >= ZOMBIE_GRACE_SECONDS
    })
}
