//! Pauses between restarts: none before the first, then each longer than the last, up to a cap.
//!
//! A single crash costs its users nothing but the start. What crashes again gets more and more time for
//! whatever it waits for, but never so much that people who mend the cause wait for us.

use std::time::Duration;

use crate::dice::Dice;

/// The shortest base: restarts every tenth of a second are what makes respawn storms.
const LEAST_BASE: Duration = Duration::from_millis(100);
/// The longest cap.
const MOST_CAP: Duration = Duration::from_hours(24);
/// Beyond this many factors every pause is the cap, since the smallest factor that grows at all is not
/// used by anybody; keeps the power within what a double holds.
const MOST_FACTORS: u32 = 1_000;

/// Why pauses cannot be as wished.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum BadBackoff {
    /// The first pause is too short.
    #[error(
        "the base is {0:?}; it must be at least {LEAST_BASE:?}, or a crashing server is all that runs"
    )]
    Base(Duration),
    /// Pauses would shrink, or are no number.
    #[error("the factor is {0}; it must be from 1 to 100")]
    Factor(f64),
    /// The cap is below the base or too long.
    #[error("the cap is {0:?}; it must be from the base up to {MOST_CAP:?}")]
    Cap(Duration),
    /// Jitter is a share, and leaves at least half of a pause.
    #[error("the jitter is {0}; it must be from 0 to 0.5")]
    Jitter(f64),
}

/// Pauses between restarts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Backoff {
    base: Duration,
    factor: f64,
    cap: Duration,
    jitter: f64,
}

impl Default for Backoff {
    /// None, then 1 s doubling to 30 s, each 20 % more or less: 100 ms is too fast for what waits for a
    /// port or a network, and minutes are too long for who has just mended it.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            factor: 2.0,
            cap: Duration::from_secs(30),
            jitter: 0.2,
        }
    }
}

impl Backoff {
    /// `base` is the pause before the second restart, `factor` what each further one is longer by, `cap`
    /// the longest, and `jitter` the share that each is longer or shorter by chance.
    pub fn try_new(
        base: Duration,
        factor: f64,
        cap: Duration,
        jitter: f64,
    ) -> Result<Self, BadBackoff> {
        if base < LEAST_BASE {
            return Err(BadBackoff::Base(base));
        }
        if !(1.0..=100.0).contains(&factor) {
            return Err(BadBackoff::Factor(factor));
        }
        if cap < base || cap > MOST_CAP {
            return Err(BadBackoff::Cap(cap));
        }
        if !(0.0..=0.5).contains(&jitter) {
            return Err(BadBackoff::Jitter(jitter));
        }
        Ok(Self {
            base,
            factor,
            cap,
            jitter,
        })
    }

    /// The pause before the second restart.
    pub fn base(&self) -> Duration {
        self.base
    }

    /// The longest pause.
    pub fn cap(&self) -> Duration {
        self.cap
    }

    /// The pause after so many restarts in a row; none before the first.
    pub(crate) fn delay(&self, restarts: u32, dice: &mut Dice) -> Duration {
        let Some(factors) = restarts.checked_sub(1) else {
            return Duration::ZERO;
        };
        let factors = i32::try_from(factors.min(MOST_FACTORS)).unwrap_or(i32::MAX);
        let grown = self.base.as_secs_f64() * self.factor.powi(factors);
        // More than a duration holds is more than the cap.
        let plain = Duration::try_from_secs_f64(grown).unwrap_or(self.cap);
        self.jittered(plain.min(self.cap), dice).min(self.cap)
    }

    /// The same time, a little longer or shorter.
    pub(crate) fn jittered(&self, time: Duration, dice: &mut Dice) -> Duration {
        let share = 1.0 + self.jitter * (2.0 * dice.roll() - 1.0);
        Duration::try_from_secs_f64(time.as_secs_f64() * share).unwrap_or(time)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn none_then_doubling_to_the_cap() {
        let backoff = Backoff {
            jitter: 0.0,
            ..Backoff::default()
        };
        let mut dice = Dice::new(0);
        let delays: Vec<u64> = (0..9)
            .map(|restarts| backoff.delay(restarts, &mut dice).as_secs())
            .collect();
        assert_eq!(delays, [0, 1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(backoff.delay(u32::MAX, &mut dice), backoff.cap);
    }

    #[test]
    fn what_cannot_be() {
        let second = Duration::from_secs(1);
        let cases = [
            (
                Duration::from_millis(99),
                2.0,
                second,
                0.2,
                "the base is 99ms",
            ),
            (second, 0.9, second, 0.2, "the factor is 0.9"),
            (second, f64::NAN, second, 0.2, "the factor is NaN"),
            (
                second,
                2.0,
                Duration::from_millis(999),
                0.2,
                "the cap is 999ms",
            ),
            (
                second,
                2.0,
                Duration::from_hours(25),
                0.2,
                "the cap is 90000s",
            ),
            (second, 2.0, second, 1.1, "the jitter is 1.1"),
        ];
        for (base, factor, cap, jitter, says) in cases {
            let error = Backoff::try_new(base, factor, cap, jitter).unwrap_err();
            assert!(error.to_string().starts_with(says), "{error}");
        }
        let usual = Backoff::try_new(second, 2.0, Duration::from_secs(30), 0.2);
        assert_eq!(usual, Ok(Backoff::default()));
    }

    proptest! {
        #[test]
        fn pauses_are_within_bounds(
            base in 100_u64..100_000,
            factor in 1.0..100.0,
            more in 0_u64..10_000_000,
            jitter in 0.0..=0.5,
            restarts: u32,
            seed: u64,
        ) {
            let (base, cap) = (Duration::from_millis(base), Duration::from_millis(base + more));
            let backoff = Backoff::try_new(base, factor, cap, jitter).unwrap();
            let delay = backoff.delay(restarts, &mut Dice::new(seed));
            prop_assert!(delay <= cap);
            if restarts == 0 {
                prop_assert_eq!(delay, Duration::ZERO);
            } else {
                let least = base.mul_f64(1.0 - jitter).saturating_sub(Duration::from_micros(1));
                prop_assert!(delay >= least, "{:?} < {:?}", delay, least);
            }
        }
    }
}
