//! Replays of a history of the test's own.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use alerting::rule::{Wishes, pack};
use history::FindingRow;
use model::metric::table as metrics;

use super::*;
use crate::past_looks::tests::{Store, measured};

/// An hour of a server that needs 100 MB, then 400, then 600, then 100 again, with an orphan in between;
/// the daemon is away for a minute from 30:00 on.
fn store() -> Store {
    let store = Store::new();
    for second in (0..3600_i64)
        .step_by(5)
        .filter(|second| !(1800..1860).contains(second))
    {
        let memory = match second {
            600..1200 => 400e6,
            1200..1500 => 600e6,
            _ => 100e6,
        };
        // Half a processor and a bit all the time; the daemon's start takes 700 s from the counter.
        let start = if second < 1800 { 0 } else { 700 };
        let own = if second < 1800 { second } else { second - 1860 };
        store.record(
            second * 1000,
            vec![
                measured(metrics::PROCESS_CPU_SECONDS_TOTAL, &[], own as f64 / 1e3),
                measured(metrics::SERVER_UP, &["memory", "Cursor"], 1.0),
                measured(
                    metrics::SERVER_RESIDENT_MEMORY_BYTES,
                    &["memory", "Cursor"],
                    memory,
                ),
                measured(
                    metrics::SERVER_CPU_SECONDS_TOTAL,
                    &["memory", "Cursor", "user"],
                    second as f64 * 0.55 - f64::from(start) * 0.55,
                ),
            ],
        );
        let row = FindingRow {
            id: "orphan:memory-1f2e3d4c".into(),
            kind: "orphan".into(),
            severity: "warning".into(),
            server: Some("memory-1f2e3d4c".into()),
            title: "memory is an orphan".into(),
            data: serde_json::json!({ "name": "memory", "owner": "Cursor" }),
        };
        if [900, 1500].contains(&second) {
            let rows = if second == 900 { vec![row] } else { Vec::new() };
            store
                .history
                .findings_seen(store.at(second * 1000), rows)
                .unwrap();
        }
    }
    store.history.flush().unwrap();
    store
}

fn replayed(store: &Store, rules: &[Rule], from: i64, to: i64) -> ReplayReport {
    let time = |second: i64| Timestamp::from_millisecond(store.at(second * 1000)).unwrap();
    let wish = Replay {
        rules,
        from: time(from),
        to: time(to),
        interval: Duration::from_secs(5),
        most_points: 10_000,
        ladders: None,
    };
    replay(&store.history, &wish, |_| {}).unwrap()
}

fn rule(report: &ReplayReport, name: &str) -> ReplayedRule {
    report
        .rules
        .iter()
        .find(|rule| rule.name == name)
        .unwrap()
        .clone()
}

#[test]
fn what_would_have_fired_is_told_with_its_times() {
    let store = store();
    let rules = pack(&Wishes::default());
    let report = replayed(&store, &rules, 0, 3600);
    assert_eq!(report.looks, BTreeMap::from([("raw", 708)]));
    let second = |at: Timestamp| (at.as_millisecond() - store.at(0)) / 1000;
    let told: Vec<_> = report
        .alerts
        .iter()
        .map(|alert| {
            (
                alert.rule.as_str(),
                alert.severity,
                second(alert.from),
                alert.to.map(second),
            )
        })
        .collect();
    // Processor time: five minutes above a half, and no end although its counter began anew.
    assert_eq!(
        told,
        [
            ("high_cpu", Severity::Warning, 305, None),
            ("high_memory", Severity::Critical, 615, Some(1500)),
            ("orphan", Severity::Warning, 915, Some(1500)),
        ]
    );
    assert_eq!(report.alerts[1].peak_shown.as_deref(), Some("600 MB"));
    assert_eq!(report.alerts[1].labels["server"], "memory");
    assert_eq!(report.alerts[2].labels["owner"], "Cursor");
    let cpu = rule(&report, "high_cpu");
    assert_eq!((cpu.fired, cpu.firing_at_end, &*cpu.data), (1, 1, "judged"));
    assert_eq!(
        rule(&report, "high_memory").longest_seconds.to_string(),
        "885"
    );
    assert_eq!(&*rule(&report, "queue_depth").data, "no_data");
    assert_eq!(&*rule(&report, "mcpvisor_notices_wait").data, "not_kept");
}

#[test]
fn a_replay_of_a_part_knows_what_was_before() {
    let store = store();
    let rules: Vec<Rule> = pack(&Wishes::default());
    let rules: Vec<Rule> = rules
        .into_iter()
        .filter(|rule| rule.name == "high_cpu")
        .collect();
    let report = replayed(&store, &rules, 1000, 1320);
    let from = report.alerts[0].from.as_millisecond() - store.at(0);
    // The rate is known at the first look, so the five minutes begin there.
    assert_eq!(from, 1_300_000);
}

#[test]
fn a_time_without_looks_fires_nothing() {
    let store = store();
    let report = replayed(&store, &pack(&Wishes::default()), 7200, 9000);
    assert_eq!((report.alerts.len(), report.first_look), (0, None));
}
