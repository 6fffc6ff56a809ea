//! From settings to open sockets: everything that can be wrong with the settings is found here, before
//! anything is served, with a message that says what would be right.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;

use crate::counters::Counters;
use crate::hosts::{AllowedHosts, HostError, Scheme};
use crate::settings::{Limits, Settings};
use crate::tls::{Tls, TlsError};
use crate::unix::{self, SocketError, SocketFile};

/// hyper's smallest buffer, in bytes.
const SMALLEST_HEAD: usize = 8192;

/// TCP connections that wait to be accepted: many event streams come back at once after a restart.
const BACKLOG: i32 = 1024;

/// Why nothing can be served.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Without TLS, the token could be read on the way.
    #[error(
        "{listen} can be reached from other machines, which needs TLS: set `tls.cert` and `tls.key`, \
         or listen on 127.0.0.1 and put a proxy in front"
    )]
    NotLoopback {
        /// The address.
        listen: SocketAddr,
    },
    /// Another program listens there.
    #[error("{listen} is in use by another program; stop it, or choose another port")]
    InUse {
        /// The address.
        listen: SocketAddr,
    },
    /// The kernel says no.
    #[error("cannot listen on {listen}: {source}")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// What the kernel says.
        source: io::Error,
    },
    /// Certificate or key.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The unix socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// An entry of `allowed_hosts`.
    #[error("`allowed_hosts`: `{name}` is no host: {source}")]
    Host {
        /// As it was written.
        name: String,
        /// What is wrong.
        source: HostError,
    },
    /// The prefix behind a proxy.
    #[error(
        "`base_path`: `{path}` must begin with `/` and consist of plain parts, such as `/mcpvisor`"
    )]
    BasePath {
        /// As it was written.
        path: String,
    },
    /// A bound that nothing fits into.
    #[error(
        "the bound on the head of a request is {head} bytes; it must be at least {SMALLEST_HEAD}"
    )]
    Head {
        /// As it was set.
        head: usize,
    },
}

/// Open sockets. Nobody is answered before [`Bound::serve`] is called.
pub struct Bound {
    pub(crate) tcp: TcpListener,
    pub(crate) unix: Option<(UnixListener, SocketFile)>,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) hosts: AllowedHosts,
    /// Without a slash at the end; empty for the root.
    pub(crate) base_path: String,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    local: SocketAddr,
}

/// Checks the settings and opens the sockets.
pub fn bind(settings: Settings) -> Result<Bound, BindError> {
    let hosts = AllowedHosts::parse(&settings.allowed_hosts)
        .map_err(|(name, source)| BindError::Host { name, source })?;
    let base_path = base_path(&settings.base_path)?;
    let Limits { head, .. } = settings.limits;
    if head < SMALLEST_HEAD {
        return Err(BindError::Head { head });
    }
    let listen = settings.listen;
    if settings.tls.is_none() && !listen.ip().to_canonical().is_loopback() {
        return Err(BindError::NotLoopback { listen });
    }
    let tls = settings.tls.clone().map(Tls::open).transpose()?;
    let (tcp, local) = listen_tcp(listen).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::InUse { listen },
        _ => BindError::Listen { listen, source },
    })?;
    let unix = settings.socket.as_deref().map(unix::listen).transpose()?;
    Ok(Bound {
        tcp,
        unix,
        tls: tls.map(Arc::new),
        hosts,
        base_path,
        settings,
        counters: Counters::default(),
        local,
    })
}

fn listen_tcp(listen: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    // The standard library's queue is shorter; listening again only changes its length.
    rustix::net::listen(&listener, BACKLOG)?;
    let local = listener.local_addr()?;
    Ok((listener, local))
}

/// `/a/b` from `/a/b/`, nothing from `/`.
fn base_path(path: &str) -> Result<String, BindError> {
    let trimmed = path.trim_end_matches('/');
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    let fits =
        |part: &str| !part.is_empty() && part != "." && part != ".." && part.bytes().all(plain);
    match trimmed.strip_prefix('/') {
        None if trimmed.is_empty() => Ok(String::new()),
        Some(parts) if parts.split('/').all(fits) => Ok(trimmed.to_owned()),
        _ => Err(BindError::BasePath {
            path: path.to_owned(),
        }),
    }
}

impl Bound {
    /// The TCP address, with the port that the kernel chose if that was left to it.
    pub fn address(&self) -> SocketAddr {
        self.local
    }

    /// Where the unix socket is.
    pub fn socket(&self) -> Option<&Path> {
        self.unix.as_ref().map(|(_, file)| file.path.as_path())
    }

    /// Where a browser on this machine finds us: `http://127.0.0.1:3001`, with the base path.
    pub fn base_url(&self) -> String {
        let scheme = if self.tls.is_some() {
            Scheme::Https
        } else {
            Scheme::Http
        };
        let host = if self.local.ip().is_unspecified() {
            // No address to go to; this machine is always there.
            format!("localhost:{}", self.local.port())
        } else {
            self.local.to_string()
        };
        format!("{}://{host}{}", scheme.name(), self.base_path)
    }

    /// What stays of use while it serves.
    pub fn handle(&self) -> Handle {
        Handle {
            tls: self.tls.clone(),
            counters: self.counters.clone(),
        }
    }
}

impl std::fmt::Debug for Bound {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Bound({}, {:?})", self.base_url(), self.socket())
    }
}

/// Reaches the edge while it serves. Clones are the same.
#[derive(Clone)]
pub struct Handle {
    tls: Option<Arc<Tls>>,
    counters: Counters,
}

impl Handle {
    /// Reads certificate and key again, for connections from now on. Where that fails, the old ones
    /// stay in use. [`crate::Access::reload`] does the same for the token.
    pub fn reload(&self) -> Result<(), TlsError> {
        match &self.tls {
            Some(tls) => tls.reload(),
            None => Ok(()),
        }
    }

    /// What was answered and refused so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Handle({:?})", self.counters)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn settings() -> Settings {
        Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Settings::default()
        }
    }

    fn check(change: impl FnOnce(&mut Settings), expected: &str) {
        let mut settings = settings();
        change(&mut settings);
        let message = bind(settings).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.7:3001"] {
            let listen = listen.parse().unwrap();
            check(|own| own.listen = listen, "`tls.cert` and `tls.key`");
        }
        let host = |name: &str| vec![name.to_owned()];
        check(|own| own.allowed_hosts = host("*"), "`*` is no host");
        check(|own| own.allowed_hosts = host("dásh"), "xn--");
        check(|own| own.base_path = "mcpvisor".to_owned(), "`base_path`");
        check(|own| own.base_path = "/a/../b".to_owned(), "`/a/../b`");
        check(|own| own.limits.head = 100, "at least 8192");
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap();
        check(|own| own.listen = listen, "in use by another program");
    }

    #[test]
    fn the_url_is_where_we_are() {
        let mut settings = settings();
        settings.base_path = "/mcpvisor/".to_owned();
        let bound = bind(settings).unwrap();
        let port = bound.address().port();
        assert_ne!(port, 0);
        let expected = format!("http://127.0.0.1:{port}/mcpvisor");
        assert_eq!(bound.base_url(), expected);
    }

    #[test]
    fn base_paths() {
        for (path, expected) in [("", ""), ("/", ""), ("/a/", "/a"), ("/a/b.c", "/a/b.c")] {
            assert_eq!(base_path(path).unwrap(), expected);
        }
        for path in ["//a", "/a//b", "a/b", "/a b", "/%61", "/a?b"] {
            assert!(base_path(path).is_err(), "{path}");
        }
    }
}
