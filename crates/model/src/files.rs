//! What the file descriptors of a process point to.

use serde::{Deserialize, Serialize};

/// Direction in which a descriptor was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Reading only.
    Read,
    /// Writing only.
    Write,
    /// Both.
    Both,
}

impl Access {
    /// Can the holder read from it?
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Both)
    }

    /// Can the holder write to it?
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::Both)
    }
}

/// Target of a descriptor, from its link in `/proc/PID/fd`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileTarget {
    /// An anonymous pipe by inode: whoever shows the same inode holds an end of it.
    Pipe(u64),
    /// A socket by inode.
    Socket(u64),
    /// A terminal; `gone` if its other side was closed.
    Tty {
        /// Device path.
        path: String,
        /// The link says that it has been deleted.
        gone: bool,
    },
    /// A file, folder, device or named pipe.
    File {
        /// Absolute path.
        path: String,
        /// It has no name any more.
        deleted: bool,
    },
    /// `anon_inode:[name]`, such as `inotify`, `eventfd`, `eventpoll`, `pidfd`.
    Anonymous(String),
}

/// One open descriptor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenFile {
    /// Number of the descriptor.
    pub fd: u32,
    /// Direction.
    pub access: Access,
    /// Target.
    pub target: FileTarget,
}

/// Descriptors counted by kind.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct FdKinds {
    /// Sockets of any family.
    pub socket: u32,
    /// Anonymous pipes. A named one counts as a file: its link does not tell it from one.
    pub pipe: u32,
    /// Files, folders and devices but terminals.
    pub file: u32,
    /// Terminals.
    pub tty: u32,
    /// Anonymous inodes but the two that follow.
    pub anon_inode: u32,
    /// inotify instances.
    pub inotify: u32,
    /// eventfd counters.
    pub eventfd: u32,
}

/// Open files of one process at one time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpenFiles {
    /// How many of each kind; counts every descriptor.
    pub kinds: FdKinds,
    /// The descriptors themselves, ascending; at most as many as the reader was told to keep.
    pub entries: Vec<OpenFile>,
    /// Descriptors that are counted but not in `entries`.
    pub left_out: u32,
}

impl OpenFiles {
    /// The descriptor `fd`, if it is open and was kept.
    pub fn get(&self, fd: u32) -> Option<&OpenFile> {
        let at = self
            .entries
            .binary_search_by_key(&fd, |entry| entry.fd)
            .ok()?;
        self.entries.get(at)
    }
}
