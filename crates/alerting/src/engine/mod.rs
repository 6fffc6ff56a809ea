//! Judging looks by rules: `on(look) -> transitions`.
//!
//! 1. Every measurement is added to the feeds of its metric; rules that judge the same figure share one.
//! 2. Each rule goes over the objects that were measured and those that it already has an alert for, and
//!    each alert's [`Life`] takes the reading in.
//! 3. What changed is told; [`Engine::alerts`] are all that are pending or firing.
//!
//! Whether an object without a figure is unknown or gone is told by `mcpvisor_server_up` and its like: a
//! server that is not listed has ended, one that runs and was not measured is unknown.

mod counters;
mod feed;
mod judge;
mod life;
mod plan;
mod presence;
mod text;
mod track;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use foldhash::HashMap;
use model::metric::METRICS;
use model::{FindingKind, Measurement, MetricKind, Moment, Severity};
use serde::{Deserialize, Serialize};

use crate::alert::{Acknowledgement, Alert, Reason, State};
use crate::rule::{Figure, Rule};

use counters::Counters;
use feed::Feed;
pub use feed::{MOST_OBJECTS, Object};
use judge::Judge;
pub use life::Life;
use life::nanoseconds;
pub(crate) use life::place;
use plan::{Live, Plan};
use presence::Presence;
pub(crate) use text::hash;

/// A gap between looks counts as one interval if it is longer than so many.
const GAP: u64 = 3;
/// Alerts that are pending or firing at most; what is more is counted.
pub const MOST_ALERTS: usize = 20_000;

/// What a look found wrong by itself.
#[derive(Clone, Debug)]
pub struct Found {
    /// What.
    pub kind: FindingKind,
    /// How bad.
    pub severity: Severity,
    /// Name of the server and of its owner, if it is about one.
    pub server: Option<(Arc<str>, Arc<str>)>,
    /// One line.
    pub title: String,
    /// What was seen.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// When it was taken.
    pub moment: Moment,
    /// Time between two looks.
    pub interval: Duration,
    /// All that was measured.
    pub measurements: &'a [Measurement],
    /// All that was found.
    pub findings: &'a [Found],
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The condition began to hold.
    Pending,
    /// It ended before it fired: nothing is to be told.
    Dropped,
    /// It fires.
    Fired,
    /// It is worse than before.
    Escalated,
    /// It is better than before, and still fires.
    Eased,
    /// It is over.
    Resolved,
}

/// A change of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Transition {
    /// What happened.
    pub what: What,
    /// The alert as it is now.
    pub alert: Alert,
}

/// An alert with its clocks, as it is kept over a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The alert.
    pub alert: Alert,
    /// Labels that tell its object apart, as they were measured: those of the alert are shortened and
    /// without control characters.
    pub object: BTreeMap<String, String>,
    /// Its clocks.
    pub life: Life,
}

/// Why an alert cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no alert `{0}` that is pending or firing")]
pub struct NoAlert(pub String);

/// Rules, and where each of their alerts is.
#[derive(Debug, Default)]
pub struct Engine {
    plans: Vec<Plan>,
    feeds: Vec<Feed>,
    /// Feeds of each metric, by its place in the table.
    by_metric: Vec<Vec<usize>>,
    counters: Counters,
    look: u64,
    /// Time of the last look, ns since boot.
    last: Option<u64>,
    /// Sum of all steps, ns: time as it was observed, without gaps.
    observed: u64,
    /// What is told with the next look.
    pending: Vec<Transition>,
    dropped: u64,
    last_moment: Option<Moment>,
}

