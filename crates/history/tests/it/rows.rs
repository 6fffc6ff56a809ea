//! Events, audit, findings, alerts and snapshots.

use history::{
    AlertQuery, AlertRow, AuditQuery, EventQuery, FindingQuery, FindingRow, NewAudit, NewEvent,
};
use serde_json::json;

use crate::sample::{self, DAY, START};

pub(crate) fn event(at: i64, kind: &str) -> NewEvent {
    NewEvent {
        at,
        kind: kind.to_owned(),
        server: Some("memory".to_owned()),
        severity: None,
        title: "something happened".to_owned(),
        data: json!({"n": at}),
    }
}

pub(crate) fn audit(at: i64, target: &str) -> NewAudit {
    NewAudit {
        at,
        actor: "ada".to_owned(),
        command: "stop".to_owned(),
        target: target.to_owned(),
        phase: "begun".to_owned(),
        outcome: None,
        data: json!(null),
    }
}

pub(crate) fn alert(id: &str, state: &str, updated: i64) -> AlertRow {
    AlertRow {
        id: id.to_owned(),
        rule: "memory".to_owned(),
        server: None,
        severity: "warning".to_owned(),
        state: state.to_owned(),
        since: updated,
        updated,
        data: json!({}).into(),
    }
}

fn finding(id: &str, severity: &str) -> FindingRow {
    FindingRow {
        id: id.to_owned(),
        kind: "orphan".to_owned(),
        severity: severity.to_owned(),
        server: Some("memory".to_owned()),
        title: "an orphan".to_owned(),
        data: json!({"pid": 7}),
    }
}

#[test]
fn events_have_rising_numbers_and_survive() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let ids: Vec<u64> = (0..5)
        .map(|n| {
            history
                .event(event(START + n, if n % 2 == 0 { "even" } else { "odd" }))
                .unwrap()
        })
        .collect();
    assert!(ids.is_sorted());
    history.close().unwrap();
    assert!(matches!(
        history.event(event(0, "late")),
        Err(history::Error::Closed)
    ));
    let history = sample::open(folder.path());
    let ask = |query: EventQuery| -> Vec<u64> {
        history
            .events(&query)
            .unwrap()
            .iter()
            .map(|event| event.id)
            .collect()
    };
    assert_eq!(
        ask(EventQuery {
            after: Some(ids[2]),
            ..EventQuery::default()
        }),
        ids[3..]
    );
    assert_eq!(
        ask(EventQuery {
            kind: Some("odd".to_owned()),
            ..EventQuery::default()
        }),
        [ids[3], ids[1]]
    );
    assert_eq!(
        ask(EventQuery {
            from: Some(START + 1),
            to: Some(START + 3),
            limit: Some(2),
            ..EventQuery::default()
        }),
        [ids[3], ids[2]]
    );
    assert_eq!(
        ask(EventQuery {
            server: Some("other".to_owned()),
            ..EventQuery::default()
        }),
        [0; 0]
    );
    let newest = &history.events(&EventQuery::default()).unwrap()[0];
    assert_eq!(
        (newest.at, &newest.data),
        (START + 4, &json!({"n": START + 4}))
    );
    assert!(history.event(event(START, "next")).unwrap() > ids[4]);
    assert_eq!(history.stats().unwrap().events, 6);
}

#[test]
fn audit_entries_are_kept_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    for n in 0..4 {
        history
            .audit(audit(START + n, if n < 2 { "a" } else { "b" }))
            .unwrap();
    }
    let found = history
        .audits(&AuditQuery {
            target: Some("b".to_owned()),
            ..AuditQuery::default()
        })
        .unwrap();
    assert_eq!(
        found.iter().map(|entry| entry.at).collect::<Vec<_>>(),
        [START + 3, START + 2]
    );
    let before = AuditQuery {
        before: Some(found[1].id),
        limit: Some(1),
        ..AuditQuery::default()
    };
    assert_eq!(history.audits(&before).unwrap()[0].at, START + 1);
}

#[test]
fn findings_open_change_close_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let see = |at, found: Vec<FindingRow>| history.findings_seen(at, found).unwrap();
    let opened = see(
        START,
        vec![
            finding("a", "warning"),
            finding("b", "error"),
            finding("a", "warning"),
        ],
    );
    assert_eq!(
        (opened.opened, opened.closed),
        (vec!["a".to_owned(), "b".to_owned()], vec![])
    );
    let same = see(
        START + 5_000,
        vec![finding("a", "error"), finding("b", "error")],
    );
    assert!(same.opened.is_empty() && same.closed.is_empty());
    assert_eq!(
        see(START + 90_000, vec![finding("a", "error")]).closed,
        ["b"]
    );
    assert_eq!(
        see(
            START + 95_000,
            vec![finding("a", "error"), finding("b", "error")]
        )
        .opened,
        ["b"]
    );

    let open = FindingQuery {
        open: Some(true),
        ..FindingQuery::default()
    };
    let found = history.findings_history(&open).unwrap();
    let spans: Vec<_> = found
        .iter()
        .map(|f| {
            (
                f.id.as_str(),
                f.severity.as_str(),
                f.first_seen - START,
                f.last_seen - START,
            )
        })
        .collect();
    assert_eq!(
        spans,
        [("b", "error", 95_000, 95_000), ("a", "error", 0, 90_000)]
    );
    let closed = FindingQuery {
        open: Some(false),
        ..FindingQuery::default()
    };
    let found = history.findings_history(&closed).unwrap();
    assert_eq!((found.len(), found[0].closed), (1, Some(START + 90_000)));
    let window = FindingQuery {
        from: Some(START + 92_000),
        to: Some(START + 94_000),
        ..FindingQuery::default()
    };
    assert_eq!(history.findings_history(&window).unwrap().len(), 0);
}

