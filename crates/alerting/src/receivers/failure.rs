//! Why a notice was not delivered, and whether trying again can help.

use std::fmt;
use std::time::Duration;

use super::text;

/// Characters of a failure's message at most.
pub const MOST_MESSAGE: usize = 300;

/// Nobody makes us wait longer before the next attempt.
pub const LONGEST_RETRY_AFTER: Duration = Duration::from_hours(1);

/// A delivery that failed. Its message names host and status, and neither secrets nor addresses that work
/// as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One line of at most [`MOST_MESSAGE`] characters: what happened, where, and what helps.
    pub message: String,
    /// Can trying again help?
    pub kind: FailureKind,
}

/// Can trying again help?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// It can: the other side is down, busy, or somebody is about to mend it.
    Temporary {
        /// How long the other side wants to be left alone, an hour at most.
        retry_after: Option<Duration>,
    },
    /// The same notice would be refused again.
    Permanent,
}

impl Failure {
    /// A failure after which trying again can help.
    pub(super) fn temporary(message: impl AsRef<str>) -> Self {
        Self::new(
            message.as_ref(),
            FailureKind::Temporary { retry_after: None },
        )
    }

    /// A failure that would only happen again.
    pub(super) fn permanent(message: impl AsRef<str>) -> Self {
        Self::new(message.as_ref(), FailureKind::Permanent)
    }

    /// The same failure, but the other side wants to be left alone for so long.
    pub(super) fn after(mut self, wait: Option<Duration>) -> Self {
        if let FailureKind::Temporary { retry_after } = &mut self.kind {
            *retry_after = wait.map(|wait| wait.min(LONGEST_RETRY_AFTER));
        }
        self
    }

    fn new(message: &str, kind: FailureKind) -> Self {
        Self {
            message: text::line(&model::redact::text(message), MOST_MESSAGE),
            kind,
        }
    }

    /// Whether trying again can help.
    pub fn is_temporary(&self) -> bool {
        matches!(self.kind, FailureKind::Temporary { .. })
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_one_short_line_without_secrets() {
        let hostile = format!("a\nb\u{1b}[2J {} end", "x".repeat(1_000));
        let failure = Failure::temporary(hostile);
        assert_eq!(failure.message.chars().count(), MOST_MESSAGE);
        assert!(!failure.message.chars().any(char::is_control));
        let failure = Failure::permanent("refused by https://user:hunter2@example.org/?token=abc");
        assert!(!failure.message.contains("hunter2"), "{failure}");
        assert!(!failure.message.contains("abc"), "{failure}");
    }

    #[test]
    fn nobody_makes_us_wait_for_days() {
        let failure = Failure::temporary("busy").after(Some(Duration::from_hours(48)));
        let wanted = FailureKind::Temporary {
            retry_after: Some(LONGEST_RETRY_AFTER),
        };
        assert_eq!(failure.kind, wanted);
        let failure = Failure::permanent("gone").after(Some(Duration::from_secs(1)));
        assert_eq!(failure.kind, FailureKind::Permanent);
    }
}
