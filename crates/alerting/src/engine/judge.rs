//! One rule at one look: from readings to what becomes of its alerts.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldhash::HashMap;
use model::{FindingKind, Moment, Severity};

use super::feed::{Feed, Object};
use super::life::{Reading, Standing, nanoseconds};
use super::plan::{Live, Part, Plan};
use super::presence::Presence;
use super::{Found, MOST_ALERTS, Transition, What, over, text};
use crate::alert::{Reason, State};
use crate::rule::{Condition, Source};

/// What has not been measured for so long and is not known to exist has ended, ns.
const FORGOTTEN_NS: u64 = 300_000_000_000;
/// A rule that waits for what is missing and does not name it gives it up after so long, ns.
const AWAITED_NS: u64 = 86_400_000_000_000;

pub(super) type Lives = HashMap<Object, Live>;

/// One rule at one look.
pub(super) struct Judge<'a> {
    pub(super) plan: &'a Plan,
    pub(super) feeds: &'a [Feed],
    pub(super) presence: &'a Presence<'a>,
    pub(super) moment: Moment,
    /// Time that was observed so far, ns.
    pub(super) observed: u64,
    /// Time since the last look that counts, ns.
    pub(super) step: u64,
    pub(super) look: u64,
    pub(super) told: &'a mut Vec<Transition>,
    /// Alerts that there are.
    pub(super) count: &'a mut usize,
    pub(super) dropped: &'a mut u64,
}

