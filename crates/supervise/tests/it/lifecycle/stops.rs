//! Stops: step by step, until nothing is left.

use supervise::lifecycle::State::{Running, Starting, Stopped, Stopping};
use supervise::lifecycle::{Event, News};

use super::table::{
    Row, check, code, emptied, follow_late, http, id, remains, spawn_failed, spawned, stdio, tree,
};

fn running() -> [Row<'static>; 3] {
    [
        (0, Event::Start, "<starting>, spawn 1", Starting),
        (0, spawned(1), "", Starting),
        (50, Event::Tick, "<running>", Running),
    ]
}

fn then(rows: &[Row<'static>]) -> Vec<Row<'static>> {
    running().into_iter().chain(rows.iter().cloned()).collect()
}

#[test]
fn the_end_of_stdin_is_enough() {
    check(
        stdio(),
        &then(&[
            (1_000, Event::Stop, "<stopping>, close 1", Stopping),
            (1_200, code(1, 0), "<ended>, look 1", Stopping),
            (1_201, emptied(1), "<stopped>", Stopped),
            (1_250, Event::Tick, "", Stopped),
            (9_000, code(1, 0), "", Stopped),
        ]),
    );
}

#[test]
fn a_deaf_server_is_terminated_then_killed() {
    check(
        stdio(),
        &then(&[
            (1_000, Event::Stop, "<stopping>, close 1", Stopping),
            (1_001, Event::Stop, "", Stopping),
            (3_000, Event::Tick, "term 1", Stopping),
            (13_000, Event::Tick, "kill 1, look 1", Stopping),
            (13_010, code(1, 137), "<ended>, kill 1, look 1", Stopping),
            (13_011, emptied(1), "<stopped>", Stopped),
        ]),
    );
}

#[test]
fn an_http_server_does_not_read_stdin() {
    check(
        http(),
        &then(&[
            (1_000, Event::Stop, "<stopping>, term 1", Stopping),
            (1_100, code(1, 143), "<ended>, look 1", Stopping),
            (1_101, emptied(1), "<stopped>", Stopped),
        ]),
    );
}

#[test]
fn what_its_root_leaves_gets_half_a_second_and_then_signals() {
    check(
        stdio(),
        &then(&[
            (1_000, Event::Stop, "<stopping>, close 1", Stopping),
            (1_900, code(1, 0), "<ended>, look 1", Stopping),
            (1_901, remains(1), "", Stopping),
            (1_950, Event::Tick, "look 1", Stopping),
            (2_050, Event::Tick, "look 1", Stopping),
            (2_250, Event::Tick, "look 1", Stopping),
            (2_400, Event::Tick, "term 1", Stopping),
            (2_450, Event::Tick, "look 1", Stopping),
            (2_451, emptied(1), "<stopped>", Stopped),
        ]),
    );
}

#[test]
fn what_survives_is_told_and_killed_again() {
    let mut server = follow_late(
        check(http(), &running()),
        &[
            (1_000, Event::Stop, "<stopping>, term 1", Stopping),
            (11_000, Event::Tick, "kill 1, look 1", Stopping),
            (11_001, remains(1), "", Stopping),
            (
                16_100,
                Event::Tick,
                "<survives 1>, kill 1, look 1",
                Stopping,
            ),
        ],
    );
    assert_eq!(server.remains().len(), 1);
    let mut told = 0;
    for _ in 0..100 {
        let now = server.due().unwrap();
        let effects = server.on(Event::Tick, now);
        server.on(remains(1), now);
        told += usize::from(effects.iter().any(|effect| {
            matches!(effect, supervise::lifecycle::Effect::Tell(told)
                if told.to_string().starts_with("of it, pid 1001 survives SIGKILL"))
        }));
    }
    assert_eq!(told, 100, "it never says that all is well");
    assert_eq!(server.state(), Stopping);
    server.on(emptied(1), u64::MAX / 2);
    assert_eq!(server.state(), Stopped);
    assert!(server.remains().is_empty());
}

#[test]
fn of_a_large_tree_a_hundred_processes_are_named() {
    let stop = (1_000, Event::Stop, "<stopping>, term 1", Stopping);
    let mut server = follow_late(check(http(), &running()), &[stop]);
    let processes = (0..500).map(id).collect();
    server.on(tree(1, News::Remains { processes }), 1_000_000_000);
    assert_eq!(server.remains().len(), 100);
}

#[test]
fn a_stop_before_the_start_is_answered() {
    let begin = (0, Event::Start, "<starting>, spawn 1", Starting);
    let stop = (10, Event::Stop, "<stopping>, close 1", Stopping);
    check(
        stdio(),
        &[
            begin.clone(),
            stop.clone(),
            (20, emptied(1), "", Stopping),
            (30, spawned(1), "close 1", Stopping),
            (40, code(1, 0), "<ended>, look 1", Stopping),
            (41, emptied(1), "<stopped>", Stopped),
        ],
    );
    check(
        stdio(),
        &[
            begin,
            stop,
            (30, spawn_failed(1), "<spawn failed>, look 1", Stopping),
            (31, emptied(1), "<stopped>", Stopped),
        ],
    );
}

#[test]
fn a_late_tick_skips_no_step() {
    follow_late(
        check(stdio(), &running()),
        &[
            (1_000, Event::Stop, "<stopping>, close 1", Stopping),
            (900_000, Event::Tick, "term 1", Stopping),
            (2_000_000, Event::Tick, "kill 1, look 1", Stopping),
        ],
    );
}

#[test]
fn without_any_grace_all_is_done_at_once() {
    let mut spec = stdio();
    spec.stop.grace_eof = std::time::Duration::ZERO;
    spec.stop.kill_after = std::time::Duration::ZERO;
    check(
        spec,
        &then(&[
            (
                1_000,
                Event::Stop,
                "<stopping>, close 1, term 1, kill 1, look 1",
                Stopping,
            ),
            (1_001, emptied(1), "<stopped>", Stopped),
        ]),
    );
}
