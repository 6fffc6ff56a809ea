//! Time to a limit.

use std::time::Duration;

use alerting::engine::What;
use alerting::rule::{Combine, Figure, How, Scope, Side};
use alerting::{Rule, Unit};
use model::metric::table as metrics;

use super::world::{SERVER, World, level, set_memory, threshold_rule};

const HOUR: f64 = 3600.0;

/// Less than an hour until a server has 10,000 bytes.
fn rises() -> Rule {
    let how = How::TimeTo {
        limit: 10_000.0,
        over: Duration::from_mins(10),
    };
    let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES).over(how);
    let levels = [None, level(HOUR, 0), None, None];
    threshold_rule("rises", Scope::Server, figure, Side::Below, levels)
}

/// Less than an hour until a disk is full.
fn fills() -> Rule {
    let how = How::TimeTo {
        limit: 0.0,
        over: Duration::from_mins(10),
    };
    let figure = Figure {
        combine: Combine::Min,
        ..Figure::of(metrics::DISK_FREE_BYTES).over(how)
    };
    let levels = [None, level(HOUR, 0), None, None];
    Rule {
        by: vec!["disk".to_owned()],
        ..threshold_rule("fills", Scope::Machine, figure, Side::Below, levels)
    }
}

fn grows(world: &mut World, a_second: f64) {
    world.slope(metrics::SERVER_RESIDENT_MEMORY_BYTES, &SERVER, a_second);
}

#[test]
fn to_a_limit_above() {
    let mut world = World::new(vec![rises()]);
    set_memory(&mut world, 1000.0);
    grows(&mut world, 0.0);
    assert_eq!(world.run(900), []);
    grows(&mut world, -0.5);
    assert_eq!(world.run(900), [], "it goes the other way");
    grows(&mut world, 1.0);
    // 9,450 at 1 a second: too far, and then an hour.
    let (_, what, alert) = world.next(7200).unwrap();
    assert_eq!(what, What::Fired);
    assert_eq!(alert.shown.as_deref(), Some("59m 55s"));
    assert_eq!(world.run(3500), []);
    let left = world.alert().value.unwrap();
    assert!((60.0..120.0).contains(&left), "{left}");
    // At its limit and past it there is no time left.
    assert_eq!(world.run(3600), []);
    assert_eq!(world.alert().value, Some(0.0));
    grows(&mut world, 0.0);
    assert_eq!(world.run(3600), []);
    set_memory(&mut world, 9000.0);
    assert_eq!(world.next(900).unwrap().1, What::Resolved);
}

#[test]
fn to_nothing() {
    let mut world = World::new(vec![fills()]);
    world.set(metrics::DISK_FREE_BYTES, &["/home"], 1e6);
    world.slope(metrics::DISK_FREE_BYTES, &["/home"], 10.0);
    world.set(metrics::DISK_FREE_BYTES, &["/"], 5.0);
    assert_eq!(world.run(900), []);
    world.slope(metrics::DISK_FREE_BYTES, &["/home"], -250.0);
    let (_, what, alert) = world.next(1200).unwrap();
    assert_eq!(
        (what, alert.labels["disk"].as_str()),
        (What::Fired, "/home")
    );
    world.slope(metrics::DISK_FREE_BYTES, &["/home"], 0.0);
    world.set(metrics::DISK_FREE_BYTES, &["/home"], 0.0);
    assert_eq!(world.run(900), []);
    assert_eq!(world.alert().value, Some(0.0));
}

/// What starts grows: half of the window must have been seen.
#[test]
fn a_line_needs_time() {
    let mut world = World::new(vec![rises()]);
    set_memory(&mut world, 7000.0);
    grows(&mut world, 1.0);
    let (after, what, _) = world.next(600).unwrap();
    assert_eq!((after, what), (305, What::Fired));
}

#[test]
fn noise_around_a_level() {
    let mut world = World::new(vec![rises()]);
    for number in 0..1000 {
        set_memory(&mut world, 5000.0 + f64::from(number * 7919 % 100));
        assert_eq!(world.look(), [], "{number}");
    }
}

#[test]
fn a_time_without_end() {
    assert_eq!(Unit::Seconds.show(f64::MAX), "never");
}
