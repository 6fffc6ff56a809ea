//! What the edge can be told. Every setting has a default that is safe on a machine with one user, so
//! none is needed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::prefix::Prefix;

/// Where to listen, whom to believe, and how much to bear.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The TCP address. Anything but loopback needs `tls`.
    pub listen: SocketAddr,
    /// Certificate and key; HTTPS only where they are given.
    pub tls: Option<TlsFiles>,
    /// The unix socket, at most 107 bytes long.
    pub socket: Option<PathBuf>,
    /// Further names under which browsers may reach us (`dash.example.org`, `10.0.0.5:3001`): with a
    /// port for just that one, without for all.
    pub allowed_hosts: Vec<String>,
    /// The path under which a proxy shows us, such as `/mcpvisor`; empty for the root.
    pub base_path: String,
    /// Peers whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Prefix>,
    /// The bounds.
    pub limits: Limits,
}

/// Files of TLS, both in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those that lead up to its root, in this order.
    pub cert: PathBuf,
    /// The private key, readable by its owner only.
    pub key: PathBuf,
}

/// Bounds on what clients can make us hold or wait for.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a request body.
    pub body: usize,
    /// Bytes of a body from someone who has not shown a token.
    pub body_without_access: usize,
    /// Bytes of the request target.
    pub uri: usize,
    /// Bytes of request line and headers together; at least 8,192.
    pub head: usize,
    /// Number of headers.
    pub headers: usize,
    /// Until the head of a request is there; also how long an idle connection is kept.
    pub head_timeout: Duration,
    /// Until the body of a request is there.
    pub body_timeout: Duration,
    /// Until a handler has begun to answer. An event stream may then go on.
    pub request_timeout: Duration,
    /// How long a client may read nothing of what we send.
    pub write_timeout: Duration,
    /// Until a TLS handshake is done.
    pub handshake_timeout: Duration,
    /// For requests under way when we shut down.
    pub shutdown_grace: Duration,
    /// TCP connections at a time.
    pub connections: usize,
    /// Connections of the unix socket at a time; apart, so that nobody locks the owner out.
    pub socket_connections: usize,
    /// Requests on one connection; the last is answered with `Connection: close`.
    pub requests_per_connection: u64,
}

/// The port of the TCP address unless another is chosen.
pub const DEFAULT_PORT: u16 = 3001;

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DEFAULT_PORT),
            tls: None,
            socket: None,
            allowed_hosts: Vec::new(),
            base_path: String::new(),
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 * 1024,
            body_without_access: 4 * 1024,
            uri: 4 * 1024,
            head: 16 * 1024,
            headers: 64,
            head_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(15),
            request_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            handshake_timeout: Duration::from_secs(10),
            shutdown_grace: Duration::from_secs(3),
            connections: 1_200,
            socket_connections: 64,
            requests_per_connection: 10_000,
        }
    }
}
