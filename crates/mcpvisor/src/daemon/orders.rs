//! What the thread that looks can be asked to do.
//!
//! Everything that changes something carries its actor, and is answered when it is done.

use std::sync::Arc;
use std::time::Duration;

use alerting::engine::NoAlert;
use alerting::mute::Silence;
use alerting::{Acknowledgement, Alert};
use inventory::watches::Watch;
use tokio::sync::oneshot;

use super::alarm::SilenceError;
use super::snapshot::Snapshot;
use crate::report::CleanReport;

/// Where an answer goes. Nobody may be waiting any more.
pub type Reply<T> = oneshot::Sender<T>;

/// An order.
pub enum Order {
    /// Look thoroughly, unless that has been done since it was asked for.
    Look {
        /// When it was asked for, nanoseconds since boot.
        asked_ns: u64,
        /// The look.
        reply: Reply<Arc<Snapshot>>,
    },
    /// Watch a process under a name.
    Watch {
        /// The name.
        name: String,
        /// The process.
        pid: u32,
        /// Who asks.
        actor: String,
        /// The watch, and whether it is new.
        reply: Reply<Result<(Watch, bool), Refused>>,
    },
    /// Watch it no longer.
    Unwatch {
        /// The name.
        name: String,
        /// Who asks.
        actor: String,
        /// The watch that was.
        reply: Reply<Result<Watch, Refused>>,
    },
    /// Plan what to clean.
    Plan {
        /// What to plan for.
        wishes: CleanWishes,
        /// The plan.
        reply: Reply<CleanReport>,
    },
    /// Carry out a plan.
    Clean {
        /// The plan.
        plan_id: String,
        /// What it was made for.
        wishes: CleanWishes,
        /// Who asks.
        actor: String,
        /// What became of it.
        reply: Reply<Result<CleanReport, String>>,
    },
    /// About alerts.
    Alarm(AlarmOrder),
    /// What the policy had done elsewhere has come to an end.
    PolicyDone {
        /// Number of the act.
        act: u64,
        /// What it came to, or why it failed.
        how: Result<String, String>,
    },
}

/// An order about alerts.
pub enum AlarmOrder {
    /// Take notice of an alert.
    Acknowledge {
        /// Which.
        id: String,
        /// Who and why.
        by: Acknowledgement,
        /// The alert.
        reply: Reply<Result<Alert, NoAlert>>,
    },
    /// End alerts, which come back if their conditions hold on.
    Clear {
        /// Which.
        ids: Vec<String>,
        /// Who asks.
        actor: String,
        /// How many there were.
        reply: Reply<usize>,
    },
    /// Make a silence.
    Silence {
        /// The silence.
        silence: Silence,
        /// The silence that was made.
        reply: Reply<Result<Silence, SilenceError>>,
    },
    /// End a silence.
    Expire {
        /// Which.
        id: String,
        /// Who asks.
        actor: String,
        /// The silence that was.
        reply: Reply<Result<Silence, SilenceError>>,
    },
}

/// What to clean; what is `None` or empty is as the configuration says.
#[derive(Clone, Debug, Default)]
pub struct CleanWishes {
    /// How long an owner must be gone.
    pub grace: Option<Duration>,
    /// Only instances that have run at least this long.
    pub older_than: Option<Duration>,
    /// Only these.
    pub only: Vec<String>,
    /// Not these.
    pub exclude: Vec<String>,
    /// Other users' processes too.
    pub all_users: bool,
    /// Time from SIGTERM to SIGKILL.
    pub kill_after: Option<Duration>,
    /// These very instances, whether or not somebody still uses them.
    pub insist: bool,
    /// The process on whose behalf: what it runs below is left alone.
    pub caller: Option<u32>,
}

/// Why a watch was not made or ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The name may not be had.
    #[error("{0}")]
    BadName(String),
    /// There is no such process.
    #[error("there is no process {pid} that can be seen here")]
    NoProcess {
        /// The pid that was named.
        pid: u32,
    },
    /// The name is taken.
    #[error("`{name}` already watches PID {pid}; `mcpvisor unwatch {name}` ends that")]
    Taken {
        /// The name.
        name: String,
        /// What it watches.
        pid: u32,
    },
    /// There are too many.
    #[error("{most} processes are watched already, which is the most")]
    TooMany {
        /// The bound.
        most: usize,
    },
    /// There is no such watch.
    #[error("nothing is watched as `{name}`")]
    NoWatch {
        /// The name.
        name: String,
    },
    /// It could not be stored.
    #[error("{0}")]
    NotStored(String),
}
