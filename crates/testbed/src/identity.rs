//! Which process exactly: a pid together with its start time.
//!
//! A pid alone may be reused by the time it is signalled, so a signal goes through a pidfd that was
//! opened first and whose process was compared afterwards: the pidfd pins the process, the comparison
//! shows that the pinned one is ours.

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::process::Process;

/// One process of one run: pids come back, the pair does not (within a clock tick of 10 ms).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The process id in our own pid namespace.
    pub pid: u32,
    /// Clock ticks from boot to its start (field 22 of `/proc/PID/stat`).
    pub start_time: u64,
}

impl Identity {
    /// The identity of the process that has this pid now, if there is one.
    #[must_use]
    pub fn of(pid: u32) -> Option<Self> {
        Process::read(pid).map(|process| process.identity())
    }

    /// Whether this very process still runs. A zombie does not run.
    #[must_use]
    pub fn is_running(self) -> bool {
        self.current().is_some_and(|process| process.state != 'Z')
    }

    /// Whether this very process still has its entry in the process table, as a zombie too.
    #[must_use]
    pub fn is_listed(self) -> bool {
        self.current().is_some()
    }

    /// Sends `signal` if the pid still belongs to this process; tells whether it did.
    #[must_use = "a signal that was not sent is the caller's business"]
    pub fn signal(self, signal: Signal) -> bool {
        let Some(pid) = i32::try_from(self.pid).ok().and_then(Pid::from_raw) else {
            return false;
        };
        let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else {
            return false;
        };
        self.is_listed() && pidfd_send_signal(&pidfd, signal).is_ok()
    }

    fn current(self) -> Option<Process> {
        Process::read(self.pid).filter(|process| process.start_time == self.start_time)
    }
}
