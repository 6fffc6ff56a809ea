//! Restarts: policies, pauses, giving up for now, being well again.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use supervise::lifecycle::State::{
    Backoff, Degraded, Failed, Running, Starting, Stopped, Stopping,
};
use supervise::lifecycle::{Effect, Event, Told};
use supervise::spec::{Exit, Readiness, RestartPolicy, StartLimit};
use supervise::{Lifecycle, Spec};

use super::table::{
    MS, check, code, emptied, exited, http, not_ready, ready, remains, spawned, stdio,
};

#[test]
fn at_once_then_after_longer_pauses() {
    check(
        stdio(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "", Starting),
            (50, Event::Tick, "<running>", Running),
            (
                100,
                exited(1, Exit::Signal(11)),
                "<crashed>, <pauses 0>, look 1",
                Stopping,
            ),
            (101, emptied(1), "<starting after 1>, spawn 2", Starting),
            (102, spawned(2), "", Starting),
            (110, code(2, 1), "<crashed>, <pauses 1>, look 2", Stopping),
            (111, emptied(2), "", Backoff),
            (1_109, Event::Tick, "", Backoff),
            (1_110, Event::Tick, "<starting after 2>, spawn 3", Starting),
            (1_111, spawned(3), "", Starting),
            (1_120, code(3, 1), "<crashed>, <pauses 2>, look 3", Stopping),
            (1_121, emptied(3), "", Backoff),
        ],
    );
}

#[test]
fn policies() {
    let ends = |policy, code: i32| {
        let mut spec = http();
        spec.restart.policy = policy;
        spec.restart.success = BTreeSet::from([0, 3]);
        let mut server = Lifecycle::new(Arc::new(spec), 1);
        for (at, event) in [(0, Event::Start), (0, spawned(1)), (60, Event::Tick)] {
            server.on(event, at * MS);
        }
        server.on(super::table::code(1, code), 100 * MS);
        server.on(emptied(1), 101 * MS);
        assert!(server.is_wanted());
        server.state()
    };
    for (policy, code, expected) in [
        (RestartPolicy::Never, 1, Stopped),
        (RestartPolicy::Never, 0, Stopped),
        (RestartPolicy::OnFailure, 0, Stopped),
        (RestartPolicy::OnFailure, 3, Stopped),
        (RestartPolicy::OnFailure, 1, Starting),
        (RestartPolicy::Always, 0, Starting),
        (RestartPolicy::Always, 1, Starting),
    ] {
        assert_eq!(ends(policy, code), expected, "{policy:?} after {code}");
    }
}

/// It was to serve somebody, and never did.
#[test]
fn an_end_before_it_is_ready_is_no_success() {
    let mut spec = http();
    spec.readiness = Readiness::Probe;
    check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "check 1", Starting),
            (10, code(1, 0), "<crashed>, <pauses 0>, look 1", Stopping),
        ],
    );
}

/// Crashes at once each time until it is given up; returns when that was, and the server.
fn crash_until_failed(spec: Spec) -> (u64, Lifecycle) {
    let mut server = Lifecycle::new(Arc::new(spec), 1);
    let (mut now, mut findings) = (0, 0);
    server.on(Event::Start, now);
    while server.state() != Failed {
        let generation = server.generation();
        server.on(spawned(generation), now);
        let told = server.on(code(generation, 1), now);
        findings += told
            .iter()
            .filter(|effect| matches!(effect, Effect::Tell(Told::CrashLoop(_))))
            .count();
        server.on(emptied(generation), now);
        if server.state() == Backoff {
            now = server.due().unwrap();
            server.on(Event::Tick, now);
        }
    }
    assert_eq!(findings, 1);
    (now / MS, server)
}

#[test]
fn given_up_for_now_it_goes_on_slowly() {
    let (at, server) = crash_until_failed(http());
    assert_eq!((at, server.generation()), (61_000, 8));
    assert!(server.is_crash_looping());
    super::table::follow(
        server,
        &[
            (61_000, Event::Tick, "", Failed),
            (
                361_000,
                Event::Tick,
                "<starting after 8>, spawn 9",
                Starting,
            ),
            (361_001, spawned(9), "", Starting),
            (
                361_002,
                code(9, 1),
                "<crashed>, <pauses 300>, look 9",
                Stopping,
            ),
            (361_003, emptied(9), "", Failed),
            (400_000, Event::Start, "<starting>, spawn 10", Starting),
            (400_001, spawned(10), "", Starting),
            (
                400_002,
                code(10, 1),
                "<crashed>, <pauses 0>, look 10",
                Stopping,
            ),
        ],
    );
}

