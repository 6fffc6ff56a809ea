//! Servers, their instances and owners: the result of taking stock.

use jiff::Timestamp;
use model::ProcessId;
use serde::{Deserialize, Serialize};

/// What kind of program started an instance.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum OwnerKind {
    /// An MCP client: Claude Code, Cursor, Codex, ...
    Client,
    /// A hub, gateway or bridge in front of servers.
    Gateway,
    /// A person's shell in a terminal.
    Terminal,
    /// mcpvisor itself.
    Mcpvisor,
    /// The service manager: systemd, a container's first process.
    Service,
    /// Another program.
    Program,
    /// Nobody knows: the owner is gone and left no name.
    Unknown,
}

/// Who started an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Name as people know it: `Claude Code`, `mcp-hub`, `zsh`; `unknown` if nobody knows.
    pub name: String,
    /// Kind.
    pub kind: OwnerKind,
    /// The owner's process, or what its pid was.
    pub pid: Option<u32>,
    /// Start time of that process, while it lives or if it was recorded.
    pub start_ticks: Option<u64>,
    /// Is it still there?
    pub alive: bool,
}

/// What a process is for within an instance.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Only launches: `npm exec`, `sh -c`, `uvx`, `docker run`.
    Wrapper,
    /// Speaks MCP.
    Server,
    /// Started by the server for its own work.
    Helper,
}

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Over standard input and output.
    Stdio,
    /// Streamable HTTP.
    Http,
    /// HTTP with server-sent events, the older form.
    Sse,
    /// Not known.
    Unknown,
}

/// State of an instance, and of a server as the worst of its instances.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// Declared, enabled, and not running.
    NotRunning,
    /// Declared, but switched off.
    Disabled,
    /// Runs under a living owner.
    Running,
    /// The same server started twice by one session at about the same time.
    Duplicate,
    /// The owner lives but no longer needs it.
    Surplus,
    /// Stopped by a signal: it holds memory and answers nobody.
    Stopped,
    /// Ended, and its parent has not waited.
    Zombie,
    /// Its owner is gone.
    Orphan,
}

impl ServerState {
    /// The name used in JSON and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotRunning => "not_running",
            Self::Disabled => "disabled",
            Self::Running => "running",
            Self::Duplicate => "duplicate",
            Self::Surplus => "surplus",
            Self::Stopped => "stopped",
            Self::Zombie => "zombie",
            Self::Orphan => "orphan",
        }
    }
}

/// A process of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Identity.
    pub id: ProcessId,
    /// What it is for.
    pub role: Role,
    /// It left the group or session of the instance's root.
    pub stray: bool,
}

/// Since when an owner has been gone, as far as that can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphaned {
    /// The owner was gone at this time at the latest: first seen by us, told by the kernel, or
    /// proven by something that started later in its place. `None` if it was noticed only now.
    pub since: Option<Timestamp>,
    /// What shows it, one fact a line.
    pub evidence: Vec<String>,
}

/// One run of a server: its process tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Topmost process: what to stop.
    pub root: ProcessId,
    /// The process that speaks MCP; the root itself where nothing below it does.
    pub leaf: ProcessId,
    /// All processes of the tree, root first, parents before children.
    pub members: Vec<Member>,
    /// State.
    pub state: ServerState,
    /// When the root was started.
    pub started_at: Timestamp,
    /// Owner gone: since when and by which evidence.
    pub orphaned: Option<Orphaned>,
    /// The owner lives, but this shows that it has let go of the instance.
    pub unused: Option<String>,
}

/// Where a server is declared.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct DeclaredIn {
    /// The client or gateway that declares it.
    pub client: String,
    /// The file.
    pub file: String,
    /// Line of the entry, where known.
    pub line: Option<u32>,
    /// `user`, `project`, `local`, `managed`, `plugin` or `gateway`.
    pub scope: String,
}

/// An MCP server under one owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Server {
    /// Stable while the owner lives: `memory-1f2e3d4c`.
    pub id: String,
    /// Its configured name, or what it calls itself where it is declared nowhere.
    pub name: String,
    /// Owner.
    pub owner: Owner,
    /// How it is reached.
    pub transport: Transport,
    /// Every declaration that fits.
    pub declared_in: Vec<DeclaredIn>,
    /// Worst state of its instances.
    pub state: ServerState,
    /// How sure we are that this is an MCP server and this one, 0 to 1.
    pub confidence: f64,
    /// Why we think so, one fact a line.
    pub evidence: Vec<String>,
    /// Runs; none for a declared server that is not running.
    pub instances: Vec<Instance>,
}
