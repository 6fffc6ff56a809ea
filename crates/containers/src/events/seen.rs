//! Drops what is told twice: after a break the engine is asked again from a little before the last event,
//! because two events can have one time and arrive out of order.

use std::collections::{HashSet, VecDeque};

use super::{Action, Event};

/// How far before the last event the stream is asked for again, nanoseconds.
const OVERLAP_NS: i64 = 1_000_000_000;

/// Events remembered at most; an engine itself remembers 256.
const REMEMBERED: usize = 1_024;

type Key = (i64, String, Action);

/// Which events were told.
#[derive(Debug, Default)]
pub struct Seen {
    keys: HashSet<Key>,
    order: VecDeque<Key>,
    last_ns: Option<i64>,
    after_ns: Option<i64>,
}

impl Seen {
    /// Only what comes after this time is new, nanoseconds since 1970.
    pub fn from(time_ns: i64) -> Self {
        Self {
            last_ns: Some(time_ns),
            after_ns: Some(time_ns),
            ..Self::default()
        }
    }

    /// Whether the event is new; if so, it is not from now on.
    pub fn is_new(&mut self, event: &Event) -> bool {
        if self.after_ns.is_some_and(|after| event.time_ns <= after) {
            return false;
        }
        let key = (event.time_ns, event.id.clone(), event.action);
        if !self.keys.insert(key.clone()) {
            return false;
        }
        self.order.push_back(key);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
        self.last_ns = self.last_ns.max(Some(event.time_ns));
        true
    }

    /// The last event's time, or where it was begun.
    pub fn last_ns(&self) -> Option<i64> {
        self.last_ns
    }

    /// From when to ask again, as the engines write it: seconds with nanoseconds behind the dot.
    pub fn since(&self) -> Option<String> {
        let from = self.last_ns?.saturating_sub(OVERLAP_NS).max(0);
        Some(format!(
            "{}.{:09}",
            from / 1_000_000_000,
            from % 1_000_000_000
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Origin;
    use super::*;

    fn event(time_ns: i64, id: &str, action: Action) -> Event {
        Event {
            time_ns,
            id: id.to_owned(),
            name: String::new(),
            image: String::new(),
            action,
            exit_code: None,
            health: None,
            origin: Origin::Told,
        }
    }

    #[test]
    fn told_twice_is_heard_once() {
        let mut seen = Seen::default();
        assert_eq!(seen.since(), None);
        assert!(seen.is_new(&event(5_000_000_007, "a", Action::Oom)));
        assert!(
            seen.is_new(&event(5_000_000_007, "a", Action::Die)),
            "same time, another action"
        );
        assert!(seen.is_new(&event(5_000_000_007, "b", Action::Oom)));
        assert!(
            seen.is_new(&event(4_999_999_999, "b", Action::Oom)),
            "late, but new"
        );
        for again in [
            event(5_000_000_007, "a", Action::Oom),
            event(4_999_999_999, "b", Action::Oom),
        ] {
            assert!(!seen.is_new(&again));
        }
        assert_eq!(seen.since().as_deref(), Some("4.000000007"));
    }

    #[test]
    fn what_was_before_the_beginning_is_not_new() {
        let mut seen = Seen::from(5_000_000_000);
        assert_eq!(seen.since().as_deref(), Some("4.000000000"));
        assert!(!seen.is_new(&event(5_000_000_000, "a", Action::Die)));
        assert!(seen.is_new(&event(5_000_000_001, "a", Action::Die)));
    }

    #[test]
    fn its_memory_is_bounded() {
        let mut seen = Seen::default();
        for time in 0..5_000 {
            assert!(seen.is_new(&event(time, "a", Action::Kill)));
        }
        assert_eq!(
            (seen.keys.len(), seen.order.len()),
            (REMEMBERED, REMEMBERED)
        );
    }
}
