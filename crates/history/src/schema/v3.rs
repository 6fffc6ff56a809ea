//! Layout 3: documents, small things that must outlive the program and are not about the past.

/// From layout 2.
pub(super) const STEP: &str = "
CREATE TABLE document (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    at INTEGER NOT NULL,
    data TEXT NOT NULL,                 -- JSON
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
-- What the documents of a kind add up to, so that a bound costs no look at each of them.
CREATE TABLE document_sum (
    kind TEXT PRIMARY KEY,
    count INTEGER NOT NULL,
    bytes INTEGER NOT NULL              -- of kinds, ids and data
) WITHOUT ROWID;
";
