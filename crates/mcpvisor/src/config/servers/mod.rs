//! `[[server]]`: servers that mcpvisor runs, and servers of others that it is to know.
//!
//! One that is run becomes a [`Spec`]. Values of its environment are in there and nowhere else: no message,
//! nothing that is shown, and no `Debug` has them.

mod address;
mod command;
mod environment;
mod life;
mod package;
mod read;
mod restart;
mod section;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use supervise::Spec;
use supervise::adopt::Survival;

pub use address::Address;
pub(super) use read::read;

use super::limits::LimitsSection;
use super::shown;
use section::ServerSection;

/// What stands in place of what may be secret where the configuration is shown.
const HIDDEN: &str = "(hidden)";

/// A server by its section.
#[derive(Clone, Debug, PartialEq)]
pub struct ServerSetting {
    /// Its name, unique among all.
    pub name: String,
    /// What it is.
    pub what: What,
    /// It is started with the daemon.
    pub autostart: bool,
    /// What becomes of it when mcpvisor was killed.
    pub survival: Survival,
    /// Bounds of its log.
    pub log: LogLimits,
    /// The package that its start fetches if it is missing, with its registry: `npm:@scope/name`. Two that
    /// fetch into one cache at once may spoil it.
    pub package: Option<String>,
    /// Its own limits, without those of `[limits]`.
    limits: LimitsSection,
    /// As it is shown.
    section: ServerSection,
}

/// What a server is.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A program that mcpvisor runs.
    Command(Arc<Spec>),
    /// What somebody else runs, by its address.
    Url(Address),
    /// What a container engine runs, by the name or id of its container.
    Container(String),
}

/// Bounds of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Bytes after which a file is set aside.
    pub max_size: u64,
    /// Files that are kept aside.
    pub files: u32,
}

impl ServerSetting {
    /// What is run, if mcpvisor runs it.
    pub fn spec(&self) -> Option<&Arc<Spec>> {
        match &self.what {
            What::Command(spec) => Some(spec),
            What::Url(_) | What::Container(_) => None,
        }
    }

    /// Is it a container?
    pub fn is_container(&self) -> bool {
        matches!(self.what, What::Container(_))
    }

    /// What its own section says of limits.
    pub(super) fn own_limits(&self) -> LimitsSection {
        self.limits
    }
}

impl Default for LogLimits {
    /// What one server may write is 40 MB: a day of a chatty one, and no disk is filled by a hundred.
    fn default() -> Self {
        Self {
            max_size: 10 << 20,
            files: 3,
        }
    }
}

shown::by_section!(ServerSetting, ServerSection);
