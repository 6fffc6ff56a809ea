//! Who is at the other end of a process's standard input and output.
//!
//! A pipe has one inode for both ends: whoever holds it for writing feeds whoever
//! holds it for reading. A Unix socket pair has two, and the kernel tells the other
//! one. Clients that run on node use socket pairs, most others pipes. A server whose
//! other end is gone serves nobody over stdio; one whose other end is held by a
//! process that we may not look into might.
//!
//! A server may have moved its conversation: the Python SDK from 2 on keeps copies of its
//! input and output, and puts `/dev/null` and its standard error in their place, so that
//! stray prints do no harm. [`streams`] finds both.

use foldhash::{HashMap, HashMapExt, HashSet};
use model::{
    Access, ConnectionState, FileTarget, OpenFile, Process, ProcessId, ProcessTable, Protocol,
};

/// Who holds which pipe and socket, by position in the table.
pub struct Wiring {
    pipes: HashMap<u64, Vec<(usize, Access)>>,
    sockets: HashMap<u64, Vec<usize>>,
}

/// What a standard stream is connected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Descriptors of this process could not be read.
    Unknown,
    /// The descriptor is not open.
    Closed,
    /// `/dev/null`.
    Null,
    /// A terminal; `gone` if its other side was closed.
    Terminal {
        /// Nobody is there any more.
        gone: bool,
    },
    /// A file or device.
    File,
    /// A pipe or socket.
    Wire(OtherEnd),
}

/// The other end of a pipe or socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherEnd {
    /// The kernel says that there is none any more.
    Gone,
    /// These processes hold it, by position in the table; the instance's own are not among them.
    Held(Vec<usize>),
    /// It exists, but no process that we can look into holds it.
    Unseen,
    /// Cannot be told.
    Unknown,
}

/// Answers to "does any writer of this process's standard input still exist?", asked of the
/// kernel by whoever can (see `linux::control`); processes that were not asked are absent.
pub type WriterProbes = HashMap<ProcessId, bool>;

impl Wiring {
    /// Indexes the open files of all processes whose files were read.
    pub fn new(table: &ProcessTable) -> Self {
        let mut pipes: HashMap<u64, Vec<(usize, Access)>> = HashMap::new();
        let mut sockets: HashMap<u64, Vec<usize>> = HashMap::new();
        for (at, process) in table.processes().iter().enumerate() {
            for file in process
                .files()
                .map(|files| files.entries.as_slice())
                .unwrap_or_default()
            {
                match file.target {
                    FileTarget::Pipe(inode) => {
                        pipes.entry(inode).or_default().push((at, file.access));
                    }
                    FileTarget::Socket(inode) => sockets.entry(inode).or_default().push(at),
                    _ => {}
                }
            }
        }
        Self { pipes, sockets }
    }

    /// What the conversation of a process comes from (`stream` 0) or goes to (1), not counting
    /// `own` processes.
    pub fn channel(
        &self,
        process: &Process,
        stream: u32,
        own: &HashSet<usize>,
        probes: &WriterProbes,
    ) -> Channel {
        let Some(files) = process.files() else {
            return Channel::Unknown;
        };
        let (input, output) = streams(process);
        let fd = if stream == 0 { input } else { output };
        let Some(file) = files.get(fd) else {
            return Channel::Closed;
        };
        match &file.target {
            FileTarget::Tty { gone, .. } => Channel::Terminal { gone: *gone },
            FileTarget::File { path, .. } if path == "/dev/null" => Channel::Null,
            FileTarget::File { .. } | FileTarget::Anonymous(_) => Channel::File,
            FileTarget::Pipe(inode) => {
                Channel::Wire(self.pipe(*inode, process, stream, own, probes))
            }
            FileTarget::Socket(inode) => Channel::Wire(self.socket(*inode, process, own)),
        }
    }

    fn pipe(
        &self,
        inode: u64,
        process: &Process,
        stream: u32,
        own: &HashSet<usize>,
        probes: &WriterProbes,
    ) -> OtherEnd {
        let held: Vec<usize> = self
            .pipes
            .get(&inode)
            .into_iter()
            .flatten()
            .filter(|(at, access)| {
                !own.contains(at)
                    && if stream == 0 {
                        access.writes()
                    } else {
                        access.reads()
                    }
            })
            .map(|(at, _)| *at)
            .collect();
        if !held.is_empty() {
            return OtherEnd::Held(held);
        }
        // Own members hold a writing end too (a shell with its server's input, say): then the
        // kernel's answer is "a writer exists" although nobody outside is there.
        let own_writer = self
            .pipes
            .get(&inode)
            .into_iter()
            .flatten()
            .any(|(at, access)| own.contains(at) && access.writes());
        match probes.get(&process.id()) {
            _ if stream != 0 => OtherEnd::Unknown,
            Some(false) => OtherEnd::Gone,
            Some(true) if own_writer => OtherEnd::Unknown,
            Some(true) => OtherEnd::Unseen,
            None => OtherEnd::Unknown,
        }
    }

