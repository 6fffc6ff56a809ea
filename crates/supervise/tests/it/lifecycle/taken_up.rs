//! What is taken up after a crash of mcpvisor.

use std::sync::Arc;

use supervise::Lifecycle;
use supervise::lifecycle::State::{Degraded, Running, Starting, Stopped, Stopping};
use supervise::lifecycle::{Event, Saved};
use supervise::spec::{Exit, Readiness};

use super::table::{code, emptied, exited, follow, http, id, not_ready, spawned, stdio, tree};

fn saved() -> Saved {
    Saved {
        is_wanted: true,
        generation: 7,
        failures: 2,
        is_slow: false,
    }
}

fn resumed(saved: Saved) -> Lifecycle {
    Lifecycle::resumed(Arc::new(http()), 1, saved)
}

#[test]
fn what_was_wanted_is_started() {
    let server = follow(
        resumed(saved()),
        &[
            (0, Event::Resume, "<starting after 2>, spawn 8", Starting),
            (0, spawned(8), "", Starting),
            (5, code(8, 1), "<crashed>, <pauses 2>, look 8", Stopping),
        ],
    );
    let expected = Saved {
        generation: 8,
        failures: 3,
        ..saved()
    };
    assert_eq!(server.saved(), expected);
    let text = serde_json::to_string(&expected).unwrap();
    assert_eq!(serde_json::from_str::<Saved>(&text).unwrap(), expected);
}

#[test]
fn what_was_stopped_stays_stopped() {
    let saved = Saved {
        is_wanted: false,
        ..saved()
    };
    follow(resumed(saved), &[(0, Event::Resume, "", Stopped)]);
}

#[test]
fn what_was_given_up_is_tried_once_then_slowly() {
    let saved = Saved {
        is_slow: true,
        ..saved()
    };
    follow(
        resumed(saved),
        &[
            (0, Event::Resume, "<starting after 2>, spawn 8", Starting),
            (0, spawned(8), "", Starting),
            (5, code(8, 1), "<crashed>, <pauses 300>, look 8", Stopping),
        ],
    );
}

#[test]
fn what_still_runs_is_taken_over() {
    let adopted = Event::Adopted { id: id(3) };
    let mut server = follow(
        resumed(saved()),
        &[
            (0, adopted.clone(), "<adopted>", Running),
            (1, Event::Resume, "", Running),
            (2, adopted.clone(), "", Running),
            (3, Event::Leftover { id: None }, "", Running),
        ],
    );
    assert_eq!((server.process(), server.generation()), (Some(id(3)), 8));
    server = follow(
        server,
        &[
            (60_000, Event::Tick, "<steady>", Running),
            (
                70_000,
                exited(8, Exit::Unknown),
                "<crashed>, <pauses 0>, look 8",
                Stopping,
            ),
            (70_001, emptied(8), "<starting after 1>, spawn 9", Starting),
        ],
    );
    assert_eq!(server.process(), None);
    // A stop of what was taken over cannot close its stdin.
    let mut spec = stdio();
    spec.readiness = Readiness::Probe;
    follow(
        Lifecycle::resumed(Arc::new(spec), 1, Saved::default()),
        &[
            (0, adopted, "<adopted>, check 1", Running),
            (1, not_ready(1), "<degraded>", Degraded),
            (2, Event::Stop, "<stopping>, term 1", Stopping),
        ],
    );
}

#[test]
fn what_is_left_ends_first() {
    for (event, then) in [
        (Event::Resume, ("<starting after 2>, spawn 9", Starting)),
        (Event::Start, ("<starting>, spawn 9", Starting)),
        (Event::Stop, ("<stopped>", Stopped)),
    ] {
        let leftover = Event::Leftover { id: Some(id(3)) };
        follow(
            resumed(saved()),
            &[
                (
                    0,
                    leftover,
                    "<stopping, Leftover>, term 8, look 8",
                    Stopping,
                ),
                (1, event, "", Stopping),
                (40, emptied(8), then.0, then.1),
            ],
        );
    }
}

#[test]
fn news_of_other_generations_are_ignored() {
    let mut server = resumed(saved());
    server.on(Event::Resume, 0);
    for generation in [0, 7, 9, u64::MAX] {
        for news in [
            supervise::lifecycle::News::Emptied,
            supervise::lifecycle::News::Ready,
            supervise::lifecycle::News::Spawned { id: id(1) },
        ] {
            let effects = server.on(tree(generation, news), 1);
            assert_eq!(effects, [], "{generation}");
        }
    }
    assert_eq!((server.state(), server.process()), (Starting, None));
}
