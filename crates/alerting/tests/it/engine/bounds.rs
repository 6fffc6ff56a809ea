//! More than fits is counted, and what is there goes on.

use alerting::engine::{MOST_ALERTS, MOST_OBJECTS, What};
use alerting::rule::{Figure, Scope, Side};
use model::metric::table as metrics;

use super::world::{World, level, memory_rule, threshold_rule};

#[test]
fn objects() {
    let mut world = World::new(vec![memory_rule()]);
    for number in 0..MOST_OBJECTS + 7 {
        let name = format!("server {number}");
        world.set(metrics::SERVER_RESIDENT_MEMORY_BYTES, &[&name, "x"], 50.0);
    }
    world.look();
    assert_eq!(world.engine.dropped(), 7);
    world.look();
    assert_eq!(world.engine.dropped(), 14, "counted at each look");
}

#[test]
fn alerts() {
    // Three rules for each of so many servers are more alerts than there may be.
    let rules = ["a", "b", "c"].map(|name| {
        let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
        threshold_rule(
            name,
            Scope::Server,
            figure,
            Side::Above,
            [None, level(100.0, 0), None, None],
        )
    });
    let mut world = World::new(rules.to_vec());
    let count = MOST_ALERTS / 3 + 10;
    for number in 0..count {
        let name = format!("server {number}");
        world.set(metrics::SERVER_UP, &[&name, "x"], 1.0);
        world.set(metrics::SERVER_RESIDENT_MEMORY_BYTES, &[&name, "x"], 500.0);
    }
    let told = world.look();
    assert_eq!(told.len(), MOST_ALERTS);
    assert!(told.iter().all(|told| told.what == What::Fired));
    assert_eq!(world.engine.dropped(), (count * 3 - MOST_ALERTS) as u64);
    // Those that end make room.
    world.set(
        metrics::SERVER_RESIDENT_MEMORY_BYTES,
        &["server 1", "x"],
        50.0,
    );
    world.look();
    let told = world.look();
    assert_eq!(
        told.iter()
            .filter(|told| told.what == What::Resolved)
            .count(),
        0
    );
    assert_eq!(world.engine.alerts().count(), MOST_ALERTS);
}
