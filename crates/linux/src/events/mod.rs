//! Kernel process events: fork, exec and exit known at once, without polling.
//!
//! The source is the process connector (`linux/cn_proc.h`), a netlink multicast group.
//! Since kernel 6.6 any user may listen; before, `CAP_NET_ADMIN` was needed. It works
//! in the initial user, PID and network namespace only: elsewhere the kernel either
//! refuses, or ignores the request and lets through the events that others asked for,
//! with pids of another namespace. So [`ProcessEvents::open`] waits for the kernel's
//! answer and gives up without one.
//!
//! Events are hints. The kernel drops them when we read too slowly ([`ProcessEvent::Lost`]),
//! and the exit of a process whose first thread ended earlier is not seen: a full pass now
//! and then is the truth.
//!
//! Two requests are sent: the first, of the old form, for all events, because its answer
//! is always delivered; the second narrows to [`WANTED`], where the kernel would filter out
//! its own answer.

mod message;

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::Path,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{
        AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink, recvfrom,
        sendto, socket_with, sockopt,
    },
};

use message::Notice;
pub use message::{ProcessEvent, WANTED};

/// Group of the process connector as the bit mask that bind(2) takes.
const GROUP: u32 = 1;
/// Receive buffer that [`ProcessEvents::open`] asks for. An event takes about 0.8 KiB of it with the kernel's
/// overhead, so this holds some 5,000: a burst of a large build.
const BUFFER: usize = 4 << 20;
/// How long to wait for the kernel's answer if it is not there yet: it comes within the call.
const ANSWER: Duration = Duration::from_millis(50);
/// Datagrams among which the answer is looked for: where the kernel ignores us, the events
/// that others asked for may flow without end.
const ANSWER_WITHIN: usize = 10_000;
/// Events taken at one [`ProcessEvents::read`]: a fork storm must not keep the caller.
const AT_ONCE: usize = 4096;

/// Why there are no kernel process events. `Display` is one line for `doctor`.
#[derive(Debug, thiserror::Error)]
#[error("no kernel process events: {why}")]
pub struct EventsUnavailable {
    /// The reason, and what would help.
    pub why: String,
    /// The system call's error, if one failed.
    #[source]
    pub source: Option<io::Error>,
}

/// An open subscription. Dropping it ends it.
#[derive(Debug)]
pub struct ProcessEvents {
    socket: OwnedFd,
    lost: u64,
}

impl ProcessEvents {
    /// Subscribes to the forks, execs and exits of all processes of the machine.
    ///
    /// Takes up to 0.1 seconds where the kernel ignores us, else microseconds.
    pub fn open() -> Result<Self, EventsUnavailable> {
        Self::open_with(BUFFER)
    }

