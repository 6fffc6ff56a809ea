//! What the daemon counts of itself, for its own metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// What the daemon counts of itself.
#[derive(Debug)]
pub struct Figures {
    overruns: AtomicU64,
    reloads: AtomicU64,
    refused_reloads: AtomicU64,
    dropped_series: AtomicU64,
    history_errors: AtomicU64,
    dropped_observations: AtomicU64,
    refused_orders: AtomicU64,
    /// CPU of the whole program over the last interval, millionths of a processor; `u64::MAX` before
    /// there is one.
    cpu: AtomicU64,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            overruns: AtomicU64::new(0),
            reloads: AtomicU64::new(0),
            refused_reloads: AtomicU64::new(0),
            dropped_series: AtomicU64::new(0),
            history_errors: AtomicU64::new(0),
            dropped_observations: AtomicU64::new(0),
            refused_orders: AtomicU64::new(0),
            cpu: AtomicU64::new(u64::MAX),
        }
    }
}

impl Figures {
    /// A look came late.
    pub(super) fn overrun(&self) {
        self.overruns.fetch_add(1, Ordering::Relaxed);
    }

    /// Looks that came late.
    pub fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }

    /// Configurations taken into force and refused, after the first.
    pub fn reloads(&self) -> (u64, u64) {
        (
            self.reloads.load(Ordering::Relaxed),
            self.refused_reloads.load(Ordering::Relaxed),
        )
    }

    /// A configuration was taken into force.
    pub(super) fn reload(&self) {
        self.reloads.fetch_add(1, Ordering::Relaxed);
    }

    /// A configuration was refused.
    pub(super) fn refuse_reload(&self) {
        self.refused_reloads.fetch_add(1, Ordering::Relaxed);
    }

    /// The history could not keep an event or an entry.
    pub(super) fn history_error(&self) {
        self.history_errors.fetch_add(1, Ordering::Relaxed);
    }

    /// Events and audit entries that the history could not keep.
    pub fn history_errors(&self) -> u64 {
        self.history_errors.load(Ordering::Relaxed)
    }

    /// An observation did not fit into the history's queue.
    pub(super) fn drop_observation(&self) {
        self.dropped_observations.fetch_add(1, Ordering::Relaxed);
    }

    /// Observations that did not fit into the history's queue.
    pub fn dropped_observations(&self) -> u64 {
        self.dropped_observations.load(Ordering::Relaxed)
    }

    /// An order did not fit into the inbox.
    pub(crate) fn refuse_order(&self) {
        self.refused_orders.fetch_add(1, Ordering::Relaxed);
    }

    /// Orders that did not fit into the inbox.
    pub fn refused_orders(&self) -> u64 {
        self.refused_orders.load(Ordering::Relaxed)
    }

    /// Series were left out of a page.
    pub(super) fn drop_series(&self, count: usize) {
        self.dropped_series
            .fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Series that were left out of pages.
    pub fn dropped_series(&self) -> u64 {
        self.dropped_series.load(Ordering::Relaxed)
    }

    /// Notes what the whole program used, as a share of one processor.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a few processors"
    )]
    pub(super) fn set_cpu_share(&self, share: f64) {
        let millionths = (share.clamp(0.0, 1e6) * 1e6) as u64;
        self.cpu.store(millionths, Ordering::Relaxed);
    }

    /// CPU of the whole program over the last interval, percent of one processor.
    pub fn cpu_percent(&self) -> Option<f64> {
        let millionths = self.cpu.load(Ordering::Relaxed);
        (millionths != u64::MAX).then(|| (millionths / 100) as f64 / 100.0)
    }
}
