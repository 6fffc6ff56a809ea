//! Standard error: a terminal, a pipe, a file, or the systemd journal.
//!
//! Whoever reads it may have stopped reading: a write to a full pipe waits until somebody does, and
//! a program that waits for its log hangs. So each piece is small enough for a pipe that says it
//! has room, and after a short while without room the line is given up.

use std::io::{IsTerminal as _, stderr};
use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;

use super::text::Look;

/// A pipe that has room takes at least this much without waiting (`PIPE_BUF`, pipe(7)).
const PIECE: usize = 4096;

/// Longest wait for room, for one piece.
const PATIENCE: Duration = Duration::from_millis(100);

/// A stream of lines.
#[derive(Debug)]
pub(super) struct Stream {
    /// None where the program has no standard error.
    file: Option<OwnedFd>,
    /// A line was begun and not ended.
    torn: bool,
    /// The last line was given up: do not wait again before somebody reads.
    stuck: bool,
}

impl Stream {
    pub(super) fn of(file: Option<OwnedFd>) -> Self {
        Self {
            file,
            torn: false,
            stuck: false,
        }
    }

    /// Standard error, and how lines look there.
    pub(super) fn standard_error() -> (Self, Look) {
        let file = stderr().as_fd().try_clone_to_owned().ok();
        let told = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let journal = file.as_ref().is_some_and(|file| is_journal(file, &told));
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        let look = Look {
            journal,
            colour: !journal && !plain && stderr().is_terminal(),
        };
        (Self::of(file), look)
    }

    /// Writes a line; false if it was given up.
    pub(super) fn put(&mut self, line: &[u8]) -> bool {
        let mut rest = line;
        if self.torn {
            // The end of the line that was given up half-way.
            self.torn = self.piece(b"\n").is_none();
            if self.torn {
                return false;
            }
        }
        while !rest.is_empty() {
            let piece = rest.get(..PIECE).unwrap_or(rest);
            let Some(written) = self.piece(piece) else {
                self.torn = rest.len() < line.len();
                return false;
            };
            rest = rest.get(written..).unwrap_or_default();
        }
        true
    }

    /// Writes as much of a piece as there is room for; none if there is no room, or nobody reads.
    fn piece(&mut self, bytes: &[u8]) -> Option<usize> {
        let file = self.file.as_ref()?;
        let patience = if self.stuck { Duration::ZERO } else { PATIENCE };
        let timeout = Timespec::try_from(patience).ok()?;
        let mut waiting = [PollFd::new(file, PollFlags::OUT)];
        let ready = retry_on_intr(|| poll(&mut waiting, Some(&timeout)));
        self.stuck = !matches!(ready, Ok(1..));
        if self.stuck || !waiting[0].revents().contains(PollFlags::OUT) {
            return None;
        }
        match retry_on_intr(|| rustix::io::write(file, bytes)) {
            Ok(written) if written > 0 => Some(written),
            _ => None,
        }
    }
}

/// Is it the journal's socket? systemd says so by device and inode (systemd.exec(5),
/// `$JOURNAL_STREAM`), because the variable is inherited by programs whose output goes elsewhere.
fn is_journal(file: &OwnedFd, told: &str) -> bool {
    let Some((device, inode)) = told.split_once(':') else {
        return false;
    };
    rustix::fs::fstat(file).is_ok_and(|status| {
        (device.parse(), inode.parse()) == (Ok(status.st_dev), Ok(status.st_ino))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_reader_that_stopped_costs_lines_and_no_time() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut stream = Stream::of(Some(write));
        let line = [&[b'x'; 10_000][..], b"\n"].concat();
        let began = linux::clock::boot_ns();
        let taken = (0..1_000).filter(|_| stream.put(&line)).count();
        let took = Duration::from_nanos(linux::clock::boot_ns() - began);
        assert!(
            (1..20).contains(&taken),
            "a pipe takes about 64 KiB: {taken}"
        );
        assert!(took < Duration::from_secs(2), "{took:?}");

        // Somebody reads again: lines follow, each on its own.
        let mut bytes = vec![0; 65_536];
        let mut file = std::fs::File::from(read);
        let mut said = Vec::new();
        let count = file.read(&mut bytes).unwrap();
        said.extend_from_slice(&bytes[..count]);
        assert!(stream.put(b"after\n"));
        drop(stream);
        file.read_to_end(&mut said).unwrap();
        let text = String::from_utf8(said).unwrap();
        assert_eq!(text.lines().last(), Some("after"));
    }

    #[test]
    fn nobody_there() {
        assert!(!Stream::of(None).put(b"line\n"));
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        assert!(!Stream::of(Some(full.into())).put(b"line\n"));
    }

    #[test]
    fn the_journal_is_known_by_its_socket() {
        let (read, write) = rustix::pipe::pipe().unwrap();
        let status = rustix::fs::fstat(&write).unwrap();
        let told = format!("{}:{}", status.st_dev, status.st_ino);
        assert!(is_journal(&write, &told));
        assert!(!is_journal(&read, "1:2"));
        assert!(!is_journal(&write, ""));
    }
}
