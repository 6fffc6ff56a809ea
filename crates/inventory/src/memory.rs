//! What one run tells the next: whose an instance was, and since when its owner is gone.
//!
//! A one-shot command sees a single moment. To know that an owner has been gone for a
//! minute it must have been seen gone before, and to name a dead owner it must have
//! been seen alive. [`Memory`] holds both, in `seen.json` of the state directory; it
//! is bound to one boot and to what still runs, so it neither grows nor lies.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::ProcessId;
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
