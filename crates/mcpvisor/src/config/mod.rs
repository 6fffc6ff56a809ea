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
mod load;
mod nearest;
mod network;
mod parse;
mod problem;
pub mod schema;
mod section;
mod sections;
mod share;
mod size;
mod span;
mod template;
mod value;

pub use alerts::{Alerts, Receiver};
pub use base_path::BasePath;
pub use host_name::HostName;
pub use invalid::Invalid;
pub use load::{Fault, Loaded, Source, Why, load, open, open_or_fault, usual};
pub(crate) use nearest::nearest;
pub use network::Network;
pub use parse::parse;
pub use problem::{Problem, Problems};
pub use sections::{Budget, Clean, Daemon, History, Level, Log, LogFormat, Tls};
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
}
