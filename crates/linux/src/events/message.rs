//! The bytes of the process connector: `struct cn_msg` (`linux/connector.h`) around
//! `struct proc_event` (`linux/cn_proc.h`), in the byte order of the machine.
//!
//! In the kernel's words a `pid` is a thread and a `tgid` is a process. Threads are
//! none of our business: what concerns a thread other than the first is dropped.

use crate::netlink::{self, u16_at, u32_at};

/// `CN_IDX_PROC` and `CN_VAL_PROC`: the connector that reports processes.
const CONNECTOR: (u32, u32) = (1, 1);
/// Bytes of `struct cn_msg`.
const CONNECTOR_HEADER: usize = 20;
/// Bytes of `struct proc_event` before its union.
const EVENT_HEADER: usize = 16;

const FORK: u32 = 0x0000_0001;
const EXEC: u32 = 0x0000_0002;
const UID: u32 = 0x0000_0004;
const SID: u32 = 0x0000_0080;
const COMM: u32 = 0x0000_0200;
const EXIT: u32 = 0x8000_0000;

/// Which events the kernel is asked for; a kernel before 6.6 sends all of them.
pub const WANTED: u32 = FORK | EXEC | EXIT;

/// Something that happened to a process, by pids of the initial PID namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessEvent {
    /// A process was started as a copy of another.
    Fork {
        /// The process that forked. With `CLONE_PARENT` it is the new one's sibling.
        parent: u32,
        /// The new process.
        child: u32,
    },
    /// A process executes another program.
    Exec {
        /// The process.
        pid: u32,
    },
    /// The first thread of a process has ended. Others of its threads may run on
    /// (the process is then shown as a zombie that is none), so this says "look".
    Exit {
        /// The process.
        pid: u32,
        /// Exit code, if it ended by itself.
        code: Option<u8>,
        /// Signal, if one ended it.
        signal: Option<u8>,
    },
    /// A process changed its user. Not asked for, but sent by kernels before 6.6.
    Uid {
        /// The process.
        pid: u32,
        /// Effective user id.
        uid: u32,
    },
    /// A process became the leader of a new session. As [`ProcessEvent::Uid`].
    Sid {
        /// The process.
        pid: u32,
    },
    /// A process changed its name. As [`ProcessEvent::Uid`].
    Comm {
        /// The process.
        pid: u32,
    },
    /// The kernel dropped events, it does not say how many: only a full pass tells
    /// what happened.
    Lost,
}

/// What a datagram of the connector says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// An event that we want.
    Event(ProcessEvent),
    /// The answer to a request to listen.
    Answer {
        /// The number that the request carried in `ack`, plus one.
        ack: u32,
        /// Error number, 0 for success.
        error: u32,
    },
}

/// Reads one datagram. Threads, other events, other connectors and noise give nothing.
pub(super) fn notices(datagram: &[u8]) -> impl Iterator<Item = Notice> {
    netlink::messages(datagram).filter_map(|message| notice(message.payload))
}

fn notice(message: &[u8]) -> Option<Notice> {
    if (u32_at(message, 0)?, u32_at(message, 4)?) != CONNECTOR {
        return None;
    }
    let ack = u32_at(message, 12)?;
    let length = usize::from(u16_at(message, 16)?);
    let body = message.get(CONNECTOR_HEADER..CONNECTOR_HEADER + length)?;
    let what = u32_at(body, 0)?;
    let data = body.get(EVENT_HEADER..)?;
    if what == 0 {
        let error = u32_at(data, 0)?;
        return Some(Notice::Answer { ack, error });
    }
    event(what, data).map(Notice::Event)
}

fn event(what: u32, data: &[u8]) -> Option<ProcessEvent> {
    if what == FORK {
        let (parent, child) = (u32_at(data, 4)?, process(data, 8)?);
        return Some(ProcessEvent::Fork { parent, child });
    }
    let pid = process(data, 0)?;
    match what {
        EXEC => Some(ProcessEvent::Exec { pid }),
        EXIT => {
            let status = u32_at(data, 8)?;
            Some(ended(pid, status))
        }
        UID => {
            let uid = u32_at(data, 12)?;
            Some(ProcessEvent::Uid { pid, uid })
        }
        SID => Some(ProcessEvent::Sid { pid }),
        COMM => Some(ProcessEvent::Comm { pid }),
        _ => None,
    }
}

/// The process at `at`, if the thread that is named there is its first.
fn process(data: &[u8], at: usize) -> Option<u32> {
    let (thread, process) = (u32_at(data, at)?, u32_at(data, at + 4)?);
    (thread == process).then_some(process)
}

