//! The daemon ends and starts again: clocks go on, ids stay, and nothing is told twice or too early.

use std::time::Duration;

use alerting::engine::{Saved, What};
use alerting::rule::Profile;
use alerting::{Engine, Reason, State};
use model::FindingKind;
use model::Severity::{Critical, Warning};
use model::metric::table as metrics;

use super::world::{SERVER, World, found, memory_rule, packed, set_memory};

#[test]
fn the_clock_goes_on() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(25);
    let before = world.alert();
    world.restart(vec![memory_rule()]);
    assert_eq!(world.alert(), before);
    // 20 s were seen, 10 are missing.
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!((after, what), (10, What::Fired));
    assert_eq!((alert.id, alert.active_at), (before.id, before.active_at));
}

#[test]
fn time_in_which_it_was_away_does_not_count() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(25);
    world.restart(vec![memory_rule()]);
    world.pass(Duration::from_hours(3));
    let (after, what, _) = world.next(60).unwrap();
    assert_eq!((after, what), (10, What::Fired));
    // Without a history nothing is known of the time before the first look.
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(25);
    world.past.clear();
    world.restart(vec![memory_rule()]);
    let (after, what, _) = world.next(60).unwrap();
    assert_eq!((after, what), (15, What::Fired));
}

#[test]
fn what_fires_fires_on_and_ends_once() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    let before = world.alert();
    for _ in 0..3 {
        world.restart(vec![memory_rule()]);
        assert_eq!(world.run(60), []);
        assert_eq!(world.alert().id, before.id);
        assert_eq!(world.alert().starts_at, before.starts_at);
    }
    set_memory(&mut world, 10.0);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!((what, alert.id), (What::Resolved, before.id));
    world.restart(vec![memory_rule()]);
    assert_eq!(world.run(60), []);
    assert_eq!(world.engine.alerts().count(), 0);
}

/// The first look after a start knows no rate, and that is no recovery.
#[test]
fn a_rate_is_not_known_at_first() {
    let mut world = World::new(packed("high_cpu", Profile::Default));
    let series = [SERVER[0], SERVER[1], "user"];
    world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &series, 0.95);
    world.run(120);
    let id = world.alert().id;
    world.past.clear();
    world.restart(packed("high_cpu", Profile::Default));
    // Whoever counts starts again too: with what the processes of now have used.
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &series, 3.0);
    world.look();
    assert!(world.alert().unknown);
    assert_eq!(world.run(60), []);
    assert_eq!(world.alert().id, id);
    assert!((world.alert().value.unwrap() - 0.95).abs() < 1e-6);
}

/// Learned from the history: no rate that never was.
#[test]
fn a_counter_that_starts_again_with_us() {
    let mut world = World::new(packed("high_cpu", Profile::Default));
    let series = [SERVER[0], SERVER[1], "user"];
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &series, 90_000.0);
    world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &series, 0.1);
    world.run(120);
    world.restart(packed("high_cpu", Profile::Default));
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &series, 40_000.0);
    for _ in 0..100 {
        assert_eq!(world.look(), []);
    }
}

#[test]
fn what_ended_while_it_was_away() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    world.restart(vec![memory_rule()]);
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    world.unset(metrics::SERVER_UP, &SERVER);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!((what, alert.reason), (What::Resolved, Some(Reason::Ended)));
}

/// Nobody lists disks, and the first look after a start may lack them.
#[test]
fn what_the_first_look_lacks() {
    let mut world = World::new(packed("disk_space", Profile::Default));
    world.set(metrics::DISK_FREE_RATIO, &["/home"], 0.05);
    world.run(60);
    world.past.clear();
    world.restart(packed("disk_space", Profile::Default));
    world.unset(metrics::DISK_FREE_RATIO, &["/home"]);
    assert_eq!(world.run(60), []);
    assert_eq!(world.standing(), (State::Firing, Critical));
}

#[test]
fn a_rule_that_is_gone_meanwhile() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    world.restart(packed("high_memory", Profile::Default));
    assert_eq!(world.engine.alerts().count(), 0);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!(
        (what, alert.reason),
        (What::Resolved, Some(Reason::RuleGone))
    );
    // Its objects are others now.
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    let mut rule = memory_rule();
    rule.scope = alerting::rule::Scope::Machine;
    world.restart(vec![rule]);
    let told = world.run(60);
    assert_eq!(told[0].1.alert.reason, Some(Reason::RuleGone));
    assert_eq!((told[1].1.what, told.len()), (What::Fired, 2));
}

#[test]
fn findings_too() {
    let mut world = World::new(packed("orphan", Profile::Default));
    world.findings = vec![found(FindingKind::Orphan, Warning)];
    world.run(10);
    let id = world.alert().id;
    world.restart(packed("orphan", Profile::Default));
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!((after, what, alert.id), (10, What::Fired, id));
}

#[test]
fn hostile_names_are_found_again() {
    let long = "x".repeat(5000);
    for name in ["a\u{1b}[31mb", "quo\"te\\", "", long.as_str(), "a\nb"] {
        let mut world = World::new(vec![memory_rule()]);
        world.set(metrics::SERVER_UP, &[name, "owner"], 1.0);
        world.set(
            metrics::SERVER_RESIDENT_MEMORY_BYTES,
            &[name, "owner"],
            250.0,
        );
        world.run(60);
        let id = world.alert().id;
        world.restart(vec![memory_rule()]);
        assert_eq!(world.run(60), [], "{name:?}");
        assert_eq!(world.alert().id, id);
    }
}

/// What is over is not taken up again.
#[test]
fn over_is_over() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    let mut saved: Vec<Saved> = world.engine.saved().collect();
    saved[0].alert.state = State::Resolved;
    let mut engine = Engine::new(vec![memory_rule()]);
    engine.restore(saved);
    assert_eq!(engine.alerts().count(), 0);
}
