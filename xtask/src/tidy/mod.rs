//! Rules of this repository that no lint of the compiler knows. Each is a pure function over a
//! [`Tree`] of files, so each has a test with an example that breaks it.

mod arrows;
mod boundaries;
mod documentation;
mod paths;
mod sizes;
mod tree;
mod unsafety;
mod words;

use std::fmt;

use anyhow::{Result, bail};

use crate::repository;
use crate::step::Outcome;
use tree::Tree;

/// One place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Breach {
    /// From the repository's root.
    file: String,
    /// Counted from 1, where the breach has a line.
    line: Option<usize>,
    /// What is wrong and what would be right.
    message: String,
}

impl Breach {
    fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            message: message.into(),
        }
    }

    fn of_line(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            line: Some(line),
            ..Self::of_file(file, message)
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

type Rule = fn(&Tree) -> Vec<Breach>;

const RULES: [Rule; 7] = [
    arrows::check,
    boundaries::check,
    documentation::check,
    paths::check,
    sizes::check,
    unsafety::check,
    words::check,
];

/// Checks the whole repository and reports the sizes of its files.
pub(crate) fn run() -> Result<Outcome> {
    let tree = Tree::read(repository::root())?;
    println!("{}", sizes::report(&tree));
    let breaches: Vec<Breach> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    if breaches.is_empty() {
        return Ok(Outcome::Done);
    }
    for breach in &breaches {
        eprintln!("{breach}");
    }
    bail!("{} places break a rule of this repository", breaches.len())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let tree = Tree::read(repository::root()).unwrap();
        assert!(
            tree.files().len() > 50,
            "only {} files found",
            tree.files().len()
        );
        let breaches: Vec<Breach> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
        let lines: Vec<String> = breaches.iter().map(Breach::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }
}
