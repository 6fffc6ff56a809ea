//! Counters that fall, begin, end and are read after a long time.

use std::time::Duration;

use alerting::Rule;
use alerting::engine::What;
use alerting::rule::{How, Scope, Side};
use model::metric::table as metrics;

use super::world::{SERVER, World, how, level, threshold_rule};

const CPU: [&str; 3] = [SERVER[0], SERVER[1], "user"];

fn owner_cpu(limit: f64) -> Rule {
    let figure = how(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        How::Rate(Duration::from_secs(15)),
    );
    let levels = [None, level(limit, 0), None, None];
    threshold_rule("owner_cpu", Scope::Owner, figure, Side::Above, levels)
}

fn errors(limit: f64) -> Rule {
    let figure = how(
        metrics::SERVER_LOG_ERRORS_TOTAL,
        How::Increase(Duration::from_mins(5)),
    );
    let levels = [None, level(limit, 0), None, None];
    threshold_rule("errors", Scope::Server, figure, Side::Above, levels)
}

fn add_errors(world: &mut World, value: f64) {
    world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, value);
}

#[test]
fn what_it_had_before_is_no_increase() {
    let mut world = World::new(vec![errors(10.0)]);
    add_errors(&mut world, 5000.0);
    assert_eq!(world.run(60), []);
}

#[test]
fn a_fall_is_a_new_start() {
    let mut world = World::new(vec![errors(10.0)]);
    add_errors(&mut world, 500.0);
    world.run(20);
    add_errors(&mut world, 6.0);
    world.run(20);
    // What it has then may be from before, so it does not count; what comes then does.
    world.set(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 400.0);
    assert_eq!(world.run(20), []);
    add_errors(&mut world, 4.0);
    assert_eq!(world.run(20), []);
    add_errors(&mut world, 1.0);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!((what, alert.value), (What::Fired, Some(11.0)));
}

/// The sum over an owner's servers falls when one of them ends, and rises when one appears: neither is
/// processor time that was used.
#[test]
fn one_of_several_ends_and_comes_back() {
    let mut world = World::new(vec![owner_cpu(0.5)]);
    let other = ["github", SERVER[1], "user"];
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, 1000.0);
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &other, 5000.0);
    world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, 0.1);
    assert_eq!(world.run(60), []);
    world.unset(metrics::SERVER_CPU_SECONDS_TOTAL, &other);
    assert_eq!(world.run(60), []);
    world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &other, 7000.0 - 2000.0);
    assert_eq!(world.run(60), []);
    world.set(
        metrics::SERVER_CPU_SECONDS_TOTAL,
        &["time", SERVER[1], "user"],
        900.0,
    );
    assert_eq!(world.run(60), []);
    world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &other, 0.5);
    let (_, what, alert) = world.next(20).unwrap();
    assert_eq!(what, What::Fired);
    assert_eq!(alert.labels.get("server"), None);
}

/// Of what came about while nobody looked, only the window's part counts.
#[test]
fn after_a_gap() {
    let mut world = World::new(vec![errors(10.0)]);
    add_errors(&mut world, 0.0);
    world.run(600);
    world.pass(Duration::from_hours(2));
    add_errors(&mut world, 100.0);
    assert_eq!(world.run(300), []);
    add_errors(&mut world, 11.0);
    assert_eq!(world.next(5).unwrap().1, What::Fired);
}

/// Looks are never exactly an interval apart.
#[test]
fn looks_that_jitter() {
    let mut world = World::new(vec![owner_cpu(0.52), errors(60.5)]);
    world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, 0.5);
    world.slope(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, 0.2);
    for number in 0_u64..1000 {
        world.pass(Duration::from_millis(number * 7919 % 40));
        assert_eq!(world.look(), [], "{number}");
    }
}

#[test]
fn what_is_no_number_was_not_measured() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut world = World::new(vec![owner_cpu(0.5), super::world::memory_rule()]);
        world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, 0.9);
        super::world::set_memory(&mut world, 250.0);
        world.run(60);
        assert_eq!(world.engine.alerts().count(), 2);
        world.slope(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, 0.0);
        world.set(metrics::SERVER_CPU_SECONDS_TOTAL, &CPU, value);
        super::world::set_memory(&mut world, value);
        assert_eq!(world.run(60), []);
        assert!(world.engine.alerts().all(|alert| alert.unknown), "{value}");
    }
}
