//! The `sock_diag` conversation: one request, then answers until the kernel is done.

use std::{os::fd::OwnedFd, time::Duration};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink, recvfrom, sendto,
        socket_with,
    },
};

use super::{Listener, SocketError, UnixSocket, inet, message};
use crate::netlink as wire;

/// The kernel answers within the call; this only keeps us from waiting for ever.
const PATIENCE: Duration = Duration::from_secs(2);
/// Datagrams of a dump hold at most 32 KiB (netlink(7)).
const DATAGRAM: usize = 64 << 10;
/// Sockets kept of one listing: a machine with more has other worries.
const MOST: usize = 1 << 20;

/// All Unix sockets of our network namespace, with the inode at the other side.
///
/// Needs no privilege. Sockets that come or go meanwhile may be missing or gone.
pub fn unix_diag() -> Result<Vec<UnixSocket>, SocketError> {
    converse(&message::request(None), false, message::socket)
}

/// All TCP sockets of our network namespace that accept connections, both families.
///
/// Needs no privilege. The kernel goes through its listening sockets only, so this costs the same
/// however many connections there are.
pub fn tcp_listeners() -> Result<Vec<Listener>, SocketError> {
    let mut found = converse(&inet::request(inet::Family::Four), false, inet::listener)?;
    match converse(&inet::request(inet::Family::Six), false, inet::listener) {
        Ok(more) => found.extend(more),
        // A kernel without IPv6.
        Err(SocketError::Refused(error))
            if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) => {}
        Err(error) => return Err(error),
    }
    Ok(found)
}

/// The Unix socket with this inode; `None` if our network namespace has none.
pub fn unix_socket(inode: u64) -> Result<Option<UnixSocket>, SocketError> {
    // Zero asks for all, and the kernel numbers sockets with 32 bits.
    let Some(inode) = u32::try_from(inode).ok().filter(|inode| *inode != 0) else {
        return Ok(None);
    };
    match converse(&message::request(Some(inode)), true, message::socket) {
        Ok(found) => Ok(found.into_iter().next()),
        Err(SocketError::Refused(error))
            if error.raw_os_error() == Some(Errno::NOENT.raw_os_error()) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Sends a request and reads what the kernel answers. `single`: to one socket, not to a list.
fn converse<T>(
    request: &[u8],
    single: bool,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<Vec<T>, SocketError> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        Some(netlink::SOCK_DIAG),
    )
    .map_err(|error| netlink_error("open a socket", error))?;
    let kernel = netlink::SocketAddrNetlink::new(0, 0);
    sendto(&socket, request, SendFlags::empty(), &kernel)
        .map_err(|error| netlink_error("ask for sockets", error))?;

    let mut found = Vec::new();
    let mut buffer = vec![0; DATAGRAM];
    while found.len() < MOST {
        let Some(datagram) = receive(&socket, &mut buffer)? else {
            continue;
        };
        for answer in wire::messages(datagram) {
            match answer.kind {
                message::BY_FAMILY => found.extend(read(answer.payload)),
                wire::ERROR | wire::DONE => {
                    return match wire::error_number(answer.payload) {
                        0 => Ok(found),
                        number => Err(SocketError::Refused(std::io::Error::from_raw_os_error(
                            number,
                        ))),
                    };
                }
                _ => {}
            }
        }
        if single && !found.is_empty() {
            return Ok(found); // a single answer has no end mark
        }
    }
    Ok(found)
}

/// The next datagram of the kernel; `None` for one that another process sent us.
fn receive<'b>(socket: &OwnedFd, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, SocketError> {
    loop {
        match recvfrom(socket, &mut *buffer, RecvFlags::DONTWAIT) {
            Ok((length, _, from)) => {
                let kernel = from
                    .and_then(|from| netlink::SocketAddrNetlink::try_from(from).ok())
                    .is_some_and(|from| from.pid() == 0);
                return Ok(buffer.get(..length).filter(|_| kernel));
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(socket)?,
            Err(error) => return Err(netlink_error("read the list of sockets", error)),
        }
    }
}

fn wait(socket: &OwnedFd) -> Result<(), SocketError> {
    let timeout = Timespec::try_from(PATIENCE).map_err(|_| SocketError::Incomplete)?;
    match poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&timeout)) {
        Ok(0) => Err(SocketError::Incomplete),
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(netlink_error("wait for the list of sockets", error)),
    }
}

fn netlink_error(action: &'static str, error: Errno) -> SocketError {
    SocketError::Netlink {
        action,
        source: error.into(),
    }
}
