//! Sockets: which exist, in what state, and who is on the other side.
//!
//! Two sources. The text tables `/proc/PID/net/{tcp,tcp6,unix}` show the network
//! namespace of any process ([`tcp`], [`unix`]), without peers of Unix sockets. The
//! `sock_diag` netlink family ([`unix_diag`]) knows those peers, in our own network
//! namespace only, and lists what listens without going through all connections
//! ([`tcp_listeners`]). A socket is tied to its holders by its inode: `socket:[INODE]` in
//! `/proc/PID/fd`.

mod diag;
mod inet;
mod message;
mod tables;

use std::{io, path::PathBuf};

pub use diag::{tcp_listeners, unix_diag, unix_socket};
pub use inet::Listener;
pub use message::{Shutdown, UnixPeer, UnixSocket};
pub use tables::{listeners, parse_tcp, parse_unix, tcp, unix};

/// Sockets could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// A system call on the netlink socket failed.
    #[error("cannot {action} through sock_diag: {source}")]
    Netlink {
        /// What was tried.
        action: &'static str,
        /// The error.
        source: io::Error,
    },
    /// The kernel refused the request. `ENOENT` means that it was built without
    /// `CONFIG_UNIX_DIAG` or `CONFIG_INET_DIAG`.
    #[error("the kernel refuses to list sockets through sock_diag: {0}")]
    Refused(io::Error),
    /// The kernel sent less than a whole answer within the time that we wait.
    #[error("the kernel's list of sockets was interrupted; what is known is incomplete")]
    Incomplete,
    /// A table under `/proc` could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Table {
        /// The file.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}
