//! What is done by itself when alerts fire: `on(event, now) -> effects`.
//!
//! An alert whose rule has a [`Ladder`] climbs it. A step is taken if nothing [holds](Hold) it; then its
//! effect is awaited, and if the alert still fires after the stated time, the next is tried. A step that
//! fails or has no target leads on to the next; above the last it is left to people.
//!
//! - In `observe` the same decisions are made, and told as what would have been done.
//! - Nothing is done while what an alert is about cannot be measured, or to what is only watched by pid.
//! - Of an object only one alert has something done at a time, and after it others wait for the cooldown.
//! - Limits count what was ordered within the last hour, whether it succeeded or not.
//!
//! Everything follows from the events and their times, so that a replay over the history decides the same.
//! Ticks come with every look; what waits, for a time or for others, is looked at then. All of it but the
//! settings is kept over a restart ([`Memory`]).

mod case;
mod climb;
mod clock;
mod ladder;
mod ledger;
mod steps;
mod told;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use model::Moment;
use serde::{Deserialize, Serialize};

pub use case::{Case, Target};
pub use ladder::{BadLadder, Ladder, Mode, Rung, Settings, Step};
pub use told::{Act, Effect, Hold, Skip, Told, What};

use crate::bounded::line;
use crate::time::after;
use climb::{Climb, Stage};
use clock::Clock;
use ledger::Ledger;

/// Whoever does something has so long to say whether it was done: longer than any stop or restart takes,
/// its own time-outs and retries included.
const PATIENCE: Duration = Duration::from_mins(10);
/// Alerts on ladders at most; what is more is counted.
pub const MOST_CLIMBS: usize = 1_000;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An alert fires. Of one that is known already it is a change.
    Fired(Case),
    /// An alert that fires has changed: how bad it is, what was seen, what could be done.
    Changed(Case),
    /// An alert is over.
    Resolved {
        /// Its id.
        alert: String,
    },
    /// What was to be done has been tried.
    Done {
        /// Number of the act.
        act: u64,
        /// It was done.
        ok: bool,
        /// What came of it, in a line.
        said: String,
    },
    /// Time has passed.
    Tick,
}

/// What is kept over a restart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    clock: Clock,
    ledger: Ledger,
    /// By their numbers.
    climbs: BTreeMap<u64, Climb>,
    /// The last number of a climb or an act.
    number: u64,
}

/// Alerts on their ladders.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    settings: Settings,
    memory: Memory,
    dropped: u64,
}

impl Policy {
    /// Without any alert.
    pub fn new(settings: Settings) -> Self {
        Self::resumed(settings, Memory::default())
    }

    /// As it was left. What was being done then is taken as done: its effect is awaited.
    pub fn resumed(settings: Settings, mut memory: Memory) -> Self {
        let now = memory.clock.passed();
        memory.climbs.retain(|_, climb| !climb.is_over);
        for climb in memory.climbs.values_mut() {
            if let Stage::Doing { step, object, .. } = &climb.stage {
                climb.last = Some(*step);
                let rung = rung(&settings, climb);
                climb.stage = Stage::Checking {
                    step: *step,
                    object: Some(object.clone()),
                    until: after(now, rung.map_or(PATIENCE, |rung| rung.check_after)),
                };
            }
        }
        Self {
            settings,
            memory,
            dropped: 0,
        }
    }

    /// What must be kept.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Ids of the alerts on ladders. After a restart those that fire no more are to be resolved.
    pub fn alerts(&self) -> impl Iterator<Item = &str> {
        let climbs = self.memory.climbs.values().filter(|climb| !climb.is_over);
        climbs.map(|climb| climb.case.alert.as_str())
    }

    /// Alerts that had no place.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes other settings into force. Alerts whose ladder is another now begin at its foot, all of them
    /// if the mode is another: what would have been done was not.
    pub fn configure(&mut self, settings: Settings) {
        let old = std::mem::replace(&mut self.settings, settings);
        for climb in self.memory.climbs.values_mut() {
            let rule = &climb.case.rule;
            if old.mode != self.settings.mode
                || old.ladders.get(rule) != self.settings.ladders.get(rule)
            {
                climb.begin_anew();
            }
        }
    }

