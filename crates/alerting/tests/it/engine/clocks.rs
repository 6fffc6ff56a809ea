//! What clocks do: looks that did not happen, clocks that are set, intervals that change.

use std::time::Duration;

use alerting::State;
use alerting::engine::What;
use model::Severity::{Critical, Warning};

use super::world::{SECOND, World, memory_rule, set_memory};

fn pending_for(seconds: u64) -> World {
    let mut world = World::new(vec![memory_rule()]);
    set_memory(&mut world, 150.0);
    // The first look begins it.
    assert_eq!(world.run(5 + seconds), []);
    assert_eq!(world.standing(), (State::Pending, Warning));
    world
}

#[test]
fn a_gap_is_not_credited_and_nothing_is_lost() {
    for gap in [
        Duration::from_secs(16),
        Duration::from_hours(2),
        Duration::from_hours(24 * 400),
    ] {
        // 30 s are wanted, 20 were seen; a gap counts as one interval.
        let mut world = pending_for(20);
        let began = world.alert().active_at;
        world.pass(gap);
        assert_eq!(world.run(5), []);
        let (after, what, alert) = world.next(60).unwrap();
        assert_eq!((after, what), (5, What::Fired), "{gap:?}");
        assert_eq!(alert.active_at, began);
    }
}

#[test]
fn a_late_look_counts_with_its_time() {
    let mut world = pending_for(20);
    world.pass(Duration::from_secs(5));
    let told = world.run(5);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1.what, What::Fired);
}

#[test]
fn what_fires_stays_over_a_gap() {
    let mut world = pending_for(20);
    world.run(30);
    let before = world.alert();
    world.pass(Duration::from_hours(2));
    assert_eq!(world.run(60), []);
    assert_eq!(world.alert().id, before.id);
    assert_eq!(world.alert().starts_at, before.starts_at);
}

#[test]
fn a_clock_that_is_set_changes_nothing() {
    for wall in [
        "1970-01-01T00:00:00Z",
        "2026-02-28T23:00:00Z",
        "2038-01-19T03:14:08Z",
    ] {
        let mut world = pending_for(20);
        world.set_wall(wall);
        assert_eq!(world.run(5), [], "{wall}");
        let (after, what, _) = world.next(60).unwrap();
        assert_eq!((after, what), (5, What::Fired), "{wall}");
        world.set_wall("2026-03-01T12:00:00Z");
        assert_eq!(world.run(60), []);
        set_memory(&mut world, 50.0);
        assert_eq!(world.next(5).unwrap().1, What::Resolved);
    }
}

/// Looks at one and the same time do not make an id twice.
#[test]
fn a_clock_that_stands_still() {
    let mut world = World::new(vec![memory_rule()]);
    let wall = world.moment.wall;
    let mut ids = Vec::new();
    for _ in 0..3 {
        set_memory(&mut world, 250.0);
        for _ in 0..4 {
            world.moment.wall = wall;
            world.look();
        }
        ids.push(world.alert().id);
        set_memory(&mut world, 50.0);
        world.moment.wall = wall;
        world.look();
    }
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn looks_without_time_between_them_add_none() {
    let mut world = pending_for(0);
    world.interval = Duration::ZERO;
    for _ in 0..1000 {
        assert_eq!(world.look(), []);
    }
    // As after a boot of which the clock begins anew.
    world.moment.boot_ns = SECOND;
    assert_eq!(world.look(), []);
    assert_eq!(world.standing(), (State::Pending, Warning));
}

#[test]
fn another_interval() {
    let mut world = World::new(vec![memory_rule()]);
    world.interval = Duration::from_mins(1);
    set_memory(&mut world, 250.0);
    let (after, what, alert) = world.next(120).unwrap();
    assert_eq!((after, what, alert.severity), (120, What::Fired, Critical));
}
