//! Rules tried out on series that were written or recorded: whether they fire when they should.
//!
//! A scenario is played to the engine that the daemon uses, look by look, with a clock of its own.
//! A written series has a value at each of its times and keeps it until the next; a recorded one is
//! measured at the times at which it was recorded, and then the looks are at those times.
//!
//! What a series is about is there as long as the series goes on: a server whose series has a value
//! or is missing (`_`) runs, as `mcpvisor_server_up` says unless the scenario says it itself; after
//! `stale` or the last value it has ended.

pub mod notation;
pub mod outcome;
pub mod series;
pub mod tally;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::metric::table as metrics;
use model::{LabelValues, Measurement, Metric, Moment};

use crate::alert::{Alert, State};
use crate::engine::{Engine, Found, Look};
use crate::rule::Rule;

use notation::Step;
use outcome::Outcome;

/// Looks of one scenario at most.
pub const MOST_LOOKS: usize = 1_000_000;
/// When the first look is, ns since the boot of the scenario's machine.
const BOOTED_NS: u64 = 3_600_000_000_000;

/// A written series.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// Its metric.
    pub metric: &'static Metric,
    /// Values of the metric's labels.
    pub labels: LabelValues,
    /// Time from one step to the next; not zero.
    pub interval: Duration,
    /// Its steps, the first at the beginning.
    pub steps: Vec<Step>,
}

/// All that was measured at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// When.
    pub at: Timestamp,
    /// What.
    pub measurements: Vec<Measurement>,
}

/// A finding that is there for a while.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What is found.
    pub found: Found,
    /// From when on, after the beginning.
    pub from: Duration,
    /// When it is found no more.
    pub to: Option<Duration>,
}

/// An alert that must fire.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// All of its labels but `alertname`.
    pub labels: BTreeMap<String, String>,
    /// What it must say; what is not named here may be anything.
    pub annotations: BTreeMap<String, String>,
}

/// Which alerts of a rule must fire at a time: these and no others.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// When, after the beginning.
    pub at: Duration,
    /// Name of the rule.
    pub rule: String,
    /// The alerts; none for a rule that must be quiet.
    pub alerts: Vec<Expected>,
}

/// What is played, and what must come of it.
#[derive(Clone, Debug, Default)]
pub struct Scenario {
    /// Time between two looks where nothing is recorded; not zero.
    pub interval: Duration,
    /// Written series.
    pub written: Vec<Written>,
    /// Looks that were recorded, by time.
    pub recorded: Vec<Recorded>,
    /// Findings.
    pub findings: Vec<Finding>,
    /// What must come of it.
    pub expectations: Vec<Expectation>,
}

/// Plays a scenario by rules; an outcome for each expectation, in their order.
pub fn play(rules: &[Rule], scenario: &Scenario) -> Vec<Outcome> {
    let expected = scenario.expectations.iter();
    let names: HashSet<&str> = expected
        .map(|expectation| expectation.rule.as_str())
        .collect();
    let rules = rules
        .iter()
        .filter(|rule| names.contains(rule.name.as_str()));
    let mut engine = Engine::new(rules.cloned().collect());
    let mut outcomes: Vec<Outcome> = Vec::new();
    outcomes.resize_with(scenario.expectations.len(), Outcome::default);
    let stage = Stage::new(scenario);
    let times = stage.times();
    let due = |from: Option<Duration>, to: Option<Duration>| {
        let expectations = scenario.expectations.iter().enumerate();
        expectations.filter(move |(_, expectation)| {
            from.is_none_or(|from| expectation.at >= from)
                && to.is_none_or(|to| expectation.at < to)
        })
    };
    for (place, expectation) in due(None, times.first().copied()) {
        outcomes[place] = Outcome::of(expectation, &[]);
    }
    for (at, time) in times.iter().enumerate() {
        let findings = stage.findings(*time);
        engine.on(&Look {
            moment: stage.moment(*time),
            interval: stage.interval,
            measurements: &stage.measurements(at, *time),
            findings: &findings,
        });
        for (place, expectation) in due(Some(*time), times.get(at + 1).copied()) {
            let alerts = engine.alerts();
            let alerts = alerts
                .filter(|alert| alert.state == State::Firing && alert.rule == expectation.rule);
            let alerts: Vec<&Alert> = alerts.collect();
            outcomes[place] = Outcome::of(expectation, &alerts);
        }
    }
    outcomes
}

