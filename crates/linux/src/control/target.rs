//! A process that is held by a pidfd: the only thing that can be signalled.

use std::{
    io,
    os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd},
    time::Duration,
};

use model::ProcessId;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal},
};

use super::{
    Difference, Expected, Forbidden, ancestors,
    identity::{Seen, Unproven},
};
use crate::{ProcRoot, clock};

/// One process, held: whatever happens to its pid, this means no other.
#[derive(Debug)]
pub struct Target {
    id: ProcessId,
    pidfd: OwnedFd,
}

/// How a process is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing of it is left but, at most, an entry that its parent is about to remove.
    Reaped,
    /// It has ended and holds nothing but its entry: its parent has not waited for it.
    Zombie,
}

/// A process could not be held.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It may never be signalled.
    #[error("refused: {0}")]
    Forbidden(#[from] Forbidden),
    /// There is no such process any more.
    #[error("process {pid} has ended")]
    Gone {
        /// The pid.
        pid: u32,
        /// How.
        ending: Ending,
    },
    /// The pid belongs to another process, or the process became something else.
    #[error(
        "process {pid} is not what the plan was made for: {}",
        list(differences)
    )]
    Changed {
        /// The pid.
        pid: u32,
        /// In what.
        differences: Vec<Difference>,
    },
    /// It looks the same, but was observed so young that a successor could look the same.
    #[error(
        "process {pid} cannot be told from a successor: it was observed within a clock tick of its start, and this kernel (before 6.9) numbers no processes; make the plan again"
    )]
    Unproven {
        /// The pid.
        pid: u32,
    },
    /// The `/proc` that was read shows another PID namespace than the one we would signal in.
    #[error(
        "the pids of `{0}` are not those of this process' PID namespace, so nothing there can be signalled from here"
    )]
    ForeignProc(String),
    /// The kernel has no pidfds.
    #[error(
        "this kernel has no pidfd_open (it came with Linux 5.3), without which no process is signalled"
    )]
    Unsupported,
    /// Another error, such as no descriptor left.
    #[error("cannot hold process {pid}: {source}")]
    Io {
        /// The pid.
        pid: u32,
        /// The error.
        source: io::Error,
    },
}

fn list(differences: &[Difference]) -> String {
    let shown: Vec<String> = differences.iter().map(ToString::to_string).collect();
    shown.join(", ")
}

/// A signal was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    /// The process has ended and was reaped.
    #[error("it has ended")]
    Gone,
    /// It belongs to another user.
    #[error("it belongs to another user; run as that user or as root")]
    NotPermitted,
    /// Another error.
    #[error("the signal failed: {0}")]
    Io(io::Error),
}

impl Target {
    /// Holds the process that is there now under `pid`, and records it for later.
    ///
    /// What is recorded is of just this process: it was read while the pidfd was held, and
    /// the process was alive afterwards, so the pid cannot have changed hands in between.
    pub fn hold(root: &ProcRoot, pid: u32) -> Result<(Self, Expected), OpenError> {
        let (target, seen) = Self::look(root, pid)?;
        Ok((target, seen.expected))
    }

    /// [`Self::hold`], with what is not recorded.
    pub(super) fn look(root: &ProcRoot, pid: u32) -> Result<(Self, Seen), OpenError> {
        ancestors::check(root, pid)?;
        let pidfd = open(pid)?;
        check_namespace(root, pid, &pidfd)?;
        let seen = Expected::read(root, pid, pidfd.as_fd());
        if let Some(ending) = ending_of(&pidfd).map_err(|source| OpenError::Io { pid, source })? {
            return Err(OpenError::Gone { pid, ending });
        }
        let Some(seen) = seen else {
            // Alive, but its `stat` cannot be read: `hidepid`, or not a process' main thread.
            return Err(OpenError::Io {
                pid,
                source: io::ErrorKind::PermissionDenied.into(),
            });
        };
        if seen.kernel_thread {
            return Err(Forbidden::Kernel(pid).into());
        }
        let id = seen.expected.id;
        Ok((Self { id, pidfd }, seen))
    }

    /// Holds the process that `expected` was recorded of, if it is still there and still
    /// what it was.
    pub fn open(root: &ProcRoot, expected: &Expected) -> Result<Self, OpenError> {
        let pid = expected.id.pid;
        let (target, now) = Self::hold(root, pid)?;
        match expected.compare(&now) {
            Ok(differences) if differences.is_empty() => Ok(target),
            Ok(differences) => Err(OpenError::Changed { pid, differences }),
            Err(Unproven) => Err(OpenError::Unproven { pid }),
        }
    }

