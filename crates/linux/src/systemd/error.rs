//! Why there is no scope, and what can be done about it.

use std::io;
use std::path::PathBuf;

use super::address::Manager;
use crate::cgroup::CgroupError;

/// systemd did not make a scope for us.
#[derive(Debug, thiserror::Error)]
pub enum ScopeError {
    /// Another init runs here.
    #[error("this machine was not booted by systemd, so there are no scopes to be had")]
    NoSystemd,
    /// Limits of version 1 are not delegated to users, and root needs no scope for them.
    #[error("there is no unified hierarchy here in which our own group can be seen")]
    NoUnified,
    /// Our own group cannot be read.
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    /// A limit that holds for us now would be left behind.
    #[error(
        "`{}` limits us to `{says}`, and a scope would be out of its reach: start this in a scope or \
         slice of its own that has the limits",
        .file.display()
    )]
    WouldEscape {
        /// The limit's file.
        file: PathBuf,
        /// What is in it.
        says: String,
    },
    /// Nobody answers at its sockets.
    #[error(
        "{manager} cannot be asked ({why}): a user's runs while the user is logged in, or always after \
         `loginctl enable-linger`"
    )]
    NotThere {
        /// Who was to be asked.
        manager: Manager,
        /// What each socket said.
        why: String,
    },
    /// The conversation broke off.
    #[error("{manager} did not answer at `{}`: {source}", .socket.display())]
    Conversation {
        /// Who was asked.
        manager: Manager,
        /// Where.
        socket: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// It said no.
    #[error("{manager} refuses: {words} ({name})")]
    Refused {
        /// Who was asked.
        manager: Manager,
        /// Name of the error.
        name: String,
        /// Its own words.
        words: String,
    },
    /// It said yes, but has not moved us.
    #[error(
        "{manager} agreed to the scope `{unit}`, but has not moved us there within {milliseconds} ms"
    )]
    NotMoved {
        /// Who was asked.
        manager: Manager,
        /// The scope.
        unit: String,
        /// How long was waited.
        milliseconds: u128,
    },
}
