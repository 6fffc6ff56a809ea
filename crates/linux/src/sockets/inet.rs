//! The bytes of the `inet_diag` family (`linux/inet_diag.h`): requests for listening sockets, and
//! the answers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::message::BY_FAMILY;
use crate::netlink::{self, attributes};

/// `AF_INET`, `AF_INET6`.
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
/// `IPPROTO_TCP`.
const TCP: u8 = 6;
/// `TCP_LISTEN` of `net/tcp_states.h`.
const LISTEN: u8 = 10;
/// Bytes of `struct inet_diag_sockid`.
const SOCKET_ID: usize = 48;
/// Bytes of `struct inet_diag_msg`.
const HEADER: usize = 72;
/// `INET_DIAG_SKV6ONLY`.
const ONLY_SIX: u16 = 11;

/// Which sockets a request is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Family {
    Four,
    Six,
}

/// A TCP socket that accepts connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Where it listens; an unspecified address is all of the machine's.
    pub address: SocketAddr,
    /// It takes connections over IPv6 only: its `::` is not `0.0.0.0` too.
    pub only_v6: bool,
}

impl Listener {
    /// Would a connection to this address of this machine reach it?
    pub fn serves(&self, address: SocketAddr) -> bool {
        if self.address.port() != address.port() {
            return false;
        }
        let (own, wanted) = (
            self.address.ip().to_canonical(),
            address.ip().to_canonical(),
        );
        let same_family = own.is_ipv4() == wanted.is_ipv4();
        own == wanted
            || own.is_unspecified()
                && (same_family || own.is_ipv6() && wanted.is_ipv4() && !self.only_v6)
    }
}

/// A request for all listening TCP sockets of a family.
pub(super) fn request(family: Family) -> Vec<u8> {
    let family = match family {
        Family::Four => AF_INET,
        Family::Six => AF_INET6,
    };
    let mut payload = vec![family, TCP, 0, 0];
    payload.extend((1_u32 << LISTEN).to_ne_bytes());
    payload.resize(payload.len() + SOCKET_ID, 0);
    netlink::encode(BY_FAMILY, netlink::REQUEST | netlink::DUMP, 1, &payload)
}

/// Reads the payload of one answer; `None` for what does not listen.
pub(super) fn listener(payload: &[u8]) -> Option<Listener> {
    let (family, state) = (*payload.first()?, *payload.get(1)?);
    // Ports and addresses are in network byte order.
    let port = u16::from_be_bytes(payload.get(4..6)?.try_into().ok()?);
    let ip = match family {
        AF_INET => IpAddr::V4(Ipv4Addr::from(four(payload)?)),
        AF_INET6 => IpAddr::V6(Ipv6Addr::from(sixteen(payload)?)),
        _ => return None,
    };
    let only_v6 = attributes(payload.get(HEADER..)?)
        .any(|(kind, value)| kind == ONLY_SIX && value.first().is_some_and(|flag| *flag != 0));
    (state == LISTEN).then_some(Listener {
        address: SocketAddr::new(ip, port),
        only_v6,
    })
}

fn four(payload: &[u8]) -> Option<[u8; 4]> {
    payload.get(8..12)?.try_into().ok()
}

fn sixteen(payload: &[u8]) -> Option<[u8; 16]> {
    payload.get(8..24)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use proptest::prelude::*;

    use super::{Family, HEADER, LISTEN, Listener, listener, request};

    fn answer(family: u8, state: u8, port: u16, address: &[u8], more: &[u8]) -> Vec<u8> {
        let mut bytes = vec![family, state, 0, 0];
        bytes.extend(port.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(address);
        bytes.resize(HEADER, 0);
        bytes.extend(more);
        bytes
    }

    /// An attribute `INET_DIAG_SKV6ONLY` of value 1.
    fn only_six() -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(5_u16.to_ne_bytes());
        bytes.extend(11_u16.to_ne_bytes());
        bytes.extend([1, 0, 0, 0]);
        bytes
    }

    fn at(address: &str) -> Option<SocketAddr> {
        address.parse().ok()
    }

    #[test]
    fn answers_are_addresses_in_network_order() {
        let read = listener(&answer(2, LISTEN, 8080, &[127, 0, 0, 1], &[]));
        assert_eq!(read.map(|read| read.address), at("127.0.0.1:8080"));
        let mut six = [0; 16];
        six[15] = 1;
        let read = listener(&answer(10, LISTEN, 3001, &six, &only_six()));
        assert_eq!(read.map(|read| read.address), at("[::1]:3001"));
        assert_eq!(read.map(|read| read.only_v6), Some(true));
        assert_eq!(listener(&answer(2, 1, 8080, &[127, 0, 0, 1], &[])), None);
        assert_eq!(
            listener(&answer(1, LISTEN, 8080, &[127, 0, 0, 1], &[])),
            None
        );
    }

    #[test]
    fn a_listener_serves_its_own_address_or_all() {
        for (own, only_v6, wanted, served) in [
            ("127.0.0.1:80", false, "127.0.0.1:80", true),
            ("127.0.0.1:80", false, "127.0.0.1:81", false),
            ("127.0.0.1:80", false, "127.0.0.2:80", false),
            ("0.0.0.0:80", false, "127.0.0.1:80", true),
            ("0.0.0.0:80", false, "[::1]:80", false),
            ("[::]:80", false, "127.0.0.1:80", true),
            ("[::]:80", false, "[::1]:80", true),
            ("[::]:80", true, "127.0.0.1:80", false),
            ("[::]:80", true, "[::1]:80", true),
            ("[::1]:80", false, "127.0.0.1:80", false),
            ("[::ffff:127.0.0.1]:80", false, "127.0.0.1:80", true),
            ("10.0.0.2:80", false, "127.0.0.1:80", false),
        ] {
            let (Some(address), Some(wanted)) = (at(own), at(wanted)) else {
                unreachable!("{own} and {wanted} are addresses");
            };
            let listener = Listener { address, only_v6 };
            assert_eq!(listener.serves(wanted), served, "{own} for {wanted}");
        }
    }

    #[test]
    fn a_request_has_the_size_of_its_struct() {
        assert_eq!(request(Family::Four).len(), 16 + 56);
        assert_eq!(request(Family::Six).len(), 16 + 56);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            std::hint::black_box(listener(&bytes));
        }
    }
}
