//! Whether anybody could still write to a server's stdin.
//!
//! A server whose client is gone reads from a pipe or socket that nobody holds the other
//! end of. Which processes hold it can be seen for one's own processes only; that *nobody*
//! on the machine does, the kernel tells: polling a pipe's read end gives `POLLHUP` exactly if
//! its last writer has closed it, and a Unix socket knows that its peer was closed.
//!
//! Looking has no effect on the data: nothing is read, and nothing can block. For a pipe
//! there is, for some microseconds, one more reader: a writer that would have met a
//! broken pipe in just that time does not meet it. Named pipes are not looked at, since opening
//! one can wake a writer that waits for a reader.

use std::os::fd::{AsRawFd as _, OwnedFd};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{CWD, FileType, Mode, OFlags, fstat, fstatfs, openat},
};

use crate::{ProcRoot, sockets};

/// `PIPEFS_MAGIC` of linux/magic.h.
const PIPEFS: u64 = 0x5049_5045;

/// Whether nobody can write to descriptor `fd` of process `pid` any more, be it a pipe or a
/// connected Unix socket.
///
/// `Some(true)`: no writer is left, anywhere on the machine, and none can come. What was
/// written before may still wait to be read. `Some(false)`: there is one, which may be the
/// process itself or its child, if they inherited the writing end. `None`: not known: another
/// kind of file, no permission (it takes the same user, or root), a socket of another
/// network namespace, or the process has ended.
pub fn stdin_writer_gone(root: &ProcRoot, pid: u32, fd: u32) -> Option<bool> {
    let link = root.path().join(format!("{pid}/fd/{fd}"));
    if let Some(inode) = socket_inode(&std::fs::read_link(&link).ok()?) {
        return socket_writer_gone(inode);
    }
    // Held by path only, which touches nothing: the process may have put another file there
    // since, and opening some kinds of files does things.
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let held = openat(CWD, &link, flags, Mode::empty()).ok()?;
    if !is_anonymous_pipe(&held) {
        return None;
    }
    // The magic link leads to the file that we hold, whatever the process does meanwhile.
    let path = format!("/proc/self/fd/{}", held.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let reader = openat(CWD, path, flags, Mode::empty()).ok()?;
    let mut polled = [PollFd::new(&reader, PollFlags::IN)];
    poll(&mut polled, Some(&Timespec::default())).ok()?;
    let [polled] = polled;
    Some(polled.revents().contains(PollFlags::HUP))
}

fn is_anonymous_pipe(held: &OwnedFd) -> bool {
    let pipe =
        fstat(held).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Fifo);
    pipe && fstatfs(held).is_ok_and(|fs| u64::try_from(fs.f_type) == Ok(PIPEFS))
}

/// `socket:[INODE]`.
fn socket_inode(link: &std::path::Path) -> Option<u64> {
    let text = link.to_str()?;
    text.strip_prefix("socket:[")?
        .strip_suffix(']')?
        .parse()
        .ok()
}

/// The receiving direction is over once the peer closed or ended its writing. A descriptor
/// that was sent to the peer's holder and not yet received counts as open, as it should.
fn socket_writer_gone(inode: u64) -> Option<bool> {
    let socket = sockets::unix_socket(inode).ok()??;
    if socket.peer_closed {
        return Some(true);
    }
    socket.peer?; // listening, or a datagram socket: anybody may send
    Some(socket.shutdown?.receive)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::socket_inode;

    #[test]
    fn links_of_sockets_name_their_inode() {
        assert_eq!(socket_inode(Path::new("socket:[123]")), Some(123));
        assert_eq!(socket_inode(Path::new("pipe:[123]")), None);
        assert_eq!(socket_inode(Path::new("/tmp/socket:[1]")), None);
    }
}
