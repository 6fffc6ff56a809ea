//! What happens to a server: orders, changes around it, and news of its tree.

use std::sync::Arc;

use model::ProcessId;

use crate::spec::{Exit, Spec};

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Somebody wants it to run. What had failed begins anew.
    Start,
    /// Somebody wants it not to run.
    Stop,
    /// Somebody wants it to run, and not as it runs now.
    Restart,
    /// It is taken up where an earlier run of mcpvisor left it (`resume`): it starts if it was wanted, and
    /// what had failed does not begin anew.
    Resume,
    /// Time has passed.
    Tick,
    /// It is configured in another way. What it runs is restarted only if that is what changed.
    Configured(Arc<Spec>),
    /// Another server runs.
    DependencyReady(String),
    /// Another server runs no more. What runs already goes on, since its clients connect again.
    DependencyLost(String),
    /// A tree that an earlier run of mcpvisor started is taken over; only where there is none of ours.
    Adopted {
        /// Its root.
        id: ProcessId,
    },
    /// What is left of a tree that an earlier run of mcpvisor started must end before anything else; only
    /// where there is none of ours.
    Leftover {
        /// Its root, if that is still there.
        id: Option<ProcessId>,
    },
    /// News of a tree. Those of another generation than the last are ignored.
    Tree {
        /// Of which.
        generation: u64,
        /// What.
        news: News,
    },
}

/// What happens to a tree. Each [`Spawn`](super::Effect::Spawn) is answered by [`News::Spawned`] or
/// [`News::SpawnFailed`], each [`VerifyEmpty`](super::Effect::VerifyEmpty) by [`News::Emptied`] or
/// [`News::Remains`], and the end of a root that was spawned is always told by [`News::Exited`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Its root was started.
    Spawned {
        /// Its root: pid and start time.
        id: ProcessId,
    },
    /// Its root could not be started.
    SpawnFailed {
        /// Why, and what to do.
        reason: String,
    },
    /// It is ready.
    Ready,
    /// It is not ready any more.
    NotReady {
        /// Why.
        reason: String,
    },
    /// Its start goes on, though it is not ready: see [`Activity`](super::Activity).
    Progress,
    /// Its root has ended.
    Exited {
        /// How.
        exit: Exit,
        /// The last lines of its log, without secrets; the last 20 are kept.
        lines: Vec<String>,
    },
    /// Nothing of it is left; somebody has looked, and after its root had ended.
    Emptied,
    /// Something of it is left.
    Remains {
        /// What, if that is known; the first hundred are kept.
        processes: Vec<ProcessId>,
    },
}
