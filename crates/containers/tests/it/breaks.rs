//! Watching an engine that hangs for 25 seconds, and one that is killed while containers end.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;
use std::time::Duration;

use containers::container::State;
use containers::events::{Action, Event};
use containers::view::EngineState;
use containers::watch::Settings;
use containers::{View, Watcher};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::broadcast::Receiver;

use crate::dockerd::{Asked as _, Dockerd};
use crate::reading::{PATIENCE, container};
use testbed::real::or_skip;

/// Engines are said to hang for so long when they write their state to a slow disk.
const HANG: Duration = Duration::from_secs(25);

fn watcher(dockerd: &Dockerd) -> (tokio::runtime::Runtime, Watcher) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let watcher = Watcher::start(runtime.handle(), Settings::new(dockerd.places()));
    (runtime, watcher)
}

async fn until(watcher: &Watcher, what: &str, is_so: impl Fn(&View) -> bool) -> Arc<View> {
    let waiting = async {
        loop {
            let view = watcher.latest();
            if is_so(&view) {
                return view;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, waiting).await;
    seen.unwrap_or_else(|_| panic!("{what}: {:?}", watcher.latest()))
}

fn is_up(view: &View) -> bool {
    view.engines
        .first()
        .is_some_and(|engine| engine.state == EngineState::Up)
}

/// All events that are there, or come within a moment.
async fn told(events: &mut Receiver<Arc<Event>>) -> Vec<Arc<Event>> {
    let mut found = Vec::new();
    while let Ok(event) = tokio::time::timeout(Duration::from_secs(2), events.recv()).await {
        found.push(event.unwrap());
    }
    found
}

#[test]
fn an_engine_that_hangs_for_25_seconds() {
    let Some(dockerd) = or_skip(Dockerd::start(false)) else {
        return;
    };
    let id = dockerd.run_detached(&[], &["sleep", "600"]);
    let (runtime, watcher) = watcher(&dockerd);
    runtime.block_on(async {
        let view = until(&watcher, "first look", |view| view.container(&id).is_some()).await;
        let looks = view.engines[0].looks;

        dockerd.freeze();
        let thaw = async {
            tokio::time::sleep(HANG).await;
            dockerd.thaw();
        };
        let meanwhile = async {
            let hangs = |view: &View| matches!(view.engines[0].state, EngineState::Hangs { .. });
            let view = until(&watcher, "it hangs", hangs).await;
            assert!(
                view.engines[0]
                    .state
                    .to_string()
                    .starts_with("engine: hangs since")
            );
            assert!(view.container(&id).is_some(), "what was last seen stays");
            assert!(view.containers().is_empty(), "but nobody may judge by it");
        };
        tokio::join!(thaw, meanwhile);
        let view = until(&watcher, "it is back", |view| {
            is_up(view) && view.engines[0].looks > looks
        })
        .await;
        assert!(view.container(&id).unwrap().stats.is_some());
    });
}

#[test]
fn an_engine_that_is_killed_while_containers_end() {
    let Some(mut dockerd) = or_skip(Dockerd::start(true)) else {
        return;
    };
    let stays = dockerd.run_detached(&["--name", "stays"], &["sleep", "600"]);
    let ends = dockerd.run_detached(&["--name", "ends"], &["sleep", "600"]);
    let pid = container(&dockerd.engine(), &ends).pid.unwrap();
    let (runtime, watcher) = watcher(&dockerd);
    let mut events = watcher.events();
    runtime.block_on(async {
        until(&watcher, "first look", |view| {
            view.container(&ends).is_some()
        })
        .await;
        dockerd.docker(&["rename", "stays", "renamed"]);
        let before = told(&mut events).await;
        assert_eq!(actions(&before, &stays), [Action::Rename], "{before:?}");

        dockerd.kill();
        let down = |view: &View| matches!(view.engines[0].state, EngineState::Down { .. });
        until(&watcher, "it is down", down).await;
        // The container's own process, which only the engine would tell of.
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), Signal::KILL).unwrap();
        dockerd.start_again();
        let has_ended = |view: &View| {
            let seen = view.container(&ends).map(|seen| seen.container.state);
            is_up(view) && seen == Some(State::Exited)
        };
        let view = until(&watcher, "it is back", has_ended).await;
        assert_eq!(
            view.container(&stays).unwrap().container.state,
            State::Running
        );

        let after = told(&mut events).await;
        assert_eq!(actions(&after, &ends), [Action::Die], "{after:?}");
        assert_eq!(actions(&after, &stays), Vec::<Action>::new(), "{after:?}");

        // And it goes on.
        dockerd.docker(&["kill", "renamed"]);
        let after = told(&mut events).await;
        assert_eq!(
            actions(&after, &stays),
            [Action::Kill, Action::Die],
            "{after:?}"
        );
    });
}

fn actions(events: &[Arc<Event>], id: &str) -> Vec<Action> {
    events
        .iter()
        .filter(|event| event.id == id)
        .map(|event| event.action)
        .collect()
}
