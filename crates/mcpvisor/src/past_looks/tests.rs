//! Looks of a history of the test's own, and an engine that goes on after a restart.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use alerting::engine::Look;
use alerting::rule::{Condition, How, Rule, Side, Source, Threshold, Wishes, pack};
use alerting::{Engine, State};
use history::{History, Options};
use model::metric::table as metrics;
use model::{Moment, Observation};

use super::*;

const SECOND: i64 = 1_000;

/// A history in a folder that goes with it.
pub(crate) struct Store {
    _folder: tempfile::TempDir,
    pub(crate) history: History,
    pub(crate) begin: Timestamp,
}

impl Store {
    /// One that begins at a whole hour.
    pub(crate) fn new() -> Self {
        Self::keeping(Duration::from_hours(48))
    }

    /// One that keeps samples for so long.
    fn keeping(raw: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let begin: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let options = Options {
            raw,
            ..Options::new(folder.path().join("history.db"))
        };
        let (history, _) = History::open(options, begin).unwrap();
        Self {
            _folder: folder,
            history,
            begin,
        }
    }

    pub(crate) fn at(&self, ms: i64) -> i64 {
        self.begin.as_millisecond() + ms
    }

    fn time(&self, ms: i64) -> Timestamp {
        Timestamp::from_millisecond(self.at(ms)).unwrap()
    }

    /// Keeps a look, waiting for room in the queue.
    pub(crate) fn record(&self, ms: i64, measurements: Vec<Measurement>) {
        let observation = Arc::new(Observation {
            moment: Moment {
                wall: self.time(ms),
                boot_ns: 0,
            },
            measurements,
        });
        while !self.history.record(Arc::clone(&observation)) {
            self.history.flush().unwrap();
        }
    }

