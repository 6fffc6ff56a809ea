//! What one run tells the next: whose an instance was, and since when its owner is gone.
//!
//! A one-shot command sees a single moment. To know that an owner has been gone for a
//! minute it must have been seen gone before, and to name a dead owner it must have
//! been seen alive; a server that its client wants to run has run before. [`Memory`] holds these, in `seen.json` of the state directory; it
//! is bound to one boot and to what still runs, so it neither grows nor lies.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::{ProcessId, ProcessTable};
use serde::{Deserialize, Serialize};

use crate::Owner;

/// Remembered instances, by root.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// The boot that the identities belong to.
    pub boot_id: String,
    /// Instances, by `pid@start`.
    pub instances: BTreeMap<String, Seen>,
    /// Zombies, by `pid@start`, with the time they were first seen.
    pub zombies: BTreeMap<String, Timestamp>,
    /// Instances that ended while their owner went on, by server and owner. One that is started again
    /// is forgotten, and so are all of an owner that ends.
    pub ended: BTreeMap<String, Ended>,
    /// Sizes of watched files at a time: path to (time, bytes).
    pub sizes: BTreeMap<String, (Timestamp, u64)>,
}

/// What was seen of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Its server's name.
    pub server: String,
    /// Its owner while that lived.
    pub owner: Option<Owner>,
    /// The owner was first seen gone at this time.
    pub gone_since: Option<Timestamp>,
    /// Last time that the instance was seen.
    pub last: Timestamp,
}

/// An instance that ended under a living owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Its server's name.
    pub server: String,
    /// Whose it was.
    pub owner: Owner,
    /// Its root: `pid@start`.
    pub root: String,
    /// Last time that it was seen.
    pub last: Timestamp,
}

impl Ended {
    /// Whether its owner still runs.
    #[must_use]
    pub fn is_of_living(&self, table: &ProcessTable) -> bool {
        let owner = self.owner.pid.and_then(|pid| table.get(pid));
        owner.is_some_and(|owner| Some(owner.id().start_ticks) == self.owner.start_ticks)
    }

    /// What it is kept under: one for a server and an owner.
    #[must_use]
    pub fn key(&self) -> String {
        let pid = self.owner.pid.unwrap_or_default();
        let start = self.owner.start_ticks.unwrap_or_default();
        format!("{pid}@{start} {}", self.server)
    }
}

impl Memory {
    /// The memory for the running boot: what another boot left is dropped.
    #[must_use]
    pub fn of_boot(self, boot_id: &str) -> Self {
        if self.boot_id == boot_id {
            return self;
        }
        Self {
            boot_id: boot_id.to_owned(),
            sizes: self.sizes,
            ..Self::default()
        }
    }

    /// What was seen of the instance with this root.
    pub fn instance(&self, root: ProcessId) -> Option<&Seen> {
        self.instances.get(&root.to_string())
    }
}