/// A scenario with what is worked out once.
struct Stage<'a> {
    scenario: &'a Scenario,
    begin: Timestamp,
    interval: Duration,
    /// Servers whose `mcpvisor_server_up` the scenario tells itself.
    told: HashSet<(&'a str, &'a str)>,
}

impl<'a> Stage<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let recorded = scenario.recorded.iter().flat_map(|look| &look.measurements);
        let recorded = recorded.map(|one| (one.metric, &one.labels));
        let written = scenario.written.iter().map(|one| (one.metric, &one.labels));
        let told = written
            .chain(recorded)
            .filter(|(metric, _)| std::ptr::eq(*metric, metrics::SERVER_UP))
            .filter_map(|(metric, labels)| server(metric, labels));
        Self {
            scenario,
            begin: scenario
                .recorded
                .first()
                .map_or(Timestamp::UNIX_EPOCH, |look| look.at),
            interval: usual_gap(&scenario.recorded).unwrap_or(scenario.interval),
            told: told.collect(),
        }
    }

    /// When looks are, after the beginning.
    fn times(&self) -> Vec<Duration> {
        if !self.scenario.recorded.is_empty() {
            let looks = self.scenario.recorded.iter();
            let since = |at: Timestamp| Duration::try_from(at.duration_since(self.begin));
            return looks
                .map(|look| since(look.at).unwrap_or_default())
                .collect();
        }
        let ends = self
            .scenario
            .expectations
            .iter()
            .map(|expectation| expectation.at);
        let last = ends.max().unwrap_or_default();
        let times = std::iter::successors(Some(Duration::ZERO), |time| {
            time.checked_add(self.interval).filter(|next| next > time)
        });
        times
            .take_while(|time| *time <= last)
            .take(MOST_LOOKS)
            .collect()
    }

    fn moment(&self, time: Duration) -> Moment {
        let passed = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Moment {
            wall: self.begin.checked_add(time).unwrap_or(Timestamp::MAX),
            boot_ns: BOOTED_NS.saturating_add(passed),
        }
    }

    fn measurements(&self, look: usize, time: Duration) -> Vec<Measurement> {
        let recorded = self.scenario.recorded.get(look);
        let mut all = recorded.map_or_else(Vec::new, |look| look.measurements.clone());
        let mut running: HashSet<(&str, &str)> = HashSet::new();
        for one in recorded.into_iter().flat_map(|look| &look.measurements) {
            running.extend(server(one.metric, &one.labels));
        }
        for one in &self.scenario.written {
            let at = time.as_nanos() / one.interval.as_nanos().max(1);
            let step = usize::try_from(at).ok().and_then(|at| one.steps.get(at));
            match step {
                None | Some(Step::Stale) => continue,
                Some(Step::Missing) => {}
                Some(Step::Value(value)) => all.push(Measurement {
                    metric: one.metric,
                    labels: Arc::clone(&one.labels),
                    value: *value,
                }),
            }
            running.extend(server(one.metric, &one.labels));
        }
        let untold = running.into_iter().filter(|key| !self.told.contains(key));
        all.extend(untold.map(|(server, owner)| Measurement {
            metric: metrics::SERVER_UP,
            labels: [Arc::from(server), Arc::from(owner)].into(),
            value: 1.0,
        }));
        all
    }

    fn findings(&self, time: Duration) -> Vec<Found> {
        let there = self
            .scenario
            .findings
            .iter()
            .filter(|finding| finding.from <= time && finding.to.is_none_or(|to| time < to));
        there.map(|finding| finding.found.clone()).collect()
    }
}

/// The server that a series is about, if it is about one.
fn server<'a>(metric: &Metric, labels: &'a [Arc<str>]) -> Option<(&'a str, &'a str)> {
    match (metric.labels, labels) {
        (["server", "owner", ..], [server, owner, ..]) => Some((server, owner)),
        _ => None,
    }
}

/// The time between two looks that is neither short nor long among them.
fn usual_gap(looks: &[Recorded]) -> Option<Duration> {
    let gaps = looks
        .windows(2)
        .map(|pair| pair[1].at.duration_since(pair[0].at));
    let gaps = gaps.filter_map(|gap| Duration::try_from(gap).ok());
    let mut gaps: Vec<Duration> = gaps.filter(|gap| !gap.is_zero()).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied()
}
