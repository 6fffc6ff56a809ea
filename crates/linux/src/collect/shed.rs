//! Giving up costly readings when our own cost passes the budget. Pure.
//!
//! `Shedding` is told the cost of each pass as a share of one processor and answers what is given
//! up: first PSS, then also descriptor kinds, then also connections. The cost is smoothed over some
//! seconds, each step waits until the one before it has shown its effect, and what was given up
//! comes back in reverse order once the cheap figures alone have stayed well below the budget for a
//! while. A step that is taken back soon after makes the next wait twice as long.

use super::schedule::Costly;

const SECOND: u64 = 1_000_000_000;
/// Weight of a pass falls to a third in this time, as to cheap figures.
const SMOOTHED_NS: f64 = 5e9;
/// The same as to costly readings. They come in bursts, and what one of them costs too much is
/// already paid off by those not taken after it: only a lasting excess counts.
const SAMPLING_SMOOTHED_NS: f64 = 30e9;
/// From one step up to the next.
const STEP_NS: u64 = 5 * SECOND;
/// How long the cost must have been low before a step down.
const CALM_NS: u64 = 15 * SECOND;
/// Longest wait after steps that did not last.
const LONGEST_CALM_NS: u64 = 600 * SECOND;
/// Low: below this part of the budget, without the readings that are still taken.
const LOW: f64 = 0.7;

/// What is given up, in order: each level includes those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShedLevel {
    /// Nothing.
    #[default]
    Nothing,
    /// Proportional memory.
    Pss,
    /// Also open files and their kinds.
    Files,
    /// Also network connections.
    Connections,
}

impl ShedLevel {
    /// Is this kind of reading given up?
    pub fn sheds(self, kind: Costly) -> bool {
        match kind {
            Costly::Pss => self >= Self::Pss,
            Costly::Files => self >= Self::Files,
            Costly::Connections => self >= Self::Connections,
        }
    }

    fn up(self) -> Self {
        match self {
            Self::Nothing => Self::Pss,
            Self::Pss => Self::Files,
            Self::Files | Self::Connections => Self::Connections,
        }
    }

    fn down(self) -> Self {
        match self {
            Self::Connections => Self::Files,
            Self::Files => Self::Pss,
            Self::Pss | Self::Nothing => Self::Nothing,
        }
    }
}

/// What is given up, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shed {
    /// What.
    pub level: ShedLevel,
    /// Since when it has been this level, nanoseconds since boot; 0 for since ever.
    pub since_boot_ns: u64,
}

/// Cost of one pass, as shares of one processor over the time since the pass before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// All of it.
    pub total: f64,
    /// The costly readings in it.
    pub sampling: f64,
    /// Time since the pass before, nanoseconds.
    pub elapsed_ns: u64,
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct Shedding {
    budget: f64,
    shed: Shed,
    /// Smoothed share of the cheap figures. Starts from nothing: one slow pass is no overload.
    base: f64,
    /// Smoothed share of the costly readings.
    sampling: f64,
    calm_since: Option<u64>,
    calm_ns: u64,
    last_down: Option<u64>,
}

impl Shedding {
    /// For a budget as a share of one processor.
    pub fn new(budget: f64) -> Self {
        Self {
            budget,
            shed: Shed::default(),
            base: 0.0,
            sampling: 0.0,
            calm_since: None,
            calm_ns: CALM_NS,
            last_down: None,
        }
    }

    /// What is given up at present.
    pub fn shed(&self) -> Shed {
        self.shed
    }

    /// Takes the cost of a pass that ended at `now` (nanoseconds since boot).
    pub fn on(&mut self, share: Share, now: u64) -> Shed {
        let elapsed = share.elapsed_ns as f64;
        let blend =
            |old: f64, new: f64, time: f64| old + (new - old) * (1.0 - (-elapsed / time).exp());
        self.base = blend(self.base, share.total - share.sampling, SMOOTHED_NS);
        self.sampling = blend(self.sampling, share.sampling, SAMPLING_SMOOTHED_NS);
        let total = self.base + self.sampling;
        if total > self.budget {
            self.calm_since = None;
            let settled = now.saturating_sub(self.shed.since_boot_ns) >= STEP_NS;
            if self.shed.level < ShedLevel::Connections && settled {
                self.step_up(now);
            }
        } else if self.base <= self.budget * LOW {
            let since = *self.calm_since.get_or_insert(now);
            if self.shed.level > ShedLevel::Nothing && now.saturating_sub(since) >= self.calm_ns {
                self.step_down(now);
            }
        } else {
            self.calm_since = None;
        }
        self.shed
    }

    fn step_up(&mut self, now: u64) {
        // What was spent before says nothing about whether this step suffices.
        self.base = self.base.min(self.budget);
        self.sampling = self.sampling.min(self.budget - self.base);
        let lasted = self.last_down.map(|at| now.saturating_sub(at));
        self.calm_ns = match lasted {
            Some(lasted) if lasted < self.calm_ns * 2 => (self.calm_ns * 2).min(LONGEST_CALM_NS),
            Some(_) => CALM_NS,
            None => self.calm_ns,
        };
        self.last_down = None;
        self.shed = Shed {
            level: self.shed.level.up(),
            since_boot_ns: now,
        };
    }