#[test]
fn a_slow_try_that_lasts_ends_the_finding() {
    let (_, server) = crash_until_failed(http());
    let server = super::table::follow(
        server,
        &[
            (
                361_000,
                Event::Tick,
                "<starting after 8>, spawn 9",
                Starting,
            ),
            (361_001, spawned(9), "", Starting),
            // As long as the last pause, five minutes.
            (361_051, Event::Tick, "<running>", Running),
            (661_051, Event::Tick, "<steady>", Running),
        ],
    );
    assert!(!server.is_crash_looping());
    assert_eq!(server.failures(), 0);
}

#[test]
fn what_a_crash_loop_tells() {
    let mut spec = http();
    spec.restart.limit = StartLimit {
        failures: NonZeroU32::MIN,
        within: Duration::from_mins(1),
    };
    let mut server = Lifecycle::new(Arc::new(spec), 1);
    server.on(Event::Start, 0);
    server.on(spawned(1), 0);
    let lines: Vec<String> = (0..100)
        .map(|number| format!("{number}{}", "x".repeat(999)))
        .collect();
    let exit = Exit::Signal(6);
    let news = supervise::lifecycle::News::Exited { exit, lines };
    let effects = server.on(super::table::tree(1, news), MS);
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Tell(Told::CrashLoop(found)) => Some(found.clone()),
        _ => None,
    });
    let found = found.unwrap();
    assert_eq!((found.failures, found.lines.len()), (1, 20));
    assert_eq!(found.last, "ended by SIGABRT");
    assert!(found.lines[0].starts_with("80x") && found.lines[0].chars().count() == 400);
    assert!((found.retry_seconds - 300.0).abs() < 1e-6);
}

#[test]
fn being_well_for_a_minute_begins_anew() {
    let first = [
        (0, Event::Start, "<starting>, spawn 1", Starting),
        (0, spawned(1), "", Starting),
        (50, Event::Tick, "<running>", Running),
        (100, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
        (100, emptied(1), "<starting after 1>, spawn 2", Starting),
        (100, spawned(2), "", Starting),
        (150, Event::Tick, "<running>", Running),
    ];
    let server = check(http(), &first);
    super::table::follow(
        server.clone(),
        &[(
            60_149,
            code(2, 1),
            "<crashed>, <pauses 1>, look 2",
            Stopping,
        )],
    );
    // The tick comes late; it was well for long enough all the same.
    super::table::follow(
        server,
        &[(
            60_150,
            code(2, 1),
            "<steady>, <crashed>, <pauses 0>, look 2",
            Stopping,
        )],
    );
}

#[test]
fn time_without_being_ready_does_not_count() {
    let mut spec = http();
    spec.readiness = Readiness::Probe;
    check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "check 1", Starting),
            (9, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
            (9, emptied(1), "<starting after 1>, spawn 2", Starting),
            (9, spawned(2), "check 2", Starting),
            (100, ready(2), "<running>", Running),
            (50_000, not_ready(2), "<degraded>", Degraded),
            (55_000, ready(2), "<recovered>", Running),
            (114_999, Event::Tick, "", Running),
            (115_000, Event::Tick, "<steady>", Running),
        ],
    );
}

#[test]
fn what_a_crash_leaves_is_ended_first() {
    check(
        stdio(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "", Starting),
            (50, Event::Tick, "<running>", Running),
            (100, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
            (101, remains(1), "<stopping, Remains>, term 1", Stopping),
            (151, Event::Tick, "look 1", Stopping),
            (152, remains(1), "", Stopping),
            (251, Event::Tick, "look 1", Stopping),
            (252, emptied(1), "<starting after 1>, spawn 2", Starting),
        ],
    );
}

/// Whatever it does, it is never tried more often than the pauses allow.
#[test]
fn a_server_that_crashes_for_a_day() {
    let mut server = Lifecycle::new(Arc::new(http()), 1);
    let (mut now, mut starts) = (0, 0);
    server.on(Event::Start, now);
    while now < 86_400_000 * MS {
        if server.state() == Starting {
            starts += 1;
            let generation = server.generation();
            server.on(spawned(generation), now);
            server.on(code(generation, 1), now + MS);
            server.on(emptied(generation), now + 2 * MS);
        } else {
            now = server.due().unwrap();
            server.on(Event::Tick, now);
        }
    }
    // Eight at first, then one every five minutes.
    assert!((290..=300).contains(&starts), "{starts}");
}