impl Judge<'_> {
    /// Judges all objects of the rule.
    pub(super) fn judge(&mut self, lives: &mut Lives, findings: &[Found]) {
        match &self.plan.rule.source {
            Source::Finding(kind) => self.findings(lives, *kind, findings),
            Source::Figure { .. } => self.figures(lives),
        }
    }

    fn figures(&mut self, lives: &mut Lives) {
        let plan = self.plan;
        let feeds = self.feeds;
        let Some(feed) = plan.feed.and_then(|at| feeds.get(at)) else {
            return;
        };
        let mut is_any = false;
        for (object, value) in feed.readings(self.look) {
            if !plan.concerns(object) {
                continue;
            }
            is_any = true;
            let reading = self.reading(object, value);
            self.take(lives, object, reading, None);
        }
        self.await_named(lives, is_any);
        let unseen: Vec<Object> = self.unseen(lives);
        for object in unseen {
            self.missing(lives, &object);
        }
    }

    /// What a measured value means, by the rule's traffic and divisor.
    fn reading(&self, object: &[Arc<str>], value: Option<f64>) -> Reading {
        if let (Some(traffic), Some(least)) = (&self.plan.traffic, &self.plan.rule.traffic)
            && let Some(happened) = self.part(traffic, object)
            && happened < least.at_least
        {
            return Reading::Idle;
        }
        let value = match &self.plan.per {
            None => value,
            Some(per) => {
                let divisor = self.part(per, object).filter(|divisor| *divisor > 0.0);
                value.zip(divisor).map(|(value, divisor)| value / divisor)
            }
        };
        let value = value.filter(|value| value.is_finite());
        match value {
            Some(value) => Reading::Value(value),
            // It is there, and that is all that such a rule asks.
            None if self.plan.awaits() => Reading::Idle,
            None => Reading::Unknown,
        }
    }

    fn part(&self, part: &Part, object: &[Arc<str>]) -> Option<f64> {
        let feed = self.feeds.get(part.feed)?;
        let is_whole = part.places.iter().copied().eq(0..object.len());
        if is_whole {
            return feed.value(object, self.look);
        }
        let values = part.places.iter().filter_map(|&at| object.get(at));
        let key: Vec<Arc<str>> = values.cloned().collect();
        feed.value(&key, self.look)
    }

    fn unseen(&self, lives: &Lives) -> Vec<Object> {
        let unseen = lives.iter().filter(|(_, live)| live.look != self.look);
        unseen.map(|(object, _)| Arc::clone(object)).collect()
    }

    /// An object that the rule knows and this look did not measure.
    fn missing(&mut self, lives: &mut Lives, object: &Object) {
        let measured = lives.get(object).and_then(|live| live.measured);
        let away = self
            .observed
            .saturating_sub(measured.unwrap_or(self.observed));
        if let Condition::Absent { hold, .. } = self.plan.rule.condition
            && away > AWAITED_NS.saturating_add(nanoseconds(hold))
            && self
                .plan
                .named()
                .is_none_or(|named| named.object != *object)
        {
            self.end(lives, object);
            return;
        }
        let is_there = self
            .presence
            .is_there(self.plan.rule.scope, object, self.plan.metric());
        let reading = if is_there.unwrap_or(away < FORGOTTEN_NS) {
            Reading::Unknown
        } else {
            Reading::Gone
        };
        self.take(lives, object, reading, None);
    }

    /// A rule that waits for one certain object waits for it before it was ever seen. If it names only
    /// some of the labels, it waits for any object that has them.
    fn await_named(&mut self, lives: &mut Lives, is_any: bool) {
        let Some(named) = self.plan.named() else {
            return;
        };
        let is_other = |object: &Object| *object != named.object;
        if named.is_whole || !(is_any || lives.keys().any(is_other)) {
            let live = lives.entry(named.object).or_default();
            live.measured.get_or_insert(self.observed);
        } else if let Some(mut live) = lives.remove(&named.object) {
            // Those that were seen are waited for one by one.
            self.close(&mut live, Reason::Recovered);
        }
    }

    fn findings(&mut self, lives: &mut Lives, kind: FindingKind, findings: &[Found]) {
        let mut groups: BTreeMap<Object, Vec<&Found>> = BTreeMap::new();
        for found in findings.iter().filter(|found| found.kind == kind) {
            let (server, owner) = found.server.clone().unwrap_or_default();
            let label = |name: &String| match name.as_str() {
                "server" => Arc::clone(&server),
                "owner" => Arc::clone(&owner),
                _ => Arc::from(""),
            };
            let object: Object = self.plan.names.iter().map(label).collect();
            groups.entry(object).or_default().push(found);
        }
        for (object, found) in groups {
            let worst = found.iter().map(|found| found.severity).max();
            if let Some(worst) = worst.filter(|_| self.plan.concerns(&object)) {
                self.take(lives, &object, Reading::Found(worst), Some(&found));
            }
        }
        for object in self.unseen(lives) {
            // What is not found any more is over, whether its object has ended or not.
            self.take(lives, &object, Reading::Idle, None);
        }
    }

    fn take(
        &mut self,
        lives: &mut Lives,
        object: &Object,
        reading: Reading,
        found: Option<&[&Found]>,
    ) {
        if !lives.contains_key(object) {
            if !self.is_worth_keeping(reading) {
                return;
            }
            if *self.count >= MOST_ALERTS {
                *self.dropped += 1;
                return;
            }
            lives.insert(Arc::clone(object), Live::default());
        }
        let Some(live) = lives.get_mut(object) else {
            return;
        };
        live.look = self.look;
        let is_measured = !matches!(reading, Reading::Unknown | Reading::Gone);
        if is_measured || live.measured.is_none() {
            live.measured = Some(self.observed);
        }
        let standing = live.life.on(&self.plan.rule, reading, self.step);
        let is_over = self.follow(live, object, standing, reading, found);
        let counts = self.plan.rule.times.is_some();
        let stays = is_measured && (counts || self.plan.awaits());
        if is_over && !stays {
            lives.remove(object);
        }
    }

    /// A reading that begins nothing needs no place.
    fn is_worth_keeping(&self, reading: Reading) -> bool {
        match (&self.plan.rule.condition, reading) {
            (Condition::Absent { .. }, Reading::Value(_) | Reading::Idle) => true,
            (Condition::Threshold { side, levels }, Reading::Value(value)) => {
                let mut levels = levels.iter().flatten();
                self.plan.rule.times.is_some()
                    || levels.any(|level| side.is_crossed(value, level.value))
            }
            (Condition::Found { least, .. }, Reading::Found(severity)) => severity >= *least,
            _ => false,
        }
    }

    /// Brings the alert to where its life is; says whether nothing is left of it.
    fn follow(
        &mut self,
        live: &mut Live,
        object: &Object,
        standing: Standing,
        reading: Reading,
        found: Option<&[&Found]>,
    ) -> bool {
        let (state, severity) = match standing {
            // What has fired fires until it is over, also if its rule has become less strict.
            Standing::Pending(severity) if has_fired(live) => (State::Firing, severity),
            Standing::Pending(severity) => (State::Pending, severity),
            Standing::Firing(severity) => (State::Firing, severity),
            Standing::Inactive => {
                self.close(live, Reason::Recovered);
                return true;
            }
            Standing::Ended => {
                self.close(live, Reason::Ended);
                return true;
            }
        };
        self.update(live, object, (state, severity), reading, found);
        false
    }

    fn update(
        &mut self,
        live: &mut Live,
        object: &Object,
        (state, severity): (State, Severity),
        reading: Reading,
        found: Option<&[&Found]>,
    ) {
        let plan = self.plan;
        let is_new = live.alert.is_none();
        let alert = live.alert.get_or_insert_with(|| {
            *self.count += 1;
            text::begun(&plan.rule, &plan.names, object, severity, self.moment)
        });
        let before = (alert.state, alert.severity);
        alert.state = state;
        alert.unknown = live.life.unknown;
        if before.1 != severity {
            alert.severity = severity;
            let name = severity.name().to_owned();
            alert.labels.insert("severity".to_owned(), name);
        }
        let is_told = live.is_told && !is_new && before.1 == severity;
        text::tell(alert, &plan.rule, reading, found, is_told);
        live.is_told = true;
        let what = match (before.0, state) {
            (State::Pending, State::Firing) => What::Fired,
            _ if is_new => What::Pending,
            (State::Firing, State::Firing) if severity > before.1 => What::Escalated,
            (State::Firing, State::Firing) if severity < before.1 => What::Eased,
            _ => return,
        };
        let wall = self.moment.wall;
        if what == What::Fired {
            alert.starts_at = Some(wall);
        }
        alert.updated_at = wall;
        self.told.push(Transition {
            what,
            alert: alert.clone(),
        });
    }

    fn end(&mut self, lives: &mut Lives, object: &Object) {
        if let Some(mut live) = lives.remove(object) {
            self.close(&mut live, Reason::Ended);
        }
    }

    fn close(&mut self, live: &mut Live, reason: Reason) {
        if let Some(alert) = live.alert.take() {
            *self.count = self.count.saturating_sub(1);
            self.told.push(over(alert, reason, self.moment.wall));
        }
    }
}

fn has_fired(live: &Live) -> bool {
    live.alert
        .as_ref()
        .is_some_and(|alert| alert.starts_at.is_some())
}
