//! Rules that change while they have alerts.

use std::time::Duration;

use alerting::engine::What;
use alerting::rule::{Condition, Figure, How, Profile, Scope, Side};
use alerting::{Matcher, Reason, Rule, State};
use model::FindingKind;
use model::Severity::{self, Critical, Error, Warning};
use model::metric::table as metrics;

use super::world::{
    SERVER, World, brief, found, how, level, memory_rule, packed, set_memory, threshold_rule,
};

fn with(levels: [Option<alerting::rule::Threshold>; 4]) -> Rule {
    Rule {
        condition: Condition::Threshold {
            side: Side::Above,
            levels,
        },
        ..memory_rule()
    }
}

fn firing(value: f64) -> World {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, value);
    world.run(60);
    assert_eq!(world.standing().0, State::Firing);
    world
}

#[test]
fn the_same_rules_change_nothing() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(25);
    let before = world.alert();
    world.engine.configure(vec![memory_rule()]);
    assert_eq!(world.alert(), before);
    assert_eq!(world.next(60).unwrap().0, 10);
}

#[test]
fn another_threshold() {
    let mut world = firing(150.0);
    world
        .engine
        .configure(vec![with([None, level(149.0, 60), None, level(900.0, 0)])]);
    assert_eq!(world.run(60), []);
    world
        .engine
        .configure(vec![with([None, level(151.0, 60), None, None])]);
    assert_eq!(
        brief(&world.run(60)),
        [(5, What::Resolved, Warning, Some(Reason::Recovered))]
    );
}

#[test]
fn a_severity_that_is_gone() {
    let mut world = firing(250.0);
    let id = world.alert().id;
    world
        .engine
        .configure(vec![with([None, level(100.0, 30), None, None])]);
    assert_eq!(brief(&world.run(60)), [(5, What::Eased, Warning, None)]);
    assert_eq!(world.alert().id, id);
    // Gone, and the one that is new has not held for long enough: it is still the same alert.
    world
        .engine
        .configure(vec![with([None, None, level(100.0, 300), None])]);
    assert_eq!(brief(&world.run(30)), [(5, What::Escalated, Error, None)]);
    set_memory(&mut world, 50.0);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!((what, alert.id), (What::Resolved, id));
}

#[test]
fn a_rule_that_is_gone() {
    let mut world = firing(250.0);
    world.engine.configure(packed("high_cpu", Profile::Default));
    assert_eq!(world.engine.alerts().count(), 0);
    assert_eq!(
        brief(&world.run(60)),
        [(5, What::Resolved, Critical, Some(Reason::RuleGone))]
    );
}

#[test]
fn objects_that_it_is_not_about_any_more() {
    let mut world = firing(250.0);
    let mut rule = memory_rule();
    rule.matchers = vec!["server!=memory".parse::<Matcher>().unwrap()];
    world.engine.configure(vec![rule]);
    assert_eq!(
        brief(&world.run(60)),
        [(5, What::Resolved, Critical, Some(Reason::RuleGone))]
    );

    let mut world = firing(250.0);
    let mut rule = memory_rule();
    rule.scope = Scope::Owner;
    world.engine.configure(vec![rule]);
    let told = brief(&world.run(60));
    assert_eq!(
        told[0],
        (5, What::Resolved, Critical, Some(Reason::RuleGone))
    );
    assert_eq!((told[1].1, told.len()), (What::Fired, 2));
}

#[test]
fn another_kind_of_condition() {
    let absent = |severity| Rule {
        condition: Condition::Absent {
            severity,
            hold: Duration::ZERO,
        },
        ..memory_rule()
    };
    let mut world = firing(250.0);
    world.engine.configure(vec![absent(Warning)]);
    assert_eq!(world.next(5).unwrap().1, What::Resolved);
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    assert_eq!(world.next(5).unwrap().2.severity, Warning);
    world.engine.configure(vec![absent(Critical)]);
    assert_eq!(
        brief(&world.run(60)),
        [(5, What::Escalated, Critical, None)]
    );
    world.engine.configure(vec![absent(Warning)]);
    assert_eq!(brief(&world.run(60)), [(5, What::Eased, Warning, None)]);
}

#[test]
fn findings_of_a_higher_severity_only() {
    let from = |least: Severity| Rule {
        condition: Condition::Found {
            least,
            hold: Duration::from_secs(10),
        },
        ..packed("orphan", Profile::Default).remove(0)
    };
    let mut world = World::new(vec![from(Warning)]);
    world.findings = vec![found(FindingKind::Orphan, Warning)];
    world.run(60);
    assert_eq!(world.standing(), (State::Firing, Warning));
    world.engine.configure(vec![from(Error)]);
    assert_eq!(
        brief(&world.run(60)),
        [(5, What::Resolved, Warning, Some(Reason::Recovered))]
    );
}

/// What is known of a figure stays known to every rule that judges it.
#[test]
fn windows_are_kept() {
    let rule = |limit| {
        let figure = how(
            metrics::SERVER_LOG_ERRORS_TOTAL,
            How::Increase(Duration::from_mins(5)),
        );
        let levels = [None, level(limit, 0), None, None];
        threshold_rule("errors", Scope::Server, figure, Side::Above, levels)
    };
    let mut world = World::new(vec![rule(10.0)]);
    world.set(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 0.0);
    world.run(10);
    world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 8.0);
    world.run(10);
    world.engine.configure(vec![memory_rule(), rule(9.0)]);
    assert_eq!(world.run(10), []);
    world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 2.0);
    assert_eq!(world.next(5).unwrap().2.value, Some(10.0));
    // Another figure begins anew.
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
    let other = threshold_rule(
        "errors",
        Scope::Server,
        figure,
        Side::Above,
        [None, level(1.0, 0), None, None],
    );
    world.engine.configure(vec![other]);
    assert_eq!(world.run(10), [], "not measured, and its server runs");
}