    fn looks(
        &self,
        metrics: &[&'static Metric],
        from: i64,
        to: i64,
        step: Option<Duration>,
    ) -> Vec<PastLook> {
        let looks = looks(
            &self.history,
            Wish {
                metrics: metrics.to_vec(),
                from: self.at(from),
                to: self.at(to),
                step,
                interval: Duration::from_secs(5),
                most_points: 500,
            },
        );
        looks.map(Result::unwrap).collect()
    }
}

pub(crate) fn measured(metric: &'static Metric, labels: &[&str], value: f64) -> Measurement {
    Measurement {
        metric,
        labels: labels.iter().map(|label| Arc::from(*label)).collect(),
        value,
    }
}

fn cpu(user: f64) -> Measurement {
    measured(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &["memory", "Cursor", "user"],
        user,
    )
}

fn rss(server: &str, value: f64) -> Measurement {
    measured(
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
        &[server, "Cursor"],
        value,
    )
}

#[test]
fn series_are_joined_to_looks_once_each() {
    let store = Store::new();
    // Two hours: windows of many sizes with so few points at once.
    let count = 2 * 3600 / 5;
    for look in 0..count {
        let mut all = vec![rss("memory", f64::from(look)), cpu(f64::from(look) / 2.0)];
        if look % 2 == 0 {
            all.push(rss("time", 7.0));
        }
        store.record(i64::from(look) * 5 * SECOND + 13, all);
    }
    store.history.flush().unwrap();
    let wanted = [
        metrics::SERVER_CPU_SECONDS_TOTAL,
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
    ];
    let found = store.looks(&wanted, 0, 10_800 * SECOND, None);
    assert_eq!(found.len(), usize::try_from(count).unwrap());
    for (look, number) in found.iter().zip(0..) {
        assert_eq!(look.at, store.time(i64::from(number) * 5 * SECOND + 13));
        assert_eq!(
            (look.interval, look.tier),
            (Duration::from_secs(5), Tier::Raw)
        );
        assert_eq!(look.measurements.len(), if number % 2 == 0 { 3 } else { 2 });
        assert_eq!(look.measurements[0], cpu(f64::from(number) / 2.0));
        assert!(
            look.measurements
                .contains(&rss("memory", f64::from(number)))
        );
    }
    let part = store.looks(&wanted[..1], 600 * SECOND, 660 * SECOND, None);
    assert_eq!(part.len(), 12);
    assert!(part.iter().all(|look| look.measurements.len() == 1));
}

#[test]
fn buckets_stand_for_what_they_sum_up_at_their_ends() {
    let store = Store::new();
    for look in 0..240 {
        let worst = measured(
            metrics::SERVER_WORST_THREADS,
            &["memory", "Cursor"],
            f64::from(look % 60),
        );
        let all = vec![rss("memory", f64::from(look)), cpu(f64::from(look)), worst];
        store.record(i64::from(look) * 5 * SECOND, all);
    }
    store.history.flush().unwrap();
    let wanted = [
        metrics::SERVER_CPU_SECONDS_TOTAL,
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
        metrics::SERVER_WORST_THREADS,
    ];
    let found = store.looks(&wanted, 0, 1100 * SECOND, Some(Duration::from_mins(5)));
    let ends: Vec<Timestamp> = found.iter().map(|look| look.at).collect();
    // The last one is not over: it ends where the question does.
    assert_eq!(
        ends,
        [300, 600, 900, 1100].map(|end| store.time(end * SECOND))
    );
    let values: Vec<f64> = found[0].measurements.iter().map(|one| one.value).collect();
    assert_eq!(values, [59.0, 29.5, 59.0]);
    assert_eq!(found[0].interval, Duration::from_mins(5));
}

#[test]
fn samples_take_over_from_buckets_where_they_begin() {
    let store = Store::keeping(Duration::from_hours(4));
    let looks = 40 * 120;
    for look in 0..looks {
        let at = i64::from(look) * 30 * SECOND;
        store.record(
            at,
            vec![rss("memory", f64::from(look)), cpu(f64::from(look))],
        );
    }
    store.history.flush().unwrap();
    store.history.compact().unwrap();
    let wanted = [
        metrics::SERVER_CPU_SECONDS_TOTAL,
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
    ];
    let found = store.looks(&wanted, 0, 40 * 3600 * SECOND, None);
    assert!(
        found.is_sorted_by(|one, next| one.at < next.at),
        "each time once"
    );
    assert!(found.iter().all(|look| look.measurements.len() == 2));
    let coarse = found
        .iter()
        .filter(|look| look.tier == Tier::FiveMinutes)
        .count();
    let fine = found.iter().filter(|look| look.tier == Tier::Raw).count();
    assert_eq!(found.len(), coarse + fine);
    // Samples of four hours and the rest of a block or two are kept, and used but for an hour at most.
    assert!(
        (3 * 120..20 * 120).contains(&fine),
        "{fine} of {}",
        found.len()
    );
    assert!(
        coarse + fine.div_ceil(10) >= 40 * 12 - 2,
        "{coarse} and {fine}"
    );
    let borders = found.windows(2).filter(|pair| pair[0].tier != pair[1].tier);
    let gaps: Vec<_> = borders
        .map(|pair| pair[1].at.duration_since(pair[0].at).as_secs())
        .collect();
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0] <= 300, "{gaps:?}");
}

#[test]
fn nothing_is_known_of_an_empty_history() {
    let store = Store::new();
    assert_eq!(
        store.looks(&[metrics::SERVER_UP], -3600 * SECOND, 0, None),
        []
    );
}

/// A rule about processor time, over a quarter of a minute, above a threshold at once.
fn rate_above(value: f64) -> Rule {
    let mut rule = pack(&Wishes::default())
        .into_iter()
        .find(|rule| rule.name == "high_cpu")
        .unwrap();
    let threshold = Threshold {
        value,
        clear: value,
        hold: Duration::ZERO,
    };
    rule.name = format!("above_{value}");
    rule.keep_firing = Duration::ZERO;
    rule.condition = Condition::Threshold {
        side: Side::Above,
        levels: [None, Some(threshold), None, None],
    };
    rule
}

fn firing(engine: &Engine) -> Vec<String> {
    let alerts = engine.alerts().filter(|alert| alert.state == State::Firing);
    let mut names: Vec<String> = alerts.map(|alert| alert.rule.clone()).collect();
    names.sort();
    names
}

