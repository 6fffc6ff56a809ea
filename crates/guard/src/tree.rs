//! Ending all that a server has started.
//!
//! Everything that descends from the server descends from us, since we are its subreaper. So the tree is
//! all of our descendants, and it is gone when we have none that lives.

use std::time::Duration;

use linux::control::{self, OpenError, Outcome, Plan, Target, Timing};
use linux::{ProcRoot, clock, descendants};
use model::ProcessId;
use rustix::process::{WaitOptions, WaitStatus};

/// How often it begins anew because somebody was forked into its last look.
const ROUNDS: usize = 10;

/// Between two looks while it ends.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the kernel may take to end what was killed.
const GIVE_UP: Duration = Duration::from_secs(3);

/// Pids of what is left, and why: it lives although it was killed, or could not be signalled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left(pub Vec<(u32, String)>);

/// Ends all our descendants: SIGTERM, after `kill_after` SIGKILL, until none is left, and says what is.
/// `reaped` is told of each child that has ended.
pub fn end(root: &ProcRoot, kill_after: Duration, reaped: &mut dyn FnMut(u32, WaitStatus)) -> Left {
    let mut kill_after = kill_after;
    for _ in 0..ROUNDS {
        reap(reaped);
        let look = look(root, &[]);
        if look.targets.is_empty() {
            return Left(look.refused);
        }
        let plan = Plan {
            targets: look.targets,
            timing: Timing {
                stdin_grace: Duration::ZERO,
                kill_after,
                give_up: GIVE_UP,
                look_every: LOOK_EVERY,
            },
            ..Plan::default()
        };
        let now = || Duration::from_nanos(clock::boot_ns());
        let mut relatives = |members: &[Target]| Ok(self::look(root, members).targets);
        let report = control::run(plan, &now, &mut relatives, &mut |_| {});
        // What comes now has escaped an end already.
        kill_after = Duration::ZERO;
        let left: Vec<_> = report.outcomes.into_iter().filter_map(survived).collect();
        if !left.is_empty() {
            return Left(left);
        }
    }
    reap(reaped);
    Left(look(root, &[]).ids())
}

fn survived((id, outcome): (ProcessId, Outcome)) -> Option<(u32, String)> {
    match outcome {
        Outcome::Survived => Some((id.pid, "it lives although it was killed".to_owned())),
        Outcome::Refused { why } | Outcome::Changed { why } => Some((id.pid, why)),
        Outcome::AlreadyGone | Outcome::Ended { .. } => None,
    }
}

/// Waits for all children that have ended.
pub(crate) fn reap(reaped: &mut dyn FnMut(u32, WaitStatus)) {
    while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
        reaped(pid.as_raw_nonzero().get().unsigned_abs(), status);
    }
}

/// Our living descendants that are not held yet.
struct Look {
    targets: Vec<Target>,
    /// Those that cannot be held, and why.
    refused: Vec<(u32, String)>,
}

impl Look {
    fn ids(self) -> Vec<(u32, String)> {
        let escaped = |target: Target| (target.id().pid, "it forks faster than it ends".to_owned());
        let mut all = self.refused;
        all.extend(self.targets.into_iter().map(escaped));
        all
    }
}

fn look(root: &ProcRoot, held: &[Target]) -> Look {
    let mut look = Look {
        targets: Vec::new(),
        refused: Vec::new(),
    };
    let known = |pid: u32| held.iter().any(|target| target.id().pid == pid);
    let ours = descendants::of(root, std::process::id());
    for pid in ours.into_iter().filter(|pid| !known(*pid)) {
        match Target::hold(root, pid) {
            Ok((target, _)) => look.targets.push(target),
            Err(OpenError::Gone { .. }) => {}
            Err(error) => look.refused.push((pid, error.to_string())),
        }
    }
    look
}
