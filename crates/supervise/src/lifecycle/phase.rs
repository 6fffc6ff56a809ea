//! Where a server is, inside the machine and as it is shown.

use model::ProcessId;
use serde::{Deserialize, Serialize};

use super::ending::Ending;
use super::start::StartClock;

/// Where a server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing of it runs, and it will not be started by itself.
    Stopped,
    /// It starts, or waits for other servers to do so.
    Starting,
    /// It runs and is ready.
    Running,
    /// It runs and is not ready any more.
    Degraded,
    /// It has failed and is started again soon.
    Backoff,
    /// It is being ended; nothing is started before nothing of it is left.
    Stopping,
    /// It has failed so often that it is given up for now: it is tried every few minutes.
    Failed,
}

impl State {
    /// All, in this order.
    pub const ALL: [Self; 7] = [
        Self::Stopped,
        Self::Starting,
        Self::Running,
        Self::Degraded,
        Self::Backoff,
        Self::Stopping,
        Self::Failed,
    ];

    /// The name used in JSON, labels and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Backoff => "backoff",
            Self::Stopping => "stopping",
            Self::Failed => "failed",
        }
    }
}

/// The tree of the present generation.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// Its root, once that is known.
    pub(super) id: Option<ProcessId>,
    /// Whether its root was started is known. Before, nobody can know that nothing of it is left.
    pub(super) is_answered: bool,
    /// When its start was ordered, ns.
    pub(super) ordered: u64,
    /// We hold its stdin.
    pub(super) holds_stdin: bool,
}

/// What comes when nothing of a tree is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Stop,
    /// A start.
    Start,
    /// A start at this time, ns.
    Pause {
        /// When.
        until: u64,
    },
}

/// Where the machine is.
#[derive(Clone, Debug)]
pub(super) enum Phase {
    /// There is no tree, and none is wanted.
    Stopped,
    /// There is no tree; other servers must run first.
    Waiting,
    /// There is a tree that is not ready.
    Starting {
        /// It.
        tree: Tree,
        /// How long that has taken.
        clock: StartClock,
    },
    /// There is a tree that is, or was.
    Running {
        /// It.
        tree: Tree,
        /// When it became ready or degraded, ns.
        since: u64,
        /// It is.
        is_ready: bool,
    },
    /// There is a tree that is being ended.
    Ending {
        /// It.
        tree: Tree,
        /// How far that is.
        ending: Ending,
        /// What follows.
        then: Then,
    },
    /// There is no tree; one is started at this time, ns.
    Pausing {
        /// When.
        until: u64,
    },
}

impl Phase {
    pub(super) fn tree(&self) -> Option<&Tree> {
        match self {
            Self::Stopped | Self::Waiting | Self::Pausing { .. } => None,
            Self::Starting { tree, .. }
            | Self::Running { tree, .. }
            | Self::Ending { tree, .. } => Some(tree),
        }
    }
}
