//! What a server writes, kept: its lines with their time, without secrets, in files with a bound.
//!
//! Lines are what a server writes to standard error, what an HTTP server writes to standard output, and
//! what a stdio server writes there although it is no message. A server that floods its log is heard only
//! so fast: what is too much is dropped, counted, and said in its place.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use linux::bounded_file::BoundedFile;

use crate::lines::{Line, Lines};
use crate::wanted::LogLimits;

/// Longest line that is kept, bytes.
const LONGEST: usize = 8 << 10;
/// Lines that are remembered for whoever asks how it ended.
const LAST: usize = 20;
/// Bytes a second that are kept without end: a disk takes a hundred times as much, and taking secrets
/// out of them costs a few per cent of a processor.
const BYTES_PER_SECOND: u64 = 256 << 10;
/// Bytes at once that are kept beyond that: a start, or a long traceback.
const BURST: u64 = 2 << 20;

/// The log of one server.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    limits: LogLimits,
    /// None until the first line, or where it cannot be written.
    file: Option<BoundedFile>,
    /// It could not be written, and that was said.
    is_told: bool,
    errors: Lines,
    last: VecDeque<String>,
    /// All that was read, bytes.
    bytes: u64,
    room: Room,
}

impl Log {
    pub(crate) fn new(path: PathBuf, limits: LogLimits) -> Self {
        Self {
            path,
            limits,
            file: None,
            is_told: false,
            errors: Lines::new(LONGEST),
            last: VecDeque::with_capacity(LAST),
            bytes: 0,
            room: Room::default(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Other bounds; the file is opened again with them.
    pub(crate) fn configure(&mut self, limits: LogLimits) {
        if self.limits != limits {
            self.limits = limits;
            self.file = None;
        }
    }

    /// Takes in a piece of what it wrote.
    pub(crate) fn push(&mut self, piece: &[u8], at: Timestamp) {
        self.bytes = self.bytes.saturating_add(piece.len() as u64);
        let mut lines = Vec::new();
        self.errors.push(piece, |line| lines.push(words(&line)));
        for line in lines {
            self.line(&line, at);
        }
    }

    /// A line that came another way.
    pub(crate) fn push_line(&mut self, line: &[u8], at: Timestamp) {
        let bytes = line.get(..LONGEST).unwrap_or(line);
        let is_cut = bytes.len() < line.len();
        self.line(&words(&Line { bytes, is_cut }), at);
    }

    /// A line of ours about it.
    pub(crate) fn note(&mut self, words: &str, at: Timestamp) {
        self.write(&format!("mcpvisor: {words}"), at);
    }

    /// Its writer has ended.
    pub(crate) fn finish(&mut self, at: Timestamp) {
        let mut rest = Vec::new();
        self.errors.finish(|line| rest.push(words(&line)));
        for line in rest {
            self.line(&line, at);
        }
    }

    /// A new run begins: what the last one wrote says nothing about it.
    pub(crate) fn begin(&mut self) {
        self.last.clear();
        self.bytes = 0;
    }

    /// Bytes that this run wrote.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Its last lines, without secrets.
    pub(crate) fn last_lines(&self) -> Vec<String> {
        self.last.iter().cloned().collect()
    }

    fn line(&mut self, words: &str, at: Timestamp) {
        match self.room.take(words.len() as u64 + 1, at) {
            Taken::Yes { dropped: 0 } => {}
            Taken::Yes { dropped } => {
                let note = format!("{dropped} lines were dropped: it writes more than is kept");
                self.note(&note, at);
            }
            Taken::No => return,
        }
        let shown = model::redact::text(words).into_owned();
        self.write(&shown, at);
        if self.last.len() >= LAST {
            self.last.pop_front();
        }
        self.last.push_back(shown);
    }

    fn write(&mut self, words: &str, at: Timestamp) {
        if self.file.is_none() {
            match BoundedFile::open(&self.path, self.limits.max_size, self.limits.files) {
                Ok(file) => {
                    self.file = Some(file);
                    self.is_told = false;
                }
                Err(error) if !self.is_told => {
                    self.is_told = true;
                    tracing::warn!("{error}");
                }
                Err(_) => {}
            }
        }
        let line = format!("{at:.3} {words}\n");
        if let Some(file) = &mut self.file
            && !file.put(line.as_bytes())
        {
            self.file = None;
        }
    }
}

/// Text as it can stand in a terminal: no control characters, which could move its cursor.
fn words(line: &Line<'_>) -> String {
    let text = String::from_utf8_lossy(line.bytes);
    let plain = |character: char| {
        if character.is_control() && character != '\t' {
            '\u{fffd}'
        } else {
            character
        }
    };
    // Colours say nothing in a file.
    let mut shown: String = without_colours(&text).chars().map(plain).collect();
    if line.is_cut {
        shown.push_str(" [cut]");
    }
    shown
}

/// Without `ESC [ .. m` and other sequences of ECMA-48, section 5.4.
fn without_colours(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        shown.push_str(before);
        let end = after.find(|character: char| ('\u{40}'..='\u{7e}').contains(&character));
        rest = end.and_then(|end| after.get(end + 1..)).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

/// How much more may be written.
#[derive(Debug)]
struct Room {
    left: u64,
    /// When it was filled last, ms.
    at: i64,
    dropped: u64,
}

enum Taken {
    Yes {
        /// Lines that were not taken before.
        dropped: u64,
    },
    No,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            left: BURST,
            at: 0,
            dropped: 0,
        }
    }
}

impl Room {
    fn take(&mut self, bytes: u64, at: Timestamp) -> Taken {
        let now = at.as_millisecond();
        let passed = u64::try_from(now.saturating_sub(self.at)).unwrap_or(0);
        let gained = passed.saturating_mul(BYTES_PER_SECOND) / 1000;
        self.left = self.left.saturating_add(gained).min(BURST);
        self.at = now;
        // After a flood it is not heard again before there is room for a while.
        let wanted = if self.dropped > 0 { BURST / 8 } else { bytes };
        if self.left < wanted {
            self.dropped += 1;
            return Taken::No;
        }
        self.left = self.left.saturating_sub(bytes);
        Taken::Yes {
            dropped: std::mem::take(&mut self.dropped),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn log(limits: LogLimits) -> (tempfile::TempDir, Log) {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::new(folder.path().join("memory.log"), limits);
        (folder, log)
    }

    #[test]
    fn lines_have_their_time_and_no_secret() {
        let (_folder, mut log) = log(LogLimits::default());
        log.push(
            b"ready\nGITHUB_TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345 is",
            at(0),
        );
        log.push(b" bad\x07\n\x1b[31mred\x1b[0m\nrest", at(1));
        log.finish(at(2));
        let text = std::fs::read_to_string(log.path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert_eq!(lines[0], "2027-01-15T08:00:00.000Z ready");
        assert!(!text.contains("ghp_"), "{text}");
        assert!(lines[1].ends_with("bad\u{fffd}"), "{text}");
        assert!(lines[2].ends_with("Z red"), "{text}");
        assert_eq!(log.last_lines().last().unwrap(), "rest");
        assert!(!log.last_lines().concat().contains("ghp_"));
        log.begin();
        assert!(log.last_lines().is_empty());
    }

    #[test]
    fn files_have_a_bound() {
        let limits = LogLimits {
            max_size: 1000,
            files: 2,
        };
        let (folder, mut log) = log(limits);
        for second in 0..200 {
            log.push(
                format!("line {second} {}\n", "x".repeat(50)).as_bytes(),
                at(second),
            );
        }
        let sizes: Vec<u64> = std::fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().metadata().unwrap().len())
            .collect();
        assert_eq!(sizes.len(), 3);
        assert!(sizes.iter().all(|size| *size <= 1000), "{sizes:?}");
    }

    #[test]
    fn a_flood_is_dropped_and_told() {
        let (_folder, mut log) = log(LogLimits::default());
        let flood = format!("{}\n", "x".repeat(1000)).repeat(4000);
        log.push(flood.as_bytes(), at(0));
        log.push(b"still there\n", at(0));
        assert_eq!(log.bytes(), flood.len() as u64 + 12);
        log.push(b"calm again\n", at(60));
        let text = std::fs::read_to_string(log.path()).unwrap();
        let written = text.lines().count();
        assert!((1_900..2_200).contains(&written), "{written}");
        let last: Vec<&str> = text.lines().rev().take(2).collect();
        assert!(last[0].ends_with("calm again"));
        let dropped = 4001 + 2 - written;
        assert!(
            last[1].contains(&format!("{dropped} lines were dropped")),
            "{}",
            last[1]
        );
    }
}
