//! What happens to containers, as the engine tells it.
//!
//! [`follow`] keeps a stream of them over breaks of the connection. [`Seen`] drops what is told twice.
//! An engine that was killed has forgotten what it had to tell, so after each break the containers are
//! compared with what they were before ([`noticed`]): what the engine can no longer tell is told from that.

mod follow;
mod noticed;
mod parse;
mod seen;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::container::Health;

pub use follow::{Backoff, Followed, follow};
pub use noticed::noticed;
pub(crate) use parse::Lines;
pub use parse::parse;
pub use seen::Seen;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Made.
    Create,
    /// Started.
    Start,
    /// Its main process ended.
    Die,
    /// A signal was sent to it.
    Kill,
    /// Stopped by an order.
    Stop,
    /// Started again by an order.
    Restart,
    /// The kernel killed a process of it for want of memory.
    Oom,
    /// Removed.
    Destroy,
    /// Its health check has a new verdict.
    HealthStatus,
    /// It has another name.
    Rename,
    /// Its limits were changed.
    Update,
    /// Frozen.
    Pause,
    /// Let go on.
    Unpause,
}

/// How we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The engine told it.
    Told,
    /// It was seen in a comparison after a break; the time is as near as can be told.
    Noticed,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When, nanoseconds since 1970.
    pub time_ns: i64,
    /// Container.
    pub id: String,
    /// Its name then.
    pub name: String,
    /// Its image.
    pub image: String,
    /// What happened.
    pub action: Action,
    /// With [`Action::Die`].
    pub exit_code: Option<i64>,
    /// With [`Action::HealthStatus`].
    pub health: Option<Health>,
    /// How we know.
    pub origin: Origin,
}

impl Event {
    /// When.
    pub fn at(&self) -> Option<Timestamp> {
        Timestamp::from_nanosecond(self.time_ns.into()).ok()
    }
}