    /// The process.
    pub fn id(&self) -> ProcessId {
        self.id
    }

    /// Sends a signal to this process and to no other.
    pub fn signal(&self, signal: Signal) -> Result<(), SignalError> {
        match pidfd_send_signal(&self.pidfd, signal) {
            Ok(()) => Ok(()),
            Err(Errno::SRCH) => Err(SignalError::Gone),
            Err(Errno::PERM) => Err(SignalError::NotPermitted),
            Err(error) => Err(SignalError::Io(error.into())),
        }
    }

    /// How it is gone; `None` while it lives.
    pub fn ending(&self) -> io::Result<Option<Ending>> {
        ending_of(&self.pidfd)
    }

    /// Waits until it has ended, at most `timeout`. A process that nobody has waited for
    /// counts as ended; `None` means that it lives on.
    pub fn wait_gone(&self, timeout: Duration) -> io::Result<Option<Ending>> {
        wait_readable(&self.pidfd, timeout)?;
        self.ending()
    }
}

impl AsFd for Target {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

impl Expected {
    /// Records what is there now under `pid`.
    pub fn observe(root: &ProcRoot, pid: u32) -> Result<Self, OpenError> {
        Target::hold(root, pid).map(|(_, expected)| expected)
    }
}

fn open(pid: u32) -> Result<OwnedFd, OpenError> {
    let raw = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let raw = raw.ok_or(Forbidden::NoProcess(i64::from(pid)))?;
    match pidfd_open(raw, PidfdFlags::empty()) {
        Ok(pidfd) => Ok(pidfd),
        // EINVAL (ENOENT since 6.9 or so): the number is a thread's, not a process'.
        Err(Errno::SRCH | Errno::INVAL | Errno::NOENT) => Err(OpenError::Gone {
            pid,
            ending: Ending::Reaped,
        }),
        Err(Errno::NOSYS) => Err(OpenError::Unsupported),
        Err(error) => Err(OpenError::Io {
            pid,
            source: error.into(),
        }),
    }
}

/// The `/proc` that we compare with must call this process what we call it.
fn check_namespace(root: &ProcRoot, pid: u32, pidfd: &OwnedFd) -> Result<(), OpenError> {
    match Shown::by(root, pidfd) {
        Shown::As(shown) if shown != pid => Err(foreign(root)),
        Shown::NotAtAll => Err(foreign(root)),
        // If it was reaped just now, that is found out in a moment.
        Shown::As(_) | Shown::Reaped => Ok(()),
    }
}

fn foreign(root: &ProcRoot) -> OpenError {
    OpenError::ForeignProc(root.path().display().to_string())
}

/// How a `/proc` shows the process of a pidfd of ours, by the pidfd's `fdinfo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    /// By this pid, which it keeps as a zombie.
    As(u32),
    /// It had a pid before it was reaped.
    Reaped,
    /// This `/proc` does not even show ourselves.
    NotAtAll,
}

impl Shown {
    fn by(root: &ProcRoot, pidfd: &OwnedFd) -> Self {
        let file = format!("self/fdinfo/{}", pidfd.as_raw_fd());
        let text = root.read(&file, 4096).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let pid = text.lines().find_map(|line| line.strip_prefix("Pid:"));
        match pid.and_then(|pid| pid.trim().parse::<i64>().ok()) {
            Some(-1) => Self::Reaped,
            Some(pid) => u32::try_from(pid).map_or(Self::NotAtAll, Self::As),
            None => Self::NotAtAll,
        }
    }
}

fn ending_of(pidfd: &OwnedFd) -> io::Result<Option<Ending>> {
    if !wait_readable(pidfd, Duration::ZERO)? {
        return Ok(None);
    }
    // Without a `/proc` to ask, a zombie is not told from nothing.
    let shown = ProcRoot::system().map(|root| Shown::by(&root, pidfd));
    Ok(Some(match shown {
        Ok(Shown::As(_)) => Ending::Zombie,
        Ok(Shown::Reaped | Shown::NotAtAll) | Err(_) => Ending::Reaped,
    }))
}

/// A pidfd becomes readable when its process has ended, reaped or not (`pidfd_open(2)`).
fn wait_readable(pidfd: &OwnedFd, timeout: Duration) -> io::Result<bool> {
    let now = || Duration::from_nanos(clock::boot_ns());
    let until = now().saturating_add(timeout);
    loop {
        let left = Timespec::try_from(until.saturating_sub(now())).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(pidfd, PollFlags::IN)], Some(&left)) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
