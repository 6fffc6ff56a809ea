//! Layout 2: findings and alerts with their life, and snapshots.

/// From layout 1.
pub(super) const STEP: &str = "
-- A finding that comes back after it was closed is a new row.
CREATE TABLE finding (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    server TEXT,
    title TEXT NOT NULL,
    data TEXT NOT NULL,                 -- JSON
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    closed INTEGER
);
CREATE UNIQUE INDEX finding_open ON finding (id) WHERE closed IS NULL;

CREATE TABLE alert (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    server TEXT,
    severity TEXT NOT NULL,
    state TEXT NOT NULL,
    since INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    data TEXT NOT NULL                  -- JSON
) WITHOUT ROWID;

CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL
);
";
