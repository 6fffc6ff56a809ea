//! Instances of one server under one living owner that are too many.
//!
//! Nobody but the owner knows how many it needs. Two of the same at about the same time
//! are one start done twice ([`ServerState::Duplicate`]); three and more, or a pair that
//! is far apart, are generations that were left behind ([`ServerState::Surplus`]): the
//! newest is kept as the one in use.

use foldhash::{HashMap, HashMapExt};
use model::ProcessTable;

use crate::{OwnerKind, Server, ServerState};

/// Two starts within this time are one start done twice: a desktop client's second registry
/// follows after 45 to 120 s.
const SAME_TIME_SECONDS: f64 = 180.0;

/// Marks duplicates and surplus.
pub(super) fn judge(table: &ProcessTable, servers: &mut [Server]) {
    for server in servers {
        // A shell's owner decides for himself, and a service manager is told how many.
        if !server.owner.alive
            || matches!(server.owner.kind, OwnerKind::Terminal | OwnerKind::Service)
        {
            continue;
        }
        let mut alike: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, instance) in server.instances.iter().enumerate() {
            let argv = table
                .get(instance.leaf.pid)
                .map(model::Process::argv)
                .unwrap_or_default();
            if instance.state == ServerState::Running {
                alike.entry(argv.join("\0")).or_default().push(at);
            }
        }
        for mut group in alike.into_values() {
            group.sort_by_key(|&at| server.instances[at].root.start_ticks);
            let Some((_newest, older)) = group.split_last() else {
                continue;
            };
            let state = match older {
                [] => continue,
                [first] if apart(table, server, *first, group[1]) <= SAME_TIME_SECONDS => {
                    // Of a pair started together the later one is the double.
                    server.instances[group[1]].state = ServerState::Duplicate;
                    continue;
                }
                _ => ServerState::Surplus,
            };
            for &at in older {
                server.instances[at].state = state;
            }
        }
    }
}

fn apart(table: &ProcessTable, server: &Server, a: usize, b: usize) -> f64 {
    let ticks = server.instances[a]
        .root
        .start_ticks
        .abs_diff(server.instances[b].root.start_ticks);
    ticks as f64 / table.host.ticks_per_second.max(1) as f64
}
