//! What judging needs besides the processes: declarations, package metadata, memory of
//! earlier runs, and who asks.

use foldhash::HashMap;
use model::ProcessId;

use crate::bounds::Bounds;
use crate::declared::{DeclaredServer, HubWorkspace, Problem};
use crate::kept::KeptServer;
use crate::memory::Memory;
use crate::packages::PackageFacts;
use crate::watches::Watch;
use crate::wiring::WriterProbes;

/// Everything that is known besides the process table. All of it may be empty.
#[derive(Default)]
pub struct Context {
    /// Servers declared in the configurations of clients and gateways.
    pub declared: Vec<DeclaredServer>,
    /// Configuration files that could not be read.
    pub problems: Vec<Problem>,
    /// Hubs' own state files, of living and dead hubs.
    pub hubs: Vec<HubWorkspace>,
    /// Metadata of the package that a process's script belongs to.
    pub packages: HashMap<ProcessId, PackageFacts>,
    /// What earlier runs remembered.
    pub memory: Memory,
    /// Answers of the kernel about pipes.
    pub writers: WriterProbes,
    /// File locks: process, and path of the locked file.
    pub locks: Vec<(ProcessId, String)>,
    /// Files of clients and gateways that were looked at: logs, state.
    pub files: Vec<WatchedFile>,
    /// Processes that somebody watches under a name.
    pub watches: Vec<Watch>,
    /// Servers that we keep ourselves.
    pub kept: Vec<KeptServer>,
    /// What servers of others may take.
    pub bounds: Bounds,
    /// Our own process.
    pub own_pid: u32,
    /// Effective user of our own process.
    pub own_uid: u32,
    /// Home folder of that user.
    pub home: Option<String>,
}

/// A file that is watched for growth, or that names something that may be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedFile {
    /// Path.
    pub path: String,
    /// Whose it is: `Claude Code`, `mcp-hub`.
    pub client: String,
    /// What it is.
    pub kind: WatchedKind,
    /// Size in bytes; of a folder, of all files in it.
    pub bytes: u64,
    /// Last change, seconds since 1970.
    pub modified: Option<i64>,
}

/// What a watched file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchedKind {
    /// A log or a folder of logs.
    Log,
    /// State that names processes or containers: a container id left behind by a gateway.
    ContainerId,
    /// A lock file that a crash leaves behind.
    Lock,
    /// A state file that names a process.
    Pid(u32),
}
