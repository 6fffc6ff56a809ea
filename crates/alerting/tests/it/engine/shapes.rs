//! Other shapes of rules: N of M, hysteresis, alerts that go on, growth, a third severity.

use std::time::Duration;

use alerting::Rule;
use alerting::engine::What;
use alerting::rule::{Condition, Figure, How, Scope, Side, Threshold, Times};
use model::Severity::{Critical, Error, Warning};
use model::metric::table as metrics;

use super::world::{GATEWAY, World, how, level, memory_rule, set_memory, threshold_rule};

fn levels(rule: &mut Rule) -> &mut [Option<Threshold>; 4] {
    match &mut rule.condition {
        Condition::Threshold { levels, .. } => levels,
        other => panic!("{other:?}"),
    }
}

#[test]
fn three_of_five_looks() {
    let mut rule = memory_rule();
    *levels(&mut rule) = [None, level(100.0, 0), None, None];
    rule.times = Some(Times { times: 3, of: 5 });
    let mut world = World::new(vec![rule]);
    // So is each look; the alert is there while three of the last five are over.
    let looks = [
        (1, false),
        (0, false),
        (1, false),
        (0, false),
        (0, false),
        (1, false),
        (1, true),
        (0, false),
        (1, true),
        (0, true),
        (0, false),
        (1, false),
        (1, true),
        (1, true),
        (1, true),
        (0, true),
        (0, true),
        (0, false),
    ];
    for (number, (over, is_firing)) in looks.into_iter().enumerate() {
        set_memory(&mut world, if over == 1 { 150.0 } else { 50.0 });
        world.look();
        assert_eq!(
            world.engine.alerts().count() == 1,
            is_firing,
            "look {number}"
        );
    }
}

/// What fires ends at its other threshold; what does not fire yet must be over the first.
#[test]
fn hysteresis() {
    let mut rule = memory_rule();
    *levels(&mut rule) = [
        None,
        Some(Threshold {
            value: 100.0,
            clear: 80.0,
            hold: Duration::from_secs(10),
        }),
        None,
        None,
    ];
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 101.0);
    assert_eq!(world.run(10), []);
    set_memory(&mut world, 90.0);
    assert_eq!(world.run(60), [], "it was over for five seconds only");
    set_memory(&mut world, 101.0);
    assert_eq!(world.next(60).unwrap().0, 15);
    for value in [90.0, 81.0, 99.0] {
        set_memory(&mut world, value);
        assert_eq!(world.run(60), [], "{value}");
    }
    set_memory(&mut world, 80.0);
    assert_eq!(world.next(60).unwrap().1, What::Resolved);
    set_memory(&mut world, 90.0);
    assert_eq!(world.run(60), []);
}

#[test]
fn alerts_that_go_on() {
    let mut rule = memory_rule();
    rule.keep_firing = Duration::from_secs(20);
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 150.0);
    world.run(60);
    for _ in 0..5 {
        set_memory(&mut world, 50.0);
        assert_eq!(world.run(15), []);
        set_memory(&mut world, 150.0);
        assert_eq!(world.run(5), []);
    }
    set_memory(&mut world, 50.0);
    let (after, what, _) = world.next(60).unwrap();
    assert_eq!((after, what), (20, What::Resolved));
}

#[test]
fn a_third_severity() {
    let mut rule = memory_rule();
    levels(&mut rule)[2] = level(150.0, 0);
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 120.0);
    let steps = [
        (120.0, What::Fired, Warning),
        (160.0, What::Escalated, Error),
        (250.0, What::Escalated, Critical),
        (160.0, What::Eased, Error),
        (120.0, What::Eased, Warning),
        (50.0, What::Resolved, Warning),
    ];
    let mut id = String::new();
    for (value, what, severity) in steps {
        set_memory(&mut world, value);
        let (_, told, alert) = world.next(60).unwrap();
        assert_eq!((told, alert.severity), (what, severity), "{value}");
        assert!(id.is_empty() || id == alert.id, "it is one and the same");
        id = alert.id;
    }
}

/// Critical before it was a warning for long enough: what is critical is a warning too.
#[test]
fn it_eases_and_does_not_begin_anew() {
    let mut rule = memory_rule();
    *levels(&mut rule) = [None, level(100.0, 300), None, level(200.0, 10)];
    let mut world = World::new(vec![rule]);
    set_memory(&mut world, 250.0);
    assert_eq!(world.next(60).unwrap().2.severity, Critical);
    set_memory(&mut world, 150.0);
    let (after, what, alert) = world.next(60).unwrap();
    assert_eq!((after, what, alert.severity), (5, What::Eased, Warning));
    assert_eq!(world.run(600), []);
}

#[test]
fn growth_is_over_the_lowest() {
    let figure = how(
        metrics::GATEWAY_GOROUTINES,
        How::Growth(Duration::from_mins(10)),
    );
    let levels = [None, level(50.0, 0), None, None];
    let rule = threshold_rule("grows", Scope::Gateway, figure, Side::Above, levels);
    let mut world = World::new(vec![rule]);
    let set = |world: &mut World, value| world.set(metrics::GATEWAY_GOROUTINES, &[GATEWAY], value);
    set(&mut world, 1000.0);
    assert_eq!(world.run(900), [], "much, but it does not grow");
    set(&mut world, 900.0);
    assert_eq!(world.run(60), []);
    set(&mut world, 951.0);
    let (_, what, alert) = world.next(5).unwrap();
    assert_eq!((what, alert.value), (What::Fired, Some(51.0)));
    let (after, what, _) = world.next(700).unwrap();
    assert_eq!(what, What::Resolved);
    assert!((590..=620).contains(&after), "{after}");
}

#[test]
fn each_side() {
    for (side, well, wrong) in [
        (Side::Above, 100.0, 100.5),
        (Side::AtLeast, 99.5, 100.0),
        (Side::Below, 100.0, 99.5),
        (Side::AtMost, 100.5, 100.0),
    ] {
        let figure = Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES);
        let levels = [None, level(100.0, 0), None, None];
        let rule = threshold_rule("side", Scope::Server, figure, side, levels);
        let mut world = World::new(vec![rule]);
        set_memory(&mut world, well);
        assert_eq!(world.run(60), [], "{side:?}");
        set_memory(&mut world, wrong);
        assert_eq!(world.next(5).unwrap().1, What::Fired, "{side:?}");
    }
}
