//! What was done when: limits by the hour, and cooldowns.

use serde::{Deserialize, Serialize};

use super::{Hold, Mode, Settings};
use crate::time::nanoseconds;

/// An hour, ns.
const HOUR: u64 = 3_600_000_000_000;
/// Entries that are kept; limits above this hold at this number.
const MOST_ENTRIES: usize = 10_000;

/// Something that was done, or would have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// When, ns.
    at: u64,
    object: String,
    /// The climb that it was done for.
    climb: u64,
    mode: Mode,
}

/// All of it for as long as it counts, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ledger {
    entries: Vec<Entry>,
}

impl Ledger {
    /// Forgets what counts no more.
    pub(super) fn forget(&mut self, settings: &Settings, now: u64) {
        let longest = HOUR.max(nanoseconds(settings.cooldown));
        self.entries
            .retain(|entry| now.saturating_sub(entry.at) < longest);
    }

    /// What counts: to act, only what was really done; to say what would be done, all of it.
    fn counted(&self, mode: Mode) -> impl Iterator<Item = &Entry> {
        let all = self.entries.iter();
        all.filter(move |entry| mode == Mode::Observe || entry.mode == Mode::Enforce)
    }

    /// Why nothing may be done to an object now.
    pub(super) fn forbids(
        &self,
        settings: &Settings,
        object: &str,
        climb: u64,
        now: u64,
    ) -> Option<Hold> {
        let age = |entry: &Entry| now.saturating_sub(entry.at);
        let mut of_object = self
            .counted(settings.mode)
            .filter(|entry| entry.object == object);
        let cooldown = nanoseconds(settings.cooldown);
        if of_object.any(|entry| entry.climb != climb && age(entry) < cooldown) {
            return Some(Hold::Cooldown);
        }
        let (mut object_count, mut count) = (0_usize, 0_usize);
        for entry in self
            .counted(settings.mode)
            .filter(|entry| age(entry) < HOUR)
        {
            count += 1;
            object_count += usize::from(entry.object == object);
        }
        if object_count >= bound(settings.per_object) {
            return Some(Hold::LimitOfObject);
        }
        (count >= bound(settings.in_all)).then_some(Hold::LimitOfAll)
    }

    /// Notes what is done.
    pub(super) fn note(&mut self, mode: Mode, object: &str, climb: u64, now: u64) {
        self.entries.push(Entry {
            at: now,
            object: object.to_owned(),
            climb,
            mode,
        });
    }
}

fn bound(limit: u32) -> usize {
    usize::try_from(limit).map_or(MOST_ENTRIES, |limit| limit.min(MOST_ENTRIES))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: u64 = 60_000_000_000;

    fn settings(mode: Mode) -> Settings {
        Settings {
            mode,
            per_object: 2,
            in_all: 3,
            ..Settings::default()
        }
    }

    #[test]
    fn limits_and_cooldown() {
        let settings = settings(Mode::Enforce);
        let mut ledger = Ledger::default();
        for (at, object, climb) in [(0, "a", 1), (15, "b", 2), (20, "a", 1)] {
            assert_eq!(ledger.forbids(&settings, object, climb, at * MINUTE), None);
            ledger.note(Mode::Enforce, object, climb, at * MINUTE);
        }
        for (at, object, climb, expected) in [
            (21, "a", 3, Some(Hold::Cooldown)),
            (21, "a", 1, Some(Hold::LimitOfObject)),
            (30, "a", 3, Some(Hold::LimitOfObject)),
            (30, "b", 2, Some(Hold::LimitOfAll)),
            (59, "c", 3, Some(Hold::LimitOfAll)),
            (60, "c", 3, None),
            (60, "a", 3, None),
        ] {
            let found = ledger.forbids(&settings, object, climb, at * MINUTE);
            assert_eq!(found, expected, "{object} after {at} minutes");
        }
        ledger.forget(&settings, 75 * MINUTE);
        assert_eq!(ledger.entries.len(), 1);
    }

    #[test]
    fn what_was_not_done_does_not_keep_from_acting() {
        let mut ledger = Ledger::default();
        for _ in 0..2 {
            ledger.note(Mode::Observe, "a", 1, 0);
        }
        assert_eq!(ledger.forbids(&settings(Mode::Enforce), "a", 2, 0), None);
        let held = ledger.forbids(&settings(Mode::Observe), "a", 2, 0);
        assert_eq!(held, Some(Hold::Cooldown));
        let held = ledger.forbids(&settings(Mode::Observe), "a", 1, 0);
        assert_eq!(held, Some(Hold::LimitOfObject));
    }

    #[test]
    fn no_limit_is_no_action() {
        let settings = Settings {
            in_all: 0,
            ..settings(Mode::Enforce)
        };
        let held = Ledger::default().forbids(&settings, "a", 1, 0);
        assert_eq!(held, Some(Hold::LimitOfAll));
    }
}