    /// [`Self::open`] with a receive buffer of about `buffer` bytes, an event taking 0.8 KiB.
    pub fn open_with(buffer: usize) -> Result<Self, EventsUnavailable> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::DGRAM,
            SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
            Some(netlink::CONNECTOR),
        )
        .map_err(|error| {
            failed(
                "this kernel has no process connector (CONFIG_PROC_EVENTS)",
                error,
            )
        })?;
        // Beyond net.core.rmem_max only root may go; less is not a reason to do without.
        if sockopt::set_socket_recv_buffer_size_force(&socket, buffer).is_err() {
            sockopt::set_socket_recv_buffer_size(&socket, buffer).unwrap_or_default();
        }
        bind(&socket, &netlink::SocketAddrNetlink::new(0, GROUP)).map_err(|error| {
            failed(
                "listening is not permitted: before kernel 6.6 it takes CAP_NET_ADMIN",
                error,
            )
        })?;
        let events = Self { socket, lost: 0 };
        let ack = std::process::id();
        events.ask(None, ack)?;
        events.await_answer(ack.wrapping_add(1))?;
        events.ask(Some(WANTED), ack)?;
        Ok(events)
    }

    /// Appends what has happened since the last call, oldest first, without waiting.
    ///
    /// At most 4,096 events are taken; returns whether more may be waiting. Lost events
    /// are reported in their place as [`ProcessEvent::Lost`]; an error other than that
    /// means that the subscription is of no more use.
    pub fn read(&mut self, out: &mut Vec<ProcessEvent>) -> io::Result<bool> {
        let mut buffer = [0_u8; 1024];
        for _ in 0..AT_ONCE {
            match self.receive(&mut buffer) {
                Ok(Some(datagram)) => out.extend(message::notices(datagram).filter_map(event_of)),
                Ok(None) | Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return Ok(false),
                Err(Errno::NOBUFS) => {
                    self.lost += 1;
                    out.push(ProcessEvent::Lost);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    /// How many times the kernel has dropped events because we read too slowly.
    pub fn times_lost(&self) -> u64 {
        self.lost
    }

    /// Waits until there is something to read, at most `timeout`; tells whether there is.
    pub fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        let timeout = Timespec::try_from(timeout).map_err(io::Error::other)?;
        match poll(&mut polled, Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One datagram; `None` for one that did not come from the kernel: any local user
    /// may send to a netlink socket.
    fn receive<'b>(&self, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, Errno> {
        let (length, _, from) = recvfrom(&self.socket, &mut *buffer, RecvFlags::DONTWAIT)?;
        let kernel = from
            .and_then(|from| netlink::SocketAddrNetlink::try_from(from).ok())
            .is_some_and(|from| from.pid() == 0);
        Ok(buffer.get(..length).filter(|_| kernel))
    }

    fn ask(&self, wanted: Option<u32>, ack: u32) -> Result<(), EventsUnavailable> {
        let kernel = netlink::SocketAddrNetlink::new(0, 0);
        let request = message::listen(wanted, ack);
        match sendto(&self.socket, &request, SendFlags::empty(), &kernel) {
            Ok(_) => Ok(()),
            Err(error @ Errno::CONNREFUSED) => Err(failed(
                "they exist in the initial network namespace only, and this is another one",
                error,
            )),
            Err(error) => Err(failed("the request to listen failed", error)),
        }
    }

    /// Reads until the answer to our request is there. Events on the way are dropped:
    /// whoever opens makes a full pass afterwards anyway.
    fn await_answer(&self, expected: u32) -> Result<(), EventsUnavailable> {
        let mut buffer = [0_u8; 1024];
        let mut waited = false;
        for _ in 0..ANSWER_WITHIN {
            let datagram = match self.receive(&mut buffer) {
                Ok(datagram) => datagram.unwrap_or_default(),
                Err(Errno::INTR | Errno::NOBUFS) => continue,
                Err(Errno::AGAIN) if !waited => {
                    waited = true;
                    drop(self.wait(ANSWER));
                    continue;
                }
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(failed("reading the kernel's answer failed", error)),
            };
            for notice in message::notices(datagram) {
                match notice {
                    Notice::Answer { ack, error } if ack == expected => {
                        return answered(error);
                    }
                    Notice::Answer { .. } | Notice::Event(_) => {}
                }
            }
        }
        Err(unavailable(&ignored(), None))
    }
}

impl AsFd for ProcessEvents {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn event_of(notice: Notice) -> Option<ProcessEvent> {
    match notice {
        Notice::Event(event) => Some(event),
        Notice::Answer { .. } => None,
    }
}

fn answered(error: u32) -> Result<(), EventsUnavailable> {
    if error == 0 {
        return Ok(());
    }
    let error = io::Error::from_raw_os_error(error.cast_signed());
    Err(unavailable(
        "the kernel refused: before 6.6 it takes CAP_NET_ADMIN",
        Some(error),
    ))
}

fn failed(why: &str, error: Errno) -> EventsUnavailable {
    unavailable(why, Some(error.into()))
}

fn unavailable(why: &str, source: Option<io::Error>) -> EventsUnavailable {
    let why = match &source {
        Some(error) => format!("{why} ({error})"),
        None => why.to_owned(),
    };
    EventsUnavailable { why, source }
}

/// Why the kernel did not answer at all: it ignores other namespaces than the initial ones.
fn ignored() -> String {
    // Inode numbers that the kernel gives to its initial namespaces (linux/nsfs.h).
    const INITIAL: [(&str, &str, &str); 2] = [
        ("pid", "pid:[4026531836]", "PID"),
        ("user", "user:[4026531837]", "user"),
    ];
    for (name, initial, word) in INITIAL {
        let link = std::fs::read_link(Path::new("/proc/self/ns").join(name));
        if link.is_ok_and(|link| link != Path::new(initial)) {
            return format!(
                "they exist in the initial {word} namespace only, and this is another one (a container?)"
            );
        }
    }
    "the kernel did not answer the request to listen".to_owned()
}
