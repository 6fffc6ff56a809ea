//! Events: what happened, in the order in which it was written.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Conditions, USUAL, json};
use crate::series::Millis;

/// An event to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When it happened.
    pub at: Millis,
    /// What sort of event, such as `server_started`.
    pub kind: String,
    /// The server it is about.
    pub server: Option<String>,
    /// How bad it is.
    pub severity: Option<String>,
    /// One line for people.
    pub title: String,
    /// The rest, without secrets.
    pub data: Value,
}

/// A written event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Its number; later ones are higher, and none is used twice.
    pub id: u64,
    /// When it happened.
    pub at: Millis,
    /// What sort of event.
    pub kind: String,
    /// The server it is about.
    pub server: Option<String>,
    /// How bad it is.
    pub severity: Option<String>,
    /// One line for people.
    pub title: String,
    /// The rest.
    pub data: Value,
}

/// Which events.
#[derive(Clone, Debug, Default)]
pub struct EventQuery {
    /// Only those with a higher number: they come oldest first. Otherwise the newest come first.
    pub after: Option<u64>,
    /// Not before this time.
    pub from: Option<Millis>,
    /// Not after this time.
    pub to: Option<Millis>,
    /// Only of this sort.
    pub kind: Option<String>,
    /// Only about this server.
    pub server: Option<String>,
    /// At most so many; 1,000 if not said.
    pub limit: Option<usize>,
}

pub(crate) fn insert(connection: &Connection, event: &NewEvent) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "INSERT INTO event (at, kind, server, severity, title, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            event.at,
            event.kind,
            event.server,
            event.severity,
            event.title,
            event.data.to_string()
        ])?;
    Ok(connection.last_insert_rowid().cast_unsigned())
}

pub(crate) fn query(connection: &Connection, query: &EventQuery) -> rusqlite::Result<Vec<Event>> {
    let mut conditions = Conditions::new();
    conditions.and("id > ?", query.after.map(u64::cast_signed));
    conditions.and("at >= ?", query.from);
    conditions.and("at <= ?", query.to);
    conditions.and("kind = ?", query.kind.clone());
    conditions.and("server = ?", query.server.clone());
    let order = if query.after.is_some() {
        "id"
    } else {
        "id DESC"
    };
    let select = "SELECT id, at, kind, server, severity, title, data FROM event";
    conditions.rows(
        connection,
        select,
        order,
        query.limit.unwrap_or(USUAL),
        read,
    )
}

fn read(row: &Row) -> rusqlite::Result<Event> {
    Ok(Event {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        at: row.get(1)?,
        kind: row.get(2)?,
        server: row.get(3)?,
        severity: row.get(4)?,
        title: row.get(5)?,
        data: json(row, 6)?,
    })
}

pub(crate) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM event", [], |row| {
        row.get::<_, i64>(0).map(i64::cast_unsigned)
    })
}
