//! Servers as they are now, immutable: whoever answers a question reads it.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use linux::cgroup::{Enforced, Events, Limits};
use linux::spawn::OpenFiles;
use model::ProcessId;
use supervise::lifecycle::{CrashLoop, State};
use supervise::spec::{Exit, RestartPolicy, Transport};

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// By name.
    pub servers: Vec<Arc<ServerView>>,
    /// The last order that was carried out.
    pub orders_done: u64,
    /// All are being stopped, since mcpvisor ends.
    pub is_ending: bool,
}

impl View {
    /// One of them.
    pub fn server(&self, name: &str) -> Option<&Arc<ServerView>> {
        self.servers.iter().find(|server| server.name == name)
    }
}

/// One of them.
#[derive(Clone, Debug)]
pub struct ServerView {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not ready, or failed last.
    pub reason: Option<String>,
    /// The last order was to run.
    pub is_wanted: bool,
    /// How clients talk to it.
    pub transport: Transport,
    /// What follows its end.
    pub restart: RestartPolicy,
    /// Number of the last start.
    pub generation: u64,
    /// Its first process.
    pub process: Option<ProcessId>,
    /// Starts after the first, ever.
    pub restarts: u64,
    /// Failures in a row.
    pub failures: u32,
    /// It was given up for now.
    pub crash_loop: Option<CrashLoop>,
    /// How its last run ended.
    pub last_exit: Option<Exit>,
    /// When something is done next, seconds from when this was made.
    pub due_seconds: Option<f64>,
    /// Servers that it waits for.
    pub waits_for: Vec<String>,
    /// Processes that are left of a run that is being ended.
    pub remains: Vec<ProcessId>,
    /// What its group was to be limited to.
    pub limits: Limits,
    /// Open files that each of its processes may have.
    pub nofile: Option<OpenFiles>,
    /// What the kernel holds.
    pub enforced: Arc<Enforced>,
    /// Why it has no group.
    pub nowhere: Option<String>,
    /// Name of its group.
    pub group: Option<String>,
    /// What happened at its limits in this run.
    pub events: Events,
    /// Where its log is.
    pub log: PathBuf,
}
