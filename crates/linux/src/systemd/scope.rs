//! Having systemd make a scope, and waiting until we are in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::{Timespec, poll};

use super::address::{Manager, is_running};
use super::call::{self, ScopeWish};
use super::connection::{Connection, Fault};
use super::error::ScopeError;
use super::place::Place;
use crate::cgroup::{GroupName, Hierarchies, Hierarchy};
use crate::clock;

/// How long systemd may take to answer, and then to move us. It takes some milliseconds, unless the
/// machine has no time for it; who asked for a limit had better wait than go without.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks at where we are.
const LOOK_EVERY: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 1_000_000,
};

/// A scope that this process is in now.
#[derive(Debug)]
pub struct Entered {
    /// Name of its unit.
    pub unit: String,
    /// Who made it.
    pub manager: Manager,
    /// Its folder in the unified hierarchy.
    pub folder: PathBuf,
    /// The hierarchies with the scope as our own group. Nobody else is in it:
    /// [`Hierarchies::make_room`] makes room for limits.
    pub hierarchies: Hierarchies,
}

/// Has systemd make the scope `NAME.scope` with `Delegate=yes` and move this process into it, with all
/// its threads; processes that it has started stay where they are. `description` is shown to people.
///
/// Nothing is left behind: systemd forgets the scope when nobody is in it any more. Memory that we use
/// already stays charged to the group where we were.
///
/// # Errors
/// We are where we were, but for [`ScopeError::NotMoved`], after which we may be moved yet.
pub fn enter(name: &GroupName, description: &str) -> Result<Entered, ScopeError> {
    if !is_running() {
        return Err(ScopeError::NoSystemd);
    }
    let manager = Manager::ours();
    let own = own_group()?;
    let place = Place::of(&own, manager);
    place.keeps_limits_of(&own)?;
    let unit = format!("{name}.scope");
    let wish = ScopeWish {
        unit: &unit,
        description,
        slice: place.slice.as_deref(),
    };
    ask(manager, |serial| call::start_scope(serial, &wish))?;
    let (hierarchies, folder) = moved(manager, &unit)?;
    Ok(Entered {
        unit,
        manager,
        folder,
        hierarchies,
    })
}

/// Asks the first socket that can be talked to.
pub(super) fn ask(manager: Manager, call: impl Fn(u32) -> Vec<u8>) -> Result<(), ScopeError> {
    let mut why = Vec::new();
    for socket in manager.sockets() {
        let mut connection = match Connection::open(&socket, PATIENCE) {
            Ok(connection) => connection,
            Err(error) => {
                why.push(format!("`{}`: {error}", socket.path.display()));
                continue;
            }
        };
        return connection.call(&call).map_err(|fault| match fault {
            Fault::Broken(source) => ScopeError::Conversation {
                manager,
                socket: socket.path,
                source,
            },
            Fault::Refused(name, words) => ScopeError::Refused {
                manager,
                name,
                words,
            },
        });
    }
    Err(ScopeError::NotThere {
        manager,
        why: why.join(", "),
    })
}

fn own_group() -> Result<PathBuf, ScopeError> {
    let hierarchies = Hierarchies::system()?;
    let unified = hierarchies.unified().ok_or(ScopeError::NoUnified)?;
    Ok(unified.own_group().to_owned())
}

/// Waits until our group is the scope: the answer only says that it has been begun.
fn moved(manager: Manager, unit: &str) -> Result<(Hierarchies, PathBuf), ScopeError> {
    let patience = u64::try_from(PATIENCE.as_nanos()).unwrap_or(u64::MAX);
    let deadline = clock::boot_ns().saturating_add(patience);
    loop {
        let hierarchies = Hierarchies::system()?;
        let own = hierarchies.unified().map(Hierarchy::own_group);
        if let Some(own) = own.filter(|own| is_named(own, unit)) {
            let own = own.to_owned();
            return Ok((hierarchies, own));
        }
        if clock::boot_ns() > deadline {
            return Err(ScopeError::NotMoved {
                manager,
                unit: unit.to_owned(),
                milliseconds: PATIENCE.as_millis(),
            });
        }
        // An interrupted wait only looks a little sooner.
        poll(&mut [], Some(&LOOK_EVERY)).unwrap_or_default();
    }
}

fn is_named(folder: &Path, unit: &str) -> bool {
    folder.file_name().is_some_and(|name| name == unit)
}
