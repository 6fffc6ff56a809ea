//! Whether somebody listens on a port of the loopback interface.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// A listener of this machine answers within microseconds; one whose queue is full does not answer at all.
const ANSWER_WITHIN: Duration = Duration::from_millis(20);

/// Whether a connection is taken.
pub(crate) fn is_open(port: u16) -> bool {
    let addresses = [
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, port)),
    ];
    let taken = |address: &SocketAddr| TcpStream::connect_timeout(address, ANSWER_WITHIN).is_ok();
    addresses.iter().any(taken)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::TcpListener;

    #[test]
    fn a_listener_is_seen_and_its_end() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(listener) = TcpListener::bind(address) else {
                continue;
            };
            let port = listener.local_addr().unwrap().port();
            assert!(super::is_open(port));
            drop(listener);
            assert!(!super::is_open(port));
        }
    }
}