    fn socket(&self, inode: u64, process: &Process, own: &HashSet<usize>) -> OtherEnd {
        let connection = process
            .sample
            .connections
            .as_ref()
            .and_then(|reading| reading.value.as_ref())
            .and_then(|all| all.iter().find(|connection| connection.inode == inode));
        match connection.and_then(|connection| connection.peer_inode) {
            None => OtherEnd::Unknown,
            Some(0) => OtherEnd::Gone,
            Some(peer) => {
                let holders: Vec<usize> = self.holders(peer).to_vec();
                let outside: Vec<usize> = holders
                    .iter()
                    .copied()
                    .filter(|at| !own.contains(at))
                    .collect();
                match (outside.is_empty(), holders.is_empty()) {
                    (false, _) => OtherEnd::Held(outside),
                    (true, false) => OtherEnd::Gone,
                    (true, true) => OtherEnd::Unseen,
                }
            }
        }
    }

    /// Processes but `own` that can write to a pipe or socket pair of this process that is none of
    /// its standard streams: whatever it is for, somebody has it in hand.
    pub fn speakers(&self, process: &Process, own: &HashSet<usize>) -> Vec<usize> {
        let files = process.files().map(|files| files.entries.as_slice());
        let wires = files
            .unwrap_or_default()
            .iter()
            .filter(|file| file.fd > 2 && file.access.reads() && leads_outside(process, file));
        let none = WriterProbes::default();
        let ends = wires.filter_map(|file| match file.target {
            FileTarget::Pipe(inode) => Some(self.pipe(inode, process, 0, own, &none)),
            FileTarget::Socket(inode) => Some(self.socket(inode, process, own)),
            _ => None,
        });
        ends.filter_map(|end| match end {
            OtherEnd::Held(holders) => Some(holders),
            _ => None,
        })
        .flatten()
        .collect()
    }

    /// Processes that hold a socket, by position.
    pub fn holders(&self, socket: u64) -> &[usize] {
        self.sockets
            .get(&socket)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }
}

/// Descriptors of the conversation: input and output. 0 and 1, or where the process moved them.
pub fn streams(process: &Process) -> (u32, u32) {
    const USUAL: (u32, u32) = (0, 1);
    let Some(files) = process.files() else {
        return USUAL;
    };
    let target = |fd| files.get(fd).map(|file| &file.target);
    let null = matches!(target(0), Some(FileTarget::File { path, .. }) if path == "/dev/null");
    if !null || target(1).is_none() || target(1) != target(2) {
        return USUAL;
    }
    let mut wires = files
        .entries
        .iter()
        .filter(|file| file.fd > 2 && leads_outside(process, file));
    let Some(input) = wires.find(|file| file.access.reads()) else {
        return USUAL;
    };
    match wires.find(|file| file.access.writes()) {
        Some(output) => (input.fd, output.fd),
        None => USUAL,
    }
}

/// A pipe or unnamed Unix socket whose other end this process does not hold itself, as it does
/// those that wake its own event loop.
fn leads_outside(process: &Process, file: &OpenFile) -> bool {
    let entries = process
        .files()
        .map(|files| files.entries.as_slice())
        .unwrap_or_default();
    match file.target {
        FileTarget::Pipe(inode) => !entries.iter().any(|other| {
            other.fd != file.fd
                && other.target == FileTarget::Pipe(inode)
                && other.access.reads() != file.access.reads()
        }),
        FileTarget::Socket(inode) => {
            let all = process
                .sample
                .connections
                .as_ref()
                .and_then(|reading| reading.value.as_ref());
            let socket = all.and_then(|all| all.iter().find(|socket| socket.inode == inode));
            socket.is_some_and(|socket| {
                socket.protocol == Protocol::Unix
                    && socket.state != ConnectionState::Listen
                    && socket.local.is_empty()
                    && socket.peer.is_empty()
                    && socket.peer_inode.is_some_and(|peer| {
                        !entries
                            .iter()
                            .any(|other| other.target == FileTarget::Socket(peer))
                    })
            })
        }
        _ => false,
    }
}

impl Channel {
    /// A pipe or socket, whoever is at its other end.
    pub fn is_wire(&self) -> bool {
        matches!(self, Self::Wire(_))
    }
}
