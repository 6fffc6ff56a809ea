//! Reading other programs' files without being held up, led astray or flooded by them.
//!
//! [`FileReader`] is the only way from this module to the file system. The
//! implementation here reads as whoever runs the program; one that reads a user's
//! files for root as that user can take its place.

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// How long a writer is given to finish a file that looks half written.
const SETTLE: Duration = Duration::from_millis(50);

/// A file's contents, and which file it was whatever the path.
#[derive(Clone, PartialEq, Eq)]
pub struct Contents {
    /// All bytes of the file.
    pub bytes: Vec<u8>,
    /// Device and inode: two paths may lead to one file.
    pub identity: (u64, u64),
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FolderEntry {
    /// Name within the folder.
    pub name: OsString,
    /// A folder itself; a symbolic link to one is not.
    pub is_folder: bool,
}

/// Why a file or folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is none; the usual case, and no problem.
    #[error("it does not exist")]
    Absent,
    /// A directory, FIFO, socket or device.
    #[error("it is a {0}, not a regular file")]
    NotRegular(&'static str),
    /// More bytes than asked for at most.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The most that was asked for, in bytes.
        limit: u64,
    },
    /// The kernel said no.
    #[error("{0}")]
    Failed(#[from] io::Error),
}

/// Access to files; see the module.
pub trait FileReader {
    /// All of a regular file of at most `limit` bytes. Never waits for a writer, as
    /// opening a FIFO would, and follows symbolic links, because people keep their
    /// configuration in one folder and link to it.
    fn read(&self, path: &Path, limit: u64) -> Result<Contents, ReadError>;

    /// The entries of a folder, at most `limit` of them, sorted by name.
    fn list(&self, folder: &Path, limit: usize) -> Result<Vec<FolderEntry>, ReadError>;

    /// Is there anything at this path?
    fn exists(&self, path: &Path) -> bool;

    /// Waits a moment, for the writer of a file that looks half written.
    fn settle(&self) {}
}

/// Reads files as the user who runs the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct LocalFiles;

impl FileReader for LocalFiles {
    fn read(&self, path: &Path, limit: u64) -> Result<Contents, ReadError> {
        // Opening a device can act on it, so look first; and look again at what was
        // opened, because it may be another file by then.
        let before = rustix::fs::stat(path).map_err(from_errno)?;
        regular(before.st_mode)?;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = rustix::fs::open(path, flags, Mode::empty()).map_err(from_errno)?;
        let stat = rustix::fs::fstat(&file).map_err(from_errno)?;
        regular(stat.st_mode)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size > limit {
            return Err(ReadError::TooLarge { limit });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
        // The file may be growing: one byte beyond the limit tells.
        std::fs::File::from(file)
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(ReadError::TooLarge { limit });
        }
        Ok(Contents {
            bytes,
            identity: (stat.st_dev, stat.st_ino),
        })
    }

    fn list(&self, folder: &Path, limit: usize) -> Result<Vec<FolderEntry>, ReadError> {
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(from_io)?.take(limit) {
            let entry = entry.map_err(from_io)?;
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            entries.push(FolderEntry {
                name: entry.file_name(),
                is_folder,
            });
        }
        entries.sort();
        Ok(entries)
    }

    fn exists(&self, path: &Path) -> bool {
        rustix::fs::stat(path).is_ok()
    }

    fn settle(&self) {
        // This is the edge: tests put a reader in its place that does not wait.
        #[expect(
            clippy::disallowed_methods,
            reason = "a short wait, at most once in a discovery"
        )]
        std::thread::sleep(SETTLE);
    }
}

fn regular(mode: u32) -> Result<(), ReadError> {
    match FileType::from_raw_mode(mode) {
        FileType::RegularFile => Ok(()),
        FileType::Directory => Err(ReadError::NotRegular("folder")),
        FileType::Fifo => Err(ReadError::NotRegular("FIFO")),
        FileType::Socket => Err(ReadError::NotRegular("socket")),
        _ => Err(ReadError::NotRegular("device")),
    }
}

fn from_errno(errno: Errno) -> ReadError {
    match errno {
        // A file where a folder should be: there is nothing at that path either.
        Errno::NOENT | Errno::NOTDIR => ReadError::Absent,
        errno => ReadError::Failed(errno.into()),
    }
}

fn from_io(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ReadError::Absent,
        _ => ReadError::Failed(error),
    }
}