/// What fires at each of the looks after a restart, if a server uses half a processor all the time, was
/// last seen `away` seconds before, and `ended` of its processor time was that of processes that are gone.
fn after_a_restart(away: i64, ended: f64) -> Vec<Vec<String>> {
    let store = Store::new();
    let own = |at: i64| measured(metrics::PROCESS_CPU_SECONDS_TOTAL, &[], at as f64 / 1e3);
    for look in 0..120_i64 {
        store.record(
            look * 5 * SECOND,
            vec![own(look), cpu(look as f64 * 2.5 + 100.0)],
        );
    }
    let last = 119 * 5;
    store.history.flush().unwrap();
    let now = |after: i64| Moment {
        wall: store.time((last + away + after) * SECOND),
        boot_ns: u64::try_from((100_000 + away + after) * 1_000_000_000).unwrap(),
    };
    let rules = vec![rate_above(0.4), rate_above(0.6)];
    let mut engine = Engine::new(rules.clone());
    teach(
        &mut engine,
        &store.history,
        &rules,
        Duration::from_secs(5),
        now(0),
    )
    .unwrap();
    let looks = (0..6).map(|look| {
        let after = look * 5;
        let used = (last + away + after) as f64 / 2.0 + 100.0 - ended;
        engine.on(&Look {
            moment: now(after),
            interval: Duration::from_secs(5),
            measurements: &[
                measured(metrics::SERVER_UP, &["memory", "Cursor"], 1.0),
                cpu(used),
            ],
            findings: &[],
        });
        firing(&engine)
    });
    looks.collect()
}

#[test]
fn a_restart_makes_no_spike_and_no_hole() {
    let steady = vec![vec!["above_0.4".to_owned()]; 6];
    for (away, ended) in [
        (2, 0.0),
        (5, 0.0),
        (60, 0.0),
        (500, 0.0),
        (2, 300.0),
        (60, 300.0),
        (500, 399.0),
    ] {
        assert_eq!(
            after_a_restart(away, ended),
            steady,
            "{away} s away, {ended} s of others"
        );
    }
}

#[test]
fn what_is_long_past_is_not_taken_for_the_present() {
    // Two looks later a rate is known again.
    let looks = after_a_restart(3600, 0.0);
    assert_eq!(looks[0], Vec::<String>::new());
    assert_eq!(looks[5], ["above_0.4"]);
}

#[test]
fn long_windows_are_taught_too() {
    let store = Store::new();
    let log = |bytes: f64| {
        measured(
            metrics::SERVER_LOG_BYTES_TOTAL,
            &["memory", "Cursor"],
            bytes,
        )
    };
    let own = measured(metrics::PROCESS_CPU_SECONDS_TOTAL, &[], 1.0);
    // Half a megabyte a minute over three hours: 30 MB an hour, above the rule's hour.
    for look in 0..(180 * 6) {
        store.record(
            look * 10 * SECOND,
            vec![own.clone(), log(look as f64 * 500e3 / 6.0)],
        );
    }
    store.history.flush().unwrap();
    let rules = pack(&Wishes::default());
    let rules: Vec<Rule> = rules
        .into_iter()
        .filter(|rule| rule.name == "log_rate")
        .collect();
    let window = match &rules[0].source {
        Source::Figure { figure, .. } => figure.how,
        Source::Finding(_) => How::Value,
    };
    assert_eq!(window, How::Increase(Duration::from_hours(1)));
    let mut engine = Engine::new(rules.clone());
    let now = Moment {
        wall: store.time(180 * 60 * SECOND),
        boot_ns: 1_000_000_000_000_000,
    };
    teach(
        &mut engine,
        &store.history,
        &rules,
        Duration::from_secs(10),
        now,
    )
    .unwrap();
    // It is counted from zero again.
    engine.on(&Look {
        moment: now,
        interval: Duration::from_secs(10),
        measurements: &[
            measured(metrics::SERVER_UP, &["memory", "Cursor"], 1.0),
            log(0.0),
        ],
        findings: &[],
    });
    let alert = engine.alerts().next().unwrap();
    assert_eq!(alert.rule, "log_rate");
    let value = alert.value.unwrap();
    assert!((27e6..=30.5e6).contains(&value), "{value}");
}
