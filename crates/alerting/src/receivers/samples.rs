//! Notices for the tests of receivers: two that fire, one that is over, and hostile names.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use model::Severity;

use crate::{Alert, Notice, Occasion, Reason, State};

/// A name as somebody would choose it who wants to deceive every receiver at once.
pub(super) const HOSTILE: &str =
    "<img src=x onerror=alert(1)> *bold* <!channel> & `x`\r\nBcc: all@example.org\u{1b}[2J\u{202e}";

pub(super) fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

pub(super) fn alert(rule: &str, severity: Severity) -> Alert {
    Alert {
        id: format!("{rule}-7"),
        fingerprint: "50874c8a12086936".to_owned(),
        rule: rule.to_owned(),
        kind: "high_memory".to_owned(),
        severity,
        state: State::Firing,
        labels: map(&[
            ("alertname", rule),
            ("owner", "Claude Code"),
            ("server", "memory"),
            ("severity", severity.name()),
        ]),
        summary: "memory uses 612 MiB, over 500 MB for 5 min".to_owned(),
        evidence: vec![
            "612 MiB resident in 3 processes".to_owned(),
            "grew by 200 MiB in the last hour".to_owned(),
        ],
        advice: "Restart it: mcpvisor restart memory".to_owned(),
        value: Some(641_728_512.0),
        shown: Some("612 MiB".to_owned()),
        threshold: Some(500_000_000.0),
        active_at: "2026-11-21T02:08:53.779Z".parse().unwrap(),
        starts_at: Some("2026-11-21T02:13:53.779Z".parse().unwrap()),
        ends_at: None,
        updated_at: "2026-11-21T02:13:53.779Z".parse().unwrap(),
        unknown: false,
        reason: None,
        acknowledged: None,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
    }
}

/// The same alert after its end.
pub(super) fn over(mut alert: Alert) -> Alert {
    alert.state = State::Resolved;
    alert.ends_at = Some("2026-11-21T02:20:00Z".parse().unwrap());
    alert.reason = Some(Reason::Ended);
    alert
}

pub(super) fn notice() -> Notice {
    let mut unknown = alert("slow_answers", Severity::Warning);
    unknown.unknown = true;
    unknown.shown = None;
    unknown.value = None;
    Notice {
        id: "n-42".to_owned(),
        receiver: "team".to_owned(),
        occasion: Occasion::Change,
        made_at: "2026-11-21T02:14:00Z".parse().unwrap(),
        group_key: "{}:{server=\"memory\"}".to_owned(),
        group_labels: map(&[("server", "memory")]),
        alerts: vec![
            alert("high_memory", Severity::Critical),
            unknown,
            over(alert("open_files", Severity::Error)),
        ],
        truncated: 0,
        host: "build-7".to_owned(),
        external_url: "http://127.0.0.1:3001".to_owned(),
    }
}

/// A notice of which each text is hostile.
pub(super) fn hostile() -> Notice {
    let mut bad = alert(HOSTILE, Severity::Error);
    bad.labels = map(&[
        ("alertname", HOSTILE),
        ("server", HOSTILE),
        ("owner", HOSTILE),
        ("a label", "1"),
        ("", "2"),
        ("empty", ""),
    ]);
    for text in [
        &mut bad.id,
        &mut bad.fingerprint,
        &mut bad.summary,
        &mut bad.advice,
    ] {
        HOSTILE.clone_into(text);
    }
    bad.shown = Some(HOSTILE.to_owned());
    bad.evidence = vec![HOSTILE.to_owned()];
    Notice {
        id: HOSTILE.to_owned(),
        group_key: HOSTILE.to_owned(),
        alerts: vec![bad],
        host: HOSTILE.to_owned(),
        ..notice()
    }
}

/// A notice about many alerts.
pub(super) fn many(count: usize) -> Notice {
    Notice {
        alerts: vec![alert("high_memory", Severity::Warning); count],
        ..notice()
    }
}
