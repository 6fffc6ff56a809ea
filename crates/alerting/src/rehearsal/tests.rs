//! Scenarios by the default rules.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use model::{FindingKind, Severity};

use super::tally::Tally;
use super::*;
use crate::rule::{Wishes, pack};

const MEMORY: &str = r#"mcpvisor_server_resident_memory_bytes{server="memory",owner="Cursor"}"#;

fn written(series: &str, values: &str) -> Written {
    let (metric, labels) = series::parsed(series).unwrap();
    Written {
        metric,
        labels,
        interval: seconds(5),
        steps: notation::steps(values).unwrap(),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn expect(at: u64, rule: &str, severity: Option<&str>) -> Expectation {
    let alert = severity.map(|severity| Expected {
        labels: [
            ("severity", severity),
            ("server", "memory"),
            ("owner", "Cursor"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into(),
        annotations: BTreeMap::new(),
    });
    Expectation {
        at: seconds(at),
        rule: rule.to_owned(),
        alerts: alert.into_iter().collect(),
    }
}

fn failures(scenario: &Scenario) -> Vec<(Duration, Outcome)> {
    let outcomes = play(&pack(&Wishes::default()), scenario);
    let outcomes = scenario.expectations.iter().zip(outcomes);
    let failed = outcomes.filter(|(_, outcome)| !outcome.is_as_expected());
    failed
        .map(|(expectation, outcome)| (expectation.at, outcome))
        .collect()
}

fn scenario(written: Vec<Written>, expectations: Vec<Expectation>) -> Scenario {
    Scenario {
        interval: seconds(5),
        written,
        expectations,
        ..Scenario::default()
    }
}

#[test]
fn an_alert_begins_escalates_and_is_over_at_its_times() {
    let rule = "high_memory";
    // Over the warning from 10 s on, over the critical threshold from 60 s, gone at 120 s.
    let played = scenario(
        vec![written(MEMORY, "100e6x1 400e6x9 600e6x11 stale")],
        vec![
            expect(20, rule, None),
            expect(25, rule, Some("warning")),
            expect(74, rule, Some("warning")),
            expect(75, rule, Some("critical")),
            expect(119, rule, Some("critical")),
            expect(120, rule, None),
        ],
    );
    assert_eq!(failures(&played), []);
}

#[test]
fn what_is_missing_is_unknown_and_what_has_ended_is_gone() {
    let rule = "high_memory";
    let checks = || {
        vec![
            expect(30, rule, Some("warning")),
            expect(60, rule, Some("warning")),
        ]
    };
    let played = scenario(vec![written(MEMORY, "400e6x5 _x20")], checks());
    assert_eq!(failures(&played), []);
    let ended = failures(&scenario(vec![written(MEMORY, "400e6x6")], checks()));
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].0, seconds(60));
    assert_eq!(ended[0].1.missing.len(), 1);
    // The scenario says itself that it does not run.
    let up = r#"mcpvisor_server_up{server="memory",owner="Cursor"}"#;
    let played = vec![written(MEMORY, "400e6x5 _x20"), written(up, "1x6 0x20")];
    assert_eq!(failures(&scenario(played, checks())), ended);
}

#[test]
fn what_differs_is_told() {
    let mut wrong = expect(30, "high_memory", Some("critical"));
    wrong.alerts[0]
        .annotations
        .insert("summary".into(), "?".into());
    let outcome = failures(&scenario(vec![written(MEMORY, "400e6x9")], vec![wrong]))
        .remove(0)
        .1;
    assert_eq!(outcome.missing[0].labels["severity"], "critical");
    let got = &outcome.unexpected[0];
    assert_eq!(got.labels["severity"], "warning");
    assert_eq!(got.labels.get("alertname"), None);
    assert_eq!(
        got.annotations["summary"],
        "resident memory of memory (Cursor): 400 MB, above 300 MB"
    );
    let mut right = expect(30, "high_memory", Some("warning"));
    let summary = got.annotations["summary"].clone();
    right.alerts[0]
        .annotations
        .insert("summary".into(), summary);
    assert_eq!(
        failures(&scenario(vec![written(MEMORY, "400e6x9")], vec![right])),
        []
    );
}

#[test]
fn findings_are_there_for_their_time() {
    let found = Found {
        kind: FindingKind::Orphan,
        severity: Severity::Warning,
        server: Some(("memory".into(), "Cursor".into())),
        title: "memory is an orphan".into(),
        evidence: Vec::new(),
        advice: String::new(),
    };
    let finding = Finding {
        found,
        from: seconds(60),
        to: Some(seconds(300)),
    };
    let played = Scenario {
        findings: vec![finding],
        ..scenario(
            Vec::new(),
            vec![
                expect(70, "orphan", None),
                expect(75, "orphan", Some("warning")),
                expect(299, "orphan", Some("warning")),
                expect(300, "orphan", None),
            ],
        )
    };
    assert_eq!(failures(&played), []);
}

#[test]
fn recorded_looks_are_judged_at_their_times() {
    let (metric, labels) = series::parsed(MEMORY).unwrap();
    let begin: Timestamp = "2026-11-21T08:00:00.250Z".parse().unwrap();
    let look = |at: u64| Recorded {
        at: begin + seconds(at),
        measurements: vec![Measurement {
            metric,
            labels: Arc::clone(&labels),
            value: if at < 60 { 100e6 } else { 400e6 },
        }],
    };
    let recorded = |last: u64| Scenario {
        recorded: (0..=last).step_by(10).map(look).collect(),
        ..scenario(
            Vec::new(),
            vec![
                expect(79, "high_memory", None),
                expect(80, "high_memory", Some("warning")),
            ],
        )
    };
    assert_eq!(failures(&recorded(80)), []);
    // An expectation after the last look speaks of the last look.
    assert_eq!(failures(&recorded(70)).len(), 1);
}

#[test]
fn what_fired_is_added_up() {
    let rules = pack(&Wishes::default());
    let rules: Vec<Rule> = rules
        .into_iter()
        .filter(|rule| rule.name == "high_memory")
        .collect();
    let scenario = scenario(
        vec![written(
            MEMORY,
            "400e6x9 900e6x9 400e6x3 100e6x9 400e6x1 1e6 400e6x9",
        )],
        vec![expect(300, "high_memory", None)],
    );
    let stage = Stage::new(&scenario);
    let mut engine = Engine::new(rules.clone());
    let mut tally = Tally::of(&rules);
    let times = stage.times();
    for (at, time) in times.iter().enumerate() {
        let told = engine.on(&Look {
            moment: stage.moment(*time),
            interval: stage.interval,
            measurements: &stage.measurements(at, *time),
            findings: &[],
        });
        tally.on(&engine, &told);
    }
    let told = tally.finish(stage.moment(seconds(300)).wall);
    let at = |seconds: i64| Timestamp::from_second(seconds).unwrap();
    // From 15 s until it fell at 120 s; two short crossings are none; the last ends with its server.
    assert_eq!(told.episodes.len(), 2);
    let first = &told.episodes[0];
    assert_eq!((first.from, first.to), (at(15), Some(at(120))));
    assert_eq!(
        (first.severity, first.peak),
        (Severity::Critical, Some(900e6))
    );
    let sum = told.sums["high_memory"];
    assert_eq!((sum.fired, sum.dropped, sum.open), (2, 1, 0));
    assert_eq!(sum.longest, seconds(105));
}
