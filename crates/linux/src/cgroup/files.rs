//! Small files of control groups: read whole, written in one call, parsed without allocation.

use std::path::Path;

use rustix::{
    fs::{CWD, Mode, OFlags, open},
    io::Errno,
};
use std::os::{
    fd::{AsFd as _, OwnedFd},
    unix::ffi::OsStrExt as _,
};

use super::error::{Action, CgroupError};
use crate::{
    parse::{Fields, lines, number},
    root::{open_file, read_up_to},
};

/// Bytes of a file that are read at most. The longest are lists of pids: 8 MiB are a million.
const LONGEST: usize = 8 << 20;

pub(super) fn read(path: &Path) -> Result<Vec<u8>, CgroupError> {
    read_plain(path).map_err(|error| CgroupError::new(Action::Read, path, error))
}

pub(super) fn read_plain(path: &Path) -> Result<Vec<u8>, Errno> {
    let file = open_file(CWD, path.as_os_str().as_bytes())?;
    read_up_to(file.as_fd(), LONGEST)
}

/// Opens a file that is there for writing; it is never made.
pub(super) fn open_to_write(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::WRONLY | OFlags::TRUNC | OFlags::CLOEXEC | OFlags::NOCTTY;
    open(path, flags, Mode::empty())
}

/// Writes in one call: the kernel takes each write as a whole setting.
pub(super) fn write(path: &Path, text: &str) -> Result<(), CgroupError> {
    write_plain(path, text)
        .map_err(|error| CgroupError::new(Action::Write(text.to_owned()), path, error))
}

pub(super) fn write_plain(path: &Path, text: &str) -> Result<(), Errno> {
    let file = open_to_write(path)?;
    rustix::io::retry_on_intr(|| rustix::io::write(&file, text.as_bytes()))?;
    Ok(())
}

/// A file that is one number; `None` if it cannot be read, is no number, or says `max`.
pub(super) fn read_number(path: &Path) -> Option<u64> {
    number(trim(&read_plain(path).ok()?))
}

/// Without blanks and newlines at both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

/// The number after `key` in a file of lines `KEY NUMBER`.
pub(super) fn keyed(text: &[u8], key: &str) -> Option<u64> {
    lines(text).find_map(|line| {
        let mut fields = Fields::new(line);
        (fields.text()? == key.as_bytes()).then(|| fields.unsigned())?
    })
}

/// Whether `word` is one of the words of `text`.
pub(super) fn has_word(text: &[u8], word: &str) -> bool {
    let mut fields = Fields::new(text);
    std::iter::from_fn(|| fields.text()).any(|found| found == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{has_word, keyed};

    #[test]
    fn keys_are_whole_words() {
        let text = b"oom 3\noom_kill 2\noom_group_kill 1\nbad x\nlast 7";
        assert_eq!(keyed(text, "oom_kill"), Some(2));
        assert_eq!(keyed(text, "oom"), Some(3));
        assert_eq!(keyed(text, "last"), Some(7));
        assert_eq!(keyed(text, "bad"), None);
        assert_eq!(keyed(text, "kill"), None);
    }

    #[test]
    fn words_are_whole_words() {
        assert!(has_word(b"cpu memory pids\n", "memory"));
        assert!(!has_word(b"cpuset memory_x\n", "cpu"));
        assert!(!has_word(b"\n", "cpu"));
    }
}
