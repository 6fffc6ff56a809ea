//! One daemon for each state directory.
//!
//! The kernel holds the lock for the open file, so it ends with the process however that ends; the
//! pid in the file only names the holder for people.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock};

/// Why the lock was not had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another daemon has it.
    #[error(
        "mcpvisor already runs for {}{}; stop it, or choose another state directory with --state-dir",
        folder.display(),
        holder.map(|pid| format!(" as PID {pid}")).unwrap_or_default()
    )]
    Held {
        /// The state directory.
        folder: PathBuf,
        /// The holder, if the file says it.
        holder: Option<u32>,
    },
    /// The file cannot be made or locked.
    #[error("the lock {} cannot be taken: {source}; choose another state directory with --state-dir", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// The lock of a state directory, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock, or says who holds it.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join("lock");
        let io = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        let mut file = std::fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(io)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let folder = folder.to_owned();
                let holder = holder(&mut file);
                return Err(LockError::Held { folder, holder });
            }
            Err(error) => return Err(io(error.into())),
        }
        file.set_len(0).map_err(io)?;
        writeln!(file, "{}", std::process::id()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// The pid that the file names.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{Lock, LockError};

    #[test]
    fn the_second_is_told_who_has_it_and_gets_it_after() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let error = Lock::take(folder.path()).unwrap_err();
        let own = std::process::id();
        assert!(matches!(&error, LockError::Held { holder: Some(pid), .. } if *pid == own));
        assert!(error.to_string().contains(&format!("as PID {own}")));
        drop(first);
        Lock::take(folder.path()).unwrap();
    }

    #[test]
    fn what_a_crash_left_in_the_file_does_not_matter() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lock"), "4194304 and some more\n").unwrap();
        drop(Lock::take(folder.path()).unwrap());
        let text = std::fs::read_to_string(folder.path().join("lock")).unwrap();
        assert_eq!(text, format!("{}\n", std::process::id()));
    }
}
