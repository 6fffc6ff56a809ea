//! What a receiver is told: some alerts of one group, at one time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Alert, State};

/// Why it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// Something began, became worse or better, or is over.
    Change,
    /// It still goes on, and the repeat interval has passed.
    Repeat,
    /// What was collected over some hours.
    Digest,
    /// Nobody has acknowledged it for too long.
    Escalation {
        /// For how long, seconds.
        unacknowledged_seconds: u64,
    },
    /// We are alive: whoever does not get this for a while should look after us.
    Heartbeat,
    /// Somebody tries whether notices arrive.
    Test,
}

/// A notice to one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Notice {
    /// Stays the same however often it is tried.
    pub id: String,
    /// Name of the receiver.
    pub receiver: String,
    /// Why it is told.
    pub occasion: Occasion,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which group, as text; stays the same over the life of a group.
    pub group_key: String,
    /// Labels that all its alerts share because they were grouped by them.
    pub group_labels: BTreeMap<String, String>,
    /// The alerts: those that fire first, the worst first.
    pub alerts: Vec<Alert>,
    /// Alerts that did not fit.
    pub truncated: usize,
    /// Name of this machine.
    pub host: String,
    /// Where people find out more: the daemon's address.
    pub external_url: String,
}

impl Notice {
    /// Fires anything still?
    pub fn is_firing(&self) -> bool {
        self.alerts.iter().any(|alert| alert.state == State::Firing)
    }

    /// The worst severity of what still fires; `None` if all is over.
    pub fn worst(&self) -> Option<Severity> {
        let firing = self.alerts.iter().filter(|alert| !alert.is_over());
        firing.map(|alert| alert.severity).max()
    }
}