impl Engine {
    /// An engine for rules, without alerts.
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut engine = Self::default();
        engine.configure(rules);
        engine
    }

    /// Takes other rules into force. Alerts of rules that are still there go on; those of rules that are
    /// gone, or are about other objects now, are over with the next look.
    pub fn configure(&mut self, rules: Vec<Rule>) {
        let plans = std::mem::take(&mut self.plans);
        let mut old: HashMap<String, Plan> = HashMap::default();
        old.extend(plans.into_iter().map(|plan| (plan.rule.name.clone(), plan)));
        let feeds = std::mem::take(&mut self.feeds);
        self.by_metric = vec![Vec::new(); METRICS.len()];
        let mut gone: Vec<Live> = Vec::new();
        for rule in rules {
            let before = old.remove(&rule.name);
            let mut plan = Plan::new(rule, |figure, by| self.feed(figure, by));
            for (object, live) in before.into_iter().flat_map(|before| {
                let is_same = before.names == plan.names;
                before
                    .lives
                    .into_iter()
                    .map(move |(object, live)| (is_same.then_some(object), live))
            }) {
                match object.filter(|object| plan.concerns(object)) {
                    Some(object) => {
                        let is_told = false;
                        plan.lives.insert(object, Live { is_told, ..live });
                    }
                    None => gone.push(live),
                }
            }
            self.plans.push(plan);
        }
        // What is known of the same figures stays known.
        for feed in feeds {
            let same = |new: &&mut Feed| new.figure == feed.figure && new.by == feed.by;
            if let Some(new) = self.feeds.iter_mut().find(same) {
                *new = feed;
            }
        }
        gone.extend(old.into_values().flat_map(|plan| plan.lives.into_values()));
        let wall = self.last_moment.map(|moment| moment.wall);
        for alert in gone.into_iter().filter_map(|live| live.alert) {
            let at = wall.unwrap_or(alert.updated_at);
            self.pending.push(over(alert, Reason::RuleGone, at));
        }
    }

    fn feed(&mut self, figure: Figure, by: Vec<String>) -> usize {
        let same = |feed: &Feed| feed.figure == figure && feed.by == by;
        if let Some(at) = self.feeds.iter().position(same) {
            return at;
        }
        let at = self.feeds.len();
        let place = figure.metric.place();
        if let Some(feeds) = place.and_then(|place| self.by_metric.get_mut(place)) {
            feeds.push(at);
        }
        self.feeds.push(Feed::new(figure, by));
        at
    }

    /// The rules in force.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.plans.iter().map(|plan| &*plan.rule)
    }

    /// Takes up alerts that were kept. Those of rules that are gone, or are about other objects now, are
    /// over with the next look.
    pub fn restore(&mut self, saved: Vec<Saved>) {
        for Saved {
            alert,
            object,
            life,
        } in saved
        {
            if alert.is_over() {
                continue;
            }
            let plan = self.plans.iter_mut().find(|plan| {
                let has_same = object.keys().eq(plan.names.iter().collect::<BTreeSet<_>>());
                plan.rule.name == alert.rule && has_same
            });
            let place = plan.and_then(|plan| {
                let values = plan.names.iter().filter_map(|name| object.get(name));
                let object: Object = values.map(|value| Arc::from(value.as_str())).collect();
                plan.concerns(&object).then_some((plan, object))
            });
            let Some((plan, object)) = place else {
                let at = alert.updated_at;
                self.pending.push(over(alert, Reason::RuleGone, at));
                continue;
            };
            let live = Live {
                life,
                alert: Some(alert),
                measured: Some(self.observed),
                ..Live::default()
            };
            plan.lives.insert(object, live);
        }
    }

    /// What must be kept to take alerts up again. A rule that wants N of M looks counts them anew for
    /// what has no alert.
    pub fn saved(&self) -> impl Iterator<Item = Saved> + '_ {
        self.plans.iter().flat_map(|plan| {
            plan.lives.iter().filter_map(|(object, live)| {
                let values = object.iter().map(ToString::to_string);
                Some(Saved {
                    alert: live.alert.clone()?,
                    object: plan.names.iter().cloned().zip(values).collect(),
                    life: live.life,
                })
            })
        })
    }

    /// All alerts that are pending or firing.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        let lives = self.plans.iter().flat_map(|plan| plan.lives.values());
        lives.filter_map(|live| live.alert.as_ref())
    }

    /// Alerts, objects and series that did not fit, counted at each look.
    pub fn dropped(&self) -> u64 {
        let feeds = self.feeds.iter().map(|feed| feed.dropped).sum::<u64>();
        self.dropped + feeds + self.counters.dropped
    }

    /// Learns the past: rates and growths are known from the first look on, and what a rule about
    /// missing things has seen. Judges nothing. Looks come in the order of their times, all before the
    /// first that is judged; times of an earlier boot must have been moved to before this one's.
    pub fn learn(&mut self, moment: Moment, interval: Duration, measurements: &[Measurement]) {
        self.begin(moment, interval);
        self.last_moment = Some(moment);
        self.take(measurements, moment.boot_ns, interval);
        for plan in self.plans.iter_mut().filter(|plan| plan.awaits()) {
            let mut lives = std::mem::take(&mut plan.lives);
            let feed = plan.feed.and_then(|at| self.feeds.get(at));
            let seen = feed.into_iter().flat_map(|feed| feed.readings(self.look));
            for (object, _) in seen.filter(|(object, _)| plan.concerns(object)) {
                let live = lives.entry(Arc::clone(object)).or_default();
                live.measured = Some(self.observed);
            }
            plan.lives = lives;
        }
    }

    /// Whoever counts has started anew: how much counters gain until the next look is not known, so
    /// they gain nothing until then.
    pub fn counters_begin_anew(&mut self) {
        self.counters.forget();
    }

    /// Begins a look; says how much time since the last one counts, ns.
    fn begin(&mut self, moment: Moment, interval: Duration) -> u64 {
        self.look += 1;
        let now = moment.boot_ns;
        let interval = nanoseconds(interval);
        let passed = self
            .last
            .replace(now)
            .map_or(0, |last| now.saturating_sub(last));
        let step = if passed > interval.saturating_mul(GAP) {
            interval
        } else {
            passed
        };
        self.observed = self.observed.saturating_add(step);
        step
    }

    fn take(&mut self, measurements: &[Measurement], now: u64, interval: Duration) {
        for measurement in measurements {
            let Some(place) = measurement.metric.place() else {
                continue;
            };
            let feeds = self.by_metric.get(place).map_or(&[][..], Vec::as_slice);
            // A value that is no number was not measured.
            if feeds.is_empty() || !measurement.value.is_finite() {
                continue;
            }
            let value = if measurement.metric.kind == MetricKind::Counter {
                self.counters.gain(place, measurement, now)
            } else {
                measurement.value
            };
            for &at in feeds {
                self.feeds[at].take(&measurement.labels, value, self.look);
            }
        }
        self.counters.settle(now);
        for feed in &mut self.feeds {
            feed.settle(self.look, now, nanoseconds(interval));
        }
    }

    /// Judges a look.
    pub fn on(&mut self, look: &Look<'_>) -> Vec<Transition> {
        let step = self.begin(look.moment, look.interval);
        self.last_moment = Some(look.moment);
        self.take(look.measurements, look.moment.boot_ns, look.interval);
        let presence = Presence::of(look.measurements);
        let mut told = std::mem::take(&mut self.pending);
        let mut count = self.alerts().count();
        for plan in &mut self.plans {
            let mut lives = std::mem::take(&mut plan.lives);
            let mut judge = Judge {
                plan,
                feeds: &self.feeds,
                presence: &presence,
                moment: look.moment,
                observed: self.observed,
                step,
                look: self.look,
                told: &mut told,
                count: &mut count,
                dropped: &mut self.dropped,
            };
            judge.judge(&mut lives, look.findings);
            plan.lives = lives;
        }
        told
    }

    /// Notes that somebody has taken notice.
    pub fn acknowledge(&mut self, id: &str, by: Acknowledgement) -> Result<Alert, NoAlert> {
        let live = self.live(id)?;
        let alert = live.alert.as_mut().ok_or_else(|| NoAlert(id.to_owned()))?;
        alert.acknowledged = Some(by);
        Ok(alert.clone())
    }

    /// Ends an alert. If its condition holds on, it begins anew, and must hold for as long as its rule
    /// wants.
    pub fn clear(&mut self, id: &str) -> Result<Transition, NoAlert> {
        let wall = self.last_moment.map(|moment| moment.wall);
        let live = self.live(id)?;
        let alert = live.alert.take().ok_or_else(|| NoAlert(id.to_owned()))?;
        live.life.clear();
        let at = wall.unwrap_or(alert.updated_at);
        Ok(over(alert, Reason::Cleared, at))
    }

    fn live(&mut self, id: &str) -> Result<&mut Live, NoAlert> {
        let lives = self
            .plans
            .iter_mut()
            .flat_map(|plan| plan.lives.values_mut());
        let mut lives =
            lives.filter(|live| live.alert.as_ref().is_some_and(|alert| alert.id == id));
        lives.next().ok_or_else(|| NoAlert(id.to_owned()))
    }
}

fn over(mut alert: Alert, reason: Reason, at: jiff::Timestamp) -> Transition {
    let what = if alert.starts_at.is_none() {
        What::Dropped
    } else {
        What::Resolved
    };
    alert.state = State::Resolved;
    alert.reason = Some(reason);
    alert.ends_at = Some(at);
    alert.updated_at = at;
    alert.unknown = false;
    Transition { what, alert }
}
