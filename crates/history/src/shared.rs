//! What the handles and the writer have in common.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::Options;
use crate::head::Head;
use crate::notice::{NoticeKind, Notices};
use crate::readers::Readers;

/// Figures that only grow while the process lives.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    /// Samples that could not be kept.
    pub(crate) dropped: AtomicU64,
    /// Damaged pieces that were met.
    pub(crate) damaged: AtomicU64,
    /// Ticks that were written to the log.
    pub(crate) written: AtomicU64,
    /// Samples that were not kept in chunks because they could not be written.
    pub(crate) failing: AtomicBool,
}

/// Shared between the handles and the writer.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) readers: Readers,
    pub(crate) notices: Notices,
    pub(crate) figures: Figures,
    pub(crate) last_error: Mutex<Option<String>>,
    head: RwLock<Head>,
}

impl Shared {
    pub(crate) fn new(options: Options, readers: Readers, head: Head) -> Self {
        Self {
            options,
            readers,
            notices: Notices::default(),
            figures: Figures::default(),
            last_error: Mutex::new(None),
            head: RwLock::new(head),
        }
    }

    pub(crate) fn head(&self) -> RwLockReadGuard<'_, Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn head_mut(&self) -> RwLockWriteGuard<'_, Head> {
        self.head.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn drop_samples(&self, count: usize) {
        let count = count as u64;
        self.figures.dropped.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts damaged pieces; people hear of the first.
    pub(crate) fn count_damaged(&self, pieces: u64, what: &str) {
        if pieces > 0 && self.figures.damaged.fetch_add(pieces, Ordering::Relaxed) == 0 {
            self.notices.say(
                NoticeKind::Damaged,
                format!("a piece of the history is damaged ({what}); the rest is whole"),
            );
        }
    }

    pub(crate) fn is_failing(&self) -> bool {
        self.figures.failing.load(Ordering::Relaxed)
    }
}
