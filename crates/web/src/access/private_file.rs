//! Files that nobody but us may read. Reading refuses a file that another user could have written or
//! read, rather than trusting it; writing replaces the whole file in one step, so that a crash leaves
//! the old one or the new one.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Why a file of ours cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The kernel says no.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
    /// The kernel says no, or the disk is full.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
    /// A folder, a link or a pipe.
    #[error("{} is no regular file; remove it, and it is made anew", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// Another user's.
    #[error(
        "{} belongs to uid {owner}, not to us (uid {own}); remove it, and it is made anew, or give \
         it to us by `chown {own}`",
        path.display()
    )]
    Owner {
        /// The file.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who we are.
        own: u32,
    },
    /// Others have had access.
    #[error(
        "{} has mode {mode:04o}: others may have read or changed it; remove it, and it is made \
         anew, or if you trust what is in it, `chmod 600` it",
        path.display()
    )]
    Mode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// More than such a file can have.
    #[error("{} is longer than {limit} bytes, so it is not ours; remove it", path.display())]
    Size {
        /// The file.
        path: PathBuf,
        /// The most that is read.
        limit: u64,
    },
}

/// The whole file; nothing where there is none.
pub(super) fn read(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    // Without following a link, and without waiting for the other end of a pipe.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP) => {
            return Err(FileError::NoFile {
                path: path.to_owned(),
            });
        }
        Err(error) => return Err(read_error(path, error.into())),
    };
    let facts = file.metadata().map_err(|error| read_error(path, error))?;
    let path_of = || path.to_owned();
    if !facts.is_file() {
        return Err(FileError::NoFile { path: path_of() });
    }
    let (owner, own) = (facts.uid(), rustix::process::geteuid().as_raw());
    if owner != own {
        let path = path_of();
        return Err(FileError::Owner { path, owner, own });
    }
    let mode = facts.mode() & 0o7777;
    if mode & 0o077 != 0 {
        let path = path_of();
        return Err(FileError::Mode { path, mode });
    }
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| read_error(path, error))?;
    if bytes.len() as u64 > limit {
        let path = path_of();
        return Err(FileError::Size { path, limit });
    }
    Ok(Some(bytes))
}

/// Replaces the file, and returns when that is on disk.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let fail = |source| FileError::Write {
        path: path.to_owned(),
        source,
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let new = path.with_file_name(name);
    // What an interrupted write of ours left behind; with `O_EXCL` nothing else can be opened.
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    write_new(&new, bytes)
        .and_then(|()| std::fs::rename(&new, path))
        .and_then(|()| sync_folder(path))
        .map_err(fail)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Makes the folder for such files where it is missing.
pub(super) fn make_folder(path: &Path) -> Result<(), FileError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|source| FileError::Write {
            path: path.to_owned(),
            source,
        })
}

fn read_error(path: &Path, source: io::Error) -> FileError {
    FileError::Read {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn check_refused(make: impl FnOnce(&Path), expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        make(&path);
        let message = read(&path, 16).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
        assert!(message.contains("secret"), "{message}");
    }

    #[test]
    fn what_others_could_touch_is_refused() {
        let write = |mode| {
            move |path: &Path| {
                fs::write(path, "x").unwrap();
                fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
            }
        };
        check_refused(write(0o644), "mode 0644");
        check_refused(write(0o620), "chmod 600");
        check_refused(|path| fs::create_dir(path).unwrap(), "no regular file");
        check_refused(
            |path| symlink("/dev/null", path).unwrap(),
            "no regular file",
        );
        let long = |path: &Path| replace(path, &[b'x'; 17]).unwrap();
        check_refused(long, "longer than 16 bytes");
    }

    #[test]
    fn a_pipe_does_not_make_us_wait() {
        let make = |path: &Path| {
            rustix::fs::mkfifoat(rustix::fs::CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
        };
        check_refused(make, "no regular file");
    }

    #[test]
    #[expect(clippy::print_stderr, reason = "says what was not tested")]
    fn another_users_file_is_refused() {
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: only root can give files away");
            return;
        }
        let make = |path: &Path| {
            replace(path, b"x").unwrap();
            std::os::unix::fs::chown(path, Some(4711), None).unwrap();
        };
        check_refused(make, "belongs to uid 4711");
    }

    #[test]
    fn a_new_file_is_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        make_folder(&deep).unwrap();
        let path = deep.join("secret");
        assert!(read(&path, 16).unwrap().is_none());
        fs::write(path.with_file_name("secret.new"), "left behind").unwrap();
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 16).unwrap().unwrap(), b"two");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&deep).unwrap().mode() & 0o777, 0o700);
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 1);
    }
}
