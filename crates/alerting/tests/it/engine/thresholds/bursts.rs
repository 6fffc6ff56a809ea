//! Rules about how often something happens within a time.

use std::time::Duration;

use alerting::engine::What;
use alerting::rule::Profile;
use model::Severity::{self, Critical, Error, Warning};
use model::metric::table as metrics;

use super::super::world::{SERVER, World, packed};

/// A rule about how often something happens: after so many at once nothing, a warning, what is worse.
pub(super) struct Burst {
    pub(super) rule: &'static str,
    add: fn(&mut World, f64),
    well: f64,
    warning: Option<f64>,
    worst: (f64, Severity),
    /// Seconds that it looks back.
    window: u64,
    /// It goes on for so long afterwards.
    keeps: u64,
    interval: u64,
}

pub(super) fn bursts() -> Vec<Burst> {
    let burst = |rule, add, well, warning, worst, window, interval| Burst {
        rule,
        add,
        well,
        warning: Some(warning),
        worst: (worst, Critical),
        window,
        keeps: 0,
        interval,
    };
    vec![
        burst("log_errors", log_errors, 10.0, 11.0, 101.0, 300, 5),
        burst("flapping", restarts, 3.0, 4.0, 11.0, 300, 5),
        burst("log_rate", log_bytes, 4.1e6, 4.2e6, 42e6, 3600, 5),
        burst(
            "log_growth_of_a_day",
            log_bytes,
            99e6,
            101e6,
            1001e6,
            86_400,
            60,
        ),
        Burst {
            warning: None,
            worst: (6.0, Warning),
            ..burst("mcpvisor_late", late, 5.0, 0.0, 0.0, 300, 5)
        },
        Burst {
            warning: None,
            worst: (1.0, Error),
            keeps: 300,
            ..burst(
                "mcpvisor_history_fails",
                history_errors,
                0.0,
                0.0,
                0.0,
                300,
                5,
            )
        },
    ]
}

fn log_errors(world: &mut World, value: f64) {
    world.add(metrics::SERVER_LOG_ERRORS_TOTAL, &SERVER, value);
}

fn restarts(world: &mut World, value: f64) {
    world.add(metrics::SERVER_RESTARTS_TOTAL, &SERVER, value);
}

fn log_bytes(world: &mut World, value: f64) {
    world.add(metrics::SERVER_LOG_BYTES_TOTAL, &SERVER, value);
}

fn late(world: &mut World, value: f64) {
    world.add(metrics::LOOK_OVERRUNS_TOTAL, &[], value);
}

fn history_errors(world: &mut World, value: f64) {
    world.add(metrics::HISTORY_ERRORS_TOTAL, &[], value);
}

fn calm(burst: &Burst, profile: Profile) -> World {
    let mut world = World::new(packed(burst.rule, profile));
    world.interval = Duration::from_secs(burst.interval);
    (burst.add)(&mut world, 1e7);
    assert_eq!(world.run(burst.interval * 4), [], "{}", burst.rule);
    world
}

#[test]
fn every_burst() {
    for profile in [Profile::Default, Profile::Strict] {
        for burst in bursts() {
            let look = burst.interval;
            // Within a step of the window more or less.
            let end = burst.window + burst.window / 32 + look + burst.keeps;
            let mut world = calm(&burst, profile);
            (burst.add)(&mut world, burst.well);
            assert_eq!(world.run(end), [], "{}", burst.rule);

            if let Some(warning) = burst.warning {
                let mut world = calm(&burst, profile);
                (burst.add)(&mut world, warning);
                let told = |world: &mut World, most| {
                    let (after, what, alert) = world.next(most).unwrap();
                    (after, what, alert.severity)
                };
                assert_eq!(
                    told(&mut world, look),
                    (look, What::Fired, Warning),
                    "{}",
                    burst.rule
                );
                (burst.add)(&mut world, burst.worst.0 - warning);
                assert_eq!(told(&mut world, look), (look, What::Escalated, Critical));
                world.run(burst.window / 2);
                (burst.add)(&mut world, warning);
                assert_eq!(world.next(look), None, "{}", burst.rule);
                let (_, what, severity) = told(&mut world, end / 2 + 2 * look);
                assert_eq!((what, severity), (What::Eased, Warning), "{}", burst.rule);
                let (_, what, _) = told(&mut world, end / 2 + 2 * look);
                assert_eq!(what, What::Resolved, "{}", burst.rule);
            }
            let mut world = calm(&burst, profile);
            (burst.add)(&mut world, burst.worst.0);
            let (after, what, alert) = world.next(look).unwrap();
            assert_eq!(
                (after, what, alert.severity),
                (look, What::Fired, burst.worst.1)
            );
            let (after, what, _) = world.next(end + look).unwrap();
            assert_eq!(what, What::Resolved, "{}", burst.rule);
            assert!(
                after >= burst.window,
                "{} ended after {after} s",
                burst.rule
            );
        }
    }
}
