//! What was appended to a file since the last time.
//!
//! Nothing is kept open between two times and nothing of the contents is kept at all: a file is
//! known by device, inode and birth, by the size up to which its growth is counted, and by the place up to
//! which its lines are searched, which is the begin of a line. A file under the same name with
//! another inode is a new one (rotation); what was appended to the old one before is read from
//! `NAME.1` if that is where it went. A file that is shorter than before was truncated and is
//! read from its begin.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::line::{Dialect, begins_a_traceback, reports_an_error};

/// Bytes of one file that are searched at a time: the newest.
pub(super) const MOST_OF_A_FILE: u64 = 1 << 20;
/// Bytes of a line that are looked at.
const LONGEST_LINE: usize = 4 << 10;
/// A line without an end that is longer is taken as it is.
const LONGEST_WITHOUT_END: u64 = 64 << 10;
/// Bytes read by one call.
const CHUNK: usize = 32 << 10;

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FileId {
    /// Device.
    pub(super) device: u64,
    /// Inode.
    pub(super) inode: u64,
    /// When it was made, where the file system tells: numbers of removed files are given out again.
    pub(super) made: Option<SystemTime>,
}

impl FileId {
    /// Of a file's metadata.
    pub(super) fn of(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            made: metadata.created().ok(),
        }
    }
}

/// How far a file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// The file.
    pub(super) id: FileId,
    /// Its size when it was last looked at.
    pub(super) size: u64,
    /// Up to here its lines are searched.
    pub(super) searched: u64,
}

/// What is to be read.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    /// Where the file is.
    pub(super) path: PathBuf,
    /// The file that it must be, where that is known from elsewhere.
    pub(super) must_be: Option<FileId>,
    /// How far it is known; `None` for a file that is new to us.
    pub(super) known: Option<Known>,
    /// Files that began after this, seconds since 1970, are read from their begin, others from
    /// where they end now.
    pub(super) since: i64,
    /// Who wrote it.
    pub(super) dialect: Dialect,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// How far it is known now.
    pub(super) known: Known,
    /// Bytes by which it has grown.
    pub(super) bytes: u64,
    /// Lines among them that report an error.
    pub(super) errors: u64,
    /// Bytes that were not searched, because they were too many.
    pub(super) skipped: u64,
}

/// Reads what is new, at most `allowance` bytes, which is lessened by what was read. `None` if there
/// is no such regular file, or it cannot be read.
pub(super) fn look(ask: &Ask, allowance: &mut u64) -> Option<Found> {
    let metadata = std::fs::symlink_metadata(&ask.path).ok()?;
    let id = FileId::of(&metadata);
    if !metadata.is_file() || ask.must_be.is_some_and(|wanted| wanted != id) {
        return None;
    }
    let size = metadata.len();
    let mut search = Search::new(ask.dialect);
    let mut found = Found {
        known: Known {
            id,
            size,
            searched: size,
        },
        bytes: 0,
        errors: 0,
        skipped: 0,
    };
    let from = match ask.known {
        None => {
            let began = id.made.and_then(seconds);
            let is_new = began.is_some_and(|began| began > ask.since);
            if is_new { 0 } else { size }
        }
        Some(known) if known.id == id && known.size == size => {
            found.known = known;
            return Some(found);
        }
        Some(known) if known.id == id && known.size < size => {
            found.bytes = size - known.size;
            known.searched
        }
        // It was truncated.
        Some(known) if known.id == id => 0,
        Some(known) => {
            rest_of_the_old(ask, known, allowance, &mut search, &mut found);
            0
        }
    };
    let is_known_part = ask
        .known
        .is_some_and(|known| known.id == id && known.size < size);
    if !is_known_part {
        found.bytes += size - from;
    }
    if from < size {
        let file = open(&ask.path, id)?;
        let (searched, skipped) = search.run(file, from, size, allowance)?;
        found.known.searched = searched;
        found.skipped += skipped;
    }
    found.errors = search.errors;
    Some(found)
}

/// What was appended to a file before it was moved away.
fn rest_of_the_old(
    ask: &Ask,
    known: Known,
    allowance: &mut u64,
    search: &mut Search,
    found: &mut Found,
) {
    let mut name = ask.path.clone().into_os_string();
    name.push(".1");
    let old = Path::new(&name);
    let Ok(metadata) = std::fs::symlink_metadata(old) else {
        return;
    };
    if FileId::of(&metadata) != known.id || metadata.len() <= known.size {
        return;
    }
    found.bytes += metadata.len() - known.size;
    let read = open(old, known.id)
        .and_then(|file| search.run(file, known.searched, metadata.len(), allowance));
    if let Some((_, skipped)) = read {
        found.skipped += skipped;
    }
}

/// Opens just that file, without following a link, waiting for a writer or taking a terminal.
fn open(path: &Path, id: FileId) -> Option<File> {
    use rustix::fs::OFlags;
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::options()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .ok()?;
    let metadata = file.metadata().ok()?;
    (metadata.is_file() && FileId::of(&metadata) == id).then_some(file)
}

fn seconds(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

/// Looks for lines that report an error.
struct Search {
    dialect: Dialect,
    errors: u64,
    /// The line before reported an error.
    after_error: bool,
    /// Within a traceback, whose last line names the exception that its first has announced.
    in_traceback: bool,
}

impl Search {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            errors: 0,
            after_error: false,
            in_traceback: false,
        }
    }

    /// Searches the lines of a part of a file. Returns up to where, and what was passed over.
    fn run(
        &mut self,
        mut file: File,
        from: u64,
        to: u64,
        allowance: &mut u64,
    ) -> Option<(u64, u64)> {
        let most = MOST_OF_A_FILE.min(*allowance);
        let start = from.max(to.saturating_sub(most));
        let skipped = start - from;
        file.seek(SeekFrom::Start(start)).ok()?;
        *allowance -= to - start;
        let mut rest = file.take(to - start);
        // What is passed over may end within a line.
        let mut is_whole = skipped == 0;
        let (mut line, mut length) = (Vec::new(), 0_u64);
        let mut chunk = vec![0; CHUNK];
        let mut at = start;
        loop {
            let read = rest.read(&mut chunk).ok()?;
            let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else {
                break;
            };
            for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                let room = LONGEST_LINE.saturating_sub(line.len());
                line.extend(part.iter().take(room));
                length += part.len() as u64;
                if part.ends_with(b"\n") {
                    if is_whole {
                        self.line(line.trim_ascii_end());
                    }
                    is_whole = true;
                    at += length;
                    length = 0;
                    line.clear();
                }
            }
        }
        if length > LONGEST_WITHOUT_END {
            if is_whole {
                self.line(line.trim_ascii_end());
            }
            at += length;
        }
        Some((at, skipped))
    }

    fn line(&mut self, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        let ends_traceback = self.in_traceback && !line.starts_with(b" ");
        if begins_a_traceback(line) {
            self.errors += u64::from(!self.after_error);
            self.in_traceback = true;
            self.after_error = false;
        } else if ends_traceback {
            self.in_traceback = false;
        } else if !self.in_traceback {
            self.after_error = reports_an_error(line, self.dialect);
            self.errors += u64::from(self.after_error);
        }
    }
}

#[cfg(test)]
mod tests;
