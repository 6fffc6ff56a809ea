//! Network connections of a process.

use serde::{Deserialize, Serialize};

/// Address family and protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// A Unix domain socket.
    Unix,
}

/// TCP states by the kernel's numbers (`include/net/tcp_states.h`); a Unix socket is
/// `listen`, `established` or `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "the names are the kernel's and need no second wording"
)]
pub enum ConnectionState {
    Established,
    SynSent,
    SynReceived,
    FinWait1,
    FinWait2,
    TimeWait,
    Close,
    CloseWait,
    LastAck,
    Listen,
    Closing,
    Unknown,
}

/// One socket of a process, as its own network namespace shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Family and protocol.
    pub protocol: Protocol,
    /// State.
    pub state: ConnectionState,
    /// Own address: `127.0.0.1:8080`, `[::1]:8080`, a path, `@name`, or empty if unnamed.
    pub local: String,
    /// The other side's address; empty if it has none.
    pub peer: String,
    /// Inode of the socket.
    pub inode: u64,
    /// Inode of the socket on the other side, where both are on this machine and the kernel
    /// tells (Unix sockets through `sock_diag`, loopback TCP by matching addresses).
    /// `Some(0)`: the kernel says that there is no other side any more. `None`: not known.
    pub peer_inode: Option<u64>,
}

impl Connection {
    /// Port that it listens on, if it is a listening TCP socket.
    pub fn listening_port(&self) -> Option<u16> {
        if self.state != ConnectionState::Listen || self.protocol == Protocol::Unix {
            return None;
        }
        self.local.rsplit_once(':')?.1.parse().ok()
    }
}
