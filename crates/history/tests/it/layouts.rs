//! Files of earlier versions, and of later ones.

use history::{
    AlertQuery, AuditQuery, Changes, Error, EventQuery, FindingQuery, History, NoticeKind, Points,
    Query,
};
use rusqlite::Connection;

use crate::changes::document;
use crate::sample::{self, MEMORY, START, options, timestamp};

/// Layout 1 as it was when it was the newest, with one tick in the log: memory of 4,096 bytes.
const FIRST: &str = "
CREATE TABLE metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, unit TEXT NOT NULL);
CREATE TABLE labels (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE series (id INTEGER PRIMARY KEY, metric INTEGER NOT NULL, labels INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE UNIQUE INDEX series_identity ON series (metric, labels);
CREATE TABLE tick (seq INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE block (id INTEGER PRIMARY KEY, tier INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    low INTEGER NOT NULL, high INTEGER NOT NULL, ticks INTEGER NOT NULL, samples INTEGER NOT NULL, into_block INTEGER, shared BLOB NOT NULL);
CREATE TABLE segment (id INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE event (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, server TEXT, severity TEXT, title TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, command TEXT NOT NULL, target TEXT NOT NULL, phase TEXT NOT NULL, outcome TEXT, data TEXT NOT NULL);
CREATE TABLE state (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO metric VALUES (1, 'test_memory_bytes', 0, 'bytes');
INSERT INTO labels VALUES (1, '[[\"server\",\"a\"],[\"owner\",\"ada\"]]');
INSERT INTO series VALUES (1, 1, 1, 1700006400000);
INSERT INTO tick VALUES (41, x'TICK');
INSERT INTO event VALUES (7, 1700006400000, 'started', 'a', NULL, 'it began', '{}');
INSERT INTO audit VALUES (3, 1700006400000, 'ada', 'stop', 'a', 'begun', NULL, 'null');
INSERT INTO state VALUES ('open', 1);
PRAGMA application_id = 1835233398;
PRAGMA user_version = 1;
";

/// What layout 2 added as it was when it was the newest, with a row of each.
const SECOND: &str = "
CREATE TABLE finding (row INTEGER PRIMARY KEY, id TEXT NOT NULL, kind TEXT NOT NULL, severity TEXT NOT NULL, server TEXT, title TEXT NOT NULL,
    data TEXT NOT NULL, first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, closed INTEGER);
CREATE UNIQUE INDEX finding_open ON finding (id) WHERE closed IS NULL;
CREATE TABLE alert (id TEXT PRIMARY KEY, rule TEXT NOT NULL, server TEXT, severity TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL,
    updated INTEGER NOT NULL, data TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE snapshot (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, kind TEXT NOT NULL, data BLOB NOT NULL);
INSERT INTO finding VALUES (4, 'f', 'orphan', 'warning', 'a', 'an orphan', '{}', 1700006400000, 1700006460000, NULL);
INSERT INTO alert VALUES ('x', 'memory', 'a', 'critical', 'firing', 1700006400000, 1700006460000, '{\"value\":7}');
INSERT INTO snapshot VALUES (9, 1700006400000, 'report', x'01');
PRAGMA user_version = 2;
";

/// A row of the log that stands for itself: checksum, 1, time, one new series (1), present, 4,096.
fn tick() -> String {
    let mut bytes = vec![1];
    let mut put = |mut value: u64| {
        while value >= 0x80 {
            bytes.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
            value >>= 7;
        }
        bytes.push(u8::try_from(value).unwrap());
    };
    put(START.unsigned_abs() << 1);
    // One series more, its id is 1 above 0; one toggle at place 0; one change at place 0.
    for value in [1, 2, 1, 0, 1, 0, (4_096 << 1) << 4] {
        put(value);
    }
    let mut crc = u32::MAX;
    for byte in &bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xedb8_8320
            } else {
                crc >> 1
            };
        }
    }
    let mut row = (!crc).to_le_bytes().to_vec();
    row.extend(bytes);
    let hex: Vec<String> = row.iter().map(|byte| format!("{byte:02x}")).collect();
    hex.concat()
}

#[test]
fn the_first_layout_becomes_the_newest_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("history.db")).unwrap();
    connection
        .execute_batch(&FIRST.replace("TICK", &tick()))
        .unwrap();
    drop(connection);
    let (history, notices) = History::open(options(folder.path()), timestamp(START)).unwrap();
    assert_eq!(
        notices.iter().map(|notice| notice.kind).collect::<Vec<_>>(),
        [NoticeKind::Migrated]
    );
    let result = history
        .query(&Query::between(START, START).metric(MEMORY.name))
        .unwrap();
    let Points::Samples(samples) = &result.series[0].points else {
        panic!("buckets");
    };
    assert_eq!(
        (samples.len(), samples[0].value.to_bits()),
        (1, 4096.0_f64.to_bits())
    );
    assert_eq!(history.events(&EventQuery::default()).unwrap()[0].id, 7);
    assert_eq!(history.audits(&AuditQuery::default()).unwrap()[0].id, 3);
    assert!(history.event(crate::rows::event(START, "next")).unwrap() > 7);
    history.findings_seen(START, Vec::new()).unwrap();
    takes_documents(&history);
    history.close().unwrap();
    sample::open(folder.path());
}

/// What the newest layout brought is there.
fn takes_documents(history: &History) {
    assert_eq!(history.documents("silence").unwrap(), []);
    let put = vec![document("silence", "s", START, 1)];
    let changes = Changes {
        put: put.clone(),
        ..Changes::default()
    };
    history.change(changes).unwrap();
    assert_eq!(history.documents("silence").unwrap(), put);
}

#[test]
fn the_second_layout_becomes_the_newest_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let connection = Connection::open(folder.path().join("history.db")).unwrap();
    connection
        .execute_batch(&FIRST.replace("TICK", &tick()))
        .unwrap();
    connection.execute_batch(SECOND).unwrap();
    drop(connection);
    let (history, notices) = History::open(options(folder.path()), timestamp(START)).unwrap();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(
        notices[0].text.contains("from layout 2 to 3"),
        "{notices:?}"
    );
    let alerts = history.alerts(&AlertQuery::default()).unwrap();
    assert_eq!(
        (alerts[0].state.as_str(), &alerts[0].data),
        ("firing", &serde_json::json!({"value": 7}).into())
    );
    let findings = history.findings_history(&FindingQuery::default()).unwrap();
    assert_eq!(findings[0].last_seen, START + 60_000);
    assert_eq!(history.snapshot(9).unwrap(), Some(vec![1]));
    assert_eq!(history.stats().unwrap().samples, 1);
    takes_documents(&history);
    history.close().unwrap();
    sample::open(folder.path());
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    sample::open(folder.path()).close().unwrap();
    let path = folder.path().join("history.db");
    let connection = Connection::open(&path).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = History::open(options(folder.path()), timestamp(START)).unwrap_err();
    assert!(matches!(error, Error::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer mcpvisor"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