    /// Takes in a look: `firing` are all alerts that fire and have a ladder; those on ladders that are not
    /// among them are over.
    pub fn look(&mut self, firing: Vec<Case>, now: Moment, is_quiet: bool) -> Vec<Effect> {
        let is_over = |id: &&str| firing.iter().all(|case| case.alert != **id);
        let over: Vec<String> = self.alerts().filter(is_over).map(str::to_owned).collect();
        let over = over.into_iter().map(|alert| Event::Resolved { alert });
        let events = over.chain(firing.into_iter().map(Event::Fired));
        events
            .chain([Event::Tick])
            .flat_map(|event| self.on(event, now, is_quiet))
            .collect()
    }

    /// Takes in what happened. `is_quiet` says that nothing may be done now, but told.
    pub fn on(&mut self, event: Event, now: Moment, is_quiet: bool) -> Vec<Effect> {
        let now = self.memory.clock.on(now);
        self.memory.ledger.forget(&self.settings, now);
        let mut out = Vec::new();
        let touched = match event {
            Event::Fired(case) | Event::Changed(case) => self.note(case.bounded()),
            Event::Resolved { alert } => self.resolve(&alert, &mut out),
            Event::Done { act, ok, said } => self.done(act, ok, line(said), now, &mut out),
            Event::Tick => {
                for number in self.worst_first() {
                    self.advance(number, now, is_quiet, &mut out);
                }
                None
            }
        };
        if let Some(number) = touched {
            self.advance(number, now, is_quiet, &mut out);
        }
        out
    }

    /// Numbers of all climbs: those of the worst alerts first, then those that came first.
    fn worst_first(&self) -> Vec<u64> {
        let mut climbs: Vec<&Climb> = self.memory.climbs.values().collect();
        climbs.sort_by_key(|climb| (Reverse(climb.case.severity), climb.number));
        climbs.into_iter().map(|climb| climb.number).collect()
    }

    /// Takes an alert in; says which climb is concerned.
    fn note(&mut self, case: Case) -> Option<u64> {
        let mut climbs = self.memory.climbs.values_mut();
        let known = climbs.find(|climb| !climb.is_over && climb.case.alert == case.alert);
        if let Some(climb) = known {
            climb.case = case;
            return Some(climb.number);
        }
        if !self.settings.ladders.contains_key(&case.rule) {
            return None;
        }
        if self.memory.climbs.len() >= MOST_CLIMBS {
            self.dropped = self.dropped.saturating_add(1);
            return None;
        }
        let number = self.memory.next();
        self.memory.climbs.insert(number, Climb::new(number, case));
        Some(number)
    }

    fn resolve(&mut self, alert: &str, out: &mut Vec<Effect>) -> Option<u64> {
        let mut climbs = self.memory.climbs.values_mut();
        let climb = climbs.find(|climb| !climb.is_over && climb.case.alert == alert)?;
        // Who does it may answer later than its effect shows.
        let doing = match &climb.stage {
            Stage::Doing { step, .. } => Some(*step),
            _ => None,
        };
        if let Some(step) = doing.or(climb.last) {
            out.push(tell(climb, What::Helped { step }));
        }
        climb.is_over = true;
        Some(climb.number)
    }

    fn done(
        &mut self,
        number: u64,
        ok: bool,
        said: String,
        now: u64,
        out: &mut Vec<Effect>,
    ) -> Option<u64> {
        let mut climbs = self.memory.climbs.values_mut();
        let climb = climbs.find(|climb| climb.stage.act() == Some(number))?;
        let Stage::Doing { step, object, .. } = climb.stage.clone() else {
            return None;
        };
        if ok {
            out.push(tell(climb, What::Done { number, step, said }));
            climb.last = Some(step);
            let rung = rung(&self.settings, climb);
            climb.stage = Stage::Checking {
                step,
                object: Some(object),
                until: after(now, rung.map_or(PATIENCE, |rung| rung.check_after)),
            };
        } else {
            out.push(tell(climb, What::Failed { number, step, said }));
            climb.climb();
        }
        Some(climb.number)
    }
}

impl Memory {
    fn next(&mut self) -> u64 {
        self.number = self.number.saturating_add(1);
        self.number
    }
}

fn rung(settings: &Settings, climb: &Climb) -> Option<Rung> {
    settings.ladders.get(&climb.case.rule)?.rung(climb.at)
}

fn tell(climb: &Climb, what: What) -> Effect {
    Effect::Tell(Told {
        alert: climb.case.alert.clone(),
        rule: climb.case.rule.clone(),
        what,
    })
}
