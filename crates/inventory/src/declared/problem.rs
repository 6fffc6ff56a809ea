//! What went wrong with one file, said without quoting the file.
//!
//! A configuration may hold keys and tokens, so a message names the file, the line
//! and what was expected there, never what stood there.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// A file that could not be used, or an entry in it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Problem {
    /// The file, as it was opened.
    pub file: PathBuf,
    /// Line in the file, from 1, where it is known.
    pub line: Option<u32>,
    /// Character in that line, from 1, where it is known.
    pub column: Option<u32>,
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// What is wrong and what would be right; never contents of the file.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ":{column}")?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Kinds of [`Problem`]. A file that does not exist is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The kernel did not let us read it.
    Unreadable,
    /// Bigger than we are willing to read.
    TooLarge,
    /// A directory, FIFO, socket or device where a file should be.
    NotRegular,
    /// Not UTF-8 text.
    Encoding,
    /// Not the format that it should be in.
    Syntax,
    /// The format is right, but an entry is not what a client would accept.
    Shape,
    /// Values nested deeper than any configuration is.
    TooDeep,
    /// A YAML alias that contains itself.
    Cyclic,
    /// More values, files or folders than we are willing to keep.
    TooMany,
}

/// A [`Problem`] before it is known in which file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: Option<u32>,
    pub(super) column: Option<u32>,
    pub(super) kind: ProblemKind,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(kind: ProblemKind, message: impl Into<String>) -> Self {
        Self {
            line: None,
            column: None,
            kind,
            message: message.into(),
        }
    }

    pub(super) fn at_line(mut self, line: u32) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn at(mut self, line: u32, column: u32) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }

    /// An entry that is not as a client would want it, at a line.
    pub(super) fn shape(line: u32, message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Shape, message).at_line(line)
    }

    /// Might the file just have been in the middle of being written?
    pub(super) fn may_be_torn(&self) -> bool {
        matches!(self.kind, ProblemKind::Syntax | ProblemKind::Encoding)
    }

    pub(super) fn in_file(self, file: impl Into<PathBuf>) -> Problem {
        let Self {
            line,
            column,
            kind,
            message,
        } = self;
        Problem {
            file: file.into(),
            line,
            column,
            kind,
            message,
        }
    }
}
