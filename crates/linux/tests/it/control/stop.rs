//! Ending real trees.

use std::{
    fmt,
    process::Stdio,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use linux::{
    clock,
    control::{Lineage, Outcome, Plan, Report, Step, Target, Timing, run},
};
use model::ProcessId;
use rustix::process::Signal;

use super::{Kid, hold, marked, root, session, until};

const QUICK: Timing = Timing {
    stdin_grace: Duration::from_millis(300),
    kill_after: Duration::from_millis(300),
    give_up: Duration::from_secs(10),
    look_every: Duration::from_millis(20),
};

fn plan(pids: &[u32]) -> Plan {
    Plan {
        targets: pids.iter().map(|pid| hold(*pid).0).collect(),
        timing: QUICK,
        ..Plan::default()
    }
}

fn carry_out(plan: Plan, spared: &[ProcessId]) -> Report {
    let root = root();
    let mut lineage = Lineage::new(&root, &plan.targets, spared).unwrap();
    let clock = || Duration::from_nanos(clock::boot_ns());
    run(plan, &clock, &mut lineage, &mut |_| ())
}

fn steps(report: &Report) -> Vec<(u32, Option<Step>)> {
    let step = |outcome: &Outcome| match outcome {
        Outcome::Ended { by, .. } => Some(*by),
        _ => None,
    };
    report
        .outcomes
        .iter()
        .map(|(id, outcome)| (id.pid, step(outcome)))
        .collect()
}

/// A number that no other test uses, as the argument of `sleep` by which the processes of a test
/// are found. Those that a failed test leaves are ended with it.
struct Marker(String);

impl Marker {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("900.{:07}{next:03}", std::process::id()))
    }

    fn left(&self) -> Vec<u32> {
        marked(&self.0)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Drop for Marker {
    fn drop(&mut self) {
        for pid in self.left() {
            if let Ok((target, _)) = Target::hold(&root(), pid) {
                drop(target.signal(Signal::KILL));
            }
        }
    }
}

fn children(marker: &Marker, count: usize) -> Vec<u32> {
    until("the children", || {
        let found = marker.left();
        (found.len() == count).then_some(found)
    })
}

#[test]
fn a_wrapper_and_its_server_end_by_sigterm() {
    let marker = Marker::new();
    let kid = session(&format!("sleep {marker}; true"));
    let server = children(&marker, 1)[0];
    let report = carry_out(plan(&[kid.pid(), server]), &[]);
    assert!(report.is_complete(), "{report:?}");
    let by = Some(Step::Terminated);
    assert_eq!(steps(&report), [(kid.pid(), by), (server, by)]);
    assert!(report.took < QUICK.kill_after + Duration::from_secs(2));
}

#[test]
fn a_stopped_server_is_continued_so_that_it_can_end() {
    let marker = Marker::new();
    let kid = session(&format!("exec sleep {marker}"));
    let pid = children(&marker, 1)[0];
    hold(pid).0.signal(Signal::STOP).unwrap();
    let report = carry_out(plan(&[kid.pid()]), &[]);
    assert_eq!(steps(&report), [(pid, Some(Step::Terminated))]);
}

#[test]
fn the_deaf_are_killed_with_what_they_fork() {
    let marker = Marker::new();
    // Each child is deaf too, and lives long.
    let kid = session(&format!(
        "trap '' TERM HUP; while :; do sleep {marker} & sleep 0.01; done"
    ));
    until("some children", || (marker.left().len() > 3).then_some(()));
    let report = carry_out(plan(&[kid.pid()]), &[]);
    assert!(report.is_complete(), "{report:?}");
    assert!(
        report.outcomes.len() > 4,
        "newcomers are reported: {report:?}"
    );
    assert_eq!(steps(&report)[0], (kid.pid(), Some(Step::Killed)));
    assert_eq!(marker.left(), Vec::<u32>::new(), "nothing of it is left");
}

#[test]
fn children_forked_on_sigterm_into_sessions_of_their_own_are_found() {
    let marker = Marker::new();
    let kid = session(&format!(
        "trap 'setsid sleep {marker} & setsid sleep {marker} &' TERM; while :; do sleep 0.02; done"
    ));
    until("the trap to be set", || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", kid.pid())).ok()?;
        let caught = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))?;
        let caught = u64::from_str_radix(caught.trim(), 16).ok()?;
        (caught & (1 << 14) != 0).then_some(())
    });
    let report = carry_out(plan(&[kid.pid()]), &[]);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(marker.left(), Vec::<u32>::new(), "{report:?}");
    assert!(report.outcomes.len() >= 3, "{report:?}");
}

