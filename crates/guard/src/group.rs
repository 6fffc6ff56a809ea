//! The control group that a server is limited by.
//!
//! It is made only where a limit is asked for. A guard that was killed leaves its group behind, perhaps
//! with processes that lost their parent; the next guard that makes one below the same group ends what is
//! in it. Where our own group cannot have one with limits, another place is looked for, such as a scope of
//! systemd; those that killed guards left are ended in the same way.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use linux::cgroup::{
    Enforced, Events, Group, GroupName, Hierarchies, Kill, Leftover, Limits, PREFIX,
};
use linux::{ProcRoot, cgroup, clock, control, systemd};
use rustix::process::Signal;

use crate::room::{self, Room};

/// What labels of groups of guards begin with: groups of servers that a daemon keeps are not for guards to
/// end.
const LABEL: &str = "run.";
/// How long what is killed with its group may take to be gone.
const GONE_WITHIN: Duration = Duration::from_secs(2);
/// A group without processes is in use for less than this: until its server has started.
const EMPTY_FOR: Duration = Duration::from_mins(1);
/// Between two looks at whether it is.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A group of ours, and what the kernel holds of its limits.
#[derive(Debug)]
pub struct Confined {
    group: Option<Group>,
    /// What became of each limit.
    pub enforced: Enforced,
    /// Why there is no group at all.
    pub nowhere: Option<String>,
    /// The scope that was made for it, and by whom.
    pub scope: Option<String>,
    /// Why systemd did not make one, where that would have helped.
    pub no_scope: Option<String>,
}

impl Confined {
    /// Makes one for the server `label`; none if no limit is asked for.
    pub fn make(label: &str, limits: &Limits) -> Self {
        if limits.asked().next().is_none() {
            return Self::without(None);
        }
        let us = ProcRoot::system().map_err(io::Error::other);
        let us = match us.and_then(|root| root.ourselves()) {
            Ok(us) => us,
            Err(error) => {
                let why = format!("our own start time cannot be read: {error}");
                return Self::without(Some(why));
            }
        };
        let hierarchies = match Hierarchies::system() {
            Ok(hierarchies) => hierarchies,
            Err(error) => return Self::without(Some(error.to_string())),
        };
        end_leftovers(&hierarchies);
        let name = GroupName::new(&format!("{LABEL}{label}"), us);
        let (group, enforced) = Group::create(&hierarchies, &name, limits);
        let first = Self {
            group: Some(group),
            enforced,
            ..Self::without(None)
        };
        if !room::would_help(&hierarchies, &first.enforced) {
            return first;
        }
        match room::find(hierarchies, &name) {
            Ok(room) => first.moved_to(&room, &name, limits),
            Err(no_scope) => Self { no_scope, ..first },
        }
    }

    /// The same in a better place.
    fn moved_to(self, room: &Room, name: &GroupName, limits: &Limits) -> Self {
        // It is empty: at worst the next guard finds it.
        self.leave().ok();
        end_leftovers(&room.hierarchies);
        if let Some(scope) = &room.scope {
            end_abandoned(scope);
        }
        let (group, enforced) = Group::create(&room.hierarchies, name, limits);
        let scope = room.scope.as_ref();
        Self {
            group: Some(group),
            enforced,
            scope: scope.map(|scope| format!("`{}`, made by {}", scope.unit, scope.manager)),
            ..Self::without(None)
        }
    }

    fn without(nowhere: Option<String>) -> Self {
        Self {
            group: None,
            enforced: Enforced::default(),
            nowhere,
            scope: None,
            no_scope: None,
        }
    }

    /// What a process writes to before it executes the server.
    pub fn entrances(&self) -> Vec<PathBuf> {
        self.group
            .as_ref()
            .map(Group::procs_files)
            .unwrap_or_default()
    }

    /// What happened in it.
    pub fn events(&self) -> Events {
        self.group.as_ref().map(Group::events).unwrap_or_default()
    }

    /// Ends what is still in it, which is nothing unless something went wrong, and removes it.
    ///
    /// # Errors
    /// It is still there, with these words.
    pub fn leave(self) -> Result<(), String> {
        self.group.map_or(Ok(()), empty)
    }
}

fn empty(mut group: Group) -> Result<(), String> {
    let deadline = Duration::from_nanos(clock::boot_ns()) + GONE_WITHIN;
    loop {
        let Err(error) = group.remove() else {
            return Ok(());
        };
        if Duration::from_nanos(clock::boot_ns()) > deadline {
            return Err(error.to_string());
        }
        match group.kill() {
            Ok(Kill::Ordered) => {}
            Ok(Kill::NotPossible) => kill_members(&group),
            Err(error) => return Err(error.to_string()),
        }
        let wait = rustix::event::Timespec::try_from(LOOK_EVERY).ok();
        rustix::event::poll(&mut [], wait.as_ref()).ok();
    }
}

/// One by one, where the kernel has no `cgroup.kill`.
fn kill_members(group: &Group) {
    let Ok(root) = ProcRoot::system() else { return };
    let pids = || group.pids().map_err(io::Error::other);
    for target in control::members(&root, pids).unwrap_or_default() {
        // One that has ended meanwhile needs none; the next round sees the others.
        target.signal(Signal::KILL).ok();
    }
}

/// Groups of guards that have ended. Best effort: who comes next tries again.
fn end_leftovers(hierarchies: &Hierarchies) {
    let Ok(root) = ProcRoot::system() else { return };
    let prefix = format!("{PREFIX}{LABEL}");
    for leftover in cgroup::leftovers(hierarchies, &prefix).unwrap_or_default() {
        if is_nobodys(&root, &leftover) {
            empty(leftover.into_group()).ok();
        }
    }
}

/// Scopes of guards that have ended, likewise. An empty one is systemd's to forget.
fn end_abandoned(ours: &systemd::Entered) {
    let Ok(root) = ProcRoot::system() else { return };
    for scope in systemd::abandoned(&ours.folder) {
        let is_guards = scope.name.label().starts_with(LABEL) && !scope.pids.is_empty();
        if is_guards && maker_has_ended(&root, &scope.name, &scope.pids) {
            scope.stop().ok();
        }
    }
}

/// One in which nobody has been for a while is nobody's: a guard starts its server at once.
fn is_nobodys(root: &ProcRoot, leftover: &Leftover) -> bool {
    let Ok(pids) = &leftover.pids else {
        return false;
    };
    let is_old = || leftover.made_before().is_some_and(|age| age > EMPTY_FOR);
    maker_has_ended(root, &leftover.name, pids) && (!pids.is_empty() || is_old())
}

/// For certain? The name has the maker's number in the maker's own pid namespace, so all that are in the
/// group must be in ours for the number to mean anything.
fn maker_has_ended(root: &ProcRoot, name: &GroupName, pids: &[u32]) -> bool {
    let maker = name.maker();
    if root.id_of(maker.pid).is_ok_and(|id| id == maker) {
        return false;
    }
    let namespace = |pid: &str| std::fs::read_link(root.path().join(pid).join("ns/pid")).ok();
    let ours = namespace("self");
    pids.is_empty() || ours.is_some() && pids.iter().all(|pid| namespace(&pid.to_string()) == ours)
}
