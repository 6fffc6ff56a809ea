//! Room for groups with controllers in a delegated part of the unified hierarchy.
//!
//! A group of version 2 that has processes gives no controllers to groups below it. The way that
//! `cgroup-v2.rst` and systemd's "Control Group APIs and Delegation" lay down is to move one's own
//! processes into a group below, a leaf, and to switch the controllers on above it. That is done where
//! we are alone in our group; processes of others are not ours to move.

use std::path::{Path, PathBuf};

use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::{
    controller::Version,
    error::{Action, CgroupError},
    files,
    folders::{Folders, System},
    hierarchies::{Hierarchies, controllers_of},
};
use crate::parse::{lines, number};

/// The group below its own in which mcpvisor itself is, where it has made room. A unit file can have
/// systemd put it there from the start: `DelegateSubgroup=mcpvisor-supervisor` (systemd 254).
pub const LEAF: &str = "mcpvisor-supervisor";

/// Room could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// There is no unified hierarchy, or we do not see ourselves in it.
    #[error("there is no unified hierarchy here in which our own group can be seen")]
    NoUnified,
    /// Somebody else is in the group.
    #[error(
        "`{}` also has {others} processes of others, which are not ours to move: start this in a \
         systemd scope or service of its own with `Delegate=yes`",
        .group.display()
    )]
    Shared {
        /// Our own group.
        group: PathBuf,
        /// Processes in it that are not this one.
        others: usize,
    },
    /// The kernel refused it.
    #[error(transparent)]
    Refused(#[from] CgroupError),
}

impl Hierarchies {
    /// Moves this process, with all its threads, into a leaf below its group of the unified hierarchy,
    /// so that groups which are made from now on can have its controllers. They are made beside the
    /// leaf, so they stay below everything that limits us.
    ///
    /// Nothing is moved where we are in such a leaf already, or in the root of the hierarchy, which is
    /// exempt from the rule. It takes the kernel some 10 ms.
    pub fn make_room(&mut self) -> Result<(), NoRoom> {
        self.make_room_in(&mut System, std::process::id())
    }

    pub(super) fn make_room_in(
        &mut self,
        folders: &mut dyn Folders,
        ourselves: u32,
    ) -> Result<(), NoRoom> {
        let unified = self
            .found
            .iter_mut()
            .find(|hierarchy| hierarchy.version == Version::V2)
            .ok_or(NoRoom::NoUnified)?;
        if unified.has_room || access(unified.own.join("cgroup.type"), Access::EXISTS).is_err() {
            return Ok(());
        }
        match unified.own.parent().map(Path::to_owned) {
            Some(parent) if unified.own.ends_with(LEAF) => {
                // The leaf has only those that the group above has switched on so far.
                unified.controllers = controllers_of(&parent);
                unified.own = parent;
            }
            _ => move_to_leaf(folders, &unified.own, ourselves)?,
        }
        unified.has_room = true;
        Ok(())
    }
}

fn move_to_leaf(folders: &mut dyn Folders, own: &Path, ourselves: u32) -> Result<(), NoRoom> {
    let present = files::read(&own.join("cgroup.procs"))?;
    // A process of another pid namespace is shown as zero.
    let others = lines(&present)
        .filter(|line| number(line) != Some(ourselves.into()))
        .count();
    if others > 0 {
        return Err(NoRoom::Shared {
            group: own.to_owned(),
            others,
        });
    }
    let leaf = own.join(LEAF);
    match folders.make(&leaf) {
        // An earlier run left it.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(CgroupError::new(Action::Make, leaf, error).into()),
    }
    let file = leaf.join("cgroup.procs");
    files::write_plain(&file, &ourselves.to_string())
        .map_err(|error| CgroupError::new(Action::Attach(ourselves), file, error).into())
}
