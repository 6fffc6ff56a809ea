//! Layout 1: series and their samples, events, audit.

/// From an empty file.
pub(super) const STEP: &str = "
-- A metric and a set of labels are each written once; a series is two numbers.
CREATE TABLE metric (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind INTEGER NOT NULL,              -- 0 gauge, 1 counter
    unit TEXT NOT NULL
);
CREATE TABLE labels (
    id INTEGER PRIMARY KEY,
    text TEXT NOT NULL UNIQUE           -- JSON: [[name, value], ..]
);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    metric INTEGER NOT NULL,
    labels INTEGER NOT NULL,
    seen INTEGER NOT NULL               -- about when it was last there, ms
);
CREATE UNIQUE INDEX series_identity ON series (metric, labels);

-- What is not yet in blocks: one row a tick.
CREATE TABLE tick (
    seq INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

-- Ticks first..=last of one tier. While blocks are being put together, `into` names the new one.
CREATE TABLE block (
    id INTEGER PRIMARY KEY,
    tier INTEGER NOT NULL,              -- 0 raw, 1 five minutes, 2 hours
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    low INTEGER NOT NULL,               -- earliest and latest time, ms
    high INTEGER NOT NULL,
    ticks INTEGER NOT NULL,             -- ticks or buckets
    samples INTEGER NOT NULL,
    into_block INTEGER,
    shared BLOB NOT NULL                -- checksum; times, or the frame of the buckets
);
-- Chunks of 32 neighbouring series of a block: id = block * 65536 + series / 32.
CREATE TABLE segment (
    id INTEGER PRIMARY KEY,
    data BLOB NOT NULL
);

CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    server TEXT,
    severity TEXT,
    title TEXT NOT NULL,
    data TEXT NOT NULL                  -- JSON
);
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    command TEXT NOT NULL,
    target TEXT NOT NULL,
    phase TEXT NOT NULL,
    outcome TEXT,
    data TEXT NOT NULL                  -- JSON
);

-- Single facts about the file.
CREATE TABLE state (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
";
