//! Servers that clients and gateways have in their configuration.
//!
//! [`discover`] reads the files of every client in the table (module `clients`) and of the
//! gateways that are pointed out to it. Each file becomes one tree of values with lines
//! (`format`), whatever its format; one set of rules says what an entry of that tree
//! means (`shape`). A file that cannot be used is a [`Problem`] with its line; the
//! rest goes on.
//!
//! Configurations hold secrets. Values of `env` and headers are never taken over; the
//! command line that is kept for matching shows itself to nobody (`Debug` leaves it
//! out), and what people see is unexpanded and masked ([`DeclaredServer::shown`]).

mod candidates;
mod clients;
mod containers;
mod discovery;
mod expand;
mod format;
mod home;
mod hub;
mod lists;
mod local;
mod node;
mod places;
mod problem;
mod read;
mod shape;
mod shown;

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

pub use expand::Variables;
pub use home::Home;
pub use hub::{HubWorkspace, hub_workspaces};
pub use problem::{Problem, ProblemKind};
pub use read::{Contents, FileReader, FolderEntry, LocalFiles, ReadError};

use crate::server::Transport;

/// What all configurations together say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    /// Servers, in the order of clients, files and entries. Names are unique only within
    /// one client and file.
    pub servers: Vec<DeclaredServer>,
    /// Files and entries that could not be used.
    pub problems: Vec<Problem>,
    /// Files that were read, whether they declare servers or not.
    pub files_read: Vec<PathBuf>,
}

/// A server in a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaredServer {
    /// Configured name.
    pub name: String,
    /// Client or gateway that it is declared for: `Claude Code`, `mcp-hub`.
    pub client: &'static str,
    /// The same for machines: `claude-code`.
    pub client_id: &'static str,
    /// The file; of a server named on a command line, what the caller calls that.
    pub source: PathBuf,
    /// For whom it is declared.
    pub scope: Scope,
    /// Line of the entry in the file, from 1.
    pub line: Option<u32>,
    /// How it is started or reached, names expanded: for matching only.
    pub launch: Launch,
    /// Command line or URL for people: unexpanded, secrets masked.
    pub shown: String,
    /// Is it switched on?
    pub enabled: bool,
    /// Why not, where it is not.
    pub why_disabled: Option<WhyDisabled>,
}

/// For whom a server is declared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that the user does with the client.
    User,
    /// Everyone who works in this folder: a file of the project.
    Project(PathBuf),
    /// The user while working in this folder: an entry in the user's own file.
    Local(PathBuf),
    /// Everyone on this machine: a file of its administrator.
    Managed,
    /// Users of a plugin that brings it along.
    Plugin,
    /// Users of a gateway.
    Gateway,
}

/// How a server is started or reached. It may hold secrets after expansion, so `Debug`
/// shows how many arguments there are, and not which.
#[derive(Clone, PartialEq, Eq)]
pub enum Launch {
    /// A program that speaks over standard input and output.
    Stdio {
        /// Program.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Folder in which it is started, where one is given.
        cwd: Option<String>,
        /// Names of environment variables that it gets, sorted.
        env_names: Vec<String>,
    },
    /// A server that runs elsewhere.
    Remote {
        /// Where.
        url: String,
        /// How; [`Transport::Unknown`] stands for streamable HTTP with a fall back to SSE.
        transport: Transport,
    },
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdio {
                args, env_names, ..
            } => f
                .debug_struct("Stdio")
                .field("args", &args.len())
                .field("env_names", env_names)
                .finish_non_exhaustive(),
            Self::Remote { transport, .. } => f
                .debug_struct("Remote")
                .field("transport", transport)
                .finish_non_exhaustive(),
        }
    }
}

/// Why a declared server is not expected to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyDisabled {
    /// `disabled: true` or `enabled: false`.
    SwitchedOff,
    /// The gateway does not trust it yet.
    Quarantined,
    /// Docker's gateway has settings for it, but it is not among those switched on.
    NotInRegistry,
}

/// Servers of a gateway that only its command line or state file leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewaySource {
    /// A file after `--config` of mcp-hub, or in the `config_files` of its state file
    /// (see [`HubWorkspace::sources`]).
    HubConfig {
        /// Absolute path.
        file: PathBuf,
    },
    /// The file after `--named-server-config` of mcp-proxy.
    ProxyConfig {
        /// Absolute path.
        file: PathBuf,
    },
    /// What follows each `--named-server` of mcp-proxy.
    ProxyServers {
        /// What stands for the command line as a source, such as `/proc/4711/cmdline`.
        process: PathBuf,
        /// Name, and command line as one string.
        pairs: Vec<(String, String)>,
    },
}

/// Reads every configuration that is there.
///
/// `projects` are folders that clients work in; files of projects are looked for in
/// them and in the folders above, up to the repository or the home. Reading costs a few
/// system calls for each place in the table, and a short wait if a file looks half
/// written.
pub fn discover(
    home: &Home,
    projects: &[PathBuf],
    gateways: &[GatewaySource],
    reader: &dyn FileReader,
) -> Declared {
    discovery::discover(home, projects, gateways, reader)
}

/// Display names and ids of all clients and gateways that are known.
pub fn known_clients() -> impl Iterator<Item = (&'static str, &'static str)> {
    clients::CLIENTS
        .iter()
        .map(|client| (client.name, client.id))
}
