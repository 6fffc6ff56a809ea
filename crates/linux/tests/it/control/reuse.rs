//! A recycled pid is never signalled.
//!
//! In a PID namespace of its own the test decides which pid comes next
//! (`/proc/sys/kernel/ns_last_pid`): a plan is made for process A, A ends and is reaped,
//! process B gets A's pid, the plan is carried out. B must not be signalled. What ends B in
//! the end tells: its exit status names the first deadly signal that it was sent.

use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Child, Command, Stdio},
    time::Duration,
};

use linux::{
    clock,
    control::{Difference, Expected, OpenError, Outcome, Plan, SignalError, Target, run},
};
use rustix::process::Signal;

use super::root;

const INSIDE: &str = "MCPVISOR_TEST_INSIDE_PID_NAMESPACE";
const ROUNDS: u32 = 200;
const TICK_NS: u64 = 10_000_000;

#[test]
fn a_recycled_pid_is_never_signalled() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let own = std::env::current_exe().unwrap();
    let namespace = ["-Urpf", "--mount-proc", "--kill-child"];
    let allowed = Command::new("unshare").args(namespace).arg("true").output();
    if !allowed.is_ok_and(|output| output.status.success()) {
        println!("skipped: no PID namespace can be made here (`unshare -Urpf --mount-proc`)");
        return;
    }
    let output = Command::new("unshare")
        .args(namespace)
        .arg(own)
        .args([
            "--exact",
            "control::reuse::a_recycled_pid_is_never_signalled",
        ])
        .args(["--nocapture", "--test-threads=1"])
        .env(INSIDE, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let cried = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{cried}");
    let figures = said.lines().find(|line| line.contains("rounds"));
    println!("{}", figures.expect("the test ran inside"));
}

/// What happened in all rounds.
#[derive(Debug, Default)]
struct Figures {
    rounds: u32,
    same_tick: u32,
    same_tick_and_all_else: u32,
    signalled: u32,
}

fn inside() {
    assert_eq!(std::process::id(), 1, "the first process of its namespace");
    the_record_works();
    let mut figures = Figures::default();
    // A busy machine may need more rounds until some fall into one tick.
    while figures.rounds < ROUNDS || (figures.same_tick_and_all_else < 5 && figures.rounds < 1000) {
        round(&mut figures);
    }
    println!(
        "{} rounds: {} with the same start tick, {} of them equal in all that was recorded; {} signalled",
        figures.rounds, figures.same_tick, figures.same_tick_and_all_else, figures.signalled
    );
    assert_eq!(figures.signalled, 0);
    assert!(
        figures.same_tick_and_all_else > 0,
        "the weakest case must occur"
    );
}

/// B's exit status does tell whether it was signalled before it was killed.
fn the_record_works() {
    let mut kid = sleep("1000");
    let (target, _) = Target::hold(&root(), kid.id()).unwrap();
    target.signal(Signal::TERM).unwrap();
    assert!(was_signalled(&mut kid));
}

fn round(figures: &mut Figures) {
    let root = root();
    let odd = figures.rounds % 2 == 1;
    wait_for_a_new_tick();
    let mut first = sleep("1000");
    let pid = first.id();
    let (held, expected) = Target::hold(&root, pid).unwrap();
    first.kill().unwrap();
    first.wait().unwrap();
    let Some(mut second) = recycled(pid, if odd { "1001" } else { "1000" }) else {
        return;
    };
    let now = Expected::observe(&root, pid).unwrap();
    let same_tick = now.id == expected.id;
    figures.rounds += 1;
    figures.same_tick += u32::from(same_tick);

    // The pidfd that was held since the plan reaches nobody.
    assert!(matches!(held.signal(Signal::TERM), Err(SignalError::Gone)));

    // The recorded identity, as it is on this kernel.
    let plan = Plan::open(&root, [&expected]);
    assert!(plan.has_changed() && plan.targets.is_empty(), "{plan:?}");
    let clock = || Duration::from_nanos(clock::boot_ns());
    let report = run(
        plan,
        &clock,
        &mut |_: &[Target]| Ok(Vec::new()),
        &mut |_| (),
    );
    assert!(
        matches!(report.outcomes[..], [(_, Outcome::Changed { .. })]),
        "{report:?}"
    );
    if expected.pidfs_inode.is_some() {
        let found = differences(Target::open(&root, &expected));
        assert!(found.contains(&Difference::Process), "{found:?}");
    }

    // The same as if the kernel had no pidfs.
    let mut older = expected.clone();
    older.pidfs_inode = None;
    match Target::open(&root, &older) {
        Err(OpenError::Unproven { .. }) => {
            // The weakest case: same tick, parent, session, program and arguments. That it
            // was seen within its first tick is what forbids it.
            assert!(same_tick && !odd && !older.settled);
            figures.same_tick_and_all_else += 1;
        }
        other => {
            let found = differences(other);
            assert_eq!(
                found.contains(&Difference::StartTime),
                !same_tick,
                "{found:?}"
            );
            assert_eq!(found.contains(&Difference::CommandLine), odd, "{found:?}");
        }
    }
    figures.signalled += u32::from(was_signalled(&mut second));
}

fn differences(opened: Result<Target, OpenError>) -> Vec<Difference> {
    match opened {
        Err(OpenError::Changed { differences, .. }) => differences,
        other => panic!("taken for the same process: {other:?}"),
    }
}

fn sleep(seconds: &str) -> Child {
    let mut command = Command::new("/bin/sleep");
    command.arg(seconds).stdin(Stdio::null());
    let kid = command.spawn().unwrap();
    // The kernel lets us go on before the new program has its arguments.
    let file = format!("/proc/{}/cmdline", kid.id());
    while std::fs::read(&file).unwrap().is_empty() {
        std::hint::spin_loop();
    }
    kid
}

/// A process with just this pid, or none if another process was quicker.
fn recycled(pid: u32, seconds: &str) -> Option<Child> {
    std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
    let mut kid = sleep(seconds);
    if kid.id() == pid {
        return Some(kid);
    }
    kid.kill().unwrap();
    kid.wait().unwrap();
    None
}

/// Kills it. SIGTERM, had it come before, would be what it died of: the kernel fixes the
/// exit status when the first deadly signal is sent.
fn was_signalled(kid: &mut Child) -> bool {
    kid.kill().unwrap();
    kid.wait().unwrap().signal() != Some(9)
}

/// So that A and B may fit into one tick.
fn wait_for_a_new_tick() {
    while clock::boot_ns() % TICK_NS > TICK_NS / 10 {
        std::hint::spin_loop();
    }
}
