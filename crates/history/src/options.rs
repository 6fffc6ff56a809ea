//! What a history may cost and how long it is kept.

use std::path::PathBuf;
use std::time::Duration;

use crate::Error;

const DAY: Duration = Duration::from_hours(24);
/// With less there would be no room for the log and for putting blocks together.
const SMALLEST_DISK: u64 = 2 << 20;

/// How a history is kept. [`Options::new`] has the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The database file; its folder is made if it is missing (mode 0700). Two more files with
    /// `-wal` and `-shm` lie beside it.
    pub path: PathBuf,
    /// Bytes that all files of the history together never exceed; at least 2 MiB.
    pub max_disk: u64,
    /// How long every sample is kept, at least: whole days go at once.
    pub raw: Duration,
    /// How long buckets of five minutes are kept, at least: eight days go at once.
    pub five_minutes: Duration,
    /// How long buckets of an hour are kept, at least: 64 days go at once.
    pub hours: Duration,
    /// Two samples further apart than this have a gap between them. Must be longer than the
    /// interval in which observations are made.
    pub stale_after: Duration,
    /// How long events, and findings and alerts that are over, are kept.
    pub events: Duration,
    /// How many events and findings are kept at most, each.
    pub max_events: u64,
    /// How many alerts are kept at most; those that are over go first.
    pub max_alerts: u64,
    /// How many documents of one kind there may be; more are refused.
    pub max_documents: u64,
    /// Bytes that all documents together may have; more are refused, as is more than a quarter of
    /// [`Self::max_disk`].
    pub max_document_bytes: u64,
    /// How long audit entries are kept. The disk limit takes those younger than a quarter of this
    /// only when nothing else is left.
    pub audits: Duration,
    /// How many snapshots of a kind are kept.
    pub max_snapshots: u64,
    /// How many series one tick may have; more are dropped and counted.
    pub max_series: usize,
    /// How many observations may wait to be written; more are dropped and counted.
    pub queue: usize,
}

impl Options {
    /// Defaults: 1 GiB; samples 48 h, five minutes 30 d, hours 400 d; events and audit 400 d; 10,000
    /// alerts, and as many documents of a kind, 64 MiB of them together.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_disk: 1 << 30,
            raw: 2 * DAY,
            five_minutes: 30 * DAY,
            hours: 400 * DAY,
            stale_after: Duration::from_mins(1),
            events: 400 * DAY,
            max_events: 100_000,
            max_alerts: 10_000,
            max_documents: 10_000,
            max_document_bytes: 64 << 20,
            audits: 400 * DAY,
            max_snapshots: 1_000,
            max_series: 20_000,
            queue: 64,
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.max_disk < SMALLEST_DISK {
            return Err(Error::Options {
                option: "max_disk",
                reason: format!("{} bytes are too few; 2 MiB is the least", self.max_disk),
            });
        }
        if self.stale_after.is_zero() {
            return Err(Error::Options {
                option: "stale_after",
                reason: "must be longer than the interval of observations".to_owned(),
            });
        }
        Ok(())
    }
}

/// A time span in milliseconds.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
