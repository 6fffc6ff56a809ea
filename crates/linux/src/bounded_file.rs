//! A log file with a bound: at its full size it becomes `FILE.1`, what was `FILE.1` becomes
//! `FILE.2`, and so on to as many as are kept.
//!
//! Each step is a rename, so at any moment every line is in one file. The file is looked at with
//! every line: one that was removed is begun again, one that somebody else set aside is left alone.
//! What cannot be written is reported to the caller, who counts it, and tried again with the next
//! line. New files can be read by their owner only.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::io::Errno;

/// Why a file cannot take lines.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// It cannot be opened or made.
    #[error("the log file {} cannot be written: {source}; check the permissions of its folder, or name another file", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a folder, a link, a pipe or a device.
    #[error("the log file {} is no regular file; name another one", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
}

/// A log file and those set aside.
#[derive(Debug)]
pub struct BoundedFile {
    path: PathBuf,
    /// Most bytes before it is set aside.
    max_size: u64,
    /// Files kept aside.
    keep: u32,
    /// None after it was lost and could not be opened again.
    file: Option<File>,
    /// A line was begun and not ended.
    torn: bool,
}

impl BoundedFile {
    /// Opens or makes it. At `max_size` bytes it is set aside, and `keep` files are kept aside.
    ///
    /// # Errors
    /// It cannot be opened for writing, or is no regular file.
    pub fn open(path: &Path, max_size: u64, keep: u32) -> Result<Self, FileFault> {
        Ok(Self {
            path: path.to_owned(),
            max_size,
            keep,
            file: Some(open(path)?),
            torn: false,
        })
    }

    /// Opens the path again, whatever is there now. On an error the old file stays in use.
    ///
    /// # Errors
    /// As for [`Self::open`].
    pub fn reopen(&mut self) -> Result<(), FileFault> {
        self.file = Some(open(&self.path)?);
        self.torn = false;
        Ok(())
    }

    /// Writes a line; false if it could not be.
    pub fn put(&mut self, line: &[u8]) -> bool {
        self.try_put(line).is_ok()
    }

    fn try_put(&mut self, line: &[u8]) -> std::io::Result<()> {
        let mut metadata = self.present()?;
        if metadata.size() > 0 && metadata.size() + line.len() as u64 > self.max_size {
            self.set_aside(&metadata)?;
            metadata = self.present()?;
        }
        let file = self.file.as_mut().ok_or(ErrorKind::NotFound)?;
        if self.torn && metadata.size() > 0 {
            file.write_all(b"\n")?;
        }
        self.torn = false;
        let written = file.write_all(line);
        // Only a disk that is full tears a line; then it ends with the next one that is written.
        self.torn = written.is_err()
            && file
                .metadata()
                .is_ok_and(|now| now.size() > metadata.size());
        written
    }

    /// The file as it is, opened again if it was removed.
    fn present(&mut self) -> std::io::Result<Metadata> {
        let metadata = self.file.as_ref().map(File::metadata).transpose()?;
        if let Some(metadata) = metadata.filter(|metadata| metadata.nlink() > 0) {
            return Ok(metadata);
        }
        self.file = None;
        self.reopen().map_err(std::io::Error::other)?;
        self.file.as_ref().ok_or(ErrorKind::NotFound)?.metadata()
    }

    /// Makes room: sets the file aside, or begins it anew where that cannot be done, because the
    /// bound comes first.
    fn set_aside(&mut self, full: &Metadata) -> std::io::Result<()> {
        let there = std::fs::symlink_metadata(&self.path);
        let is_ours =
            there.is_ok_and(|there| (there.dev(), there.ino()) == (full.dev(), full.ino()));
        if is_ours && self.rename_all().is_err() {
            let file = self.file.as_ref().ok_or(ErrorKind::NotFound)?;
            return file.set_len(0);
        }
        self.reopen().map_err(std::io::Error::other)
    }

    fn rename_all(&self) -> std::io::Result<()> {
        if self.keep == 0 {
            return std::fs::remove_file(&self.path);
        }
        for number in (1..self.keep).rev() {
            match std::fs::rename(self.aside(number), self.aside(number + 1)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        std::fs::rename(&self.path, self.aside(1))
    }

    fn aside(&self, number: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

fn open(path: &Path) -> Result<File, FileFault> {
    let no_file = || FileFault::NoFile {
        path: path.to_owned(),
    };
    // A pipe must not hold us up, and a link could lead to a file of somebody else.
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let file = File::options()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(path);
    let file = file.map_err(|source| match Errno::from_io_error(&source) {
        Some(Errno::ISDIR | Errno::LOOP | Errno::NXIO) => no_file(),
        _ => FileFault::Unwritable {
            path: path.to_owned(),
            source,
        },
    })?;
    match file.metadata() {
        Ok(metadata) if metadata.is_file() => Ok(file),
        _ => Err(no_file()),
    }
}

#[cfg(test)]
mod tests;
