//! Orders and changes of the configuration, in each state.

use std::sync::Arc;
use std::time::Duration;

use supervise::lifecycle::State::{Backoff, Running, Starting, Stopped, Stopping};
use supervise::lifecycle::{Event, State};
use supervise::spec::{Readiness, RestartPolicy};
use supervise::{Lifecycle, Spec};

use super::table::{
    Row, check, code, emptied, follow, follow_late, http, not_ready, ready, remains, spawned,
};

fn running() -> Lifecycle {
    check(
        http(),
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "", Starting),
            (50, Event::Tick, "<running>", Running),
        ],
    )
}

/// Its second crash, so that there is a pause.
fn backoff() -> Lifecycle {
    follow(
        running(),
        &[
            (60, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
            (60, emptied(1), "<starting after 1>, spawn 2", Starting),
            (60, spawned(2), "", Starting),
            (70, code(2, 1), "<crashed>, <pauses 1>, look 2", Stopping),
            (70, emptied(2), "", Backoff),
        ],
    )
}

fn stopping() -> Lifecycle {
    let stop = (100, Event::Stop, "<stopping>, term 1", Stopping);
    follow(running(), &[stop])
}

/// A crash has left something.
fn clearing() -> Lifecycle {
    follow(
        running(),
        &[
            (100, code(1, 1), "<crashed>, <pauses 0>, look 1", Stopping),
            (100, remains(1), "<stopping, Remains>, term 1", Stopping),
        ],
    )
}

fn waiting() -> Lifecycle {
    let mut spec = http();
    spec.depends_on.push("db".to_owned());
    check(spec, &[(0, Event::Start, "<waits for db>", Starting)])
}

/// What an order does, and where the server is once nothing of the tree is left, if there was one.
fn order(server: Lifecycle, order: &Event, expected: &str, state: State, end: (&str, State)) {
    let generation = server.generation();
    let rows: [Row<'_>; 2] = [
        (1_000, order.clone(), expected, state),
        (1_000, emptied(generation), end.0, end.1),
    ];
    follow_late(server, &rows);
}

#[test]
fn starts() {
    let begin = ("<starting>, spawn 2", Starting);
    let start = Event::Start;
    order(running(), &start, "", Running, ("", Running));
    order(waiting(), &start, "", Starting, ("", Starting));
    order(stopping(), &start, "", Stopping, begin);
    order(clearing(), &start, "look 1", Stopping, begin);
    order(
        backoff(),
        &start,
        "<starting>, spawn 3",
        Starting,
        ("", Starting),
    );
}

#[test]
fn stops() {
    let end = ("<stopped>", Stopped);
    let stop = Event::Stop;
    order(running(), &stop, "<stopping>, term 1", Stopping, end);
    order(waiting(), &stop, "<stopped>", Stopped, ("", Stopped));
    order(stopping(), &stop, "", Stopping, end);
    order(clearing(), &stop, "<stopping>, look 1", Stopping, end);
    order(backoff(), &stop, "<stopped>", Stopped, ("", Stopped));
    let stopped = Lifecycle::new(Arc::new(http()), 1);
    order(stopped, &stop, "", Stopped, ("", Stopped));
}

#[test]
fn restarts() {
    let begin = ("<starting>, spawn 2", Starting);
    let restart = Event::Restart;
    let ordered = "<stopping, Restart>, term 1";
    order(running(), &restart, ordered, Stopping, begin);
    order(
        waiting(),
        &restart,
        "<waits for db>",
        Starting,
        ("", Starting),
    );
    order(stopping(), &restart, "<stopping, Restart>", Stopping, begin);
    order(
        clearing(),
        &restart,
        "<stopping, Restart>, look 1",
        Stopping,
        begin,
    );
    order(
        backoff(),
        &restart,
        "<starting>, spawn 3",
        Starting,
        ("", Starting),
    );
    let stopped = Lifecycle::new(Arc::new(http()), 1);
    order(
        stopped,
        &restart,
        "<starting>, spawn 1",
        Starting,
        ("", Starting),
    );
}

#[test]
fn the_last_order_holds() {
    for (orders, end) in [
        ([Event::Start, Event::Stop], Stopped),
        ([Event::Restart, Event::Stop], Stopped),
        ([Event::Stop, Event::Start], Starting),
        ([Event::Stop, Event::Restart], Starting),
    ] {
        let mut server = stopping();
        for order in orders {
            server.on(order, 200_000_000);
        }
        server.on(emptied(1), 300_000_000);
        assert_eq!(server.state(), end);
        assert_eq!(server.is_wanted(), end == Starting);
    }
}

fn configured(change: impl Fn(&mut Spec), server: &Lifecycle) -> Event {
    let mut spec = Spec::clone(server.spec());
    change(&mut spec);
    Event::Configured(Arc::new(spec))
}

#[test]
fn another_program_restarts_it() {
    let begin = ("<starting>, spawn 2", Starting);
    let other = |spec: &mut Spec| spec.runs.program.push('2');
    for (server, expected, state, end) in [
        (running(), "<stopping, Changed>, term 1", Stopping, begin),
        (waiting(), "<waits for db>", Starting, ("", Starting)),
        (clearing(), "<stopping, Changed>, look 1", Stopping, begin),
        (backoff(), "<starting>, spawn 3", Starting, ("", Starting)),
        // Somebody has stopped it.
        (stopping(), "", Stopping, ("<stopped>", Stopped)),
    ] {
        let event = configured(other, &server);
        order(server, &event, expected, state, end);
    }
}

/// It has ended by itself and was not restarted; a new program is a new try.
#[test]
fn another_program_starts_what_had_ended() {
    let mut spec = http();
    spec.restart.policy = RestartPolicy::Never;
    let server = check(
        spec,
        &[
            (0, Event::Start, "<starting>, spawn 1", Starting),
            (0, spawned(1), "", Starting),
            (9, code(1, 1), "<crashed>, look 1", Stopping),
            (9, emptied(1), "<stopped>", Stopped),
        ],
    );
    let event = configured(|spec| spec.runs.program.push('2'), &server);
    order(
        server,
        &event,
        "<starting>, spawn 2",
        Starting,
        ("", Starting),
    );
}

#[test]
fn other_manners_are_taken_into_force_while_it_runs() {
    let changes: [fn(&mut Spec); 4] = [
        |spec| spec.restart.policy = RestartPolicy::Always,
        |spec| spec.stop.kill_after = Duration::from_secs(1),
        |spec| spec.depends_on.push("db".to_owned()),
        |spec| spec.restart.reset_after = Duration::from_secs(1),
    ];
    for change in changes {
        let server = running();
        let event = configured(change, &server);
        order(server, &event, "", Running, ("", Running));
    }
    let server = stopping();
    let event = configured(
        |spec| spec.stop.kill_after = Duration::from_secs(1),
        &server,
    );
    follow(
        server,
        &[
            (200, event, "", Stopping),
            (1_100, Event::Tick, "kill 1, look 1", Stopping),
        ],
    );
}

#[test]
fn no_restart_any_more_ends_the_pause() {
    let never = |spec: &mut Spec| spec.restart.policy = RestartPolicy::Never;
    let server = backoff();
    let event = configured(never, &server);
    order(server, &event, "<stopped>", Stopped, ("", Stopped));
    let server = clearing();
    let event = configured(never, &server);
    order(server, &event, "look 1", Stopping, ("<stopped>", Stopped));
}

#[test]
fn another_readiness_is_checked_from_now_on() {
    let server = running();
    let event = configured(|spec| spec.readiness = Readiness::Port(80), &server);
    let server = follow(
        server,
        &[
            (100, event, "check 1", Running),
            (200, not_ready(1), "<degraded>", State::Degraded),
        ],
    );
    // Nobody looks any more.
    let event = configured(|spec| spec.readiness = Readiness::None, &server);
    follow(
        server,
        &[
            (300, event, "<recovered>", Running),
            (400, ready(1), "", Running),
        ],
    );
}
