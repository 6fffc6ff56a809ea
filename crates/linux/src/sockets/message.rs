//! The bytes of the `unix_diag` family (`linux/unix_diag.h`): requests and answers.

use crate::netlink::{self, attributes, u32_at};

/// `SOCK_DIAG_BY_FAMILY`: requests and the answers to them.
pub(super) const BY_FAMILY: u16 = 20;
/// `AF_UNIX`.
const AF_UNIX: u8 = 1;
/// `TCP_LISTEN` of `net/tcp_states.h`, which Unix sockets share.
const LISTEN: u8 = 10;
/// Attributes of an answer.
const NAME: u16 = 0;
const PEER: u16 = 2;
const SHUTDOWN: u16 = 6;
/// `UDIAG_SHOW_NAME | UDIAG_SHOW_PEER`.
const SHOW: u32 = 0x1 | 0x4;
/// Bytes of `struct unix_diag_msg`.
const HEADER: usize = 16;

/// Which directions of a stream are over (`sk_shutdown`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shutdown {
    /// Nothing will arrive any more: the other side closed, or ended its writing.
    pub receive: bool,
    /// Nothing can be sent any more.
    pub send: bool,
}

/// The other side of a Unix socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnixPeer {
    /// Never connected, listening, or a datagram socket without a fixed partner.
    None,
    /// Its last descriptor has been closed, everywhere on the machine.
    Closed,
    /// Inode of the socket at the other side.
    Inode(u64),
}

/// A Unix socket of our network namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnixSocket {
    /// Inode: the number in `socket:[INODE]`.
    pub inode: u64,
    /// Inode of the other side, where it is connected to one that is still open.
    pub peer: Option<u64>,
    /// It was connected, and the other side's last descriptor is closed.
    pub peer_closed: bool,
    /// Kernel's state number (`net/tcp_states.h`): 1 connected, 7 not, 10 listening.
    pub state: u8,
    /// Directions that are over; `None` if the kernel does not tell (before 3.3).
    pub shutdown: Option<Shutdown>,
    /// Path, or `@name` for an abstract one; `None` if unnamed. Invalid UTF-8 is replaced.
    pub name: Option<String>,
}

impl UnixSocket {
    /// The other side.
    pub fn other_side(&self) -> UnixPeer {
        match self.peer {
            Some(inode) => UnixPeer::Inode(inode),
            None if self.peer_closed => UnixPeer::Closed,
            None => UnixPeer::None,
        }
    }

    /// It accepts connections.
    pub fn listens(&self) -> bool {
        self.state == LISTEN
    }
}

/// A request for all sockets, or for the one with this inode.
pub(super) fn request(inode: Option<u32>) -> Vec<u8> {
    const ALL_STATES: u32 = u32::MAX;
    const NO_COOKIE: u32 = u32::MAX;
    let mut payload = vec![AF_UNIX, 0, 0, 0];
    for field in [ALL_STATES, inode.unwrap_or(0), SHOW, NO_COOKIE, NO_COOKIE] {
        payload.extend(field.to_ne_bytes());
    }
    let flags = if inode.is_some() {
        netlink::REQUEST
    } else {
        netlink::REQUEST | netlink::DUMP
    };
    netlink::encode(BY_FAMILY, flags, 1, &payload)
}

/// Reads the payload of one [`BY_FAMILY`] answer.
pub(super) fn socket(payload: &[u8]) -> Option<UnixSocket> {
    let (family, state) = (*payload.first()?, *payload.get(2)?);
    if family != AF_UNIX {
        return None;
    }
    let mut socket = UnixSocket {
        inode: u64::from(u32_at(payload, 4)?),
        peer: None,
        peer_closed: false,
        state,
        shutdown: None,
        name: None,
    };
    for (kind, value) in attributes(payload.get(HEADER..)?) {
        match kind {
            NAME => socket.name = name(value),
            PEER => match u32_at(value, 0) {
                // A socket without holders has no inode any more.
                Some(0) => socket.peer_closed = true,
                inode => socket.peer = inode.map(u64::from),
            },
            SHUTDOWN => {
                socket.shutdown = value.first().map(|bits| Shutdown {
                    receive: bits & 1 != 0,
                    send: bits & 2 != 0,
                });
            }
            _ => {}
        }
    }
    Some(socket)
}

/// A name from `sun_path`: abstract ones start with a zero byte, paths may end with one.
fn name(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [] => return None,
        [0, name @ ..] => format!("@{}", String::from_utf8_lossy(name)),
        path => {
            let end = path
                .iter()
                .position(|byte| *byte == 0)
                .unwrap_or(path.len());
            String::from_utf8_lossy(path.get(..end)?).into_owned()
        }
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Shutdown, UnixPeer, request, socket};

    fn answer(state: u8, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![1, 1, state, 0];
        for field in [4711_u32, 1, 2] {
            bytes.extend(field.to_ne_bytes());
        }
        for (kind, value) in attributes {
            let length = u16::try_from(4 + value.len()).unwrap_or(0);
            bytes.extend(length.to_ne_bytes());
            bytes.extend(kind.to_ne_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn names_are_paths_or_abstract() {
        for (bytes, expected) in [
            (&b"/run/x.sock\0"[..], Some("/run/x.sock")),
            (b"/run/x.sock", Some("/run/x.sock")),
            (b"\0hidden", Some("@hidden")),
            (b"", None),
        ] {
            let read = socket(&answer(10, &[(0, bytes)]));
            assert_eq!(read.and_then(|read| read.name).as_deref(), expected);
        }
    }

    #[test]
    fn the_other_side_is_open_closed_or_none() {
        let side =
            |attributes: &[(u16, &[u8])]| socket(&answer(1, attributes)).map(|s| s.other_side());
        assert_eq!(side(&[]), Some(UnixPeer::None));
        assert_eq!(side(&[(2, &0_u32.to_ne_bytes())]), Some(UnixPeer::Closed));
        assert_eq!(
            side(&[(2, &99_u32.to_ne_bytes())]),
            Some(UnixPeer::Inode(99))
        );
    }

    #[test]
    fn shutdown_bits_are_directions() {
        let read = socket(&answer(1, &[(6, &[1])]));
        let expected = Shutdown {
            receive: true,
            send: false,
        };
        assert_eq!(read.and_then(|read| read.shutdown), Some(expected));
    }

    #[test]
    fn a_request_has_the_size_of_its_struct() {
        assert_eq!(request(None).len(), 16 + 24);
        assert_eq!(request(Some(5)).len(), 16 + 24);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(socket(&bytes));
        }

        #[test]
        fn cut_answers_keep_what_is_whole(cut in 0_usize..40) {
            let whole = answer(1, &[(2, &99_u32.to_ne_bytes()), (0, b"/x")]);
            let end = whole.len().saturating_sub(cut);
            if let Some(read) = socket(whole.get(..end).unwrap_or_default()) {
                prop_assert_eq!(read.inode, 4711);
                prop_assert!(read.peer.is_none_or(|peer| peer == 99));
            }
        }
    }
}
