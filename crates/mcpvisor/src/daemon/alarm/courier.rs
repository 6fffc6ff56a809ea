//! Delivering notices: a thread for each receiver, which tries until it has succeeded.
//!
//! A receiver gets its notices in their order. What fails for now is tried again after 1 s, 2 s, and so on
//! up to five minutes, or when the receiver said; what can never succeed, or has been tried for longer
//! than the configuration says, is dropped, counted and logged. A notice leaves the disk when it has
//! arrived or was dropped.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use alerting::receivers::{FailureKind, Receiver, Settings};
use alerting::{Notice, Occasion};
use history::{Changes, Document, History};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keep::NOTICE;
use crate::config::alerts::Receiver as Outgoing;

/// First and longest pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// Notices that wait for one receiver at most.
const MOST_WAITING: usize = 1_000;
/// The stack of a courier: it does little.
const STACK: usize = 512 << 10;

/// What became of notices to one receiver.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Counts {
    /// Notices that wait, the one that is being tried included.
    pub waiting: usize,
    /// Notices that arrived.
    pub delivered: u64,
    /// Tries that failed for now.
    pub retried: u64,
    /// Notices that were given up.
    pub dropped: u64,
}

/// A receiver and how it is.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ReceiverState {
    /// Its name.
    pub name: String,
    /// What it is: `webhook`, `slack`, ...
    pub kind: String,
    /// What became of its notices since the start.
    #[serde(flatten)]
    pub counts: Counts,
    /// When a notice last arrived.
    pub delivered_at: Option<Timestamp>,
    /// When a try last failed.
    pub failed_at: Option<Timestamp>,
    /// Why it failed, as long as nothing has arrived since.
    pub failure: Option<String>,
}

impl ReceiverState {
    /// A receiver that nobody has told anything yet.
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            name: settings.name.clone(),
            kind: settings.kind.name().to_owned(),
            counts: Counts::default(),
            delivered_at: None,
            failed_at: None,
            failure: None,
        }
    }
}

/// All couriers.
pub(super) struct Courier {
    history: History,
    workers: BTreeMap<String, Arc<Worker>>,
}

/// One receiver's courier, as it is shared with its thread.
struct Worker {
    outgoing: Outgoing,
    receiver: Receiver,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    waiting: VecDeque<Notice>,
    state: ReceiverState,
    is_stopped: bool,
    has_thread: bool,
}

impl Courier {
    /// Takes up what has not arrived.
    pub(super) fn open(receivers: &[Outgoing], history: History) -> Self {
        let mut courier = Self {
            history,
            workers: BTreeMap::new(),
        };
        courier.configure(receivers);
        let kept = courier.history.documents(NOTICE).unwrap_or_else(|error| {
            tracing::error!("notices that have not arrived could not be read: {error}");
            Vec::new()
        });
        let notices = kept
            .into_iter()
            .filter_map(|one: Document| one.data.read().ok());
        courier.send(notices.collect());
        courier
    }

    /// Receivers are these from now on. What waits for one that is gone is dropped.
    pub(super) fn configure(&mut self, receivers: &[Outgoing]) {
        let mut old = std::mem::take(&mut self.workers);
        for outgoing in receivers {
            let name = outgoing.settings.name.clone();
            let before = old.remove(&name);
            if let Some(same) = before
                .as_ref()
                .filter(|worker| worker.outgoing == *outgoing)
            {
                self.workers.insert(name, Arc::clone(same));
                continue;
            }
            let receiver = match Receiver::new(outgoing.settings.clone()) {
                Ok(receiver) => receiver,
                Err(error) => {
                    tracing::error!("receiver `{name}` cannot be used: {error}");
                    continue;
                }
            };
            let worker = Arc::new(Worker::new(outgoing.clone(), receiver));
            self.workers.insert(name, Arc::clone(&worker));
            if let Some(before) = before {
                self.send(before.stop());
            }
        }
        for (name, worker) in old {
            let waiting = worker.stop();
            if !waiting.is_empty() {
                tracing::warn!(
                    "{} notices to `{name}` are dropped: there is no such receiver any more",
                    waiting.len()
                );
                forget(
                    &self.history,
                    waiting.iter().map(|notice| notice.id.as_str()),
                );
            }
        }
    }

    /// Leaves out what need not be told: a repetition to somebody who has not even got what came before.
    pub(super) fn accept(&self, notices: Vec<Notice>) -> Vec<Notice> {
        let is_needed = |notice: &Notice| {
            let repeats = matches!(notice.occasion, Occasion::Repeat | Occasion::Heartbeat);
            let worker = self.workers.get(&notice.receiver);
            !repeats || worker.is_some_and(|worker| worker.lock().waiting.is_empty())
        };
        notices.into_iter().filter(is_needed).collect()
    }

    /// Hands notices out; they are on the disk.
    pub(super) fn send(&self, notices: Vec<Notice>) {
        for notice in notices {
            if let Some(worker) = self.workers.get(&notice.receiver) {
                worker.put(notice, &self.history);
            } else {
                tracing::warn!(
                    "a notice to `{}` is dropped: there is no such receiver",
                    notice.receiver
                );
                forget(&self.history, [notice.id.as_str()]);
            }
        }
    }

    pub(super) fn counts(&self) -> Vec<(String, Counts)> {
        let workers = self.workers.iter();
        workers
            .map(|(name, worker)| (name.clone(), worker.lock().counts()))
            .collect()
    }

    pub(super) fn states(&self) -> Vec<ReceiverState> {
        let workers = self.workers.values().map(|worker| worker.lock());
        workers
            .map(|queue| ReceiverState {
                counts: queue.counts(),
                ..queue.state.clone()
            })
            .collect()
    }
}

