//! The clock of the receivers. They are the edge: what they do with a time is decided by functions that
//! are given it.

use std::time::Instant;

use jiff::Timestamp;

/// The time of day, for what is signed and for dates that servers answer.
#[expect(
    clippy::disallowed_methods,
    reason = "a delivery happens now, and each attempt says when it was made"
)]
pub(super) fn now() -> Timestamp {
    Timestamp::now()
}

/// A clock that only goes forward, for deadlines.
#[expect(clippy::disallowed_methods, reason = "deadlines are kept here")]
pub(super) fn instant() -> Instant {
    Instant::now()
}
