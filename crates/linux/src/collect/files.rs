//! Open files of one process: each descriptor's link, and its direction from the link's own mode.
//!
//! A named pipe counts as a file: its link does not tell it from one, and asking the file system
//! behind the link could block for as long as a dead network share does.

use std::os::fd::{AsFd, BorrowedFd};

use model::{FdKinds, OpenFile, OpenFiles};
use rustix::fs::AtFlags;
use rustix::io::Errno;

use super::facts::readlink;
use super::list::numbered_entries;
use crate::parse::link::{Target, access, target};
use crate::root::{PidPath, open_folder};

/// Reads all descriptors; the first `kept` of them become entries.
pub(crate) fn read(
    folder: BorrowedFd<'_>,
    kept: usize,
    buffer: &mut [u8],
    scratch: &mut Vec<u8>,
) -> Result<OpenFiles, Errno> {
    let fds = open_folder(folder, b"fd")?;
    let mut numbers = Vec::new();
    numbered_entries(fds.as_fd(), scratch, |fd| numbers.push(fd))?;
    numbers.sort_unstable();
    let mut files = OpenFiles::default();
    for fd in numbers {
        let name = PidPath::new(fd, "");
        // One that was closed meanwhile is not open.
        let Ok(link) = readlink(fds.as_fd(), name.as_bytes(), buffer) else {
            continue;
        };
        let (kind, deleted) = target(link);
        count(&mut files.kinds, kind);
        if files.entries.len() >= kept {
            files.left_out += 1;
            continue;
        }
        let stat = rustix::fs::statat(&fds, name.as_bytes(), AtFlags::SYMLINK_NOFOLLOW);
        let Ok(stat) = stat else {
            files.left_out += 1;
            continue;
        };
        files.entries.push(OpenFile {
            fd,
            access: access(stat.st_mode),
            target: kind.to_model(deleted),
        });
    }
    Ok(files)
}

fn count(kinds: &mut FdKinds, target: Target<'_>) {
    let place = match target {
        Target::Pipe(_) => &mut kinds.pipe,
        Target::Socket(_) => &mut kinds.socket,
        Target::Tty(_) => &mut kinds.tty,
        Target::File(_) => &mut kinds.file,
        Target::Anonymous(b"inotify") => &mut kinds.inotify,
        Target::Anonymous(b"eventfd") => &mut kinds.eventfd,
        Target::Anonymous(_) => &mut kinds.anon_inode,
    };
    *place += 1;
}
