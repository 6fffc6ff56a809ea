//! What a process is: program, arguments, folder, user, groups and limits.
//!
//! Read below one open folder of the process, so that all of it belongs to the same process. The
//! environment is never read. Arguments are read up to 32 KiB, so that a line of megabytes costs
//! no more than others.

use std::os::fd::BorrowedFd;

use model::Facts;
use rustix::io::Errno;

use crate::parse::{cgroup, cmdline, limits, link};
use crate::root::{open_file, read_into};

/// So much of a command line is kept.
pub(crate) const CMDLINE_KEPT: usize = 32 * 1024;

/// How much is read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// What a process changes by itself now and then: title, folder, group, program's file.
    Title,
    /// Everything: also limits and namespaces.
    All,
}

/// Facts anew, and whether any were refused. The user comes from `before`: `status` tells it.
/// With `bare` (kernel threads, zombies) there is no program to ask about.
pub(crate) fn read(
    folder: BorrowedFd<'_>,
    comm: &[u8],
    depth: Depth,
    bare: bool,
    before: &Facts,
    buffer: &mut [u8],
) -> (Facts, bool) {
    let mut facts = Facts {
        comm: text(comm),
        uid: before.uid,
        user: before.user.clone(),
        ..Facts::default()
    };
    let mut refused = false;
    if let Ok(groups) = file(folder, b"cgroup", buffer) {
        facts.cgroup = cgroup::path(groups).map(text);
        facts.container_id = cgroup::container_id(groups).map(text);
    }
    if bare {
        facts.cmdline = Some(Vec::new());
        return (facts, false);
    }
    if let Ok(line) = file(folder, b"cmdline", buffer) {
        facts.cmdline_cut = line.len() > CMDLINE_KEPT;
        let kept = &line[..line.len().min(CMDLINE_KEPT)];
        facts.cmdline = Some(cmdline::arguments(kept).map(text).collect());
    }
    let mut target = |name: &[u8], buffer: &mut [u8]| {
        let found = readlink(folder, name, buffer).map(<[u8]>::to_vec);
        refused |= matches!(found, Err(Errno::ACCESS | Errno::PERM));
        found.ok()
    };
    if let Some(exe) = target(b"exe", buffer) {
        let (path, deleted) = link::deleted(&exe);
        facts.exe = Some(text(path));
        facts.exe_deleted = deleted;
    }
    facts.cwd = target(b"cwd", buffer).map(|path| text(&path));
    if depth == Depth::Title {
        facts.fd_limit = before.fd_limit;
        facts.net_namespace = before.net_namespace;
        facts.pid_namespace = before.pid_namespace;
        return (facts, refused);
    }
    facts.net_namespace = target(b"ns/net", buffer).and_then(|name| link::namespace(&name));
    facts.pid_namespace = target(b"ns/pid", buffer).and_then(|name| link::namespace(&name));
    if let Ok(limits) = file(folder, b"limits", buffer) {
        facts.fd_limit = limits::open_files(limits);
    }
    (facts, refused)
}

/// How likely the kernel is to kill the process when memory runs out.
pub(crate) fn oom_score(folder: BorrowedFd<'_>, buffer: &mut [u8]) -> Option<i32> {
    let score = file(folder, b"oom_score", buffer).ok()?;
    i32::try_from(crate::parse::number(score.trim_ascii())?).ok()
}

/// Bytes from another program as text; invalid UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn file<'b>(folder: BorrowedFd<'_>, name: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    use std::os::fd::AsFd;
    let file = open_file(folder, name)?;
    // One byte more than is kept tells that there is more.
    let room = buffer.len().min(CMDLINE_KEPT + 1);
    read_into(file.as_fd(), &mut buffer[..room])
}

/// Target of a link, cut at the buffer's end.
pub(crate) fn readlink<'b>(
    folder: BorrowedFd<'_>,
    name: &[u8],
    buffer: &'b mut [u8],
) -> Result<&'b [u8], Errno> {
    let length = rustix::fs::readlinkat_raw(folder, name, &mut *buffer)?;
    Ok(&buffer[..length])
}
