//! The life of one alert: `on(reading, time) -> state`, for one rule and one object.
//!
//! Time is what was observed: each look adds the time since the last one to the clocks that run, at most
//! a few intervals, so a machine that slept, a clock that was set or a daemon that was away makes no
//! alert older than what was seen. The clocks are numbers that are kept and taken up again.

use model::Severity;
use serde::{Deserialize, Serialize};

use crate::rule::{Condition, Rule, SEVERITIES, Side, Threshold, Times};

/// What a look says about the object.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// The figure.
    Value(f64),
    /// A finding of this severity is there.
    Found(Severity),
    /// Too little happens to be judged: nothing is wrong with it.
    Idle,
    /// It is there, and nothing was measured.
    Unknown,
    /// It is not there any more.
    Gone,
}

/// Clocks of one severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Level {
    /// How long the condition has held, ns; `None` while it does not.
    held: Option<u64>,
    /// It held for long enough and has not ended since.
    active: bool,
    /// How long it has not held while active, ns.
    quiet: u64,
    /// The last looks, the latest in the lowest bit: 1 where it was crossed.
    recent: u64,
}

/// One alert's clocks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Life {
    levels: [Level; 4],
    /// The last look could not tell.
    pub unknown: bool,
}

/// Where an alert is after a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing is wrong.
    Inactive,
    /// Something is, but not for long enough; of the worst severity that comes.
    Pending(Severity),
    /// It fires.
    Firing(Severity),
    /// What it was about has ended.
    Ended,
}

impl Life {
    /// Takes a look in. `step` is the time since the last one that counts, ns.
    pub(super) fn on(&mut self, rule: &Rule, reading: Reading, step: u64) -> Standing {
        self.unknown = reading == Reading::Unknown;
        match (reading, &rule.condition) {
            (_, Condition::Absent { severity, hold }) => {
                let missing = matches!(reading, Reading::Gone | Reading::Unknown);
                self.unknown = false;
                let at = place(*severity);
                self.only(at..=at);
                self.level(at, &plain(*hold), None, rule, step, missing);
            }
            (Reading::Gone, _) => {
                *self = Self::default();
                return Standing::Ended;
            }
            (Reading::Idle, _) => {
                for at in 0..SEVERITIES.len() {
                    self.level(
                        at,
                        &plain(std::time::Duration::ZERO),
                        rule.times,
                        rule,
                        step,
                        false,
                    );
                }
            }
            (Reading::Value(value), Condition::Threshold { side, levels }) => {
                for (at, threshold) in levels.iter().enumerate() {
                    let Some(threshold) = threshold else {
                        // A rule that was changed may have had one.
                        self.levels[at] = Level::default();
                        continue;
                    };
                    let crossed = self.is_crossed(at, *side, threshold, value);
                    self.level(at, threshold, rule.times, rule, step, crossed);
                }
                self.lift(levels.iter().map(Option::is_some));
            }
            (Reading::Found(severity), Condition::Found { least, hold }) => {
                let worst = place(severity);
                self.only(place(*least)..=SEVERITIES.len());
                for at in place(*least)..SEVERITIES.len() {
                    self.level(at, &plain(*hold), None, rule, step, at <= worst);
                }
            }
            // What is not known changes nothing.
            (Reading::Unknown, _)
            | (Reading::Found(_), Condition::Threshold { .. })
            | (Reading::Value(_), Condition::Found { .. }) => {}
        }
        self.standing()
    }

    /// Where it is.
    pub(super) fn standing(&self) -> Standing {
        let worst = |is: fn(&Level) -> bool| {
            let places = self.levels.iter().enumerate().rev();
            places
                .filter(|(_, level)| is(level))
                .map(|(at, _)| SEVERITIES[at])
                .next()
        };
        if let Some(severity) = worst(|level| level.active) {
            return Standing::Firing(severity);
        }
        worst(|level| level.held.is_some()).map_or(Standing::Inactive, Standing::Pending)
    }

    /// Starts anew: the condition must hold for as long as the rule wants once more.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// On the wrong side; what fires ends only at its other threshold. Until it fires, only what is
    /// over the threshold itself counts.
    fn is_crossed(&self, at: usize, side: Side, threshold: &Threshold, value: f64) -> bool {
        side.is_crossed(value, threshold.value)
            || (self.levels[at].active && side.is_crossed(value, threshold.clear))
    }

    /// Forgets the clocks of severities that the rule does not have; it may have had them.
    fn only(&mut self, places: std::ops::RangeInclusive<usize>) {
        for (at, level) in self.levels.iter_mut().enumerate() {
            if !places.contains(&at) {
                *level = Level::default();
            }
        }
    }

    fn level(
        &mut self,
        at: usize,
        threshold: &Threshold,
        times: Option<Times>,
        rule: &Rule,
        step: u64,
        crossed: bool,
    ) {
        let level = &mut self.levels[at];
        let crossed = match times {
            None => crossed,
            Some(Times { times, of }) => {
                level.recent = level.recent << 1 | u64::from(crossed);
                let mask = u64::MAX >> (64 - of.clamp(1, 64));
                (level.recent & mask).count_ones() >= times
            }
        };
        if crossed {
            let held = level.held.map_or(0, |held| held.saturating_add(step));
            level.held = Some(held);
            level.quiet = 0;
            level.active |= held >= nanoseconds(threshold.hold);
            return;
        }
        level.held = None;
        if level.active {
            level.quiet = level.quiet.saturating_add(step);
            level.active = level.quiet < nanoseconds(rule.keep_firing);
        }
        if !level.active {
            level.quiet = 0;
        }
    }

    /// What is critical is a warning too: when it eases it must not begin as new.
    fn lift(&mut self, exists: impl Iterator<Item = bool>) {
        let highest = self.levels.iter().rposition(|level| level.active);
        for (level, exists) in self
            .levels
            .iter_mut()
            .zip(exists)
            .take(highest.unwrap_or(0))
        {
            level.active |= exists && level.held.is_some();
        }
    }
}

fn plain(hold: std::time::Duration) -> Threshold {
    Threshold {
        value: 0.0,
        clear: 0.0,
        hold,
    }
}

/// Place of a severity in [`SEVERITIES`].
pub(crate) fn place(severity: Severity) -> usize {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
        Severity::Critical => 3,
    }
}

pub(super) fn nanoseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
