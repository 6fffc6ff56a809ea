//! Watching for a daemon: a task for each engine that looks at intervals, follows events, and leaves an
//! immutable view behind.
//!
//! Whoever asks gets the last view at once, however an engine is. One that hangs or is killed is said to,
//! with what was last seen of it, and is looked at again until it comes back. Everything has a bound:
//! engines, containers, calls under way, the time of a look, events that wait for a listener.

mod engine_task;
mod look;
mod publish;

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::broadcast;
use tokio::task::JoinHandle;

use crate::engine::{EngineError, Places};
use crate::events::{Backoff, Event};
use crate::view::View;
pub(crate) use look::Looker;
use publish::Published;

/// Looks are never closer together than this.
pub const LEAST_INTERVAL: Duration = Duration::from_secs(5);

/// Engines that are watched at most.
const MOST_ENGINES: usize = 8;

/// Events that wait for a listener; a slower one is told how many it missed.
const EVENTS_KEPT: usize = 1_024;

/// Between two looks for sockets.
const PLACES_EVERY: Duration = Duration::from_secs(5);

/// How to watch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where sockets are looked for.
    pub places: Places,
    /// Between two looks; at least [`LEAST_INTERVAL`].
    pub interval: Duration,
    /// For a whole look, figures included.
    pub deadline: Duration,
    /// Pauses between attempts to follow events.
    pub backoff: Backoff,
}

impl Settings {
    /// Every 5 s, with 4 s for a look.
    pub fn new(places: Places) -> Self {
        Self {
            places,
            interval: LEAST_INTERVAL,
            deadline: Duration::from_secs(4),
            backoff: Backoff::default(),
        }
    }
}

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watcher {
    published: Arc<Published>,
    events: broadcast::Sender<Arc<Event>>,
    task: JoinHandle<()>,
}

impl Watcher {
    /// Begins on this runtime.
    pub fn start(runtime: &Handle, mut settings: Settings) -> Self {
        settings.interval = settings.interval.max(LEAST_INTERVAL);
        let published = Arc::new(Published::default());
        let (events, _) = broadcast::channel(EVENTS_KEPT);
        let task = runtime.spawn(watch(settings, Arc::clone(&published), events.clone()));
        Self {
            published,
            events,
            task,
        }
    }

    /// What is known now.
    pub fn latest(&self) -> Arc<View> {
        self.published.latest()
    }

    /// Events from now on. A listener that is too slow is told how many it missed.
    pub fn events(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // The tasks of the engines end with it: they belong to its set.
        self.task.abort();
    }
}

/// Finds sockets, and gives each a task for good: an engine that went away may come back.
async fn watch(
    settings: Settings,
    published: Arc<Published>,
    events: broadcast::Sender<Arc<Event>>,
) {
    let mut watched: HashSet<PathBuf> = HashSet::new();
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        for socket in settings.places.existing() {
            if watched.len() >= MOST_ENGINES || !watched.insert(socket.clone()) {
                continue;
            }
            let watching = engine_task::run(
                socket,
                settings.clone(),
                Arc::clone(&published),
                events.clone(),
            );
            tasks.spawn(watching);
        }
        published.note(notes(&settings.places, watched.is_empty()));
        tokio::time::sleep(PLACES_EVERY).await;
    }
}

/// What is to be said once.
pub(crate) fn notes(places: &Places, is_none: bool) -> Vec<String> {
    let candidates = places.candidates();
    let mut notes: Vec<String> = candidates
        .elsewhere
        .iter()
        .map(ToString::to_string)
        .collect();
    if is_none {
        let looked = candidates.sockets;
        notes.push(EngineError::NoEngine { looked }.to_string());
    }
    notes
}
