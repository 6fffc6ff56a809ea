//! Time that passes for limits and cooldowns, over restarts and whatever happens to the wall clock.

use model::Moment;
use serde::{Deserialize, Serialize};

/// Nanoseconds that have passed since the first moment: within a boot by the boot clock, which nobody sets;
/// over a reboot by the wall clock, unless that went back. What is not known to have passed has not, so
/// limits hold for longer rather than shorter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Clock {
    passed: u64,
    last: Option<Moment>,
}

impl Clock {
    /// The time now, ns; never less than before.
    pub(super) fn on(&mut self, now: Moment) -> u64 {
        if let Some(last) = self.last.replace(now) {
            // The boot clock is behind only after a reboot. If it is ahead then too, at least that has passed.
            let gained = now.boot_ns.checked_sub(last.boot_ns).unwrap_or_else(|| {
                let wall = now.wall.duration_since(last.wall).as_nanos();
                u64::try_from(wall).unwrap_or(0)
            });
            self.passed = self.passed.saturating_add(gained);
        }
        self.passed
    }

    /// The time of the last moment, ns.
    pub(super) fn passed(&self) -> u64 {
        self.passed
    }
}

#[cfg(test)]
mod tests {
    use model::Moment;

    use super::Clock;

    #[test]
    fn time_only_passes() {
        let mut clock = Clock::default();
        // Wall clock and boot clock in seconds, and what has passed in all.
        for (wall, boot, passed, why) in [
            (1_000, 50, 0, "the first moment"),
            (1_010, 60, 10, "both clocks"),
            (5_000, 70, 20, "the wall clock was set"),
            (900, 75, 25, "and set back"),
            (1_000, 5, 125, "a reboot"),
            (400, 1, 125, "a reboot with a wrong wall clock"),
            (401, 2, 126, "both clocks again"),
        ] {
            let wall = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(wall);
            let boot_ns = boot * 1_000_000_000;
            let now = clock.on(Moment { wall, boot_ns });
            assert_eq!(
                (now, clock.passed()),
                (passed * 1_000_000_000, now),
                "{why}"
            );
        }
    }
}
