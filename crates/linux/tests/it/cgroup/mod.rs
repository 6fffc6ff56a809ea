//! Control groups of this machine. Each test makes groups of its own below the group that it runs in,
//! and removes them, also when it fails; where none can be made it says so and passes.

mod limiting;
mod living;

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use linux::cgroup::{
    Controller, Enforced, Group, GroupName, Hierarchies, Kill, Limit, Limits, Outcome,
};
use model::ProcessId;
use testbed::{Identity, programs, wait::wait_until};

/// A group with what runs in it; nothing of both is left when it is dropped.
struct Live {
    group: Group,
    enforced: Enforced,
    children: Vec<Child>,
}

impl Live {
    /// `None` if these limits cannot be had here, after saying so.
    fn with(label: &str, limits: Limits) -> Option<Self> {
        let hierarchies = Hierarchies::system().unwrap();
        let (group, enforced) = Group::create(&hierarchies, &name(label), &limits);
        let live = Self {
            group,
            enforced,
            children: Vec::new(),
        };
        if live.group.is_nowhere() {
            println!(
                "skipped: no group can be made: {:?}",
                live.enforced.not_made
            );
            return None;
        }
        for entry in &live.enforced.limits {
            if let Outcome::Not(why) = &entry.outcome {
                println!("skipped: {} cannot be limited here: {why}", entry.limit);
                return None;
            }
        }
        Some(live)
    }

    /// Starts a program in the group. Its standard input stays open.
    fn start(&mut self, program: PathBuf, arguments: &[&str]) -> usize {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.group.entrances().unwrap().before_exec(&mut command);
        self.children.push(command.spawn().unwrap());
        self.children.len() - 1
    }

    fn start_server(&mut self, flags: &[&str]) -> usize {
        let flags = [flags, &["--max-lifetime=60"]].concat();
        self.start(programs::mcp_server().unwrap(), &flags)
    }

    fn held(&self, limit: Limit) -> String {
        self.enforced.outcome(limit).unwrap().to_string()
    }

    /// Ends what is in the group, and waits for the end.
    fn end(&mut self) {
        match self.group.kill() {
            Ok(Kill::Ordered) => {}
            _ => self.kill_each(),
        }
        for child in &mut self.children {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
        until("the end of all in the group", || {
            !self.group.is_populated().unwrap()
        });
    }

    fn kill_each(&self) {
        let pids = self.group.pids().unwrap();
        for identity in pids.into_iter().filter_map(Identity::of) {
            // One that has ended meanwhile needs no signal.
            let _ended_already = !identity.signal(rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if !self.group.is_nowhere() {
            self.end();
            // The kernel lets go of the last process a moment after it has ended.
            until("the group to be removed", || self.group.remove().is_ok());
        }
    }
}

fn name(label: &str) -> GroupName {
    let own = Identity::of(std::process::id()).unwrap();
    let maker = ProcessId {
        pid: own.pid,
        start_ticks: own.start_time,
    };
    GroupName::new(label, maker)
}

fn until(what: &str, look: impl FnMut() -> bool) {
    wait_until(what, Duration::from_secs(20), look).unwrap();
}

#[test]
fn we_are_in_the_groups_that_we_are_told_of() {
    let hierarchies = Hierarchies::system().unwrap();
    if hierarchies.iter().next().is_none() {
        return println!("skipped: no control groups are mounted here");
    }
    let own = std::process::id().to_string();
    for hierarchy in hierarchies.iter() {
        let procs = std::fs::read_to_string(hierarchy.own_group().join("cgroup.procs")).unwrap();
        assert!(procs.lines().any(|pid| pid == own), "{hierarchy:?}");
    }
    for controller in Controller::ALL {
        if let Some(hierarchy) = hierarchies.of(controller) {
            assert!(hierarchy.controllers().contains(&controller));
        }
    }
}

#[test]
fn nobody_else_may_make_a_group_here() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: only root can become another user");
    }
    let hierarchies = Hierarchies::system().unwrap();
    let (name, limits) = (
        name("nobody"),
        Limits {
            pids_max: Some(15),
            ..Limits::default()
        },
    );
    let create = || Group::create(&hierarchies, &name, &limits);
    let (group, enforced) = match linux::become_user::as_user(65_534, 65_534, &[], create) {
        Ok(created) => created,
        Err(error) => return println!("skipped: cannot become another user: {error}"),
    };
    assert!(group.is_nowhere(), "{group:?}");
    assert!(!enforced.is_complete());
    for error in &enforced.not_made {
        let text = error.to_string();
        assert!(
            text.contains("Delegate=yes") || text.contains("read-only"),
            "{text}"
        );
    }
}
