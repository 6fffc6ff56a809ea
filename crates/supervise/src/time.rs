//! Times as whole nanoseconds, so that sums cannot overflow and nothing is rounded.

use std::time::Duration;

/// A duration in nanoseconds; more than 584 years are as many.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Nanoseconds as seconds for people and documents.
pub(crate) fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

/// So long after a time.
pub(crate) fn after(at: u64, time: Duration) -> u64 {
    at.saturating_add(nanoseconds(time))
}
