//! What is wrong with a configuration: every problem with its line, its key and what would be right.

use std::fmt;

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// Line of the file, from 1; none where the problem has no place.
    pub line: Option<usize>,
    /// Full key, such as `daemon.interval`; empty where the file is no TOML.
    pub key: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}")?;
            f.write_str(if self.key.is_empty() { ": " } else { ", " })?;
        }
        if !self.key.is_empty() {
            write!(f, "key `{}`: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// All problems of one text, at least one, in the order of lines.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// A single problem.
    pub(super) fn one(problem: Problem) -> Self {
        Self(vec![problem])
    }

    /// The problems, sorted; `None` if there are none.
    pub(super) fn of(mut all: Vec<Problem>) -> Option<Self> {
        all.sort_by_key(|problem| problem.line);
        (!all.is_empty()).then_some(Self(all))
    }

    /// One after the other, in the order of lines.
    pub fn list(&self) -> &[Problem] {
        &self.0
    }
}

impl fmt::Display for Problems {
    /// As the rest of a sentence that begins with the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.0.as_slice() {
            return write!(f, "is wrong, {only}");
        }
        write!(f, "is wrong in {} places:", self.0.len())?;
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}
