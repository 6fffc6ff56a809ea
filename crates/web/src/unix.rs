//! The unix socket. It is made with mode 0600, so other users cannot connect at all; the kernel says
//! who has connected, which is checked again. A file that a crash left behind is replaced; a socket on
//! which somebody listens, and what is no socket, is not.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};

/// The kernel's bound on the path of a unix socket, in bytes.
pub const LONGEST_SOCKET_PATH: usize = 107;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 128;

/// Why the socket cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The kernel takes 107 bytes.
    #[error(
        "the path of the unix socket, {}, has {length} bytes; {LONGEST_SOCKET_PATH} are the most: \
         choose a shorter one",
        path.display()
    )]
    TooLong {
        /// The path.
        path: PathBuf,
        /// Its bytes.
        length: usize,
    },
    /// Somebody answers there.
    #[error("another program listens at {}; stop it, or choose another path", path.display())]
    InUse {
        /// The path.
        path: PathBuf,
    },
    /// A file of another type, which is not ours to remove.
    #[error("{} is there already and is no socket; remove it, or choose another path", path.display())]
    NoSocket {
        /// The path.
        path: PathBuf,
    },
    /// The kernel says no.
    #[error("cannot listen at {}: {source}", path.display())]
    Listen {
        /// The path.
        path: PathBuf,
        /// What the kernel says.
        source: io::Error,
    },
}

/// The socket's file, removed when this is dropped, unless somebody has put another in its place.
#[derive(Debug)]
pub(crate) struct SocketFile {
    pub(crate) path: PathBuf,
    identity: (u64, u64),
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!("cannot remove {}: {error}", self.path.display());
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let facts = std::fs::symlink_metadata(path)?;
    Ok((facts.dev(), facts.ino()))
}

/// Listens at the path.
pub(crate) fn listen(path: &Path) -> Result<(UnixListener, SocketFile), SocketError> {
    let length = path.as_os_str().len();
    if length > LONGEST_SOCKET_PATH {
        return Err(SocketError::TooLong {
            path: path.to_owned(),
            length,
        });
    }
    let fail = |source| SocketError::Listen {
        path: path.to_owned(),
        source,
    };
    remove_stale(path)?;
    let socket = new_socket().map_err(|errno| fail(errno.into()))?;
    let bound = SocketAddrUnix::new(path)
        // The file gets the mode of the socket itself, so there is no moment with another one, and the
        // process's umask stays as it is.
        .and_then(|address| {
            rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
            rustix::net::bind(&socket, &address)
        })
        .and_then(|()| rustix::net::listen(&socket, BACKLOG));
    match bound {
        Err(Errno::ADDRINUSE) => {
            return Err(SocketError::InUse {
                path: path.to_owned(),
            });
        }
        bound => bound.map_err(|errno| fail(errno.into()))?,
    }
    let file = SocketFile {
        path: path.to_owned(),
        identity: identity(path).map_err(fail)?,
    };
    Ok((UnixListener::from(socket), file))
}

fn new_socket() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

/// Removes a socket on which nobody listens.
fn remove_stale(path: &Path) -> Result<(), SocketError> {
    let fail = |source| SocketError::Listen {
        path: path.to_owned(),
        source,
    };
    let path_of = || path.to_owned();
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(fail(error)),
        Ok(facts) if !facts.file_type().is_socket() => {
            return Err(SocketError::NoSocket { path: path_of() });
        }
        Ok(_) => {}
    }
    let socket = new_socket().map_err(|errno| fail(errno.into()))?;
    let address = SocketAddrUnix::new(path).map_err(|errno| fail(errno.into()))?;
    match rustix::net::connect(&socket, &address) {
        Err(Errno::CONNREFUSED) => std::fs::remove_file(path).map_err(fail),
        Err(Errno::NOENT) => Ok(()),
        // Also where its queue is full, or where it is of another type.
        Ok(()) | Err(Errno::AGAIN | Errno::PROTOTYPE) => {
            Err(SocketError::InUse { path: path_of() })
        }
        Err(errno) => Err(fail(errno.into())),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn it_is_private_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.sock");
        let (listener, file) = listen(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        UnixStream::connect(&path).unwrap();
        drop((listener, file));
        assert!(!path.exists());
    }

    #[test]
    fn a_socket_that_is_used_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.sock");
        let _first = listen(&path).unwrap();
        let error = listen(&path).unwrap_err();
        assert!(matches!(error, SocketError::InUse { .. }), "{error}");
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn a_socket_that_a_crash_left_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _socket = listen(&path).unwrap();
        UnixStream::connect(&path).unwrap();
    }

    #[test]
    fn what_is_no_socket_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.sock");
        fs::write(&path, "precious").unwrap();
        let error = listen(&path).unwrap_err();
        assert!(matches!(error, SocketError::NoSocket { .. }), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }

    #[test]
    fn anothers_socket_in_our_place_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edge.sock");
        let (_listener, file) = listen(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let _other = UnixListener::bind(&path).unwrap();
        drop(file);
        assert!(path.exists());
    }

    #[test]
    fn a_long_path_says_how_long() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().as_os_str().len() + 1;
        let fits = folder.path().join("s".repeat(LONGEST_SOCKET_PATH - base));
        drop(listen(&fits).unwrap());
        let long = folder
            .path()
            .join("s".repeat(LONGEST_SOCKET_PATH + 1 - base));
        let message = listen(&long).unwrap_err().to_string();
        assert!(message.contains("108 bytes"), "{message}");
    }
}
