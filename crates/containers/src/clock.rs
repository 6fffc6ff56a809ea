//! The only place of this crate that reads a clock: everything that judges is told the time.

use std::time::Instant;

use jiff::Timestamp;

/// The time of day.
#[expect(
    clippy::disallowed_methods,
    reason = "readings of an engine are taken here, and each carries its time"
)]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that only goes forward, for how long a call took.
#[expect(clippy::disallowed_methods, reason = "deadlines are kept here")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}
