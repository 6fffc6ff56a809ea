//! How an alert goes from step to step.

use super::climb::{Climb, Stage};
use super::{Act, Effect, Hold, Mode, PATIENCE, Policy, Rung, Skip, Step, What, tell};
use crate::time::after;

/// May a step be taken?
enum Leave {
    Yes,
    Hold(Hold),
    Skip(Skip),
}

impl Policy {
    /// Goes on with an alert as far as it goes now.
    pub(super) fn advance(&mut self, number: u64, now: u64, is_quiet: bool, out: &mut Vec<Effect>) {
        // It is put back when it has gone as far as it can.
        let Some(mut climb) = self.memory.climbs.remove(&number) else {
            return;
        };
        while self.go_on(&mut climb, now, is_quiet, out) {}
        if !climb.has_ended() {
            self.memory.climbs.insert(number, climb);
        }
    }

    /// One thing that can happen to an alert now; `false` if nothing can. Each step is taken once at most,
    /// so this ends.
    fn go_on(
        &mut self,
        climb: &mut Climb,
        now: u64,
        is_quiet: bool,
        out: &mut Vec<Effect>,
    ) -> bool {
        if climb.has_ended() {
            return false;
        }
        match climb.stage.clone() {
            Stage::Exhausted => false,
            Stage::Doing {
                act: number,
                step,
                since,
                ..
            } => {
                let is_overdue = now >= after(since, PATIENCE);
                if is_overdue {
                    out.push(tell(climb, What::Overdue { number, step }));
                    climb.climb();
                }
                is_overdue
            }
            Stage::Checking { until, .. } if now < until => false,
            Stage::Checking { step, .. } => {
                if climb.case.is_unknown && step != Step::Notify {
                    // Whether it has helped cannot be told.
                    let next = self.rung(climb, 1).map_or(step, |rung| rung.step);
                    return hold(climb, next, Hold::Unknown, out);
                }
                // Of what was not done nobody can say that it has not helped.
                if climb.last == Some(step) {
                    out.push(tell(climb, What::NoEffect { step }));
                }
                climb.climb();
                true
            }
            Stage::Ready => self.try_step(climb, now, is_quiet, out),
        }
    }

    fn try_step(
        &mut self,
        climb: &mut Climb,
        now: u64,
        is_quiet: bool,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some(rung) = self.rung(climb, 0) else {
            climb.stage = Stage::Exhausted;
            out.push(tell(climb, What::Exhausted));
            return false;
        };
        let step = rung.step;
        match self.leave(climb, rung, now, is_quiet) {
            Leave::Hold(why) => return hold(climb, step, why, out),
            Leave::Skip(why) => {
                out.push(tell(climb, What::Skipped { step, why }));
                climb.climb();
                return true;
            }
            Leave::Yes => {}
        }
        climb.held = None;
        let Some(target) = climb
            .case
            .targets
            .get(&step)
            .cloned()
            .filter(|_| step != Step::Notify)
        else {
            let evidence = climb.case.evidence.clone();
            out.push(tell(climb, What::Notice { evidence }));
            climb.stage = Stage::Checking {
                step,
                object: None,
                until: after(now, rung.check_after),
            };
            return false;
        };
        let mode = self.settings.mode;
        let object = target.object.clone();
        self.memory.ledger.note(mode, &object, climb.number, now);
        let act = Act {
            number: self.memory.next(),
            step,
            target,
            alert: climb.case.alert.clone(),
            rule: climb.case.rule.clone(),
            evidence: climb.case.evidence.clone(),
        };
        match mode {
            Mode::Enforce => {
                climb.stage = Stage::Doing {
                    act: act.number,
                    step,
                    object,
                    since: now,
                };
                out.push(Effect::Act(act));
            }
            Mode::Observe => {
                climb.stage = Stage::Checking {
                    step,
                    object: Some(object),
                    until: after(now, rung.check_after),
                };
                out.push(tell(climb, What::WouldAct { act }));
            }
        }
        false
    }

    fn leave(&self, climb: &Climb, rung: Rung, now: u64, is_quiet: bool) -> Leave {
        let case = &climb.case;
        if case.severity < rung.least {
            return Leave::Hold(Hold::NotBadEnough);
        }
        if rung.step == Step::Notify {
            return Leave::Yes;
        }
        let Some(target) = case.targets.get(&rung.step) else {
            return Leave::Skip(Skip::NoTarget);
        };
        if case.is_only_watched || target.is_only_watched {
            return Leave::Skip(Skip::OnlyWatched);
        }
        let object = target.object.as_str();
        // The one that is looked at is not among them.
        let mut others = self.memory.climbs.values();
        let held = if case.is_unknown {
            Some(Hold::Unknown)
        } else if is_quiet {
            Some(Hold::Quiet)
        } else if others.any(|other| other.busy_with() == Some(object)) {
            Some(Hold::Busy)
        } else {
            let ledger = &self.memory.ledger;
            ledger.forbids(&self.settings, object, climb.number, now)
        };
        held.map_or(Leave::Yes, Leave::Hold)
    }

    /// The step so many above the one that an alert is at.
    fn rung(&self, climb: &Climb, above: usize) -> Option<Rung> {
        let ladder = self.settings.ladders.get(&climb.case.rule)?;
        ladder.rung(climb.at.saturating_add(above))
    }
}

/// Says why it waits, once. Nothing more can happen now.
fn hold(climb: &mut Climb, step: Step, why: Hold, out: &mut Vec<Effect>) -> bool {
    if climb.held.replace(why) != Some(why) {
        out.push(tell(climb, What::Held { step, why }));
    }
    false
}
