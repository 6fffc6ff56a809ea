//! File locks: who holds one on which file (`/proc/locks`, `proc_locks(5)`).
//!
//! The kernel names a locked file by device and inode, and its holder by pid where the
//! lock belongs to a process. Open-file-description locks belong to an open file that
//! several processes may share: these show no pid there, but a `lock:` line in the
//! `/proc/PID/fdinfo/N` of each descriptor. A `flock` shows the pid that took it, which may
//! have ended while a child holds the file still, so its fdinfo line is the better
//! evidence too.

use std::io;

use crate::ProcRoot;

/// Bytes that are read at most: some 500,000 locks.
const MOST: usize = 32 << 20;

/// Which system call took it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockKind {
    /// flock(2): the whole file.
    Flock,
    /// `fcntl(F_SETLK)`: a range, owned by a process.
    Posix,
    /// `fcntl(F_OFD_SETLK)`: a range, owned by an open file.
    OpenFile,
    /// `fcntl(F_SETLEASE)` or a delegation of a file server.
    Lease,
}

/// What it is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockAccess {
    /// Shared.
    Read,
    /// Exclusive.
    Write,
    /// A lease that is being given back.
    None,
}

/// A file by the number of its device and its inode.
///
/// Compare with `major(st_dev)`, `minor(st_dev)` and `st_ino` of stat(2). On Btrfs the two
/// devices differ (a subvolume has a number of its own).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileKey {
    /// Major number of the device.
    pub major: u32,
    /// Minor number of the device.
    pub minor: u32,
    /// Inode.
    pub inode: u64,
}

impl FileKey {
    /// From the `st_dev` and `st_ino` of stat(2).
    pub fn new(device: u64, inode: u64) -> Self {
        Self {
            major: rustix::fs::major(device),
            minor: rustix::fs::minor(device),
            inode,
        }
    }
}

/// One lock, or one request that waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLock {
    /// Which call took it.
    pub kind: LockKind,
    /// Shared or exclusive.
    pub access: LockAccess,
    /// It is not held: the process waits for another's lock.
    pub waits: bool,
    /// The process that took it; `None` for open-file locks and processes outside our
    /// PID namespace.
    pub pid: Option<u32>,
    /// The file; `None` where the kernel shows none.
    pub file: Option<FileKey>,
}

/// All locks of the machine that the kernel shows us.
pub fn read(root: &ProcRoot) -> io::Result<Vec<FileLock>> {
    Ok(parse(&root.read("locks", MOST)?))
}

/// Locks that are held through descriptor `fd` of process `pid`. Needs the right to
/// look into the process (same user, or root).
pub fn of_descriptor(root: &ProcRoot, pid: u32, fd: u32) -> io::Result<Vec<FileLock>> {
    let text = root.read(&format!("{pid}/fdinfo/{fd}"), MOST)?;
    Ok(parse_fdinfo(&text))
}

/// Locks that are held on `file`, those that only wait left out.
pub fn held_on(locks: &[FileLock], file: FileKey) -> impl Iterator<Item = &FileLock> {
    locks
        .iter()
        .filter(move |lock| !lock.waits && lock.file == Some(file))
}

