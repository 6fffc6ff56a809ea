//! Adding and removing watched processes.

use inventory::watches::{Watch, check_name, owner_of};

use super::orders::Refused;
use crate::observe::Observer;
use crate::picture::Picture;
use crate::state::State;

/// Watches at most.
const MOST: usize = 256;

/// Watches a process of the picture. Watching the same process under the same name again changes
/// nothing.
pub(super) fn watch(
    observer: &mut Observer<'_>,
    state: &State,
    seen: &Picture,
    name: &str,
    pid: u32,
) -> Result<(Watch, bool), Refused> {
    check_name(name).map_err(Refused::BadName)?;
    let process = seen
        .table
        .get(pid)
        .filter(|process| !process.is_kernel_thread())
        .ok_or(Refused::NoProcess { pid })?;
    let host = &seen.table.host;
    let watches = observer.watches();
    let known = watches.iter().position(|watch| watch.name == name);
    if let Some(at) = known {
        let watch = &watches[at];
        if watch.id == process.id() && watch.boot_id == host.boot_id {
            return Ok((watch.clone(), false));
        }
        let lives = watch.boot_id == host.boot_id
            && seen
                .table
                .get(watch.id.pid)
                .is_some_and(|other| other.id() == watch.id);
        if lives {
            return Err(Refused::Taken {
                name: name.to_owned(),
                pid: watch.id.pid,
            });
        }
    } else if watches.len() >= MOST {
        return Err(Refused::TooMany { most: MOST });
    }
    let watch = Watch {
        name: name.to_owned(),
        id: process.id(),
        boot_id: host.boot_id.clone(),
        since: seen.table.moment.wall,
        owner: owner_of(pid, &seen.table, &seen.inventory),
    };
    let before = watches.clone();
    match known {
        Some(at) => watches[at] = watch.clone(),
        None => watches.push(watch.clone()),
    }
    store(observer, state, before)?;
    Ok((watch, true))
}

/// Watches it no longer.
pub(super) fn unwatch(
    observer: &mut Observer<'_>,
    state: &State,
    name: &str,
) -> Result<Watch, Refused> {
    let watches = observer.watches();
    let at = watches
        .iter()
        .position(|watch| watch.name == name)
        .ok_or_else(|| Refused::NoWatch {
            name: name.to_owned(),
        })?;
    let before = watches.clone();
    let watch = watches.remove(at);
    store(observer, state, before)?;
    Ok(watch)
}

/// Stores the watches; if that fails nothing has changed.
fn store(observer: &mut Observer<'_>, state: &State, before: Vec<Watch>) -> Result<(), Refused> {
    state.store_watches(observer.watches()).map_err(|error| {
        *observer.watches() = before;
        Refused::NotStored(format!(
            "the watches cannot be written to {}: {error}",
            state.folder().display()
        ))
    })
}
