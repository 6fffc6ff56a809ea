//! Starting a program in a place of its own: session, control groups, limits, user, and death with its
//! starter.

use std::fs::File;
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

use rustix::fs::{Gid, Uid};
use rustix::process::{
    Resource, Rlimit, Signal, getppid, getrlimit, set_parent_process_death_signal, setrlimit,
    setsid,
};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};

use crate::become_user::Identity;
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
    /// Open files that each of its processes may have; no more than we may have ourselves.
    pub nofile: Option<OpenFiles>,
    /// Whose rights it has; only root can give those of others. The last thing that is done.
    pub user: Option<Identity>,
}

/// How many files a process may have open (`RLIMIT_NOFILE`, `getrlimit(2)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenFiles {
    /// What holds at first.
    pub soft: u64,
    /// How far it may raise that.
    pub hard: u64,
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
    let files = place.nofile.map(open_files);
    let user = place.user.as_ref().map(Rights::of);
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
        if let Some(files) = files {
            setrlimit(Resource::Nofile, files)?;
        }
        if let Some(user) = &user {
            user.assume()?;
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

fn open_files(wanted: OpenFiles) -> Rlimit {
    let most = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    let hard = wanted.hard.min(most);
    Rlimit {
        current: Some(wanted.soft.min(hard)),
        maximum: Some(hard),
    }
}

/// A user's ids, in the form in which a forked child gives them to the kernel without any allocation.
struct Rights {
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

impl Rights {
    fn of(user: &Identity) -> Self {
        Self {
            uid: Uid::from_raw(user.uid),
            gid: Gid::from_raw(user.gid),
            groups: user.groups.iter().copied().map(Gid::from_raw).collect(),
        }
    }

    /// For the calling thread, which in a child that was just forked is all there is.
    fn assume(&self) -> io::Result<()> {
        set_thread_groups(&self.groups)?;
        set_thread_res_gid(self.gid, self.gid, self.gid)?;
        set_thread_res_uid(self.uid, self.uid, self.uid)?;
        Ok(())
    }
}

fn open_group(path: &PathBuf) -> io::Result<File> {
    let file = File::options().write(true).open(path);
    // Not with its own kind: "not found" would be taken for the program.
    file.map_err(|error| io::Error::other(format!("{}: {error}", path.display())))
}