#[test]
fn alerts_are_replaced_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let alert = |id: &str, state: &str| alert(id, state, START);
    history
        .put_alerts(vec![alert("x", "pending"), alert("y", "firing")])
        .unwrap();
    history.put_alerts(vec![alert("x", "firing")]).unwrap();
    let firing = AlertQuery {
        state: Some("firing".to_owned()),
        ..AlertQuery::default()
    };
    assert_eq!(history.alerts(&firing).unwrap().len(), 2);
    assert_eq!(
        history
            .remove_alerts(vec!["x".to_owned(), "z".to_owned()])
            .unwrap(),
        1
    );
    assert_eq!(history.alerts(&AlertQuery::default()).unwrap()[0].id, "y");
}

#[test]
fn alerts_are_asked_for_by_time_and_states() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    let states = ["pending", "firing", "resolved", "firing"];
    let rows = (0..)
        .zip(states)
        .map(|(n, state)| alert(&format!("a{n}"), state, START + n));
    history.put_alerts(rows.collect()).unwrap();
    let ask = |query: AlertQuery| -> Vec<String> {
        let found = history.alerts(&query).unwrap();
        found.into_iter().map(|alert| alert.id).collect()
    };
    let open = AlertQuery {
        states: vec!["pending".to_owned(), "firing".to_owned()],
        ..AlertQuery::default()
    };
    assert_eq!(ask(open.clone()), ["a3", "a1", "a0"]);
    let within = AlertQuery {
        from: Some(START + 1),
        to: Some(START + 2),
        ..AlertQuery::default()
    };
    assert_eq!(ask(within.clone()), ["a2", "a1"]);
    let both = AlertQuery {
        states: open.states,
        ..within
    };
    assert_eq!(ask(both.clone()), ["a1"]);
    let neither = AlertQuery {
        state: Some("resolved".to_owned()),
        ..both
    };
    assert_eq!(ask(neither), [""; 0]);
}

#[test]
fn alerts_that_are_not_over_outlive_all_others() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_alerts = 5;
    let history = sample::open_with(options);
    let old = START - 500 * DAY;
    let mut rows = vec![
        alert("old-firing", "firing", old),
        alert("old-pending", "pending", old),
        alert("old-resolved", "resolved", old),
    ];
    rows.extend((0..6).map(|n| alert(&format!("r{n}"), "resolved", START + n)));
    history.put_alerts(rows).unwrap();
    assert_eq!(history.stats().unwrap().alerts, 9);
    sample::record(&history, sample::fleet(1, 130, 1));
    let left = history.alerts(&AlertQuery::default()).unwrap();
    let left: Vec<&str> = left.iter().map(|alert| alert.id.as_str()).collect();
    assert_eq!(left, ["r5", "r4", "r3", "old-firing", "old-pending"]);
}

#[test]
fn of_each_kind_the_newest_snapshots_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_snapshots = 2;
    let history = sample::open_with(options);
    for n in 0..3_u8 {
        history
            .put_snapshot(START + i64::from(n), "report", vec![n; 10_000])
            .unwrap();
    }
    let id = history
        .put_snapshot(START, "baseline", b"b".to_vec())
        .unwrap();
    let reports = history.snapshots(Some("report"), None).unwrap();
    assert_eq!(
        reports
            .iter()
            .map(|s| (s.at - START, s.bytes))
            .collect::<Vec<_>>(),
        [(2, 10_000), (1, 10_000)]
    );
    assert_eq!(history.snapshots(None, None).unwrap().len(), 3);
    assert_eq!(history.snapshot(id).unwrap(), Some(b"b".to_vec()));
    assert_eq!(history.snapshot(999).unwrap(), None);
}

#[test]
fn old_and_surplus_rows_go() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = sample::options(folder.path());
    options.max_events = 10;
    let history = sample::open_with(options);
    history.audit(audit(START - 500 * DAY, "old")).unwrap();
    history.audit(audit(START, "new")).unwrap();
    history.event(event(START - 500 * DAY, "old")).unwrap();
    for _ in 0..20 {
        history.event(event(START, "new")).unwrap();
    }
    sample::record(&history, sample::fleet(1, 130, 1));
    assert_eq!(history.stats().unwrap().events, 10);
    assert_eq!(history.audits(&AuditQuery::default()).unwrap().len(), 1);
}
