//! Containers in the daemon: who watches engines, and orders to them that nobody has to wait for.
//!
//! The watcher lives on the runtime; the thread that looks takes its last view at each look, and never waits
//! for an engine. Orders go out from threads of their own, because an engine that hangs may take minutes,
//! and come back as an [`Order`].

mod desk;
pub(crate) mod limits;
mod measure;
pub(crate) mod orders;

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use containers::act::{self, Patience, Report, Target};
use containers::container::Container;
use containers::view::EngineState;
use containers::watch::Settings;
use containers::{Places, View, Watcher, once};
use tokio::runtime::Handle;

use super::handle::Daemon;
use super::orders::Order;
use crate::cleaning::Underway;
use crate::engines::{Source, removal};
use crate::observe::pause;
use crate::report::CleanReport;
pub(super) use desk::Desk;

/// Between two tries to put an order into an inbox that is full, and how many there are.
const AGAIN: (Duration, u32) = (Duration::from_secs(1), 60);

/// What the daemon has of containers.
pub(crate) struct Containers {
    watcher: Arc<Watcher>,
    places: Places,
    limited: limits::Limited,
}

impl Daemon {
    /// Begins to watch container engines; once.
    pub(super) fn watch_containers(&self, runtime: &Handle) {
        let places = Places::of_environment();
        let watcher = Watcher::start(runtime, Settings::new(places.clone()));
        self.set_containers(Containers {
            watcher: Arc::new(watcher),
            places,
            limited: limits::Limited::default(),
        });
    }
}

impl Containers {
    /// Where looks take their view from.
    pub(super) fn source(&self) -> Source {
        Source::Watched {
            watcher: Arc::clone(&self.watcher),
            places: self.places.clone(),
        }
    }

    /// What is known now.
    pub(crate) fn view(&self) -> Arc<View> {
        self.watcher.latest()
    }

    /// What became of limits that were set.
    pub(crate) fn limited(&self) -> &limits::Limited {
        &self.limited
    }
}

/// A container by its name or id, of an engine that answers, with that engine's socket.
pub(crate) fn find(view: &View, name: &str) -> Result<(Arc<Container>, PathBuf), String> {
    let up = view
        .engines
        .iter()
        .filter(|engine| engine.state == EngineState::Up);
    let all = up.flat_map(|engine| engine.containers.iter().map(move |seen| (engine, seen)));
    let mut found = std::collections::BTreeMap::new();
    for (engine, seen) in all {
        let container = &seen.container;
        let is_short = name.len() >= 12 && container.id.starts_with(name);
        if container.name == name || is_short {
            // Two sockets may lead to one engine.
            found
                .entry(container.id.clone())
                .or_insert_with(|| (Arc::clone(container), engine.socket.clone()));
        }
    }
    let mut found = found.into_values();
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(format!("several engines have a container `{name}`")),
        (None, _) => Err(format!("no engine that answers has a container `{name}`")),
    }
}

/// Restarts a container for the policy, in a thread of its own; its end is an order.
pub(super) fn restart(
    daemon: Weak<Daemon>,
    act: u64,
    container: &Container,
    socket: PathBuf,
) -> Result<(), String> {
    let target = Target::from(container);
    elsewhere("restart", move || {
        let patience = Patience::default();
        let done = once::with_runtime(async {
            match removal::connect(&socket, &patience).await {
                Ok(engine) => Ok(act::restart(&engine, &target, &patience).await),
                Err(attempts) => Err(attempts),
            }
        });
        let how = match done {
            Ok(Ok(report)) => words(&report, "was restarted"),
            Ok(Err(attempts)) => Err(format!("its engine does not answer: {}", tries(&attempts))),
            Err(error) => Err(error.to_string()),
        };
        put(&daemon, Order::PolicyDone { act, how });
    })
}

/// Does what is left of cleaning, in a thread of its own.
pub(super) fn finish(
    underway: Box<Underway>,
    then: impl FnOnce(CleanReport) + Send + 'static,
) -> Result<(), String> {
    elsewhere("clean", move || {
        let note = |line: &str| tracing::info!("clean: {}", line.trim());
        then(underway.finish(&note));
    })
}

/// Puts an order where the thread that looks finds it, even if there are many others.
pub(super) fn put(daemon: &Weak<Daemon>, order: Order) {
    let mut order = order;
    for _ in 0..AGAIN.1 {
        let Some(daemon) = daemon.upgrade() else {
            return;
        };
        match daemon.orders().put(order) {
            Ok(()) => return,
            Err(back) => order = back,
        }
        drop(daemon);
        pause(AGAIN.0);
    }
    tracing::error!(
        "what became of an order to a container could not be told: too many orders wait"
    );
}

fn elsewhere(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), String> {
    let thread = std::thread::Builder::new().name(format!("engine {name}"));
    thread
        .spawn(work)
        .map(drop)
        .map_err(|error| format!("no thread could be started for it: {error}"))
}

/// What an order came to, in a line. Tries that failed are in it.
pub(crate) fn words(report: &Report, done: &str) -> Result<String, String> {
    use containers::act::Outcome;

    let name = model::text::safe(&report.name);
    let failed = tries(&report.attempts);
    let after = if failed.is_empty() {
        String::new()
    } else {
        format!(" ({failed})")
    };
    match &report.outcome {
        Outcome::AlreadyGone => Err(format!("container {name} is gone")),
        Outcome::Done => Ok(format!("container {name} {done}{after}")),
        Outcome::Refused(why) => Err(format!("container {name} is left alone: {why}")),
        Outcome::Failed(why) => Err(format!("container {name}: {why}{after}")),
    }
}

/// What failed in which try.
fn tries(attempts: &[act::Attempt]) -> String {
    let failed = attempts.iter().flat_map(|attempt| {
        let steps = attempt.steps.iter().filter(|step| !step.is_ok);
        steps.map(move |step| {
            format!(
                "try {} of {:.0} s, {}: {}",
                attempt.number, attempt.deadline_seconds, step.call, step.answer
            )
        })
    });
    failed.collect::<Vec<_>>().join("; ")
}
