//! A server as it is configured: what it runs, and how it is kept running.
//!
//! The two are apart because they weigh differently: another [`Runs`] means that what runs is not what is
//! wanted any more, so it is restarted; everything else is taken into force while it runs.

mod backoff;
mod restart;
mod runs;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use backoff::{Backoff, BadBackoff};
pub use restart::{Exit, Restart, RestartPolicy, StartLimit};
pub use runs::{Hidden, Runs, Transport, Value};

/// A server.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec {
    /// Its name, unique among all.
    pub name: String,
    /// What it runs.
    pub runs: Runs,
    /// Names of the servers that must run before it starts.
    pub depends_on: Vec<String>,
    /// What makes it ready.
    pub readiness: Readiness,
    /// How long its start may take.
    pub start: StartTimes,
    /// What happens when it ends by itself.
    pub restart: Restart,
    /// How long its stop may take.
    pub stop: StopTimes,
}

impl Spec {
    /// A server with the defaults of everything but what it runs.
    pub fn new(name: impl Into<String>, runs: Runs) -> Self {
        Self {
            name: name.into(),
            runs,
            depends_on: Vec::new(),
            readiness: Readiness::default(),
            start: StartTimes::default(),
            restart: Restart::default(),
            stop: StopTimes::default(),
        }
    }
}

/// What makes a server ready. It is tried by whoever carries out
/// [`CheckReadiness`](crate::lifecycle::Effect::CheckReadiness).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Being alive for a moment after the start ([`StartTimes::settle`]).
    #[default]
    None,
    /// Something of its tree listens on this TCP port.
    Port(u16),
    /// It answers an MCP conversation.
    Probe,
}

/// How long a start may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StartTimes {
    /// Without any progress. A start that reads, writes or computes goes on: it may be the first one of
    /// a package, which `npx` and `uvx` download.
    pub quiet: Duration,
    /// In all, whatever progress there is.
    pub cap: Duration,
    /// With [`Readiness::None`], alive for so long is running. What cannot run at all ends sooner, and a
    /// longer time would only keep waiting what depends on it.
    pub settle: Duration,
}

impl Default for StartTimes {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(30),
            cap: Duration::from_mins(10),
            settle: Duration::from_millis(50),
        }
    }
}

/// How long a stop may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopTimes {
    /// From the end of stdin to SIGTERM; of stdio servers only, since others do not read it.
    pub grace_eof: Duration,
    /// From SIGTERM to SIGKILL.
    pub kill_after: Duration,
}

impl Default for StopTimes {
    fn default() -> Self {
        Self {
            grace_eof: Duration::from_secs(2),
            kill_after: Duration::from_secs(10),
        }
    }
}