    fn step_down(&mut self, now: u64) {
        self.last_down = Some(now);
        self.calm_since = Some(now);
        self.shed = Shed {
            level: self.shed.level.down(),
            since_boot_ns: now,
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LONGEST_CALM_NS, SECOND, Share, ShedLevel, Shedding};

    /// Feeds one pass a second, and tells each change with its second.
    fn drive(
        shedding: &mut Shedding,
        seconds: std::ops::Range<u64>,
        total: f64,
        sampling: f64,
    ) -> Vec<(u64, ShedLevel)> {
        let mut changes = Vec::new();
        for second in seconds {
            let before = shedding.shed().level;
            let share = Share {
                total,
                sampling,
                elapsed_ns: SECOND,
            };
            let after = shedding.on(share, second * SECOND).level;
            if after != before {
                changes.push((second, after));
            }
        }
        changes
    }

    #[test]
    fn one_kind_after_the_other_and_back() {
        let mut shedding = Shedding::new(0.01);
        let up = drive(&mut shedding, 100..130, 0.03, 0.0);
        let levels: Vec<ShedLevel> = up.iter().map(|(_, level)| *level).collect();
        assert_eq!(
            levels,
            [ShedLevel::Pss, ShedLevel::Files, ShedLevel::Connections]
        );
        assert!(up.windows(2).all(|w| w[1].0 - w[0].0 >= 5), "{up:?}");
        assert_eq!(shedding.shed().since_boot_ns, up[2].0 * SECOND);
        let down = drive(&mut shedding, 130..300, 0.002, 0.0);
        let levels: Vec<ShedLevel> = down.iter().map(|(_, level)| *level).collect();
        assert_eq!(
            levels,
            [ShedLevel::Files, ShedLevel::Pss, ShedLevel::Nothing]
        );
        assert!(down.windows(2).all(|w| w[1].0 - w[0].0 >= 15), "{down:?}");
    }

    #[test]
    fn one_slow_pass_sheds_nothing() {
        let mut shedding = Shedding::new(0.01);
        assert!(drive(&mut shedding, 0..60, 0.005, 0.003).is_empty());
        assert!(drive(&mut shedding, 60..61, 0.03, 0.02).is_empty());
        assert!(drive(&mut shedding, 61..90, 0.005, 0.003).is_empty());
    }

    #[test]
    fn between_low_and_the_budget_nothing_moves() {
        let mut shedding = Shedding::new(0.01);
        drive(&mut shedding, 0..20, 0.03, 0.0);
        let level = shedding.shed().level;
        assert!(
            drive(&mut shedding, 40..400, 0.0085, 0.0)
                .iter()
                .all(|(_, l)| *l == level)
        );
    }

    #[test]
    fn what_sampling_costs_does_not_hold_back_the_return() {
        let mut shedding = Shedding::new(0.01);
        let shed = (0..60).find(|&s| !drive(&mut shedding, s..s + 1, 0.03, 0.0).is_empty());
        let from = shed.map_or(0, |second| second + 1);
        assert_eq!(shedding.shed().level, ShedLevel::Pss);
        // The total stays near the budget, as it should: sampling fills what is left.
        let back = drive(&mut shedding, from..from + 60, 0.0095, 0.006);
        assert_eq!(back.len(), 1, "{back:?}");
        assert_eq!(shedding.shed().level, ShedLevel::Nothing);
    }

    #[test]
    fn a_return_that_does_not_last_waits_longer() {
        let mut shedding = Shedding::new(0.01);
        let mut second = 0;
        let mut waits = Vec::new();
        for _ in 0..12 {
            while shedding.shed().level == ShedLevel::Nothing {
                drive(&mut shedding, second..second + 1, 0.02, 0.01);
                second += 1;
            }
            let from = second;
            while shedding.shed().level != ShedLevel::Nothing {
                drive(&mut shedding, second..second + 1, 0.002, 0.0);
                second += 1;
            }
            waits.push(second - from);
        }
        assert!(waits.windows(2).all(|w| w[1] + 2 >= w[0]), "{waits:?}");
        assert!(
            waits[1] > waits[0] && waits[11] * SECOND >= LONGEST_CALM_NS,
            "{waits:?}"
        );
        assert!(
            waits[11] * SECOND <= LONGEST_CALM_NS + 20 * SECOND,
            "{waits:?}"
        );
    }

    proptest! {
        #[test]
        fn levels_move_one_step_at_a_time(shares in prop::collection::vec((0.0..0.05, 0_u64..20), 1..200)) {
            let mut shedding = Shedding::new(0.01);
            let mut now = 0;
            for (total, seconds) in shares {
                let before = shedding.shed().level;
                now += seconds * SECOND;
                let share = Share { total, sampling: total / 2.0, elapsed_ns: seconds * SECOND };
                let after = shedding.on(share, now).level;
                prop_assert!((after as i8 - before as i8).abs() <= 1);
            }
        }
    }
}
