//! Processes that somebody watches under a name of their own, whether they look like servers or not.
//!
//! A watch is bound to one process: pid and start time, within one boot. It shows that process and
//! all below it as a server of its own beside what was recognised, and stays when the process has
//! ended, so that its absence shows. A watched process is only looked at: cleaning refuses it.

use jiff::Timestamp;
use model::{ProcessId, ProcessState, ProcessTable};
use serde::{Deserialize, Serialize};

use crate::{Instance, Inventory, Member, Owner, OwnerKind, Role, Server, ServerState, Transport};

/// A process that is watched under a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The name, as [`check_name`] lets it pass.
    pub name: String,
    /// The process.
    pub id: ProcessId,
    /// The boot that the process belongs to.
    pub boot_id: String,
    /// Since when it is watched.
    pub since: Timestamp,
    /// Who started it, as it was when the watch was made or last seen.
    pub owner: Owner,
}

/// Longest name of a watch, bytes.
pub const LONGEST_NAME: usize = 64;

/// Whether a watch may have this name; the error says what would be right.
pub fn check_name(name: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || name.len() > LONGEST_NAME || !name.chars().all(allowed) {
        return Err(format!(
            "the name of a watch has 1 to {LONGEST_NAME} letters, digits, dots, dashes and underscores"
        ));
    }
    Ok(())
}

/// Is one of these positions' processes watched?
pub(crate) fn watches_any(
    watches: &[Watch],
    table: &ProcessTable,
    positions: &[usize],
) -> Option<String> {
    positions
        .iter()
        .map(|&at| &table.processes()[at])
        .find_map(|process| {
            let watch = watches
                .iter()
                .find(|watch| watch.id == process.id() && watch.boot_id == table.host.boot_id)?;
            Some(format!(
                "PID {} is watched as `{}`",
                process.pid(),
                watch.name
            ))
        })
}

/// The watches as servers, in their order.
pub fn servers(watches: &[Watch], table: &ProcessTable, inventory: &Inventory) -> Vec<Server> {
    watches
        .iter()
        .map(|watch| server(watch, table, inventory))
        .collect()
}

/// Whose a process is: the owner of the instance that it belongs to, else its parent.
pub fn owner_of(pid: u32, table: &ProcessTable, inventory: &Inventory) -> Owner {
    if let Some((server, _)) = inventory.instance_of(pid) {
        return server.owner.clone();
    }
    let parent = table
        .position(pid)
        .and_then(|at| table.parent(at))
        .map(|at| &table.processes()[at]);
    match parent {
        Some(parent) => Owner {
            name: parent.comm().to_owned(),
            kind: if parent.pid() == 1 {
                OwnerKind::Service
            } else {
                OwnerKind::Program
            },
            pid: Some(parent.pid()),
            start_ticks: Some(parent.id().start_ticks),
            alive: true,
        },
        None => Owner {
            name: "unknown".to_owned(),
            kind: OwnerKind::Unknown,
            pid: None,
            start_ticks: None,
            alive: false,
        },
    }
}

fn server(watch: &Watch, table: &ProcessTable, inventory: &Inventory) -> Server {
    let process = table
        .get(watch.id.pid)
        .filter(|process| process.id() == watch.id && watch.boot_id == table.host.boot_id);
    let recognised = process.and_then(|process| inventory.instance_of(process.pid()));
    let instances: Vec<Instance> = process
        .and_then(|process| table.position(process.pid()))
        .map(|at| instance(table, at, watch))
        .into_iter()
        .collect();
    let state = instances
        .first()
        .map_or(ServerState::NotRunning, |run| run.state);
    let mut evidence = vec![format!("watched as PID {}", watch.id.pid)];
    if let Some((server, _)) = recognised {
        evidence.push(format!("it belongs to `{}`", server.name));
    }
    if process.is_none() {
        evidence.push("the process that was watched has ended".to_owned());
    }
    Server {
        id: format!("watch-{}", watch.name),
        name: watch.name.clone(),
        owner: watch.owner.clone(),
        transport: recognised.map_or(Transport::Unknown, |(server, _)| server.transport),
        declared_in: Vec::new(),
        state,
        confidence: 1.0,
        evidence,
        instances,
    }
}

fn instance(table: &ProcessTable, root: usize, watch: &Watch) -> Instance {
    let top = &table.processes()[root];
    let (group, session) = (top.sample.counters.pgid, top.sample.counters.sid);
    let members = table
        .subtree(root)
        .into_iter()
        .map(|at| {
            let counters = &table.processes()[at].sample.counters;
            Member {
                id: table.processes()[at].id(),
                role: if at == root {
                    Role::Server
                } else {
                    Role::Helper
                },
                stray: counters.pgid != group && counters.sid != session,
            }
        })
        .collect();
    Instance {
        root: watch.id,
        leaf: watch.id,
        members,
        state: match top.sample.counters.state {
            ProcessState::Zombie | ProcessState::Dead => ServerState::Zombie,
            ProcessState::Stopped | ProcessState::Traced => ServerState::Stopped,
            _ => ServerState::Running,
        },
        started_at: table.moment.wall_of(watch.id.start_ticks, &table.host),
        orphaned: None,
        unused: None,
    }
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names() {
        for name in ["memory", "a", "my-server_2.1"] {
            assert_eq!(check_name(name), Ok(()));
        }
        for name in ["", "a/b", "a b", "ä", "x\n", &"x".repeat(65)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
