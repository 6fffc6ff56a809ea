//! `mcpvisor.toml`: every key has a default, so no file is needed.
//!
//! Two forms: a `Document` near the file, with the line of each key, and [`Config`], whose types
//! cannot hold what is wrong. On the way from one to the other every problem is written down, so
//! one run tells all of them, each with line, key, reason, and the right spelling if one is near.
//! The schema, the commented default file and the values in force are made from the same types.
//!
//! A file that others may write to is refused, because it decides what is never touched.

pub mod alerts;
mod base_path;
mod document;
mod effective;
mod host_name;
mod invalid;
mod limits;
mod load;
mod nearest;
mod network;
mod parse;
mod policy;
mod problem;
pub mod schema;
mod section;
mod sections;
mod servers;
mod share;
mod shown;
mod size;
mod span;
mod template;
mod value;
mod word;

pub use alerts::{Alerts, Receiver};
pub use base_path::BasePath;
pub use host_name::HostName;
pub use invalid::Invalid;
pub use limits::{Limit, Limits, LimitsSection, OpenFiles, ServerLimits};
pub use load::{Fault, Loaded, Source, Why, load, open, open_or_fault, usual};
pub(crate) use nearest::nearest;
pub use network::Network;
pub use parse::parse;
pub use policy::{PolicySetting, Profile};
pub use problem::{Problem, Problems};
pub use sections::{Budget, Clean, Daemon, History, Level, Log, LogFormat, Tls};
pub use servers::{Address, LogLimits, ServerSetting, What};
pub use share::Share;
pub use size::Size;
pub use span::Span;
pub use template::template;

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct Config {
    /// What `serve` does: how often it looks, and where it answers.
    pub daemon: Daemon,
    /// Certificate and key for HTTPS, both or none. Without them the daemon listens on loopback
    /// only.
    #[schemars(with = "Tls")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    /// How much of the past is kept, and for how long. Where `max_disk` is reached first, the
    /// oldest goes first.
    pub history: History,
    /// What mcpvisor itself may cost. It leaves out expensive readings before it passes this.
    pub budget: Budget,
    /// What the daemon writes down about itself, and where.
    pub log: Log,
    /// What `clean` does and what it leaves alone.
    pub clean: Clean,
    /// What is watched, and who is told.
    #[serde(flatten)]
    pub alerts: Alerts,
    /// What is done by itself when alerts fire. Without ladders nothing is.
    pub policy: PolicySetting,
    /// What servers may use.
    #[serde(skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
    /// Servers that mcpvisor runs, or that it is to know.
    #[serde(rename = "server", skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<ServerSetting>,
}

impl Config {
    /// What holds for a server by its name, whoever started it: its own section before `[limits.NAME]`
    /// before `[limits.default]`, key by key; for a container that is named in a section
    /// `[limits.containers]` is the last.
    pub fn limits_of(&self, name: &str) -> ServerLimits {
        let server = self.servers.iter().find(|server| server.name == name);
        let is_container = server.is_some_and(ServerSetting::is_container);
        let own = server.map(ServerSetting::own_limits).unwrap_or_default();
        own.over(self.limits.of(name, is_container)).resolved()
    }

    /// What holds for containers of MCP servers that no section names.
    pub fn limits_of_containers(&self) -> ServerLimits {
        self.limits.of_containers()
    }
}
