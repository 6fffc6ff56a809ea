//! Alerts of what is found: one for each server and kind.

use std::sync::Arc;

use alerting::engine::{Found, What};
use alerting::rule::{Profile, Wishes, pack};
use alerting::{Matcher, Reason};
use model::FindingKind;
use model::Severity::{self, Critical, Error, Info, Warning};

use super::world::{World, found, packed};

fn about(name: &str, severity: Severity) -> Found {
    Found {
        server: Some((Arc::from(name), Arc::from("Cursor"))),
        ..found(FindingKind::Orphan, severity)
    }
}

fn orphans(findings: Vec<Found>) -> World {
    let mut world = World::new(packed("orphan", Profile::Default));
    world.findings = findings;
    world
}

#[test]
fn one_alert_for_each_server() {
    let mut world = orphans(vec![
        about("memory", Warning),
        about("memory", Error),
        about("github", Warning),
        found(FindingKind::Zombie, Critical),
    ]);
    let told = world.run(60);
    assert_eq!(told.len(), 2);
    for (after, told) in &told {
        let alert = &told.alert;
        assert_eq!(
            (*after, told.what, alert.kind.as_str()),
            (20, What::Fired, "orphan")
        );
        let (severity, count) = match alert.labels["server"].as_str() {
            "memory" => (Error, 2.0),
            _ => (Warning, 1.0),
        };
        assert_eq!((alert.severity, alert.value), (severity, Some(count)));
    }
    world.findings.remove(0);
    assert_eq!(world.run(60), []);
    world
        .findings
        .retain(|found| found.kind == FindingKind::Zombie);
    let told = world.run(60);
    assert_eq!(told.len(), 2);
    for (after, told) in told {
        assert_eq!(
            (after, told.what, told.alert.reason),
            (5, What::Resolved, Some(Reason::Recovered))
        );
    }
}

#[test]
fn severity_changes() {
    let mut world = orphans(vec![about("memory", Warning)]);
    world.run(60);
    world.findings = vec![about("memory", Critical)];
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!(
        (after, what, alert.severity),
        (20, What::Escalated, Critical)
    );
    world.findings = vec![about("memory", Error)];
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!((after, what, alert.severity), (5, What::Eased, Error));
    world.findings = vec![about("memory", Info)];
    assert_eq!(world.next(60).unwrap().1, What::Resolved);
}

#[test]
fn what_is_worth_knowing_is_no_alert() {
    let mut world = orphans(vec![about("memory", Info)]);
    assert_eq!(world.run(600), []);
    assert_eq!(world.engine.alerts().count(), 0);
    // But a rule may want it, and it ends.
    let mut rules = packed("orphan", Profile::Default);
    rules[0].condition = alerting::rule::Condition::Found {
        least: Info,
        hold: std::time::Duration::ZERO,
    };
    let mut world = World::new(rules);
    world.findings = vec![about("memory", Info)];
    assert_eq!(world.next(5).unwrap().2.severity, Info);
    world.findings.clear();
    assert_eq!(world.next(5).unwrap().1, What::Resolved);
}

#[test]
fn about_no_server() {
    let mut world = World::new(packed("bad_configuration", Profile::Default));
    world.findings = vec![Found {
        server: None,
        title: "~/.cursor/mcp.json cannot be read".to_owned(),
        ..found(FindingKind::BadConfiguration, Error)
    }];
    let (_, what, alert) = world.next(60).unwrap();
    assert_eq!(what, What::Fired);
    assert_eq!(alert.summary, "~/.cursor/mcp.json cannot be read");
    let names: Vec<&str> = alert.labels.keys().map(String::as_str).collect();
    assert_eq!(names, ["alertname", "severity"]);
}

#[test]
fn only_of_some_servers() {
    let mut rules = packed("orphan", Profile::Default);
    rules[0].matchers = vec!["server=~\"git.*\"".parse::<Matcher>().unwrap()];
    let mut world = World::new(rules);
    world.findings = vec![about("memory", Error), about("github", Error)];
    let (_, _, alert) = world.next(60).unwrap();
    assert_eq!(alert.labels["server"], "github");
    assert_eq!(world.engine.alerts().count(), 1);
}

#[test]
fn every_kind_has_a_rule() {
    let rules = pack(&Wishes::default());
    for kind in FindingKind::ALL {
        let mut world = World::new(rules.clone());
        world.findings = vec![found(kind, Critical)];
        let (after, what, alert) = world.next(120).unwrap();
        assert_eq!((what, alert.kind.as_str()), (What::Fired, kind.name()));
        assert!(after <= 65, "{} after {after}", kind.name());
        world.findings.clear();
        assert_eq!(world.next(5).unwrap().1, What::Resolved);
    }
}

#[test]
fn texts_are_bounded_and_plain() {
    let mut bad = about("mem\u{1b}ory\n", Error);
    bad.title = format!("title \u{1b}]0;x\u{7} of\n{}", "y".repeat(10_000));
    bad.evidence = (0..1000)
        .map(|number| format!("{number}\u{0}\u{202e}\r"))
        .collect();
    bad.advice = "do\nthis\u{9b}".to_owned();
    let mut world = orphans(vec![bad]);
    world.run(60);
    let alert = world.alert();
    let all = alert.labels.values().chain(&alert.evidence);
    for text in all.chain([&alert.summary, &alert.advice]) {
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
        assert!(text.chars().count() <= 300);
    }
    assert!(alert.evidence.len() <= 20);
    assert_eq!(alert.labels["server"], "memory");
    assert_eq!(alert.advice, "do this");
    assert!(alert.summary.starts_with("title ]0;x of yyy") && alert.summary.ends_with("y…"));
}
