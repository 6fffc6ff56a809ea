//! The task of one engine: looks at intervals and when something happened, tells events on, and tells
//! how the engine is.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::Settings;
use super::look::Looker;
use super::publish::Published;
use crate::clock;
use crate::container::Container;
use crate::engine::{CONNECT_DEADLINE, Engine, EngineError};
use crate::events::{Action, Event, Followed, Seen, follow, noticed};
use crate::view::{EngineState, EngineView};

/// Events on their way from the follower; when it is full the engine waits.
const WAITING: usize = 256;

/// After something happened, before it is looked at: more may follow, and an engine needs a moment.
const SETTLE: Duration = Duration::from_millis(300);

/// Looks because of events are not closer together than this.
const LEAST_PAUSE: Duration = Duration::from_secs(1);

/// What is remembered of events between two looks.
const MOST_TOLD: usize = 4_096;

struct Task {
    settings: Settings,
    published: Arc<Published>,
    listeners: broadcast::Sender<Arc<Event>>,
    looker: Looker,
    view: EngineView,
    engine: Option<Engine>,
    follower: JoinSet<()>,
    followed: Option<mpsc::Receiver<Followed>>,
    last_event_ns: Option<i64>,
    /// Containers of the last good look.
    before: Vec<Arc<Container>>,
    /// What was told since that look.
    told: HashSet<(String, Action)>,
    /// What the last comparison showed, and when it was made: the engine may tell of it after all.
    noticed: HashSet<(String, Action)>,
    compared: Timestamp,
    /// The events broke off since that look.
    has_break: bool,
}

/// Watches one engine for ever.
pub(super) async fn run(
    socket: PathBuf,
    settings: Settings,
    published: Arc<Published>,
    listeners: broadcast::Sender<Arc<Event>>,
) {
    let mut task = Task {
        settings,
        published,
        listeners,
        looker: Looker::default(),
        view: EngineView::new(socket),
        engine: None,
        follower: JoinSet::new(),
        followed: None,
        last_event_ns: None,
        before: Vec::new(),
        told: HashSet::new(),
        noticed: HashSet::new(),
        compared: Timestamp::UNIX_EPOCH,
        has_break: false,
    };
    let mut ticks = tokio::time::interval(task.settings.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut soon: Option<Instant> = None;
    let mut last = Instant::now();
    loop {
        let wake = soon;
        tokio::select! {
            _ = ticks.tick() => {}
            () = at(wake) => {}
            followed = next(&mut task.followed) => {
                if task.take(followed) {
                    let earliest = (last + LEAST_PAUSE).max(Instant::now() + SETTLE);
                    soon.get_or_insert(earliest);
                }
                continue;
            }
        }
        soon = None;
        task.look().await;
        last = Instant::now();
        ticks.reset();
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

async fn next(followed: &mut Option<mpsc::Receiver<Followed>>) -> Followed {
    if let Some(receiver) = followed {
        if let Some(news) = receiver.recv().await {
            return news;
        }
        // Its follower has ended; the next look starts another.
        *followed = None;
    }
    std::future::pending().await
}

impl Task {
    /// Takes in what the follower says; whether it is worth a look.
    fn take(&mut self, followed: Followed) -> bool {
        match followed {
            Followed::Connected => self.has_break,
            Followed::Broken(error) => {
                tracing::debug!("events of {}: {error}", self.view.socket.display());
                self.has_break = true;
                self.looker.lister.all_changed();
                false
            }
            Followed::Event(event) => {
                self.last_event_ns = self.last_event_ns.max(Some(event.time_ns));
                self.looker.lister.changed(&event.id);
                if event.action == Action::Oom {
                    self.looker.count_oom(&event.id);
                }
                if !self.was_noticed(&event) {
                    self.tell(event);
                }
                true
            }
        }
    }

    /// It was told from a comparison already, and the engine remembers it after all.
    fn was_noticed(&self, event: &Event) -> bool {
        let is_earlier = event.at().is_some_and(|at| at <= self.compared);
        is_earlier && self.noticed.contains(&(event.id.clone(), event.action))
    }

    fn tell(&mut self, event: Event) {
        if self.told.len() < MOST_TOLD {
            self.told.insert((event.id.clone(), event.action));
        }
        // Nobody listening is no error.
        self.listeners.send(Arc::new(event)).ok();
    }

    async fn look(&mut self) {
        let begun = clock::now();
        match self.try_look().await {
            Ok(()) => self.view.state = EngineState::Up,
            Err(error) => {
                self.engine = None;
                self.view.state = self.state_after(error, begun);
            }
        }
        self.published.publish(self.view.clone());
    }

    async fn try_look(&mut self) -> Result<(), EngineError> {
        let engine = self.connected().await?;
        let until = Instant::now() + self.settings.deadline;
        let had_break = self.has_break;
        let listing = self.looker.look(&engine, &mut self.view, until).await?;
        self.noticed.clear();
        if had_break && self.view.looks > 1 {
            self.compared = clock::now();
            let is_told = |id: &str, action| self.told.contains(&(id.to_owned(), action));
            for event in noticed(&self.before, &listing.containers, self.compared, is_told) {
                self.noticed.insert((event.id.clone(), event.action));
                self.tell(event);
            }
        }
        self.told.clear();
        self.has_break = false;
        self.before = listing.containers;
        Ok(())
    }

    /// The engine, asked anew after each failure: it may be another version by now.
    async fn connected(&mut self) -> Result<Engine, EngineError> {
        if let Some(engine) = &self.engine {
            return Ok(engine.clone());
        }
        let engine = Engine::connect(&self.view.socket, CONNECT_DEADLINE).await?;
        let is_same = self.view.version.as_ref() == Some(engine.version());
        if !is_same || self.followed.is_none() {
            self.follow(&engine);
        }
        self.view.version = Some(engine.version().clone());
        self.engine = Some(engine.clone());
        Ok(engine)
    }

    fn follow(&mut self, engine: &Engine) {
        let (sender, receiver) = mpsc::channel(WAITING);
        let now = i64::try_from(clock::now().as_nanosecond()).unwrap_or(i64::MAX);
        let seen = Seen::from(self.last_event_ns.unwrap_or(now));
        self.follower.abort_all();
        self.follower
            .spawn(follow(engine.clone(), seen, self.settings.backoff, sender));
        self.followed = Some(receiver);
    }

    fn state_after(&self, error: EngineError, begun: Timestamp) -> EngineState {
        let since = match &self.view.state {
            EngineState::Hangs { since } | EngineState::Down { since, .. } => *since,
            _ => begun,
        };
        match error {
            EngineError::Hangs { .. } => EngineState::Hangs { since },
            EngineError::Unreachable { .. } | EngineError::NoEngine { .. } => EngineState::Down {
                since,
                why: error.to_string(),
            },
            error if error.is_passing() => EngineState::Down {
                since,
                why: error.to_string(),
            },
            error => EngineState::Refused {
                why: error.to_string(),
            },
        }
    }
}
