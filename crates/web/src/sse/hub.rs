//! Where events are published and clients are counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::frame;
use super::ring::{Event, Next, Ring};
use crate::clock::Clock;
use crate::sync::lock;

/// Bounds of a [`Hub`].
#[derive(Debug, Clone)]
pub struct HubLimits {
    /// Events that are kept for clients that connect again or are slow.
    pub events: usize,
    /// Bytes of all these events.
    pub bytes: usize,
    /// Clients at a time.
    pub clients: usize,
    /// Between two signs of life while nothing happens.
    pub keep_alive: Duration,
}

impl Default for HubLimits {
    fn default() -> Self {
        Self {
            events: 1024,
            bytes: 4 * 1024 * 1024,
            clients: 1000,
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// Publishes events to all clients. Clones are the same hub.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    /// Differs at each start, so that an id of an earlier start is not taken for one of this.
    epoch: String,
    limits: HubLimits,
    ring: Mutex<Ring>,
    /// The newest sequence number; wakes the clients.
    newest: watch::Sender<u64>,
    slots: Arc<Semaphore>,
    refused: AtomicU64,
    missed: AtomicU64,
    unwritable: AtomicU64,
}

/// What a hub counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HubCounts {
    /// Clients right now.
    pub clients: u64,
    /// Clients that were turned away because there were too many.
    pub clients_refused: u64,
    /// Events so far.
    pub published: u64,
    /// Events that some client was too slow for, once for each client.
    pub missed: u64,
    /// Events that could not be written as JSON.
    pub unwritable: u64,
}

impl Hub {
    /// A hub that keeps so many events, and otherwise has the default bounds.
    pub fn new(capacity: usize) -> Self {
        Self::with(HubLimits {
            events: capacity,
            ..HubLimits::default()
        })
    }

    /// A hub with these bounds.
    pub fn with(limits: HubLimits) -> Self {
        let millisecond = Clock::system().now().as_millisecond();
        Self(Arc::new(Shared {
            epoch: format!("{millisecond:x}"),
            ring: Mutex::new(Ring::new(limits.events, limits.bytes)),
            newest: watch::Sender::new(0),
            slots: Arc::new(Semaphore::new(limits.clients)),
            refused: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            unwritable: AtomicU64::new(0),
            limits,
        }))
    }

    /// Sends an event to all clients.
    pub fn publish(&self, kind: &str, data: &impl Serialize) {
        self.publish_event(kind, None, data);
    }

    /// Sends an event about one thing, so that clients can choose by it.
    pub fn publish_about(&self, kind: &str, subject: &str, data: &impl Serialize) {
        self.publish_event(kind, Some(subject), data);
    }

    fn publish_event(&self, kind: &str, subject: Option<&str>, data: &impl Serialize) {
        let shared = &self.0;
        let mut ring = lock(&shared.ring);
        let sequence = ring.newest + 1;
        match frame::event(&shared.epoch, sequence, kind, data) {
            Ok(bytes) => {
                ring.push(Event::new(sequence, kind, subject, bytes));
                drop(ring);
                shared.newest.send_replace(sequence);
            }
            Err(error) => {
                shared.unwritable.fetch_add(1, Ordering::Relaxed);
                tracing::warn!("an event of kind {kind} cannot be written as JSON: {error}");
            }
        }
    }

    /// The counters.
    pub fn counts(&self) -> HubCounts {
        let shared = &self.0;
        let free = shared.slots.available_permits();
        HubCounts {
            clients: shared.limits.clients.saturating_sub(free) as u64,
            clients_refused: shared.refused.load(Ordering::Relaxed),
            published: lock(&shared.ring).newest,
            missed: shared.missed.load(Ordering::Relaxed),
            unwritable: shared.unwritable.load(Ordering::Relaxed),
        }
    }

    /// A place for a client, while there is one.
    pub(super) fn slot(&self) -> Option<OwnedSemaphorePermit> {
        let slot = Arc::clone(&self.0.slots).try_acquire_owned().ok();
        if slot.is_none() {
            self.0.refused.fetch_add(1, Ordering::Relaxed);
        }
        slot
    }

    pub(super) fn after(&self, cursor: u64) -> Next {
        lock(&self.0.ring).after(cursor)
    }

    /// The numbers of the oldest and the newest event that can be had.
    pub(super) fn range(&self) -> (u64, u64) {
        let ring = lock(&self.0.ring);
        (ring.oldest(), ring.newest)
    }

    pub(super) fn missed(&self, events: u64) {
        self.0.missed.fetch_add(events, Ordering::Relaxed);
    }

    pub(super) fn wake(&self) -> watch::Receiver<u64> {
        self.0.newest.subscribe()
    }

    pub(super) fn epoch(&self) -> &str {
        &self.0.epoch
    }

    pub(super) fn keep_alive(&self) -> Duration {
        self.0.limits.keep_alive
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Hub({:?})", self.counts())
    }
}
