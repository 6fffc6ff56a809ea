//! The standard streams of a server, our ends and its ends.
//!
//! A stdio server talks through pipes, which end with us: nobody could talk to it any more. An HTTP server
//! is to live on when we are killed, and must not meet a broken pipe when it writes a line: it writes to a
//! named pipe that it holds for reading too, so that there is always a reader, and whoever takes it over
//! opens the same one. While nobody reads, what it writes waits there; when that is full it has to wait too.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;

use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, mkfifoat, open};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use supervise::spec::Transport;

/// What a named pipe holds while nobody reads, bytes: as much as users may ask for by default
/// (`/proc/sys/fs/pipe-max-size`, `pipe(7)`).
const FIFO_BYTES: usize = 1 << 20;

/// Our ends; none of them waits.
#[derive(Debug, Default)]
pub(crate) struct Ours {
    /// Its standard input.
    pub(crate) stdin: Option<OwnedFd>,
    /// Its standard output, where that is a conversation.
    pub(crate) stdout: Option<OwnedFd>,
    /// What it says to people.
    pub(crate) log: Option<OwnedFd>,
}

/// Its ends.
#[derive(Debug)]
pub(crate) struct Theirs {
    pub(crate) stdin: Stdio,
    pub(crate) stdout: Stdio,
    pub(crate) stderr: Stdio,
}

/// Makes both. `fifo` is the path of the named pipe.
pub(crate) fn make(transport: Transport, fifo: &Path) -> io::Result<(Ours, Theirs)> {
    match transport {
        Transport::Stdio => pipes(),
        Transport::Http => fifo_and_null(fifo),
    }
}

fn pipes() -> io::Result<(Ours, Theirs)> {
    let (their_input, stdin) = pipe_with(PipeFlags::CLOEXEC)?;
    let (stdout, their_output) = pipe_with(PipeFlags::CLOEXEC)?;
    let (log, their_errors) = pipe_with(PipeFlags::CLOEXEC)?;
    for ours in [&stdin, &stdout, &log] {
        rustix::io::ioctl_fionbio(ours, true)?;
    }
    let ours = Ours {
        stdin: Some(stdin),
        stdout: Some(stdout),
        log: Some(log),
    };
    let theirs = Theirs {
        stdin: their_input.into(),
        stdout: their_output.into(),
        stderr: their_errors.into(),
    };
    Ok((ours, theirs))
}

fn fifo_and_null(fifo: &Path) -> io::Result<(Ours, Theirs)> {
    // What an earlier server left in it is not this one's.
    match std::fs::remove_file(fifo) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    mkfifoat(CWD, fifo, Mode::RUSR | Mode::WUSR)?;
    let log = reopen(fifo)?;
    // The same file description would make theirs one that does not wait.
    let theirs = open(fifo, OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    // Less than that is no reason to do without.
    fcntl_setpipe_size(&theirs, FIFO_BYTES).ok();
    let theirs = File::from(theirs);
    let second = theirs.try_clone()?;
    let theirs = Theirs {
        stdin: Stdio::null(),
        stdout: second.into(),
        stderr: theirs.into(),
    };
    let ours = Ours {
        log: Some(log),
        ..Ours::default()
    };
    Ok((ours, theirs))
}

/// Our end of a named pipe that is there.
pub(crate) fn reopen(fifo: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = open(fifo, flags, Mode::empty())?;
    if FileType::from_raw_mode(fstat(&file)?.st_mode) == FileType::Fifo {
        Ok(file)
    } else {
        Err(io::Error::other(format!(
            "{} is no named pipe",
            fifo.display()
        )))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    #![allow(clippy::disallowed_methods, reason = "the test starts what writes")]

    use std::process::Command;

    use super::*;

    fn read(from: &OwnedFd) -> String {
        let mut buffer = [0_u8; 1000];
        let count = rustix::io::read(from, &mut buffer).unwrap();
        String::from_utf8(buffer[..count].to_vec()).unwrap()
    }

    #[test]
    fn a_named_pipe_outlives_its_reader() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("memory.fifo");
        let (ours, theirs) = make(Transport::Http, &fifo).unwrap();
        let mut child = Command::new("sh")
            .args(["-c", "echo one; sleep 0.2; echo two >&2; exec sleep 60"])
            .stdin(theirs.stdin)
            .stdout(theirs.stdout)
            .stderr(theirs.stderr)
            .spawn()
            .unwrap();
        drop(ours);
        std::thread::sleep(std::time::Duration::from_millis(600));
        let again = reopen(&fifo).unwrap();
        assert_eq!(read(&again), "one\ntwo\n");
        assert!(child.try_wait().unwrap().is_none(), "it met a broken pipe");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn what_is_no_named_pipe_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "x").unwrap();
        assert!(reopen(&file).is_err());
    }
}
