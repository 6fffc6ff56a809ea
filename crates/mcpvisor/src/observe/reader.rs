//! Reading files that belong to users, with those users' rights.
//!
//! Root could read everything, so a link in somebody's home could make it read what that
//! user may not. Therefore root reads a user's files as that user, on a thread that took
//! over the user's rights. Everybody else reads as themselves.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use inventory::declared::{Contents, FileReader, FolderEntry, LocalFiles, ReadError};
use linux::become_user::run_as;

/// Reads as one user.
#[derive(Clone, Copy, Debug)]
pub(super) struct AsUser {
    pub(super) uid: u32,
}

impl AsUser {
    fn switches(self) -> bool {
        let own = rustix::process::geteuid();
        own.is_root() && self.uid != own.as_raw()
    }
}

impl FileReader for AsUser {
    fn read(&self, path: &Path, limit: u64) -> Result<Contents, ReadError> {
        if !self.switches() {
            return LocalFiles.read(path, limit);
        }
        let path = path.to_owned();
        run_as(self.uid, move || LocalFiles.read(&path, limit)).map_err(ReadError::from)?
    }

    fn list(&self, folder: &Path, limit: usize) -> Result<Vec<FolderEntry>, ReadError> {
        if !self.switches() {
            return LocalFiles.list(folder, limit);
        }
        let folder = folder.to_owned();
        run_as(self.uid, move || LocalFiles.list(&folder, limit)).map_err(ReadError::from)?
    }

    fn exists(&self, path: &Path) -> bool {
        if !self.switches() {
            return LocalFiles.exists(path);
        }
        let path = path.to_owned();
        run_as(self.uid, move || LocalFiles.exists(&path)).unwrap_or(false)
    }

    fn settle(&self) {
        LocalFiles.settle();
    }
}

/// Reads a regular file of at most `cap` bytes as a user; its first `cap` bytes if it is longer.
pub(super) fn read(uid: u32, path: &Path, cap: usize) -> std::io::Result<Vec<u8>> {
    let path = path.to_owned();
    let work = move || first_bytes(&path, cap);
    if (AsUser { uid }).switches() {
        run_as(uid, work)?
    } else {
        work()
    }
}

fn first_bytes(path: &Path, cap: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let kind = std::fs::metadata(path)?.file_type();
    if !kind.is_file() || kind.is_fifo() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)?;
    let mut bytes = Vec::new();
    file.take(cap as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
