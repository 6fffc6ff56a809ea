//! What can go wrong, in words that say which file and what to do.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the history could not do something. Nothing here is the end of the daemon: it runs on without
/// history, or from memory until the disk works again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An option that makes no sense.
    #[error("history option `{option}`: {reason}")]
    Options {
        /// Its name.
        option: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A path that is not ours to write to.
    #[error("`{}` is not used for the history: {reason}", path.display())]
    Refused {
        /// The path.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A later version has changed the layout.
    #[error(
        "`{}` was made by a newer mcpvisor (layout {found}, this one knows up to {known}): \
         use that version, or move the file away to begin a new history",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout that this version knows.
        known: i64,
    },
    /// The file system refused.
    #[error("cannot {doing} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it said.
        source: Arc<io::Error>,
    },
    /// The database refused.
    #[error("cannot {doing} the history: {source}")]
    Database {
        /// What was tried.
        doing: &'static str,
        /// What it said.
        source: Arc<rusqlite::Error>,
    },
    /// The disk limit leaves no room.
    #[error("the history has reached its limit of {limit} bytes and nothing is left to remove")]
    Full {
        /// The limit, bytes.
        limit: u64,
    },
    /// A kind of documents has reached its bound: nothing of the change was written.
    #[error(
        "there are already {limit} documents of the kind `{kind}` in the history, which is the most: \
         nothing was written"
    )]
    TooManyDocuments {
        /// Their kind.
        kind: String,
        /// How many there may be.
        limit: u64,
    },
    /// Documents have reached their bound: nothing of the change was written.
    #[error(
        "documents in the history would need more than {limit} bytes together: nothing was written"
    )]
    DocumentsTooLarge {
        /// How many bytes they may need.
        limit: u64,
    },
    /// The database is being opened again after a failure.
    #[error("the history cannot be written at the moment: {reason}")]
    Unavailable {
        /// The last failure.
        reason: String,
    },
    /// The history has been closed.
    #[error("the history is closed")]
    Closed,
    /// Writing out an export failed.
    #[error("cannot write the export: {0}")]
    Export(Arc<io::Error>),
}

impl Error {
    pub(crate) fn database(doing: &'static str) -> impl Fn(rusqlite::Error) -> Self {
        move |source| Self::Database {
            doing,
            source: Arc::new(source),
        }
    }

    /// Whether the file itself is broken, so that it must be set aside.
    pub(crate) fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        let Self::Database { source, .. } = self else {
            return false;
        };
        matches!(code(source), Some(DatabaseCorrupt | NotADatabase))
    }
}

/// The code of what the database said, also of what it said about SQL that does not fit its tables.
pub(crate) fn code(error: &rusqlite::Error) -> Option<rusqlite::ErrorCode> {
    match error {
        rusqlite::Error::SqlInputError { error, .. } => Some(error.code),
        other => other.sqlite_error_code(),
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Export(Arc::new(error))
    }
}
