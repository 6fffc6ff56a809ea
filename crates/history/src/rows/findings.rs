//! Findings and how long they lasted. What is found is told again and again; a row begins when a
//! finding is new, and is closed when it is told no more. One that comes back begins a new row.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Conditions, USUAL, json};
use crate::series::Millis;

/// While nothing else changes, `last_seen` is written this often only.
const SEEN_EVERY: Millis = 60_000;

/// A finding as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRow {
    /// What stays the same while it is the same finding.
    pub id: String,
    /// What is wrong.
    pub kind: String,
    /// How bad it is.
    pub severity: String,
    /// The server it is about.
    pub server: Option<String>,
    /// One line for people.
    pub title: String,
    /// Evidence and the rest, without secrets.
    pub data: Value,
}

/// A finding over time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FindingRecord {
    /// What stays the same while it is the same finding.
    pub id: String,
    /// What is wrong.
    pub kind: String,
    /// How bad it is, or was when it was last seen.
    pub severity: String,
    /// The server it is about.
    pub server: Option<String>,
    /// One line for people.
    pub title: String,
    /// Evidence and the rest, as it was last seen.
    pub data: Value,
    /// When it was seen first.
    pub first_seen: Millis,
    /// When it was seen last; up to a minute earlier than it truly was.
    pub last_seen: Millis,
    /// When it was seen no more.
    pub closed: Option<Millis>,
}

/// What a new list of findings changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FindingChanges {
    /// Ids that are new.
    pub opened: Vec<String>,
    /// Ids that are gone.
    pub closed: Vec<String>,
}

/// Which findings; those seen last come first.
#[derive(Clone, Debug, Default)]
pub struct FindingQuery {
    /// Only open (true) or only closed ones (false).
    pub open: Option<bool>,
    /// Seen at or after this time.
    pub from: Option<Millis>,
    /// Begun at or before this time.
    pub to: Option<Millis>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only about this server.
    pub server: Option<String>,
    /// At most so many; 1,000 if not said.
    pub limit: Option<usize>,
}

const SELECT: &str = "SELECT id, kind, severity, server, title, data, first_seen, last_seen, closed
    FROM finding";

/// Takes the list of all findings of now.
pub(crate) fn seen(
    connection: &Connection,
    now: Millis,
    found: &[FindingRow],
) -> rusqlite::Result<FindingChanges> {
    let open = FindingQuery {
        open: Some(true),
        limit: Some(usize::MAX),
        ..FindingQuery::default()
    };
    let mut known: HashMap<String, FindingRecord> = query(connection, &open)?
        .into_iter()
        .map(|record| (record.id.clone(), record))
        .collect();
    let mut changes = FindingChanges::default();
    let mut done = std::collections::HashSet::new();
    for finding in found {
        if !done.insert(finding.id.as_str()) {
            continue;
        }
        let Some(record) = known.remove(&finding.id) else {
            insert(connection, now, finding)?;
            changes.opened.push(finding.id.clone());
            continue;
        };
        let same = record.severity == finding.severity
            && record.title == finding.title
            && record.data == finding.data;
        if !same || (now - record.last_seen).abs() >= SEEN_EVERY {
            connection
                .prepare_cached(
                    "UPDATE finding SET severity = ?2, title = ?3, data = ?4, last_seen = ?5
                     WHERE id = ?1 AND closed IS NULL",
                )?
                .execute(params![
                    finding.id,
                    finding.severity,
                    finding.title,
                    finding.data.to_string(),
                    now
                ])?;
        }
    }
    for id in known.into_keys() {
        connection
            .prepare_cached("UPDATE finding SET closed = ?2 WHERE id = ?1 AND closed IS NULL")?
            .execute(params![id, now])?;
        changes.closed.push(id);
    }
    changes.closed.sort_unstable();
    Ok(changes)
}

fn insert(connection: &Connection, now: Millis, finding: &FindingRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO finding (id, kind, severity, server, title, data, first_seen, last_seen)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)",
        )?
        .execute(params![
            finding.id,
            finding.kind,
            finding.severity,
            finding.server,
            finding.title,
            finding.data.to_string(),
            now
        ])?;
    Ok(())
}

pub(crate) fn query(
    connection: &Connection,
    query: &FindingQuery,
) -> rusqlite::Result<Vec<FindingRecord>> {
    let mut conditions = Conditions::new();
    conditions.and("(closed IS NULL) = ?", query.open.map(i64::from));
    conditions.and("coalesce(closed, last_seen) >= ?", query.from);
    conditions.and("first_seen <= ?", query.to);
    conditions.and("kind = ?", query.kind.clone());
    conditions.and("server = ?", query.server.clone());
    let limit = query.limit.unwrap_or(USUAL);
    conditions.rows(connection, SELECT, "last_seen DESC, row DESC", limit, read)
}

fn read(row: &Row) -> rusqlite::Result<FindingRecord> {
    Ok(FindingRecord {
        id: row.get(0)?,
        kind: row.get(1)?,
        severity: row.get(2)?,
        server: row.get(3)?,
        title: row.get(4)?,
        data: json(row, 5)?,
        first_seen: row.get(6)?,
        last_seen: row.get(7)?,
        closed: row.get(8)?,
    })
}
