//! Signals as something to read: blocked, and taken from a descriptor.
//!
//! A program that has to act on signals and on descriptors at once blocks the signals that it wants and
//! reads them from a `signalfd(2)`, so that there is no handler and nothing to interrupt.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, FromRawFd as _, OwnedFd};
use std::ptr;

use rustix::io::Errno;
use rustix::process::Signal;

/// Bytes of a `struct signalfd_siginfo` (`signalfd(2)`); its first four are the number.
const RECORD: usize = 128;

/// Signals that are blocked and can be read. Dropping it leaves them blocked.
#[derive(Debug)]
pub struct Signals {
    descriptor: OwnedFd,
}

/// A signal as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its number.
    pub number: i32,
    /// Who sent it; 0 is the kernel.
    pub sender: u32,
}

impl Signals {
    /// Blocks these for the calling thread and those that it starts later. Call it before any thread is
    /// started: one that has them unblocked would take them.
    ///
    /// # Errors
    /// The kernel has no descriptor left.
    pub fn block(signals: &[Signal]) -> io::Result<Self> {
        let set = set_of(signals);
        // SAFETY: `set` is initialised, the old set is not asked for, and -1 makes a new descriptor,
        // which nobody else has.
        #[expect(unsafe_code, reason = "there is no safe wrapper of signal masks")]
        let descriptor = unsafe {
            if libc::sigprocmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) != 0 {
                return Err(io::Error::last_os_error());
            }
            let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
            let descriptor = libc::signalfd(-1, &raw const set, flags);
            if descriptor < 0 {
                return Err(io::Error::last_os_error());
            }
            OwnedFd::from_raw_fd(descriptor)
        };
        Ok(Self { descriptor })
    }

    /// The next one that has come; `None` if there is none.
    ///
    /// # Errors
    /// The descriptor cannot be read.
    pub fn take(&self) -> io::Result<Option<Taken>> {
        let mut record = [0; RECORD];
        match rustix::io::read(&self.descriptor, &mut record) {
            Ok(RECORD) => Ok(Some(Taken {
                number: i32::from_ne_bytes([record[0], record[1], record[2], record[3]]),
                sender: u32::from_ne_bytes([record[12], record[13], record[14], record[15]]),
            })),
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Unblocks everything: what a program that is about to be started expects. Safe between `fork` and
/// `exec`.
///
/// # Errors
/// None that Linux documents.
pub fn unblock_all() -> io::Result<()> {
    let none = set_of(&[]);
    // SAFETY: `none` is initialised, and the old set is not asked for. `sigprocmask` is safe in signal
    // handlers, hence after `fork`.
    #[expect(unsafe_code, reason = "there is no safe wrapper of signal masks")]
    let result = unsafe { libc::sigprocmask(libc::SIG_SETMASK, &raw const none, ptr::null_mut()) };
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Ends this process by a signal of which others should think that it ended us: the default action,
/// without a core file of ours. Returns if the signal does not end processes.
pub fn end_by(signal: Signal) {
    let limit = rustix::process::Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Best effort: a core file is the only harm.
    rustix::process::setrlimit(rustix::process::Resource::Core, limit).ok();
    let number = signal.as_raw();
    // SAFETY: sets a default action, which is no code of ours; it takes plain numbers. SIGKILL is refused,
    // and has no other action.
    #[expect(unsafe_code, reason = "there is no safe wrapper of signal actions")]
    unsafe {
        libc::signal(number, libc::SIG_DFL);
    }
    if unblock_all().is_ok() {
        rustix::process::kill_process(rustix::process::getpid(), signal).ok();
    }
}

fn set_of(signals: &[Signal]) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the whole set, `sigaddset` changes an initialised one.
    #[expect(unsafe_code, reason = "sets of signals are opaque")]
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal.as_raw());
        }
        set.assume_init()
    }
}
