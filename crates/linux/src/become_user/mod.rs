//! Reading what belongs to a user, as that user.
//!
//! A configuration in a home folder is the user's to change: a link to a file that only
//! root may read, a named pipe that never ends, a folder on a file system that hangs. Root
//! must neither lend its rights to it nor wait for it. So it is read in a thread that has the
//! user's rights, and the caller waits a limited time for that thread.
//!
//! On Linux user ids belong to threads; it is the C library that makes them look like the
//! process'. Here the bare system calls are used, so the rest of the process is untouched. Only
//! the *effective* ids change: they decide what may be opened, and leaving root's place also
//! drops all effective capabilities. Real and saved ids stay root's: they decide who may signal
//! a thread, and a user who could signal one thread could end the whole process.
//!
//! Where mcpvisor does not run as root nothing is switched: no rights are lent then.

mod identity;
mod workers;

use std::{
    fs::File,
    io::{self, Read as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, FileType, Mode, OFlags, fstat, openat},
    process::geteuid,
};

pub use identity::Identity;
pub use workers::run_as;

/// Runs `work` in a thread of its own that has the rights of this user, and waits for it.
///
/// Only root can; as anybody else it fails with `PermissionDenied`, as it does where root
/// may not switch (a container without `CAP_SETUID`). There is no time limit: see [`run_as`].
pub fn as_user<T: Send>(
    uid: u32,
    gid: u32,
    groups: &[u32],
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    let identity = Identity {
        uid,
        gid,
        groups: groups.to_vec(),
    };
    std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            identity.assume()?;
            Ok(work())
        });
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the work done as another user panicked")))
    })
}

/// Reads a regular file as user `uid`, at most `cap` bytes of it, waiting at most five
/// seconds. Links are followed, with the user's rights.
///
/// Errors name the file and never quote its contents. `FileTooLarge`: it has more than `cap`
/// bytes. `InvalidInput`: it is not a regular file. `TimedOut`: the file system does not answer;
/// as long as it does not, further reads of this user fail at once.
pub fn read_as(uid: u32, path: &Path, cap: usize) -> io::Result<Vec<u8>> {
    let name = path.to_owned();
    run_as(uid, move || read_regular(&name, cap))?
}

/// Whether reading as this user means to take over their rights.
fn must_switch(uid: u32) -> bool {
    uid != 0 && geteuid().is_root()
}

/// Reads a regular file with the rights of the calling thread.
fn read_regular(path: &Path, cap: usize) -> io::Result<Vec<u8>> {
    let named = |error: io::Error| named(path, &error);
    // By path only: opening a pipe or a device for reading would already do something.
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let held = openat(CWD, path, flags, Mode::empty()).map_err(|error| named(error.into()))?;
    let stat = fstat(&held).map_err(|error| named(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        let error = io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file");
        return Err(named(error));
    }
    if usize::try_from(stat.st_size).is_ok_and(|size| size > cap) {
        return Err(too_large(path, cap));
    }
    // The file that was looked at, whatever its name stands for by now.
    let same = PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()));
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = openat(CWD, &same, flags, Mode::empty()).map_err(|error| named(error.into()))?;
    let mut text = Vec::new();
    let most = u64::try_from(cap).unwrap_or(u64::MAX).saturating_add(1);
    File::from(file)
        .take(most)
        .read_to_end(&mut text)
        .map_err(named)?;
    if text.len() > cap {
        return Err(too_large(path, cap)); // it grew, or has no size, as files of procfs
    }
    Ok(text)
}

fn too_large(path: &Path, cap: usize) -> io::Error {
    let error = io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it has more than the {cap} bytes that are read"),
    );
    named(path, &error)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!("cannot read `{}`: {error}", path.display()),
    )
}
