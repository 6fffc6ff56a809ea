//! All that descends from a start, and how it is ended.
//!
//! Where a control group could be made, its members are the tree, whatever they do. Elsewhere it is whoever
//! carries the mark of the start. Nothing is signalled but through a pidfd, after which it is looked again
//! whether its process still belongs to the tree: so a pid that changed hands meanwhile is left alone.

use std::io;

use linux::ProcRoot;
use linux::cgroup::{Group, Kill};
use linux::control::{self, Target};
use linux::marks;
use model::ProcessId;
use rustix::process::Signal;

/// How often what is to be killed is looked for again before the first is: each look finds what was
/// forked before its parent was stopped.
const STOP_ROUNDS: usize = 16;

/// Who belongs to one start.
#[derive(Debug)]
pub(crate) struct Tree {
    group: Option<Group>,
    mark: String,
    root: Option<u32>,
}

impl Tree {
    /// A start with this group, if one could be made, and this mark.
    pub(crate) fn new(group: Option<Group>, mark: String) -> Self {
        Self {
            group: group.filter(|group| !group.is_nowhere()),
            mark,
            root: None,
        }
    }

    /// Its first process: told first when the tree is to end.
    pub(crate) fn set_root(&mut self, pid: u32) {
        self.root = Some(pid);
    }

    pub(crate) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }

    /// Pids of all that live; zombies do not.
    pub(crate) fn members(&self, root: &ProcRoot) -> io::Result<Vec<u32>> {
        match &self.group {
            Some(group) => group.pids().map_err(io::Error::other),
            None => Ok(marks::bearers(root, &self.mark)?.collect()),
        }
    }

    /// Whether a process belongs to it. The mark speaks for one that was moved out of the group.
    pub(crate) fn has(&self, root: &ProcRoot, pid: u32) -> bool {
        let pids = self.group.as_ref().and_then(|group| group.pids().ok());
        pids.is_some_and(|pids| pids.contains(&pid))
            || !self.mark.is_empty() && marks::bears(root, pid, &self.mark)
    }

    /// What lives, with start times.
    pub(crate) fn living(&self, root: &ProcRoot) -> io::Result<Vec<ProcessId>> {
        let held = self.hold(root)?;
        Ok(held.iter().map(Target::id).collect())
    }

    /// SIGTERM to all, its first process first, so that it does not start anew what ends below it; then
    /// SIGCONT, so that what is stopped can act on it.
    pub(crate) fn terminate(&self, root: &ProcRoot) -> io::Result<()> {
        let mut held = self.hold(root)?;
        held.sort_by_key(|target| Some(target.id().pid) != self.root);
        for signal in [Signal::TERM, Signal::CONT] {
            for target in &held {
                // One that has ended needs none; one that refuses is found when it is looked what is left.
                target.signal(signal).ok();
            }
        }
        Ok(())
    }

    /// SIGKILL to all, and to what is forked meanwhile.
    pub(crate) fn kill(&self, root: &ProcRoot) -> io::Result<()> {
        if let Some(group) = &self.group
            && matches!(group.kill(), Ok(Kill::Ordered))
        {
            return Ok(());
        }
        self.kill_each(root)
    }

    /// One by one: all are stopped before the first is killed, since what stands still forks no more.
    fn kill_each(&self, root: &ProcRoot) -> io::Result<()> {
        let mut stopped: Vec<Target> = Vec::new();
        for _ in 0..STOP_ROUNDS {
            let before = stopped.len();
            self.each(root, |target| {
                if stopped.iter().all(|old| old.id() != target.id()) {
                    // At once, before it forks: what has ended meanwhile needs none.
                    target.signal(Signal::STOP).ok();
                    stopped.push(target);
                }
            })?;
            if stopped.len() == before {
                break;
            }
        }
        for target in &stopped {
            target.signal(Signal::KILL).ok();
        }
        Ok(())
    }

    fn hold(&self, root: &ProcRoot) -> io::Result<Vec<Target>> {
        let mut held = Vec::new();
        self.each(root, |target| held.push(target))?;
        Ok(held)
    }

    /// Members that are held, and were members after that.
    fn each(&self, root: &ProcRoot, mut found: impl FnMut(Target)) -> io::Result<()> {
        let Some(group) = &self.group else {
            for pid in marks::bearers(root, &self.mark)? {
                if let Ok((target, _)) = Target::hold(root, pid)
                    && marks::bears(root, pid, &self.mark)
                {
                    found(target);
                }
            }
            return Ok(());
        };
        let pids = || group.pids().map_err(io::Error::other);
        control::members(root, pids)?.into_iter().for_each(found);
        Ok(())
    }

    /// Nothing of it is left: its group is removed. Not an error if that fails; it is found as a leftover.
    pub(crate) fn remove(self) {
        if let Some(mut group) = self.group
            && let Err(error) = group.remove()
        {
            tracing::debug!("a control group stays for now: {error}");
        }
    }
}
