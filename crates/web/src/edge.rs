//! What all connections share, and what is known about one.

use std::fmt;
use std::net::SocketAddr;

use axum::Router;
use tokio::sync::watch;

use crate::access::Access;
use crate::counters::Counters;
use crate::hosts::{AllowedHosts, Scheme};
use crate::paths::Paths;
use crate::settings::Settings;

/// What the caller serves.
#[derive(Debug, Clone)]
pub struct Site {
    /// The routes, without the base path. Those about access itself are added.
    pub router: Router,
    /// Which of them are open.
    pub paths: Paths,
}

pub(crate) struct Edge {
    pub(crate) settings: Settings,
    pub(crate) hosts: AllowedHosts,
    pub(crate) base_path: String,
    pub(crate) base_url: String,
    pub(crate) router: Router,
    pub(crate) paths: Paths,
    pub(crate) access: Access,
    pub(crate) counters: Counters,
    /// Becomes true when we shut down.
    pub(crate) stop: watch::Receiver<bool>,
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    Tcp {
        remote: SocketAddr,
        local: SocketAddr,
        scheme: Scheme,
    },
    Unix {
        uid: u32,
        /// 0 where it lives in a pid namespace that we cannot see.
        pid: i32,
        /// The same user, or root.
        trusted: bool,
    },
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { remote, .. } => write!(formatter, "{remote}"),
            Self::Unix { uid, pid, .. } => write!(formatter, "uid {uid} (pid {pid})"),
        }
    }
}