/// Reads `/proc/locks`; lines that do not fit are skipped.
pub fn parse(text: &[u8]) -> Vec<FileLock> {
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// Reads the `lock:` lines of a `/proc/PID/fdinfo/N`.
pub fn parse_fdinfo(text: &[u8]) -> Vec<FileLock> {
    text.split(|byte| *byte == b'\n')
        .filter_map(|text| line(text.strip_prefix(b"lock:")?))
        .collect()
}

/// `1: POSIX  ADVISORY  WRITE 708 08:01:131 0 EOF`, with `->` after the number if it waits.
fn line(text: &[u8]) -> Option<FileLock> {
    let mut fields = str::from_utf8(text)
        .ok()?
        .split_ascii_whitespace()
        .peekable();
    fields.next()?.strip_suffix(':')?.parse::<u64>().ok()?;
    let waits = fields.next_if_eq(&"->").is_some();
    let kind = match fields.next()? {
        "FLOCK" => LockKind::Flock,
        "POSIX" | "ACCESS" => LockKind::Posix,
        "OFDLCK" => LockKind::OpenFile,
        "LEASE" | "DELEG" => LockKind::Lease,
        _ => return None,
    };
    fields.next()?; // ADVISORY, MANDATORY, ACTIVE, BREAKING
    let access = match fields.next()? {
        "READ" => LockAccess::Read,
        "WRITE" | "RW" => LockAccess::Write,
        "UNLCK" | "NONE" => LockAccess::None,
        _ => return None,
    };
    let pid = fields.next()?.parse::<i64>().ok()?;
    Some(FileLock {
        kind,
        access,
        waits,
        pid: u32::try_from(pid).ok().filter(|pid| *pid != 0),
        file: file(fields.next()?),
    })
}

/// `08:01:131`: device in hexadecimal, inode in decimal; `<none>:0` without a file.
fn file(field: &str) -> Option<FileKey> {
    let mut parts = field.split(':');
    let major = u32::from_str_radix(parts.next()?, 16).ok()?;
    let minor = u32::from_str_radix(parts.next()?, 16).ok()?;
    let inode = parts.next()?.parse().ok()?;
    Some(FileKey {
        major,
        minor,
        inode,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FileKey, FileLock, LockAccess, LockKind, held_on, parse, parse_fdinfo};

    const LOCKS: &[u8] = b"1: POSIX  ADVISORY  WRITE 708 08:01:131 0 EOF
1: -> POSIX  ADVISORY  WRITE 709 08:01:131 0 EOF
2: FLOCK  ADVISORY  READ 44 00:1b:712 0 EOF
3: OFDLCK ADVISORY  WRITE -1 fd:12:99 100 199
4: LEASE  ACTIVE    READ  50 08:01:7 0 EOF
5: POSIX  ADVISORY  READ 0 <none>:0 0 0
6: SOMETHING NEW
";

    #[test]
    fn kinds_holders_and_files_are_told_apart() {
        let read = parse(LOCKS);
        assert_eq!(read.len(), 6);
        let file = FileKey {
            major: 8,
            minor: 1,
            inode: 131,
        };
        let first = FileLock {
            kind: LockKind::Posix,
            access: LockAccess::Write,
            waits: false,
            pid: Some(708),
            file: Some(file),
        };
        assert_eq!(read[0], first);
        assert_eq!(
            read[1],
            FileLock {
                waits: true,
                pid: Some(709),
                ..first
            }
        );
        assert_eq!(
            (read[2].kind, read[2].access),
            (LockKind::Flock, LockAccess::Read)
        );
        assert_eq!((read[3].kind, read[3].pid), (LockKind::OpenFile, None));
        assert_eq!(
            read[3].file.map(|file| (file.major, file.minor)),
            Some((0xfd, 0x12))
        );
        assert_eq!(read[4].kind, LockKind::Lease);
        assert_eq!((read[5].pid, read[5].file), (None, None));
        assert_eq!(held_on(&read, file).count(), 1);
    }

    #[test]
    fn fdinfo_has_other_lines_too() {
        let text = b"pos:\t0\nflags:\t0100002\nmnt_id:\t29\nlock:\t1: FLOCK  ADVISORY  WRITE 44 00:1b:712 0 EOF\n";
        let read = parse_fdinfo(text);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].pid, Some(44));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(parse(&text).len() <= text.len());
            drop(parse_fdinfo(&text));
        }

        #[test]
        fn damaged_lines_are_survived(at in 0_usize..300, byte in any::<u8>()) {
            let mut text = LOCKS.to_vec();
            let at = at % text.len();
            text[at] = byte;
            prop_assert!(parse(&text).len() <= 8);
        }
    }
}
