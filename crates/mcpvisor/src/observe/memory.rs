//! Keeping the memory of earlier runs up to date, and using what it knows.

use std::collections::BTreeMap;

use inventory::Inventory;
use inventory::context::WatchedFile;
use inventory::memory::{Ended, Memory, Seen};
use model::{ProcessState, ProcessTable};

/// Remembered files and instances at most: beyond, new ones are not remembered.
const MOST: usize = 10_000;
/// A file's size is compared with one that is at least this old, seconds.
const SIZES_EVERY: f64 = 3600.0;

/// Notes what is there now, and forgets what is not.
pub(super) fn update(
    memory: &mut Memory,
    table: &ProcessTable,
    inventory: &Inventory,
    files: &[WatchedFile],
) {
    let now = table.moment.wall;
    memory.boot_id.clone_from(&table.host.boot_id);
    let mut instances = BTreeMap::new();
    for (server, instance) in inventory.instances().take(MOST) {
        let key = instance.root.to_string();
        let old = memory.instances.remove(&key);
        let gone = instance.orphaned.is_some();
        let known = old.as_ref().and_then(|seen| seen.owner.clone());
        let owner = if gone {
            known.or_else(|| named(server))
        } else {
            named(server)
        };
        let proven = instance.orphaned.as_ref().and_then(|gone| gone.since);
        let since = old
            .as_ref()
            .and_then(|seen| seen.gone_since)
            .into_iter()
            .chain(proven)
            .min();
        instances.insert(
            key,
            Seen {
                server: server.name.clone(),
                owner,
                gone_since: gone.then(|| since.unwrap_or(now)),
                last: now,
            },
        );
    }
    let before = std::mem::replace(&mut memory.instances, instances);
    note_ended(memory, table, inventory, before);
    let zombies = table
        .processes()
        .iter()
        .filter(|process| process.sample.counters.state == ProcessState::Zombie)
        .take(MOST)
        .map(|process| {
            let key = process.id().to_string();
            let first = memory.zombies.get(&key).copied().unwrap_or(now);
            (key, first)
        })
        .collect();
    memory.zombies = zombies;
    for file in files.iter().take(MOST) {
        let known = memory.sizes.get(&file.path);
        let fresh = known.is_some_and(|(then, bytes)| {
            now.duration_since(*then).as_secs_f64() < SIZES_EVERY && *bytes <= file.bytes
        });
        if !fresh && (memory.sizes.len() < MOST || known.is_some()) {
            memory.sizes.insert(file.path.clone(), (now, file.bytes));
        }
    }
    memory
        .sizes
        .retain(|path, _| files.iter().any(|file| file.path == *path));
}

/// What was seen in the last look, and is not there any more, ended; under a living owner that is noted.
fn note_ended(
    memory: &mut Memory,
    table: &ProcessTable,
    inventory: &Inventory,
    before: BTreeMap<String, Seen>,
) {
    let left = before.into_iter().filter_map(|(root, seen)| {
        let owner = seen.owner.filter(|_| seen.gone_since.is_none())?;
        Some(Ended {
            server: seen.server,
            owner,
            root,
            last: seen.last,
        })
    });
    let room = MOST.saturating_sub(memory.ended.len());
    for ended in left.take(room) {
        memory.ended.insert(ended.key(), ended);
    }
    let runs = |ended: &Ended| {
        let mut servers = inventory.servers.iter();
        servers.any(|server| {
            !server.instances.is_empty()
                && server.name == ended.server
                && server.owner.pid == ended.owner.pid
        })
    };
    memory
        .ended
        .retain(|_, ended| ended.is_of_living(table) && !runs(ended));
}

fn named(server: &inventory::Server) -> Option<inventory::Owner> {
    (server.owner.kind != inventory::OwnerKind::Unknown).then(|| server.owner.clone())
}

/// Fills in since when owners are gone.
pub(super) fn apply(mut inventory: Inventory, memory: &Memory) -> Inventory {
    for instance in inventory
        .servers
        .iter_mut()
        .flat_map(|server| &mut server.instances)
    {
        if let Some(gone) = &mut instance.orphaned {
            let seen = memory
                .instance(instance.root)
                .and_then(|seen| seen.gone_since);
            gone.since = gone.since.into_iter().chain(seen).min();
        }
    }
    inventory
}
