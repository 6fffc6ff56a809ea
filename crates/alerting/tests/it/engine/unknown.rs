//! No data is not zero, and no traffic is no failure; what has ended has no alert.

use std::time::Duration;

use alerting::engine::What;
use alerting::rule::{Figure, Profile, Scope, Side};
use alerting::{Reason, State};
use model::Severity::{Critical, Warning};
use model::metric::table as metrics;

use super::world::{
    GATEWAY, SERVER, World, level, memory_rule, packed, set_memory, threshold_rule,
};

fn firing() -> World {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    world.run(60);
    assert_eq!(world.standing(), (State::Firing, Critical));
    world
}

#[test]
fn a_reading_that_fails_keeps_what_was() {
    let mut world = firing();
    let before = world.alert();
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    assert_eq!(world.run(7200), []);
    let alert = world.alert();
    assert!(alert.unknown);
    assert_eq!((alert.value, alert.shown), (None, None));
    assert_eq!((alert.state, alert.severity), (State::Firing, Critical));
    assert_eq!((alert.id, alert.summary), (before.id, before.summary));
    set_memory(&mut world, 260.0);
    assert_eq!(world.run(5), []);
    assert!(!world.alert().unknown);
    assert_eq!(world.alert().value, Some(260.0));
}

#[test]
fn clocks_stand_still_while_nothing_is_known() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    world.run(25);
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    assert_eq!(world.run(600), []);
    assert_eq!(world.standing(), (State::Pending, Warning));
    set_memory(&mut world, 150.0);
    let (after, what, _) = world.next(60).unwrap();
    assert_eq!((after, what), (10, What::Fired));
}

#[test]
fn what_has_ended_has_no_alert() {
    for is_listed in [true, false] {
        let mut world = firing();
        let id = world.alert().id;
        world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
        if is_listed {
            world.set(metrics::SERVER_UP, &SERVER, 0.0);
        } else {
            world.unset(metrics::SERVER_UP, &SERVER);
        }
        let (after, what, alert) = world.next(5).unwrap();
        assert_eq!(
            (after, what, alert.reason),
            (5, What::Resolved, Some(Reason::Ended))
        );
        assert_eq!(
            (alert.state, alert.id.as_str()),
            (State::Resolved, id.as_str())
        );
        assert_eq!(alert.ends_at, Some(world.moment.wall));
        // It comes back: a new alert after the whole time.
        world.set(metrics::SERVER_UP, &SERVER, 1.0);
        set_memory(&mut world, 250.0);
        let (after, what, alert) = world.next(60).unwrap();
        assert_eq!((after, what), (15, What::Fired));
        assert_ne!(alert.id, id);
    }
}

#[test]
fn what_ends_before_it_fires_is_not_told() {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 250.0);
    assert_eq!(world.run(10), []);
    world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
    world.unset(metrics::SERVER_UP, &SERVER);
    let told = world.look();
    assert_eq!((told.len(), told[0].what), (1, What::Dropped));
    assert_eq!(world.engine.alerts().count(), 0);
}

fn operations(world: &mut World, ok: f64, error: f64) {
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &[SERVER[0], SERVER[1], "ok"],
        ok,
    );
    world.slope(
        metrics::SERVER_OPERATIONS_TOTAL,
        &[SERVER[0], SERVER[1], "error"],
        error,
    );
}

#[test]
fn no_traffic_is_no_failure() {
    let mut world = World::new(packed("low_success_rate", Profile::Default));
    operations(&mut world, 0.0, 0.0);
    assert_eq!(world.run(900), []);
    // 18 errors in five minutes, and nothing else.
    operations(&mut world, 0.0, 0.06);
    assert_eq!(world.run(900), []);
    operations(&mut world, 0.0, 1.0);
    let (_, what, alert) = world.next(60).unwrap();
    assert_eq!(
        (what, alert.severity, alert.value),
        (What::Fired, Critical, Some(0.0))
    );
    // Nobody asks any more.
    operations(&mut world, 0.0, 0.0);
    let (_, what, alert) = world.next(400).unwrap();
    assert_eq!(
        (what, alert.reason),
        (What::Resolved, Some(Reason::Recovered))
    );
    assert_eq!(world.run(900), []);
}

#[test]
fn a_divisor_of_zero_says_nothing() {
    let mut world = World::new(packed("gateway_down", Profile::Default));
    for (state, value) in [("running", 0.0), ("not_running", 0.0)] {
        world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, state], value);
    }
    assert_eq!(world.run(60), []);
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "not_running"], 2.0);
    assert_eq!(world.next(60).unwrap().1, What::Fired);
    world.set(metrics::GATEWAY_SERVERS, &[GATEWAY, "not_running"], 0.0);
    assert_eq!(world.run(60), []);
    assert!(world.alert().unknown);
    for state in ["running", "not_running"] {
        world.unset(metrics::GATEWAY_SERVERS, &[GATEWAY, state]);
    }
    assert_eq!(world.next(5).unwrap().2.reason, Some(Reason::Ended));
}

/// What adds up over owners or servers ends with the last of them: the machine goes on.
#[test]
fn nothing_is_left_to_add_up() {
    let mut world = World::new(packed("total_memory", Profile::Default));
    world.set(metrics::OWNER_RESIDENT_MEMORY_BYTES, &[SERVER[1]], 9e9);
    world.run(60);
    world.unset(metrics::OWNER_RESIDENT_MEMORY_BYTES, &[SERVER[1]]);
    assert_eq!(world.run(60), []);
    assert!(world.alert().unknown, "its owner is there");
    world.unset(metrics::OWNER_SERVERS, &[SERVER[1]]);
    world.unset(metrics::SERVER_UP, &SERVER);
    assert_eq!(world.next(5).unwrap().2.reason, Some(Reason::Ended));

    for scope in [Scope::Machine, Scope::Owner] {
        let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
        let levels = [None, level(100.0, 0), None, None];
        let mut world = World::new(vec![threshold_rule(
            "all",
            scope,
            figure,
            Side::Above,
            levels,
        )]);
        set_memory(&mut world, 150.0);
        world.run(5);
        world.unset(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER);
        assert_eq!(world.run(60), []);
        assert!(world.alert().unknown);
        world.set(metrics::SERVER_UP, &SERVER, 0.0);
        assert_eq!(
            world.next(5).unwrap().2.reason,
            Some(Reason::Ended),
            "{scope:?}"
        );
    }
}

/// Nobody lists disks: one that is not measured for five minutes of looks is gone.
#[test]
fn what_nobody_lists() {
    let mut world = World::new(packed("disk_space", Profile::Default));
    world.set(metrics::DISK_FREE_RATIO, &["/home"], 0.05);
    world.run(60);
    world.unset(metrics::DISK_FREE_RATIO, &["/home"]);
    // Time that nobody saw does not count.
    world.pass(Duration::from_hours(9));
    assert_eq!(world.run(290), []);
    assert!(world.alert().unknown);
    assert_eq!(world.next(20).unwrap().2.reason, Some(Reason::Ended));
}