#[test]
fn a_child_whose_parent_is_gone_is_found_by_its_session() {
    let marker = Marker::new();
    // The inner shell forks a sleep and ends at SIGTERM before anybody looks.
    let kid = session(&format!(
        "trap '' TERM; (trap 'sleep {marker} & exit' TERM; while :; do sleep 0.02; done) & wait"
    ));
    let inner = until("the inner shell", || {
        let path = format!("/proc/{0}/task/{0}/children", kid.pid());
        std::fs::read_to_string(path)
            .ok()?
            .split_whitespace()
            .next()?
            .parse::<u32>()
            .ok()
    });
    std::thread::sleep(Duration::from_millis(50));
    let report = carry_out(plan(&[kid.pid(), inner]), &[]);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(marker.left(), Vec::<u32>::new(), "{report:?}");
}

#[test]
fn what_the_plan_spared_is_left_with_its_children() {
    let (marker, spared) = (Marker::new(), Marker::new());
    let kid = session(&format!(
        "setsid sh -c 'sleep {spared}; true' & exec sleep {marker}"
    ));
    children(&marker, 1);
    let child = children(&spared, 1)[0];
    let shell = parent_of(child);
    let ids = [hold(shell).0.id(), hold(child).0.id()];
    let report = carry_out(plan(&[kid.pid()]), &ids[..1]);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(report.outcomes.len(), 1, "{report:?}");
    assert_eq!(spared.left(), [child]);
    for pid in [shell, child] {
        hold(pid).0.signal(Signal::KILL).unwrap();
    }
}

fn parent_of(pid: u32) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.unwrap().trim().parse().unwrap()
}

#[test]
fn stdin_is_closed_first_and_that_is_enough_for_the_polite() {
    let mut command = std::process::Command::new("cat");
    command.stdin(Stdio::piped()).stdout(Stdio::null());
    let mut kid = Kid(command.spawn().unwrap());
    let stdin = kid.0.stdin.take().unwrap();
    let mut plan = plan(&[kid.pid()]);
    plan.timing.stdin_grace = Duration::from_secs(20);
    plan.stdin = Some(stdin.into());
    let report = carry_out(plan, &[]);
    let zombie = true; // we are its parent, and have not waited
    let by = Step::StdinClosed;
    assert_eq!(report.outcomes[0].1, Outcome::Ended { by, zombie });
}

#[test]
fn what_ended_before_is_reported_as_such() {
    let mut kid = session("exec sleep 1000");
    let (target, expected) = hold(kid.pid());
    kid.0.kill().unwrap();
    kid.0.wait().unwrap();
    let opened = Plan::open(&root(), [&expected]);
    assert!(!opened.has_changed(), "an end is no change");
    let outcomes = carry_out(opened, &[]).outcomes;
    assert_eq!(outcomes, [(target.id(), Outcome::AlreadyGone)]);
    let held = Plan {
        targets: vec![target],
        timing: QUICK,
        ..Plan::default()
    };
    let report = carry_out(held, &[]);
    assert_eq!(report.outcomes[0].1, Outcome::AlreadyGone);
}

#[test]
fn what_cannot_be_looked_at_is_not_called_complete() {
    let kid = session("exec sleep 1000");
    let clock = || Duration::from_nanos(clock::boot_ns());
    let mut blind = |_: &[Target]| Err(std::io::Error::other("no descriptor left"));
    let report = run(plan(&[kid.pid()]), &clock, &mut blind, &mut |_| ());
    assert!(!report.is_complete());
    assert_eq!(report.unverified.as_deref(), Some("no descriptor left"));
    assert_eq!(steps(&report)[0].1, Some(Step::Terminated));
}

#[test]
fn another_users_process_is_refused_and_said_so() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: only root can start a process as another user");
        return;
    }
    let ids = [
        "--reuid=65533",
        "--regid=65533",
        "--clear-groups",
        "sleep",
        "1000",
    ];
    let kid = super::spawn("setpriv", &ids);
    until("the other user's process", || {
        std::fs::read(format!("/proc/{}/comm", kid.pid()))
            .ok()
            .filter(|name| name == b"sleep\n")
    });
    let plan = plan(&[kid.pid()]);
    let report = linux::become_user::as_user(65_534, 65_534, &[], || carry_out(plan, &[])).unwrap();
    let Outcome::Refused { why } = &report.outcomes[0].1 else {
        panic!("{report:?}");
    };
    assert!(why.contains("another user"), "{why}");
    assert!(!report.is_complete());
    assert_eq!(
        hold(kid.pid()).0.ending().unwrap(),
        None,
        "it was left alone"
    );
}
