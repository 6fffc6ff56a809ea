//! Starts: readiness, time-outs, downloads, dependencies.

use std::sync::Arc;

use supervise::lifecycle::State::{Backoff, Degraded, Running, Starting, Stopped, Stopping};
use supervise::lifecycle::{Event, News};
use supervise::spec::{Readiness, RestartPolicy};

use super::table::{
    check, code, emptied, http, not_ready, ready, spawn_failed, spawned, stdio, tree,
};

#[test]
fn alive_for_a_moment_is_running() {
    check(
        http(),
        &[
            (0, Event::Tick, "", Stopped),
            (100, Event::Start, "<starting>, spawn 1", Starting),
            (110, spawned(1), "", Starting),
            (159, Event::Tick, "", Starting),
            (160, Event::Tick, "<running>", Running),
            (200, Event::Start, "", Running),
            (200, ready(1), "", Running),
            (200, tree(1, News::Progress), "", Running),
            (200, not_ready(1), "", Running),
        ],
    );
}

#[test]
fn progress_does_not_keep_it_from_running() {
    check(
        http(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "", Starting),
            (40, tree(1, News::Progress), "", Starting),
            (50, Event::Tick, "<running>", Running),
        ],
    );
}

#[test]
fn ready_by_port_or_probe() {
    for readiness in [Readiness::Port(3000), Readiness::Probe] {
        let mut spec = stdio();
        spec.readiness = readiness;
        check(
            spec,
            &[
                (0, Event::Start, "<starting>, spawn 1", Starting),
                (5, ready(1), "", Starting),
                (10, spawned(1), "check 1", Starting),
                (20, not_ready(1), "", Starting),
                (5_000, ready(1), "<running>", Running),
                (6_000, not_ready(1), "<degraded>", Degraded),
                (6_500, not_ready(1), "", Degraded),
                (7_000, ready(1), "<recovered>", Running),
                (8_000, not_ready(1), "<degraded>", Degraded),
                (9_000, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
                (9_005, emptied(1), "<starting after 1>, spawn 2", Starting),
            ],
        );
    }
}

#[test]
fn a_hang_is_ended_after_thirty_seconds() {
    let mut spec = http();
    spec.readiness = Readiness::Probe;
    check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (10, spawned(1), "check 1", Starting),
            (30_000, Event::Tick, "", Starting),
            (
                30_010,
                Event::Tick,
                "<timed out>, <pauses 0>, <stopping, StartTimedOut>, term 1",
                Stopping,
            ),
            (31_000, code(1, 143), "<ended>, look 1", Stopping),
            (31_001, emptied(1), "<starting after 1>, spawn 2", Starting),
        ],
    );
}

#[test]
fn a_download_goes_on_up_to_the_cap() {
    let mut spec = http();
    spec.readiness = Readiness::Probe;
    let mut server = check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "check 1", Starting),
            (29_000, tree(1, News::Progress), "", Starting),
            (30_000, Event::Tick, "", Starting),
        ],
    );
    let mut now = 58;
    while server.state() == Starting {
        server.on(tree(1, News::Progress), now * 1_000_000_000);
        now += 20;
        server.on(Event::Tick, now * 1_000_000_000);
        assert!(now < 700, "there is a cap");
    }
    assert!(now >= 600, "it may take ten minutes, and took {now} s");
}

#[test]
fn a_start_that_is_never_answered_is_ended() {
    check(
        http(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (
                30_000,
                Event::Tick,
                "<timed out>, <pauses 0>, <stopping, StartTimedOut>, term 1",
                Stopping,
            ),
            (30_001, emptied(1), "", Stopping),
            (30_500, spawned(1), "term 1", Stopping),
            (30_600, code(1, 1), "<ended>, look 1", Stopping),
            (30_601, emptied(1), "<starting after 1>, spawn 2", Starting),
        ],
    );
}

#[test]
fn what_cannot_be_started() {
    check(
        http(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (
                1,
                spawn_failed(1),
                "<spawn failed>, <pauses 0>, look 1",
                Stopping,
            ),
            (2, emptied(1), "<starting after 1>, spawn 2", Starting),
            (
                3,
                spawn_failed(2),
                "<spawn failed>, <pauses 1>, look 2",
                Stopping,
            ),
            (4, emptied(2), "", Backoff),
        ],
    );
    let mut spec = http();
    spec.restart.policy = RestartPolicy::Never;
    check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (1, spawn_failed(1), "<spawn failed>, look 1", Stopping),
            (2, emptied(1), "<stopped>", Stopped),
        ],
    );
}

#[test]
fn dependencies_run_first() {
    let dependency = |name: &str| Event::DependencyReady(name.to_owned());
    let lost = |name: &str| Event::DependencyLost(name.to_owned());
    let mut spec = http();
    spec.depends_on = vec!["db".to_owned(), "cache".to_owned()];
    check(
        spec.clone(),
        &[
            (0, dependency("cache"), "", Stopped),
            (1, Event::Start, "<waits for db>", Starting),
            (2, lost("cache"), "", Starting),
            (3, dependency("db"), "", Starting),
            (4, dependency("other"), "", Starting),
            (5, dependency("cache"), "<starting>, spawn 1", Starting),
            (6, spawned(1), "", Starting),
            (56, Event::Tick, "<running>", Running),
            (60, lost("db"), "", Running),
            (70, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
            (71, emptied(1), "<waits for db>", Starting),
            (90, Event::Stop, "<stopped>", Stopped),
            (95, dependency("db"), "", Stopped),
        ],
    );
    let mut without = spec.clone();
    without.depends_on.clear();
    check(
        spec,
        &[
            (0, Event::Start, "<waits for db cache>", Starting),
            (
                1,
                Event::Configured(Arc::new(without)),
                "<starting>, spawn 1",
                Starting,
            ),
        ],
    );
}