impl Queue {
    fn counts(&self) -> Counts {
        Counts {
            waiting: self.waiting.len(),
            ..self.state.counts
        }
    }
}

impl Worker {
    fn new(outgoing: Outgoing, receiver: Receiver) -> Self {
        let state = ReceiverState::new(&outgoing.settings);
        Self {
            outgoing,
            receiver,
            queue: Mutex::new(Queue {
                waiting: VecDeque::new(),
                state,
                is_stopped: false,
                has_thread: false,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(self: &Arc<Self>, notice: Notice, history: &History) {
        let mut queue = self.lock();
        queue.waiting.push_back(notice);
        if queue.waiting.len() > MOST_WAITING {
            // The first may be on its way.
            if let Some(oldest) = queue.waiting.remove(1) {
                queue.state.counts.dropped += 1;
                forget(history, [oldest.id.as_str()]);
            }
        }
        if !queue.has_thread {
            queue.has_thread = self.spawn(history.clone());
        }
        drop(queue);
        self.changed.notify_all();
    }

    /// Ends its thread after the try that it is at, and returns what waits.
    fn stop(&self) -> Vec<Notice> {
        let mut queue = self.lock();
        queue.is_stopped = true;
        let waiting = queue.waiting.drain(..).collect();
        drop(queue);
        self.changed.notify_all();
        waiting
    }

    fn spawn(self: &Arc<Self>, history: History) -> bool {
        let worker = Arc::clone(self);
        let thread = std::thread::Builder::new()
            .name("courier".to_owned())
            .stack_size(STACK);
        let spawned = thread.spawn(move || worker.run(&history));
        if let Err(error) = &spawned {
            tracing::error!(
                "no thread for receiver `{}`: {error}; it is tried again with the next notice",
                self.outgoing.settings.name
            );
        }
        spawned.is_ok()
    }

    /// Delivers what waits; ends when there is nothing for a while, or when it is stopped.
    fn run(&self, history: &History) {
        let mut pause = FIRST_PAUSE;
        while let Some(notice) = self.next() {
            let tried = self.receiver.deliver(&notice, self.outgoing.timeout);
            let now = linux::clock::now().wall;
            let age = Duration::try_from(now.duration_since(notice.made_at)).unwrap_or_default();
            let mut queue = self.lock();
            let (is_done, wait) = match tried {
                Ok(_) => {
                    queue.state.counts.delivered += 1;
                    queue.state.delivered_at = Some(now);
                    queue.state.failure = None;
                    pause = FIRST_PAUSE;
                    (true, Duration::ZERO)
                }
                Err(failure) => {
                    let is_first = queue.state.failure.is_none();
                    queue.state.failed_at = Some(now);
                    queue.state.failure = Some(failure.message.clone());
                    let asked = match failure.kind {
                        FailureKind::Temporary { retry_after } => {
                            Some(retry_after.unwrap_or_default())
                        }
                        FailureKind::Permanent => None,
                    };
                    match asked {
                        Some(asked) if age < self.outgoing.keep_trying => {
                            queue.state.counts.retried += 1;
                            if is_first {
                                tracing::warn!(
                                    "`{}`: {}; it is tried again",
                                    queue.state.name,
                                    failure.message
                                );
                            }
                            let wait = jittered(pause).max(asked);
                            pause = (pause * 2).min(LONGEST_PAUSE);
                            (false, wait)
                        }
                        _ => {
                            queue.state.counts.dropped += 1;
                            tracing::error!(
                                "a notice to `{}` is given up: {}",
                                queue.state.name,
                                failure.message
                            );
                            (true, Duration::ZERO)
                        }
                    }
                }
            };
            if is_done {
                // It may have been handed to another courier meanwhile.
                if queue
                    .waiting
                    .front()
                    .is_some_and(|first| first.id == notice.id)
                {
                    queue.waiting.pop_front();
                }
                drop(queue);
                forget(history, [notice.id.as_str()]);
            } else {
                self.pause(queue, wait);
            }
        }
    }

    /// The notice to try; none when it is stopped, or when nothing came for a minute.
    fn next(&self) -> Option<Notice> {
        let queue = self.lock();
        let is_idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.is_stopped;
        let waited = self
            .changed
            .wait_timeout_while(queue, Duration::from_mins(1), is_idle);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if queue.is_stopped || queue.waiting.is_empty() {
            queue.has_thread = false;
            return None;
        }
        queue.waiting.front().cloned()
    }

    fn pause(&self, queue: std::sync::MutexGuard<'_, Queue>, time: Duration) {
        // A poisoned queue is as good as any here: it is taken anew for the next try.
        drop(
            self.changed
                .wait_timeout_while(queue, time, |queue| !queue.is_stopped),
        );
    }
}

/// Up to a fifth more or less, so that many do not come at the same moment.
fn jittered(pause: Duration) -> Duration {
    let mut byte = [0_u8; 1];
    if rustix::rand::getrandom(&mut byte, rustix::rand::GetRandomFlags::NONBLOCK).is_err() {
        return pause;
    }
    pause.mul_f64(0.8 + 0.4 * f64::from(byte[0]) / 255.0)
}

/// Removes notices from the disk.
fn forget<'a>(history: &History, ids: impl IntoIterator<Item = &'a str>) {
    let remove = ids
        .into_iter()
        .map(|id| (NOTICE.to_owned(), id.to_owned()))
        .collect();
    let changes = Changes {
        remove,
        ..Changes::default()
    };
    if let Err(error) = history.change(changes) {
        tracing::warn!("a notice that has arrived may come again after a restart: {error}");
    }
}
