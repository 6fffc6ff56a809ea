//! What earlier looks saw: which client a container had, and since when nobody is with it.
//!
//! It is worth something in the same boot only; whoever stores it stores the boot's id beside it.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use model::ProcessId;
use serde::{Deserialize, Serialize};

use super::{Judged, Verdict};
use crate::owner::ClientFound;

/// What is remembered, by container. Bounded by the containers that exist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    client: Option<ProcessId>,
    gone_since: Option<Timestamp>,
}

impl Memory {
    /// The client that the container was last seen with.
    pub fn client(&self, id: &str) -> Option<ProcessId> {
        self.seen.get(id)?.client
    }

    /// Since when it has looked left over, without a break.
    pub fn gone_since(&self, id: &str) -> Option<Timestamp> {
        self.seen.get(id)?.gone_since
    }

    /// Takes in a look: all containers that exist, with what was found. Others are forgotten, so a look
    /// that is not complete (an engine hangs) is better not taken in.
    pub fn remember(&mut self, judged: &[Judged], now: Timestamp) {
        let mut there = HashSet::new();
        for Judged { owned, verdict } in judged {
            let seen = self.seen.entry(owned.container.id.clone()).or_default();
            there.insert(owned.container.id.as_str());
            if let ClientFound::Serves(client, _) = owned.client {
                seen.client = Some(client);
            }
            match verdict {
                Verdict::Orphan { .. } | Verdict::Waiting { .. } => {
                    seen.gone_since.get_or_insert(now);
                }
                // What cannot be told now neither begins nor ends it.
                Verdict::Unknown { .. } => {}
                _ => seen.gone_since = None,
            }
        }
        self.seen.retain(|id, _| there.contains(id.as_str()));
    }
}
