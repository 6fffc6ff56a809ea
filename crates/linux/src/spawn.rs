//! Starting a program in a place of its own: session, control groups, and death with its starter.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

use rustix::process::{Signal, getppid, set_parent_process_death_signal, setsid};

use crate::signals::unblock_all;

/// Where a program is to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// It leads a session, and so a process group, of its own.
    pub own_session: bool,
    /// It is killed when the thread that starts it ends (`PR_SET_PDEATHSIG`, `prctl(2)`). Only for
    /// programs with one thread: the signal follows the thread, not the process. The kernel forgets it
    /// when a set-user-id program is executed.
    pub dies_with_us: bool,
    /// `cgroup.procs` files of the groups that it enters before it executes anything.
    pub groups: Vec<PathBuf>,
}

/// Starts a program there. Signals that are blocked here are not blocked there.
///
/// # Errors
/// A group cannot be entered, or the program not be executed. Nothing runs then.
pub fn spawn(command: &mut Command, place: &Place) -> io::Result<Child> {
    let groups: Vec<File> = place
        .groups
        .iter()
        .map(open_group)
        .collect::<Result<_, _>>()?;
    let (own_session, dies_with_us) = (place.own_session, place.dies_with_us);
    let starter = rustix::process::getpid();
    let prepare = move || {
        if dies_with_us {
            set_parent_process_death_signal(Some(Signal::KILL))?;
            // It may have ended before it was asked for.
            if getppid() != Some(starter) {
                return Err(io::Error::from(rustix::io::Errno::SRCH));
            }
        }
        for group in &groups {
            // Zero is who writes (`cgroups(7)`).
            rustix::io::write(group.as_fd(), b"0")?;
        }
        if own_session {
            setsid()?;
        }
        unblock_all()
    };
    // SAFETY: between `fork` and `exec` only system calls are made, on values that were made before; no
    // memory is allocated and no lock is taken, also where an error is returned: it is a bare number.
    #[expect(unsafe_code, reason = "std has no safe way to work in the child")]
    unsafe {
        command.pre_exec(prepare);
    }
    command.spawn()
}

fn open_group(path: &PathBuf) -> io::Result<File> {
    let file = File::options().write(true).open(path);
    // Not with its own kind: "not found" would be taken for the program.
    file.map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
