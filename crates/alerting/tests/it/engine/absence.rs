//! What should be there and is not.

use std::time::Duration;

use alerting::engine::What;
use alerting::rule::{Condition, Figure, Scope, Side};
use alerting::{Matcher, Reason, Rule};
use model::Severity;
use model::metric::table as metrics;

use super::world::{SERVER, World, set_memory, threshold_rule};

fn missing(matchers: &[&str]) -> Rule {
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
    Rule {
        matchers: matchers
            .iter()
            .map(|text| text.parse::<Matcher>().unwrap())
            .collect(),
        condition: Condition::Absent {
            severity: Severity::Error,
            hold: Duration::from_secs(30),
        },
        ..threshold_rule("missing", Scope::Server, figure, Side::Above, [None; 4])
    }
}

#[test]
fn what_was_seen_once() {
    for is_up in [Some(1.0), Some(0.0), None] {
        let mut world = World::new(vec![missing(&[])]);
        assert_eq!(world.run(60), [], "never seen, not named");
        set_memory(&mut world, 0.0);
        assert_eq!(world.run(60), []);
        world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
        world.unset(metrics::SERVER_UP, &SERVER);
        if let Some(is_up) = is_up {
            world.set(metrics::SERVER_UP, &SERVER, is_up);
        }
        let (after, what, alert) = world.next(60).unwrap();
        assert_eq!(
            (after, what, alert.severity),
            (35, What::Fired, Severity::Error)
        );
        assert_eq!(alert.labels["server"], SERVER[0]);
        assert!(!alert.unknown);
        assert_eq!(world.run(600), []);
        set_memory(&mut world, 1.0);
        let (_, what, alert) = world.next(5).unwrap();
        assert_eq!(
            (what, alert.reason),
            (What::Resolved, Some(Reason::Recovered))
        );
    }
}

/// It is away for a day: then it was removed, and nobody waits for it any more.
#[test]
fn what_is_not_named_is_given_up() {
    let mut world = World::new(vec![missing(&[])]);
    set_memory(&mut world, 1.0);
    world.run(60);
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    world.run(60);
    world.interval = Duration::from_mins(1);
    let (after, what, alert) = world.next(90_000).unwrap();
    assert_eq!((what, alert.reason), (What::Resolved, Some(Reason::Ended)));
    assert!(after > 86_000, "{after}");
    assert_eq!(world.run(3600), []);
}

#[test]
fn what_is_named_was_never_seen() {
    for matchers in [
        &["server=memory", "owner=\"Claude Code\""][..],
        &["server=memory"],
    ] {
        let mut world = World::new(vec![missing(matchers)]);
        let (after, what, alert) = world.next(60).unwrap();
        assert_eq!((after, what), (35, What::Fired), "{matchers:?}");
        assert_eq!(alert.labels["server"], SERVER[0]);
        assert_eq!(alert.labels.contains_key("owner"), matchers.len() == 2);
        world.interval = Duration::from_mins(1);
        assert_eq!(
            world.run(100_000),
            [],
            "it must be there, however long that takes"
        );
        world.interval = Duration::from_secs(5);
        set_memory(&mut world, 1.0);
        assert_eq!(world.next(5).unwrap().2.reason, Some(Reason::Recovered));
        assert_eq!(world.run(60), []);
        // From here on it is one that was seen.
        world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
        let (after, what, alert) = world.next(60).unwrap();
        assert_eq!((after, what), (35, What::Fired));
        assert_eq!(alert.labels["owner"], SERVER[1]);
    }
}

#[test]
fn others_are_of_no_use() {
    let mut world = World::new(vec![missing(&["server=github"])]);
    set_memory(&mut world, 1.0);
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!(
        (after, what, alert.labels["server"].as_str()),
        (35, What::Fired, "github")
    );
}

#[test]
fn a_rate_that_is_not_known_yet_is_there() {
    let figure = Figure::of(metrics::SERVER_CPU_SECONDS_TOTAL)
        .over(alerting::rule::How::Rate(Duration::from_secs(15)));
    let rule = Rule {
        condition: Condition::Absent {
            severity: Severity::Warning,
            hold: Duration::ZERO,
        },
        ..threshold_rule("missing", Scope::Server, figure, Side::Above, [None; 4])
    };
    let mut world = World::new(vec![rule]);
    world.set(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &[SERVER[0], SERVER[1], "user"],
        1.0,
    );
    assert_eq!(world.run(60), []);
}
