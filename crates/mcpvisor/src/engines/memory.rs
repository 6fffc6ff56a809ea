//! What one run remembers of containers for the next: which client each had, and since when nobody is with it.
//!
//! It is worth something in the same boot only, and nothing of another boot is used.

use std::cell::RefCell;

use containers::orphan::{Judged, Memory};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state::State;

/// The file's contents.
#[derive(Default, Serialize, Deserialize)]
struct Stored {
    boot_id: String,
    memory: Memory,
}

/// The memory as it is now, and whether it was written.
pub(super) struct Kept {
    boot_id: String,
    memory: Memory,
    stored: RefCell<Memory>,
}

impl Kept {
    /// As the last run left it; empty after a boot.
    pub(super) fn open(state: &State, boot_id: &str) -> Self {
        let stored: Stored = state.containers().unwrap_or_default();
        let memory = if stored.boot_id == boot_id {
            stored.memory
        } else {
            Memory::default()
        };
        Self {
            boot_id: boot_id.to_owned(),
            stored: RefCell::new(memory.clone()),
            memory,
        }
    }

    pub(super) fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Takes in a complete look.
    pub(super) fn remember(&mut self, judged: &[Judged], now: Timestamp) {
        self.memory.remember(judged, now);
    }

    /// Writes it down if it has changed.
    pub(super) fn store(&self, state: &State) -> std::io::Result<()> {
        if self.memory == *self.stored.borrow() {
            return Ok(());
        }
        self.stored.replace(self.memory.clone());
        state.store_containers(&Stored {
            boot_id: self.boot_id.clone(),
            memory: self.memory.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const MEMORY: &str = r#"{"seen":{"ab":{"client":null,"gone_since":"2026-11-21T10:00:00Z"}}}"#;

    #[test]
    fn only_what_was_seen_in_this_boot_counts() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::locate(Some(folder.path()));
        let stored = Stored {
            boot_id: "this".to_owned(),
            memory: serde_json::from_str(MEMORY).unwrap(),
        };
        state.store_containers(&stored).unwrap();
        let mut kept = Kept::open(&state, "this");
        assert!(kept.memory().gone_since("ab").is_some());
        assert!(
            Kept::open(&state, "next")
                .memory()
                .gone_since("ab")
                .is_none()
        );
        // It is not written again without need, and forgets what is not there any more.
        std::fs::remove_file(folder.path().join("containers.json")).unwrap();
        kept.store(&state).unwrap();
        assert!(state.containers::<Stored>().is_none());
        kept.remember(&[], Timestamp::UNIX_EPOCH);
        kept.store(&state).unwrap();
        assert!(
            Kept::open(&state, "this")
                .memory()
                .gone_since("ab")
                .is_none()
        );
    }
}
