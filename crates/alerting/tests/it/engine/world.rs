//! A machine with figures that a test sets, and clocks that a test moves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use alerting::engine::{Found, Look, Saved, Transition, What};
use alerting::rule::{
    Condition, Figure, How, Profile, Rule, Scope, Side, Source, Threshold, Wishes, pack,
};
use alerting::{Alert, Engine, Reason, State, Unit};
use jiff::{SignedDuration, Timestamp};
use model::metric::table as metrics;
use model::{FindingKind, Measurement, Metric, Moment, Severity};

pub(super) const INTERVAL: Duration = Duration::from_secs(5);
pub(super) const SECOND: u64 = 1_000_000_000;
/// The server and owner of most tests.
pub(super) const SERVER: [&str; 2] = ["memory", "Claude Code"];
pub(super) const GATEWAY: &str = "mcp-hub";

type Series = (usize, Vec<String>);

/// The world, and the engine that looks at it.
pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) moment: Moment,
    pub(super) interval: Duration,
    values: BTreeMap<Series, f64>,
    /// What is added to a value each second.
    slopes: BTreeMap<Series, f64>,
    pub(super) findings: Vec<Found>,
    /// Every look so far, for an engine that learns it.
    pub(super) past: Vec<(Moment, Vec<Measurement>)>,
}

impl World {
    /// A world with a running server and a running gateway.
    pub(super) fn new(rules: Vec<Rule>) -> Self {
        let mut world = Self {
            engine: Engine::new(rules),
            moment: Moment {
                wall: "2026-03-01T12:00:00Z".parse().unwrap(),
                boot_ns: 1_000 * SECOND,
            },
            interval: INTERVAL,
            values: BTreeMap::new(),
            slopes: BTreeMap::new(),
            findings: Vec::new(),
            past: Vec::new(),
        };
        world.set(metrics::SERVER_UP, &SERVER, 1.0);
        world.set(metrics::OWNER_SERVERS, &[SERVER[1]], 4.0);
        world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "running"], 4.0);
        world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "not_running"], 0.0);
        world
    }

    fn series(metric: &Metric, labels: &[&str]) -> Series {
        assert_eq!(labels.len(), metric.labels.len(), "{}", metric.name);
        let labels = labels.iter().map(|label| (*label).to_owned());
        (metric.place().unwrap(), labels.collect())
    }

    /// From the next look on a figure has this value.
    pub(super) fn set(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        self.values.insert(Self::series(metric, labels), value);
    }

    /// From the next look on a figure is not measured.
    pub(super) fn unset(&mut self, metric: &Metric, labels: &[&str]) {
        let series = Self::series(metric, labels);
        self.values.remove(&series);
        self.slopes.remove(&series);
    }

    /// A figure changes at once.
    pub(super) fn add(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        *self.values.entry(Self::series(metric, labels)).or_default() += value;
    }

    /// A figure changes by so much each second.
    pub(super) fn slope(&mut self, metric: &Metric, labels: &[&str], a_second: f64) {
        let series = Self::series(metric, labels);
        self.values.entry(series.clone()).or_default();
        self.slopes.insert(series, a_second);
    }

    /// Time passes without a look; figures change on.
    pub(super) fn pass(&mut self, time: Duration) {
        for (series, slope) in &self.slopes {
            *self.values.entry(series.clone()).or_default() += slope * time.as_secs_f64();
        }
        self.moment.boot_ns += u64::try_from(time.as_nanos()).unwrap();
        self.moment.wall += SignedDuration::try_from(time).unwrap();
    }

    /// Somebody sets the clock.
    pub(super) fn set_wall(&mut self, wall: &str) {
        self.moment.wall = wall.parse::<Timestamp>().unwrap();
    }

    pub(super) fn measurements(&self) -> Vec<Measurement> {
        let values = self.values.iter();
        values
            .map(|((place, labels), value)| Measurement {
                metric: &model::metric::METRICS[*place],
                labels: labels
                    .iter()
                    .map(|label| Arc::from(label.as_str()))
                    .collect(),
                value: *value,
            })
            .collect()
    }

    /// An interval passes and a look is judged.
    pub(super) fn look(&mut self) -> Vec<Transition> {
        self.pass(self.interval);
        let measurements = self.measurements();
        let look = Look {
            moment: self.moment,
            interval: self.interval,
            measurements: &measurements,
            findings: &self.findings,
        };
        let told = self.engine.on(&look);
        self.past.push((self.moment, measurements));
        told
    }

    /// Looks for some time; what happened that is told, with the seconds that had passed.
    pub(super) fn run(&mut self, seconds: u64) -> Vec<(u64, Transition)> {
        let mut told = Vec::new();
        let every = self.interval.as_secs();
        for passed in (every..=seconds).step_by(usize::try_from(every).unwrap()) {
            let new = self.look().into_iter();
            told.extend(new.map(|transition| (passed, transition)));
        }
        told.retain(|(_, told)| !matches!(told.what, What::Pending | What::Dropped));
        told
    }

    /// Looks until something is told: after how many seconds what was.
    pub(super) fn next(&mut self, most: u64) -> Option<(u64, What, Alert)> {
        let every = self.interval.as_secs();
        let mut passed = 0;
        while passed < most {
            passed += every;
            let told = self.look().into_iter();
            let mut told = told.filter(|told| !matches!(told.what, What::Pending | What::Dropped));
            if let Some(Transition { what, alert }) = told.next() {
                assert_eq!(told.next(), None);
                return Some((passed, what, alert));
            }
        }
        None
    }

    /// The one alert that there is.
    pub(super) fn alert(&self) -> Alert {
        let alerts: Vec<&Alert> = self.engine.alerts().collect();
        assert_eq!(alerts.len(), 1, "{alerts:#?}");
        alerts[0].clone()
    }

    /// State and severity of the one alert that there is.
    pub(super) fn standing(&self) -> (State, Severity) {
        let alert = self.alert();
        (alert.state, alert.severity)
    }

    /// What a daemon that ends keeps, as it is in a file.
    pub(super) fn kept(&self) -> String {
        serde_json::to_string(&self.engine.saved().collect::<Vec<Saved>>()).unwrap()
    }

    /// The daemon ends and starts again: what it kept is all that is left, and what the history has.
    pub(super) fn restart(&mut self, rules: Vec<Rule>) {
        let kept = self.kept();
        let past = self.past.clone();
        self.engine = Engine::new(rules);
        self.engine.restore(serde_json::from_str(&kept).unwrap());
        for (moment, measurements) in &past {
            self.engine.learn(*moment, self.interval, measurements);
        }
    }
}

