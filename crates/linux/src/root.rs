//! The `/proc` that is read: its root folder is an argument.
//!
//! On a real machine that is `/proc`; tests build a folder from literal contents, and a container's
//! `/proc` may be mounted anywhere. Files are opened relative to one descriptor of the folder, never
//! following a link out of it and never blocking on what is not a regular file.

use std::ffi::OsString;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use model::ProcessId;
use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use rustix::io::Errno;

/// Bytes of `stat` that are read at most.
const LONGEST_STAT: usize = 4096;

/// The root could not be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot open `{}` to read processes: {source}; is procfs mounted there?", .path.display())]
pub struct RootError {
    /// The folder.
    pub path: PathBuf,
    /// The kernel's answer.
    pub source: std::io::Error,
}

/// An open procfs.
#[derive(Debug)]
pub struct ProcRoot {
    path: PathBuf,
    folder: OwnedFd,
}

impl ProcRoot {
    /// Opens the folder.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, RootError> {
        let path = path.into();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(CWD, &path, flags, Mode::empty()) {
            Ok(folder) => Ok(Self { path, folder }),
            Err(error) => Err(RootError {
                path,
                source: error.into(),
            }),
        }
    }

    /// The machine's own `/proc`.
    pub fn system() -> Result<Self, RootError> {
        Self::open("/proc")
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of a file of the machine that this `/proc` belongs to: `etc/passwd` stands beside it.
    pub fn machine_path(&self, relative: &str) -> PathBuf {
        self.path
            .parent()
            .unwrap_or_else(|| Path::new("/"))
            .join(relative)
    }

    /// Descriptor of the folder.
    pub fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Reads a file below the root, at most `limit` bytes of it.
    pub fn read(&self, relative: &str, limit: usize) -> std::io::Result<Vec<u8>> {
        let file = open_file(self.folder(), relative.as_bytes())?;
        Ok(read_up_to(file.as_fd(), limit)?)
    }

    /// Where a link in the folder of this very process leads: `fd/2` is its standard error. `NotFound`
    /// if its pid belongs to another process by now.
    pub fn link(&self, process: ProcessId, name: &str) -> std::io::Result<PathBuf> {
        let folder = self.process(process.pid)?;
        // Read through the open folder: what it tells is of one process.
        let text = read_up_to(open_file(folder.as_fd(), b"stat")?.as_fd(), LONGEST_STAT)?;
        let stat = crate::parse::stat::stat(&text);
        if stat.is_none_or(|stat| stat.start_ticks != process.start_ticks) {
            return Err(std::io::ErrorKind::NotFound.into());
        }
        let target = readlinkat(&folder, name, Vec::new())?;
        Ok(PathBuf::from(OsString::from_vec(target.into_bytes())))
    }

    /// Who has this pid now: one that has ended has it until it is waited for.
    ///
    /// # Errors
    /// There is no such process, or it cannot be seen.
    pub fn id_of(&self, pid: u32) -> std::io::Result<ProcessId> {
        let text = self.read(&format!("{pid}/stat"), LONGEST_STAT)?;
        let stat = crate::parse::stat::stat(&text).ok_or(std::io::ErrorKind::InvalidData)?;
        Ok(ProcessId {
            pid,
            start_ticks: stat.start_ticks,
        })
    }

    /// This process.
    ///
    /// # Errors
    /// Our own entry cannot be read.
    pub fn ourselves(&self) -> std::io::Result<ProcessId> {
        self.id_of(std::process::id())
    }

    /// Opens the folder of a process.
    pub(crate) fn process(&self, pid: u32) -> Result<OwnedFd, Errno> {
        open_folder(self.folder(), PidPath::new(pid, "").as_bytes())
    }
}

/// Opens for reading; a named pipe in a test's or an attacker's tree must not block us.
pub(crate) fn open_file(folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    openat(folder, name, flags, Mode::empty())
}

/// Opens a folder for listing and for opening what is in it.
pub(crate) fn open_folder(folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::DIRECTORY;
    openat(folder, name, flags, Mode::empty())
}

/// Reads from the start into `buffer`, in one call: a file of procfs is made when it is read, and
/// those that are read so are given whole.
pub(crate) fn read_into<'b>(file: BorrowedFd<'_>, buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let length = rustix::io::retry_on_intr(|| rustix::io::pread(file, &mut *buffer, 0))?;
    Ok(&buffer[..length])
}

/// Reads from the start, at most `limit` bytes.
pub(crate) fn read_up_to(file: BorrowedFd<'_>, limit: usize) -> Result<Vec<u8>, Errno> {
    let mut text = vec![0; limit.min(16 * 1024)];
    let mut length = 0;
    loop {
        if length == text.len() {
            if length >= limit {
                break;
            }
            text.resize((length * 2).min(limit), 0);
        }
        match rustix::io::pread(file, &mut text[length..], length as u64) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(Errno::INTR) => {}
            Err(error) if length == 0 => return Err(error),
            Err(_) => break,
        }
    }
    text.truncate(length);
    Ok(text)
}

/// `PID` or `PID/name` without an allocation.
pub(crate) struct PidPath {
    text: [u8; 48],
    length: usize,
}

impl PidPath {
    pub(crate) fn new(pid: u32, name: &str) -> Self {
        let mut text = [0; 48];
        let mut rest = &mut text[..];
        let slash = if name.is_empty() { "" } else { "/" };
        // Ten digits, a slash and the longest name that is used fit with room to spare.
        let written = write!(rest, "{pid}{slash}{name}").is_ok();
        let length = 48 - rest.len();
        Self {
            text,
            length: if written { length } else { 0 },
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use model::ProcessId;

    use super::{PidPath, ProcRoot};

    #[test]
    fn paths_of_processes() {
        assert_eq!(
            PidPath::new(u32::MAX, "schedstat").as_bytes(),
            b"4294967295/schedstat"
        );
        assert_eq!(PidPath::new(1, "").as_bytes(), b"1");
    }

    #[test]
    fn a_missing_root_is_named() {
        let error = ProcRoot::open("/nowhere/proc").unwrap_err().to_string();
        assert!(error.contains("`/nowhere/proc`"), "{error}");
    }

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("long"), vec![b'x'; 100_000]).unwrap();
        let root = ProcRoot::open(folder.path()).unwrap();
        assert_eq!(root.read("long", 200_000).unwrap().len(), 100_000);
        assert_eq!(root.read("long", 70_000).unwrap().len(), 70_000);
        assert!(root.read("absent", 10).is_err());
    }

    #[test]
    fn links_are_those_of_the_process_that_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("7");
        std::fs::create_dir_all(own.join("fd")).unwrap();
        let numbers = ["1"; 18].join(" ");
        let stat = format!("7 (a b) S {numbers} 4711 {numbers}");
        std::fs::write(own.join("stat"), stat).unwrap();
        std::os::unix::fs::symlink("/logs/a b.log", own.join("fd/2")).unwrap();
        let root = ProcRoot::open(folder.path()).unwrap();
        let id = |pid, start_ticks| ProcessId { pid, start_ticks };
        let link = root.link(id(7, 4711), "fd/2").unwrap();
        assert_eq!(link, std::path::Path::new("/logs/a b.log"));
        for other in [id(7, 4712), id(8, 4711)] {
            let error = root.link(other, "fd/2").unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        }
        assert!(root.link(id(7, 4711), "fd/3").is_err());
    }

    #[test]
    fn the_machine_is_beside_its_proc() {
        let root = ProcRoot::open("/proc").unwrap();
        assert_eq!(
            root.machine_path("etc/passwd"),
            std::path::Path::new("/etc/passwd")
        );
    }
}
