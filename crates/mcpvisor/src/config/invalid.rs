//! Why a single value is wrong, and what would be right.

use std::fmt;

/// Longest value that a message quotes, characters.
const QUOTED: usize = 60;

/// A value that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Invalid {
    /// The value as written; `None` where it is no text or says nothing.
    value: Option<String>,
    /// What is wrong with it and what to write, as the rest of a sentence.
    why: String,
    /// The right spelling, where one is near.
    right: Option<String>,
}

impl Invalid {
    /// `value` is wrong because it `why`.
    pub fn new(value: &str, why: impl Into<String>) -> Self {
        Self {
            value: Some(quotable(value)),
            why: why.into(),
            right: None,
        }
    }

    /// A value that is not quoted.
    pub fn unquoted(why: impl Into<String>) -> Self {
        Self {
            value: None,
            why: why.into(),
            right: None,
        }
    }

    /// With the right spelling, if there is one.
    #[must_use]
    pub fn or_rather(self, right: Option<String>) -> Self {
        Self { right, ..self }
    }

    /// The right spelling, if one is near.
    pub fn right(&self) -> Option<&str> {
        self.right.as_deref()
    }

    /// The same without any part of the value.
    #[must_use]
    pub fn concealed(self) -> Self {
        Self {
            value: None,
            right: None,
            why: self.why,
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "`{value}` {}", self.why)?,
            None => write!(f, "the value {}", self.why)?,
        }
        match &self.right {
            Some(right) => write!(f, "; did you mean `{right}`?"),
            None => Ok(()),
        }
    }
}

/// The value as a message may show it: no controls, not too long.
pub(super) fn quotable(value: &str) -> String {
    let safe = model::text::safe(value);
    match safe.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("{}…", safe.get(..end).unwrap_or_default()),
        None => safe.into_owned(),
    }
}

/// A number that is not negative and the unit after it, spaces between them left out.
pub(super) fn split_unit(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}