/// A finding about the server of most tests.
pub(super) fn found(kind: FindingKind, severity: Severity) -> Found {
    Found {
        kind,
        severity,
        server: Some((Arc::from(SERVER[0]), Arc::from(SERVER[1]))),
        title: format!("{} of memory", kind.name()),
        evidence: vec!["seen".to_owned()],
        advice: "do".to_owned(),
    }
}

/// A rule of the pack by itself.
pub(super) fn packed(name: &str, profile: Profile) -> Vec<Rule> {
    let wishes = Wishes {
        profile,
        ..Wishes::default()
    };
    let rules = pack(&wishes).into_iter();
    let rules: Vec<Rule> = rules.filter(|rule| rule.name == name).collect();
    assert_eq!(rules.len(), 1, "{name}");
    rules
}

/// A threshold that ends where it begins.
#[expect(clippy::unnecessary_wraps, reason = "a place in a table of thresholds")]
pub(super) fn level(value: f64, hold: u64) -> Option<Threshold> {
    Some(Threshold {
        value,
        clear: value,
        hold: Duration::from_secs(hold),
    })
}

/// A rule on a server's memory that warns above 100, 30 s long, and is critical above 200, 10 s long.
pub(super) fn memory_rule() -> Rule {
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
    let levels = [None, level(100.0, 30), None, level(200.0, 10)];
    threshold_rule("memory_rule", Scope::Server, figure, Side::Above, levels)
}

pub(super) fn threshold_rule(
    name: &str,
    scope: Scope,
    figure: Figure,
    side: Side,
    levels: [Option<Threshold>; 4],
) -> Rule {
    Rule {
        name: name.to_owned(),
        kind: "high_memory".to_owned(),
        scope,
        by: Vec::new(),
        unit: Unit::of(figure.metric, figure.how),
        source: Source::Figure { figure, per: None },
        matchers: Vec::new(),
        condition: Condition::Threshold { side, levels },
        traffic: None,
        times: None,
        keep_firing: Duration::ZERO,
        labels: BTreeMap::new(),
        summary: String::new(),
        what: String::new(),
        advice: String::new(),
        why: String::new(),
    }
}

pub(super) fn how(metric: &'static Metric, how: How) -> Figure {
    Figure::of(metric).over(how)
}

pub(super) fn set_memory(world: &mut World, value: f64) {
    world.set(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER, value);
}

/// What was told: when, what, severity and reason.
pub(super) fn brief(told: &[(u64, Transition)]) -> Vec<(u64, What, Severity, Option<Reason>)> {
    let brief = told.iter();
    brief
        .map(|(at, told)| (*at, told.what, told.alert.severity, told.alert.reason))
        .collect()
}
