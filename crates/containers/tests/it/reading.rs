//! Lists, inspections, figures and events of a living engine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use containers::container::State;
use containers::events::{Action, Backoff, Event, Followed, Seen, follow};
use containers::list::{Lister, inspect};
use containers::stats::Rates;
use containers::{Engine, once, stats};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::dockerd::{Asked as _, Dockerd};

pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn run<T>(what: impl Future<Output = T>) -> T {
    once::with_runtime(what).unwrap()
}

pub(crate) fn list_and_figures(dockerd: &Dockerd) {
    let limits = [
        "--memory",
        "64m",
        "--pids-limit",
        "20",
        "--cpus",
        "0.5",
        "-e",
        "API_KEY=hunter2env",
    ];
    let id = dockerd.run_detached(&limits, &["sh", "-c", "while :; do :; done"]);
    let engine = dockerd.engine();
    run(async {
        let mut lister = Lister::default();
        let listing = lister
            .look(&engine, Instant::now() + PATIENCE)
            .await
            .unwrap();
        assert_eq!((listing.total, listing.not_inspected), (1, 0));
        let container = &listing.containers[0];
        assert_eq!(
            (container.id.as_str(), container.state),
            (id.as_str(), State::Running)
        );
        assert_eq!(container.limits.memory_bytes, Some(64 << 20));
        assert!(!format!("{container:?}").contains("hunter2"));

        // Nothing happened, so nothing is inspected again; then something did.
        lister
            .look(&engine, Instant::now() + PATIENCE)
            .await
            .unwrap();
        assert_eq!(lister.inspections(), 1);
        lister.changed(&id);
        lister
            .look(&engine, Instant::now() + PATIENCE)
            .await
            .unwrap();
        assert_eq!(lister.inspections(), 2);

        let before = stats::read(&engine, &id, PATIENCE).await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = stats::read(&engine, &id, PATIENCE).await.unwrap().unwrap();
        assert_eq!(
            (now.memory_limit_bytes, now.pids_limit),
            (Some(64 << 20), Some(20))
        );
        assert_eq!(now.pids, Some(1));
        assert!(
            now.memory_bytes
                .is_some_and(|bytes| bytes > 0 && bytes < 64 << 20)
        );
        assert_eq!(now.received_bytes, None, "it has no network");
        let cpu = Rates::between(&before, &now).cpu_percent.unwrap();
        assert!(
            cpu > 1.0 && cpu < 90.0,
            "a spinner held to half a processor: {cpu}"
        );
    });
    dockerd.docker(&["rm", "-f", &id]);
    let gone = run(stats::read(&engine, &id, PATIENCE));
    assert!(gone.is_err_and(|error| error.is_not_found()));
}

pub(crate) fn events_and_oom(dockerd: &Dockerd) {
    let engine = dockerd.engine();
    let (sender, mut receiver) = mpsc::channel(256);
    run(async {
        let following = tokio::spawn(follow(
            engine.clone(),
            Seen::default(),
            Backoff::default(),
            sender,
        ));
        assert!(matches!(receiver.recv().await, Some(Followed::Connected)));
        // What is told meanwhile waits in the connection.
        let id = dockerd.run_detached(&["--memory", "16m"], &["sh", "-c", "tail /dev/zero"]);
        let mut told = Vec::new();
        while told.last() != Some(&Action::Die) {
            let event = next(&mut receiver).await;
            assert_eq!(event.id, id);
            assert_eq!(
                event.exit_code,
                (event.action == Action::Die).then_some(137)
            );
            told.push(event.action);
        }
        // The kernel may kill more than one process.
        told.dedup();
        assert_eq!(
            told,
            [Action::Create, Action::Start, Action::Oom, Action::Die]
        );
        let container = inspect(&engine, &id, PATIENCE).await.unwrap();
        assert_eq!(
            (container.state, container.oom_killed),
            (State::Exited, Some(true))
        );
        following.abort();
    });
    dockerd.docker(&["container", "prune", "-f"]);
}

/// The next event; whatever else is told does not count.
pub(crate) async fn next(receiver: &mut mpsc::Receiver<Followed>) -> Event {
    let news = async {
        loop {
            if let Followed::Event(event) = receiver.recv().await.unwrap() {
                return event;
            }
        }
    };
    tokio::time::timeout(PATIENCE, news).await.unwrap()
}

pub(crate) fn one_look(dockerd: &Dockerd) {
    let id = dockerd.run_detached(&[], &["sleep", "600"]);
    let view = once::once(&dockerd.places(), PATIENCE).unwrap();
    assert!(view.is_complete() && view.notes.is_empty());
    let seen = view.container(&id).unwrap();
    assert!(seen.stats.is_some_and(|stats| stats.memory_bytes.is_some()));
    assert_eq!((view.engines[0].total, view.engines[0].not_read), (1, 0));
    dockerd.docker(&["rm", "-f", &id]);
}

/// A container as it is now.
pub(crate) fn container(engine: &Engine, id: &str) -> containers::Container {
    run(inspect(engine, id, PATIENCE)).unwrap()
}
