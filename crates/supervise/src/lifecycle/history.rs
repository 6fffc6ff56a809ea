//! Failures of a server in a row, and how long it pauses after the next one.

use std::collections::VecDeque;
use std::time::Duration;

use crate::dice::Dice;
use crate::spec::Restart;
use crate::time::nanoseconds;

/// What has failed since it last was well for long enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct History {
    /// Failures in a row.
    pub(super) failures: u32,
    /// When the latest were, ns; no more than the limit counts.
    recent: VecDeque<u64>,
    /// The last pause.
    last: Duration,
    /// It is given up for now: it is tried at the slow pace.
    pub(super) is_slow: bool,
}

/// What follows a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    /// How long it pauses, from the failure on.
    pub(super) delay: Duration,
    /// It has just been given up for now.
    pub(super) gives_up: bool,
}

impl History {
    /// Taken up from an earlier run: when its failures were is not known any more.
    pub(super) fn resumed(failures: u32, is_slow: bool) -> Self {
        Self {
            failures,
            is_slow,
            ..Self::default()
        }
    }

    /// Nothing has failed.
    pub(super) fn is_clean(&self) -> bool {
        self.failures == 0 && !self.is_slow
    }

    /// How long it must be well to begin anew. Never shorter than the pauses' base: a server that is well
    /// for less between two failures would be restarted without any pause for ever.
    pub(super) fn steady_after(&self, restart: &Restart) -> Duration {
        restart
            .reset_after
            .max(self.last)
            .max(restart.backoff.base())
    }

    /// Takes a failure in that is followed by a restart.
    pub(super) fn fail(&mut self, restart: &Restart, now: u64, dice: &mut Dice) -> Pause {
        let restarts = self.failures;
        self.failures = self.failures.saturating_add(1);
        let was_slow = self.is_slow;
        if !was_slow {
            let limit = restart.limit;
            let within = nanoseconds(limit.within);
            self.recent.retain(|at| now.saturating_sub(*at) < within);
            self.recent.push_back(now);
            let most = usize::try_from(limit.failures.get()).unwrap_or(usize::MAX);
            self.is_slow = self.recent.len() >= most;
        }
        let delay = if self.is_slow {
            self.recent.clear();
            let slow = restart.slow.max(restart.backoff.cap());
            restart.backoff.jittered(slow, dice)
        } else {
            restart.backoff.delay(restarts, dice)
        };
        self.last = delay;
        Pause {
            delay,
            gives_up: self.is_slow && !was_slow,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::num::NonZeroU32;

    use super::*;
    use crate::spec::{Backoff, StartLimit};

    const SECOND: u64 = 1_000_000_000;

    /// Without chance.
    fn restart() -> Restart {
        let (base, cap) = (Duration::from_secs(1), Duration::from_secs(30));
        Restart {
            backoff: Backoff::try_new(base, 2.0, cap, 0.0).unwrap(),
            ..Restart::default()
        }
    }

    /// When it fails, in seconds, if it runs for `uptime` each time; until it is given up.
    fn failures(restart: &Restart, uptime: u64) -> Vec<u64> {
        let (mut history, mut dice) = (History::default(), Dice::new(1));
        let (mut now, mut found) = (0, Vec::new());
        for _ in 0..50 {
            now += uptime * SECOND;
            found.push(now / SECOND);
            let pause = history.fail(restart, now, &mut dice);
            if pause.gives_up {
                assert_eq!(pause.delay, Duration::from_mins(5));
                let next = history.fail(restart, now, &mut dice);
                assert!(!next.gives_up, "it has been given up already");
                return found;
            }
            now += nanoseconds(pause.delay);
        }
        Vec::new()
    }

    #[test]
    fn what_crashes_at_once_had_a_minute() {
        assert_eq!(failures(&restart(), 0), [0, 0, 1, 3, 7, 15, 31, 61]);
    }

    #[test]
    fn what_is_never_well_for_a_minute_is_given_up() {
        assert_eq!(failures(&restart(), 59).len(), 8);
        assert!(failures(&restart(), 80).is_empty(), "never 8 in 10 minutes");
    }

    #[test]
    fn other_limits() {
        let mut restart = restart();
        restart.limit = StartLimit {
            failures: NonZeroU32::MIN,
            within: Duration::ZERO,
        };
        assert_eq!(failures(&restart, 0), [0]);
        restart.limit.failures = NonZeroU32::MIN.saturating_add(2);
        restart.limit.within = Duration::from_secs(2);
        assert_eq!(failures(&restart, 0), [0, 0, 1]);
    }

    #[test]
    fn the_slow_pace_is_never_faster_than_the_cap() {
        let mut restart = restart();
        restart.limit.failures = NonZeroU32::MIN;
        restart.slow = Duration::from_secs(2);
        let pause = History::default().fail(&restart, 0, &mut Dice::new(1));
        assert_eq!((pause.delay.as_secs(), pause.gives_up), (30, true));
    }

    #[test]
    fn beginning_anew_takes_as_long_as_the_last_pause() {
        let (mut history, mut dice) = (History::default(), Dice::new(1));
        let restart = Restart {
            reset_after: Duration::ZERO,
            ..restart()
        };
        let mut after = Vec::new();
        for _ in 0..5 {
            after.push(history.steady_after(&restart).as_secs());
            history.fail(&restart, 0, &mut dice);
        }
        assert_eq!(after, [1, 1, 1, 2, 4]);
    }
}
