//! The text tables `/proc/PID/net/{tcp,tcp6,unix}` (`proc_net(5)`).
//!
//! Addresses are hexadecimal words in the byte order of the machine, ports are plain
//! hexadecimal. Lines that do not fit the format are skipped: the header is one of
//! them, and so is the rest of a socket path with a newline in it.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use model::{Connection, ConnectionState, Protocol};

use super::{Listener, SocketError, tcp_listeners};
use crate::ProcRoot;

/// Bytes of a table that are read at most: some 400,000 TCP sockets.
const MOST: usize = 64 << 20;

/// TCP sockets, both families, of the network namespace in which process `pid` lives.
/// A machine without IPv6 has only one of the two tables.
pub fn tcp(root: &ProcRoot, pid: u32) -> Result<Vec<Connection>, SocketError> {
    let mut connections = parse_tcp(&table(root, pid, "tcp")?, Protocol::Tcp4);
    match table(root, pid, "tcp6") {
        Ok(text) => connections.extend(parse_tcp(&text, Protocol::Tcp6)),
        Err(SocketError::Table { source, .. }) if source.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(connections)
}

/// All TCP sockets of our network namespace that accept connections: what the kernel lists
/// ([`tcp_listeners`]), and where it was built without that, from the tables.
pub fn listeners(root: &ProcRoot) -> Result<Vec<Listener>, SocketError> {
    match tcp_listeners() {
        Err(SocketError::Refused(_)) => Ok(listening(&tcp(root, std::process::id())?)),
        other => other,
    }
}

/// Those of some connections that listen. Tables do not tell which take IPv6 only.
fn listening(connections: &[Connection]) -> Vec<Listener> {
    connections
        .iter()
        .filter(|connection| connection.state == ConnectionState::Listen)
        .filter_map(|connection| {
            Some(Listener {
                address: connection.local.parse().ok()?,
                only_v6: false,
            })
        })
        .collect()
}

/// Unix sockets of the network namespace in which process `pid` lives, without peers:
/// these come from [`super::unix_diag`].
pub fn unix(root: &ProcRoot, pid: u32) -> Result<Vec<Connection>, SocketError> {
    Ok(parse_unix(&table(root, pid, "unix")?))
}

fn table(root: &ProcRoot, pid: u32, name: &str) -> Result<Vec<u8>, SocketError> {
    let file = format!("{pid}/net/{name}");
    root.read(&file, MOST).map_err(|source| SocketError::Table {
        path: root.path().join(file),
        source,
    })
}

/// Reads `/proc/net/tcp` or `tcp6`; `protocol` says which of the two.
pub fn parse_tcp(text: &[u8], protocol: Protocol) -> Vec<Connection> {
    lines(text)
        .filter_map(|line| {
            // sl local remote st tx:rx tr:tm retrnsmt uid timeout inode
            let mut fields = fields(line);
            fields.next()?.strip_suffix(b":")?;
            let local = address(fields.next()?)?;
            let peer = address(fields.next()?)?;
            let state = tcp_state(hex(fields.next()?)?);
            let inode = number(fields.nth(5)?)?;
            Some(Connection {
                protocol,
                state,
                local: local.to_string(),
                peer: if peer.port() == 0 && peer.ip().is_unspecified() {
                    String::new()
                } else {
                    peer.to_string()
                },
                inode,
                peer_inode: None,
            })
        })
        .collect()
}

/// Reads `/proc/net/unix`.
pub fn parse_unix(text: &[u8]) -> Vec<Connection> {
    const ACCEPTS: u32 = 0x1_0000;
    const CONNECTED: u32 = 3;
    lines(text)
        .filter_map(|line| {
            // Num: RefCount Protocol Flags Type St Inode Path
            let mut fields = fields(line);
            fields.next()?.strip_suffix(b":")?;
            let flags = hex(fields.nth(2)?)?;
            let state = hex(fields.nth(1)?)?;
            let inode = fields.next()?;
            let name = after(line, inode).trim_ascii_start();
            Some(Connection {
                protocol: Protocol::Unix,
                state: match state {
                    _ if flags & ACCEPTS != 0 => ConnectionState::Listen,
                    CONNECTED => ConnectionState::Established,
                    _ => ConnectionState::Close,
                },
                local: String::from_utf8_lossy(name).into_owned(),
                peer: String::new(),
                inode: number(inode)?,
                peer_inode: None,
            })
        })
        .collect()
}

fn tcp_state(number: u32) -> ConnectionState {
    match number {
        1 => ConnectionState::Established,
        2 => ConnectionState::SynSent,
        // 12 is a request that has not become a socket yet (TCP_NEW_SYN_RECV).
        3 | 12 => ConnectionState::SynReceived,
        4 => ConnectionState::FinWait1,
        5 => ConnectionState::FinWait2,
        6 => ConnectionState::TimeWait,
        7 => ConnectionState::Close,
        8 => ConnectionState::CloseWait,
        9 => ConnectionState::LastAck,
        10 => ConnectionState::Listen,
        11 => ConnectionState::Closing,
        _ => ConnectionState::Unknown,
    }
}

/// `0100007F:1F90`, or 32 digits before the colon for IPv6.
fn address(field: &[u8]) -> Option<SocketAddr> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let (digits, port) = (field.get(..colon)?, field.get(colon + 1..)?);
    let ip = match digits.len() {
        8 => IpAddr::V4(Ipv4Addr::from(hex(digits)?.to_ne_bytes())),
        32 => {
            let mut bytes = [0; 16];
            for (word, four) in digits.chunks(8).zip(bytes.chunks_mut(4)) {
                four.copy_from_slice(&hex(word)?.to_ne_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some(SocketAddr::new(ip, u16::try_from(hex(port)?).ok()?))
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n')
}

fn fields(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| *byte == b' ')
        .filter(|field| !field.is_empty())
}

/// What follows `field`, which is a part of `line`.
fn after<'a>(line: &'a [u8], field: &[u8]) -> &'a [u8] {
    let end = field.as_ptr_range().end as usize - line.as_ptr() as usize;
    line.get(end..).unwrap_or_default()
}

fn hex(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

fn number(digits: &[u8]) -> Option<u64> {
    str::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use model::{ConnectionState, Protocol};
    use proptest::prelude::*;

    use super::{parse_tcp, parse_unix};

    const TCP: &[u8] = b"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 23019 1 0000000000000000 100 0 0 10 0
   1: 0100007F:A3F2 0100007F:1F90 01 00000000:00000000 02:000006D4 00000000     0        0 23021 2 0000000000000000 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:A3F0 06 00000000:00000000 03:00000F2A 00000000     0        0 0 3 0000000000000000
";
    const TCP6: &[u8] = b"  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000001000000:0BB9 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1841 1 0000000000000000 100 0 0 10 0
";
    const UNIX: &[u8] = b"Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 18123 /run/user/1000/a b.sock
0000000000000000: 00000003 00000000 00000000 0001 03 18124 @abstract
0000000000000000: 00000003 00000000 00000000 0002 01 18125
";

    #[test]
    #[cfg(target_endian = "little")]
    fn tcp_lines_become_connections() {
        let read = parse_tcp(TCP, Protocol::Tcp4);
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].local, "127.0.0.1:8080");
        assert_eq!(read[0].peer, "");
        assert_eq!(read[0].state, ConnectionState::Listen);
        assert_eq!(read[0].inode, 23019);
        assert_eq!(read[0].listening_port(), Some(8080));
        assert_eq!(read[1].peer, "127.0.0.1:8080");
        assert_eq!(read[1].state, ConnectionState::Established);
        assert_eq!(
            (read[2].state, read[2].inode),
            (ConnectionState::TimeWait, 0)
        );
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn words_of_version_six_are_swapped_one_by_one() {
        let read = parse_tcp(TCP6, Protocol::Tcp6);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].local, "[::1]:3001");
        assert_eq!(read[0].peer, "");
    }

    #[test]
    fn unix_lines_keep_spaces_in_paths() {
        let read = parse_unix(UNIX);
        let shown: Vec<_> = read
            .iter()
            .map(|c| (c.state, c.inode, c.local.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (ConnectionState::Listen, 18123, "/run/user/1000/a b.sock"),
                (ConnectionState::Established, 18124, "@abstract"),
                (ConnectionState::Close, 18125, ""),
            ]
        );
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn listeners_are_those_that_listen() {
        let mut all = parse_tcp(TCP, Protocol::Tcp4);
        all.extend(parse_tcp(TCP6, Protocol::Tcp6));
        let found: Vec<_> = super::listening(&all)
            .iter()
            .map(|listener| listener.address.to_string())
            .collect();
        assert_eq!(found, ["127.0.0.1:8080", "[::1]:3001"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(parse_tcp(&text, Protocol::Tcp6));
            drop(parse_unix(&text));
        }

        #[test]
        fn damaged_tables_never_give_more_lines(at in 0_usize..500, byte in any::<u8>()) {
            let mut text = TCP.to_vec();
            let at = at % text.len();
            text[at] = byte;
            prop_assert!(parse_tcp(&text, Protocol::Tcp4).len() <= 4);
        }
    }
}
