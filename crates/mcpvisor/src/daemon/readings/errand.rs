//! What a look asks the thread to read: everything about which the thread would need to know
//! processes or declarations.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use inventory::declared::Home;
use inventory::{Server, ServerState};
use model::{Process, ProcessTable};

use super::Key;
use super::gateways::{self, Database};
use super::logs::Writer;
use super::ports::{self, Port};
use crate::observe::Observer;
use crate::picture::Picture;

/// What is to be read.
#[derive(Debug)]
pub(super) struct Errand {
    /// When it was sent, nanoseconds since boot.
    pub(super) now_ns: u64,
    /// The same, seconds since 1970.
    pub(super) now: i64,
    /// Our state directory.
    pub(super) state: PathBuf,
    /// Users and their homes.
    pub(super) homes: Vec<(u32, Home)>,
    /// All servers that are measured.
    pub(super) servers: Vec<Key>,
    /// Their processes.
    pub(super) writers: Vec<Writer>,
    pub(super) ports: Vec<Port>,
    pub(super) databases: Vec<Database>,
}

impl Errand {
    /// Of a look.
    pub(super) fn of(observer: &Observer<'_>, picture: &Picture, state: &Path) -> Self {
        let (inventory, table) = (&picture.inventory, &picture.table);
        let servers = inventory.servers.iter().chain(&inventory.watched);
        let measured: Vec<&Server> = servers
            .filter(|server| server.state != ServerState::Disabled || !server.instances.is_empty())
            .collect();
        let names: BTreeSet<(&str, &str)> = measured.iter().copied().map(names).collect();
        let keys: BTreeMap<(&str, &str), Key> = names
            .into_iter()
            .map(|(name, owner)| ((name, owner), (Arc::from(name), Arc::from(owner))))
            .collect();
        let homes = observer.homes().to_vec();
        Self {
            now_ns: table.moment.boot_ns,
            now: table.moment.wall.as_second(),
            state: state.to_owned(),
            writers: writers(&measured, &keys, table),
            servers: keys.into_values().collect(),
            ports: ports::of(observer.declared(), inventory, table),
            databases: gateways::databases(inventory, table, &homes),
            homes,
        }
    }
}

fn names(server: &Server) -> (&str, &str) {
    (&server.name, &server.owner.name)
}

/// All processes of these servers, with their owners.
fn writers(
    servers: &[&Server],
    keys: &BTreeMap<(&str, &str), Key>,
    table: &ProcessTable,
) -> Vec<Writer> {
    let mut found = Vec::new();
    for server in servers {
        let Some(key) = keys.get(&names(server)) else {
            continue;
        };
        let owner = server.owner.pid.and_then(|pid| table.get(pid));
        for member in server.instances.iter().flat_map(|run| &run.members) {
            let process = table.get(member.id.pid).filter(|p| p.id() == member.id);
            if let Some(uid) = process.and_then(|process| process.sample.facts.uid) {
                found.push(Writer {
                    key: key.clone(),
                    id: member.id,
                    uid,
                    owner: owner.map(Process::id),
                });
            }
        }
    }
    found
}