/// Splits a wait status (wait(2)): signal in the low seven bits, code in the second byte.
fn ended(pid: u32, status: u32) -> ProcessEvent {
    let signal = (status & 0x7f) as u8;
    let code = (status >> 8 & 0xff) as u8;
    ProcessEvent::Exit {
        pid,
        code: (signal == 0).then_some(code),
        signal: (signal != 0).then_some(signal),
    }
}

/// A request to listen: to all events, or, where `wanted` is given, to those only
/// (`struct proc_input`, kernel 6.6 on). `ack` comes back in the answer, plus one.
pub(super) fn listen(wanted: Option<u32>, ack: u32) -> Vec<u8> {
    const LISTEN: u32 = 1;
    let data: Vec<u8> = [Some(LISTEN), wanted]
        .into_iter()
        .flatten()
        .flat_map(u32::to_ne_bytes)
        .collect();
    let mut message = Vec::with_capacity(CONNECTOR_HEADER + data.len());
    for field in [CONNECTOR.0, CONNECTOR.1, 0, ack] {
        message.extend(field.to_ne_bytes());
    }
    message.extend(u16::try_from(data.len()).unwrap_or(0).to_ne_bytes());
    message.extend(0_u16.to_ne_bytes());
    message.extend(data);
    netlink::encode(netlink::DONE, 0, 0, &message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Notice, ProcessEvent, listen, notices};
    use crate::netlink;

    /// A datagram as the kernel sends it: `data` are the 32-bit fields of the union.
    fn datagram(what: u32, ack: u32, data: &[u32]) -> Vec<u8> {
        let mut event = Vec::new();
        for field in [what, 3, 0xdead, 0xbeef].iter().chain(data) {
            event.extend(field.to_ne_bytes());
        }
        let mut message = Vec::new();
        for field in [1, 1, 99, ack] {
            message.extend(u32::to_ne_bytes(field));
        }
        message.extend(u16::try_from(event.len()).unwrap_or(0).to_ne_bytes());
        message.extend([0, 0]);
        message.extend(event);
        netlink::encode(netlink::DONE, 0, 0, &message)
    }

    fn read(what: u32, data: &[u32]) -> Option<ProcessEvent> {
        match notices(&datagram(what, 0, data)).next() {
            Some(Notice::Event(event)) => Some(event),
            _ => None,
        }
    }

    #[test]
    fn events_are_told_apart() {
        let fork = ProcessEvent::Fork {
            parent: 10,
            child: 20,
        };
        assert_eq!(read(1, &[11, 10, 20, 20]), Some(fork));
        assert_eq!(read(2, &[20, 20]), Some(ProcessEvent::Exec { pid: 20 }));
        let uid = ProcessEvent::Uid { pid: 20, uid: 1001 };
        assert_eq!(read(4, &[20, 20, 1000, 1001]), Some(uid));
        assert_eq!(read(0x80, &[20, 20]), Some(ProcessEvent::Sid { pid: 20 }));
        assert_eq!(
            read(0x200, &[20, 20, 0]),
            Some(ProcessEvent::Comm { pid: 20 })
        );
        assert_eq!(read(0x40, &[20, 20, 0, 0]), None, "a group id");
    }

    #[test]
    fn an_exit_has_a_code_or_a_signal() {
        for (status, code, signal) in [
            (0, Some(0), None),
            (0x300, Some(3), None),
            (9, None, Some(9)),
            (0x8b, None, Some(11)),
        ] {
            let expected = ProcessEvent::Exit {
                pid: 20,
                code,
                signal,
            };
            assert_eq!(read(0x8000_0000, &[20, 20, status, 17]), Some(expected));
        }
    }

    #[test]
    fn threads_are_dropped() {
        assert_eq!(read(1, &[10, 10, 21, 20]), None);
        assert_eq!(read(0x8000_0000, &[21, 20, 0, 17]), None);
        assert_eq!(read(0x200, &[21, 20, 0]), None);
    }

    #[test]
    fn an_answer_carries_our_number() {
        let answer = notices(&datagram(0, 43, &[1])).next();
        assert_eq!(answer, Some(Notice::Answer { ack: 43, error: 1 }));
    }

    #[test]
    fn requests_have_the_lengths_that_the_kernel_tells_them_by() {
        assert_eq!(listen(None, 1).len(), 16 + 20 + 4);
        assert_eq!(listen(Some(3), 1).len(), 16 + 20 + 8);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(notices(&bytes).count() <= bytes.len());
        }

        #[test]
        fn cut_datagrams_give_nothing(what in any::<u32>(), data in proptest::collection::vec(any::<u32>(), 0..8), cut in 1_usize..60) {
            let whole = datagram(what, 0, &data);
            let end = whole.len().saturating_sub(cut);
            prop_assert_eq!(notices(whole.get(..end).unwrap_or_default()).count(), 0);
        }
    }
}
