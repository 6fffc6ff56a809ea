//! What keeps alerts from receivers.

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

fn matchers(all: &[&str]) -> Vec<Matcher> {
    all.iter().filter_map(|text| text.parse().ok()).collect()
}

fn alert(rule: &str, kind: &str, severity: Severity, labels: &[(&str, &str)]) -> Alert {
    let notice = crate::dispatch::heartbeat("x", at("2026-11-21T10:00:00Z"), "box", "");
    let alert = notice.alerts.into_iter().next();
    let mut alert = alert.unwrap_or_else(|| unreachable!("a heartbeat has an alert"));
    alert.id = format!("{rule} {severity:?} {labels:?}");
    alert.rule = rule.to_owned();
    alert.kind = kind.to_owned();
    alert.severity = severity;
    alert.labels.insert("alertname".to_owned(), rule.to_owned());
    alert
        .labels
        .insert("severity".to_owned(), severity.name().to_owned());
    for (name, value) in labels {
        alert.labels.insert((*name).to_owned(), (*value).to_owned());
    }
    alert
}

fn silence(all: &[&str], from: &str, to: &str) -> Silence {
    Silence {
        id: "s".to_owned(),
        matchers: matchers(all),
        starts_at: at(from),
        ends_at: at(to),
        created_by: "me".to_owned(),
        created_at: at(from),
        comment: String::new(),
    }
}

#[test]
fn a_silence_holds_for_its_time_and_its_labels() {
    let muting = Muting {
        silences: vec![silence(
            &["server=\"memory\"", "severity!=critical"],
            "2026-11-21T10:00:00Z",
            "2026-11-21T12:00:00Z",
        )],
        ..Muting::default()
    };
    let server = [("server", "memory")];
    let mut alerts = [
        alert("a", "k", Severity::Warning, &server),
        alert("a", "k", Severity::Critical, &server),
        alert("a", "k", Severity::Warning, &[("server", "time")]),
    ];
    for (time, silenced) in [
        ("2026-11-21T09:59:59Z", [0, 0, 0]),
        ("2026-11-21T10:00:00Z", [1, 0, 0]),
        ("2026-11-21T11:59:59Z", [1, 0, 0]),
        ("2026-11-21T12:00:00Z", [0, 0, 0]),
    ] {
        muting.mark(&mut alerts, at(time));
        let counts: Vec<usize> = alerts.iter().map(|one| one.silenced_by.len()).collect();
        assert_eq!(counts, silenced, "{time}");
    }
}

#[test]
fn without_conditions_nothing_is_silenced() {
    let silence = silence(&[], "2026-11-21T10:00:00Z", "2026-11-21T12:00:00Z");
    assert!(!silence.takes(&alert("a", "k", Severity::Info, &[])));
}

#[test]
fn what_critical_says_a_warning_need_not() {
    let muting = Muting {
        inhibitions: inhibitions(),
        ..Muting::default()
    };
    let memory = [("server", "memory"), ("owner", "hub")];
    let other = [("server", "memory"), ("owner", "other")];
    let mut alerts = [
        alert("total", "high_memory", Severity::Critical, &memory),
        alert("own", "high_memory", Severity::Warning, &memory),
        alert("own", "high_memory", Severity::Warning, &other),
        alert("cpu", "high_cpu", Severity::Warning, &memory),
        alert("many_threads", "resource_limit", Severity::Warning, &memory),
        alert(
            "many_open_files",
            "resource_limit",
            Severity::Warning,
            &memory,
        ),
        alert(
            "open_files_near_limit",
            "resource_limit",
            Severity::Critical,
            &memory,
        ),
        alert(
            "gateway_down",
            "process_health",
            Severity::Critical,
            &[("gateway", "hub")],
        ),
        alert("not_running", "not_running", Severity::Warning, &memory),
        alert("not_running", "not_running", Severity::Warning, &other),
    ];
    muting.mark(&mut alerts, at("2026-11-21T10:00:00Z"));
    let needless: Vec<bool> = alerts
        .iter()
        .map(|one| !one.inhibited_by.is_empty())
        .collect();
    assert_eq!(
        needless,
        [
            false, true, false, false, false, true, false, false, true, false
        ]
    );
    // What is over inhibits nothing.
    alerts[0].state = State::Resolved;
    muting.mark(&mut alerts, at("2026-11-21T10:00:00Z"));
    assert!(alerts[1].inhibited_by.is_empty());
}

#[test]
fn nights_end_on_the_next_day() {
    let time = |hour, minute| Time::new(hour, minute, 0, 0).unwrap_or_default();
    let nights = Mute {
        name: "nights".to_owned(),
        matchers: Vec::new(),
        days: vec![Weekday::Friday],
        from: time(22, 0),
        to: time(7, 0),
        zone: TimeZone::UTC,
    };
    // 2026-11-20 is a Friday.
    for (at_time, active) in [
        ("2026-11-20T21:59:59Z", false),
        ("2026-11-20T22:00:00Z", true),
        ("2026-11-21T06:59:59Z", true),
        ("2026-11-21T07:00:00Z", false),
        ("2026-11-20T06:00:00Z", false),
        ("2026-11-21T23:00:00Z", false),
    ] {
        assert_eq!(nights.is_active(at(at_time)), active, "{at_time}");
    }
    let lunch = Mute {
        from: time(12, 0),
        to: time(13, 0),
        days: Vec::new(),
        ..nights
    };
    assert!(lunch.is_active(at("2026-11-22T12:30:00Z")));
    assert!(!lunch.is_active(at("2026-11-22T13:00:00Z")));
}
