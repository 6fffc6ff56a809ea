//! What is kept besides series: events, the audit log, findings and alerts with their life, snapshots,
//! and documents. Each is a table; each is bounded by age and number ([`remove_old`]; documents by
//! refusal), and by the disk limit. What is written here is on the disk when the call returns.

pub(crate) mod alerts;
pub(crate) mod audits;
pub(crate) mod changes;
pub(crate) mod documents;
pub(crate) mod events;
pub(crate) mod findings;
pub(crate) mod snapshots;
mod text;

pub use text::Json;

use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use crate::Options;
use crate::options::millis;
use crate::series::Millis;

/// So many rows are returned where nobody says how many.
pub(crate) const USUAL: usize = 1_000;

/// Removes rows that have reached their age or are too many.
pub(crate) fn remove_old(
    connection: &Connection,
    options: &Options,
    now: Millis,
) -> rusqlite::Result<()> {
    let events = now - millis(options.events);
    let audits = now - millis(options.audits);
    let most = options.max_events.cast_signed();
    connection.execute(
        "DELETE FROM event WHERE at < ?1 OR id <= (SELECT max(id) FROM event) - ?2",
        [events, most],
    )?;
    connection.execute("DELETE FROM audit WHERE at < ?1", [audits])?;
    connection.execute("DELETE FROM finding WHERE closed < ?1", [events])?;
    connection.execute(
        "DELETE FROM finding WHERE row IN (SELECT row FROM finding ORDER BY closed IS NULL DESC,
         last_seen DESC LIMIT -1 OFFSET ?1)",
        [most],
    )?;
    // An alert that is not over is no matter of the past, however long ago it began.
    connection.execute(
        "DELETE FROM alert WHERE state = 'resolved' AND updated < ?1",
        [events],
    )?;
    connection.execute(
        "DELETE FROM alert WHERE id IN (SELECT id FROM alert ORDER BY state = 'resolved',
         updated DESC LIMIT -1 OFFSET ?1)",
        [options.max_alerts.cast_signed()],
    )?;
    connection.execute("DELETE FROM snapshot WHERE at < ?1", [events])?;
    Ok(())
}

/// Conditions of a question, put together.
#[derive(Debug)]
pub(crate) struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    pub(crate) fn new() -> Self {
        Self {
            sql: "1".to_owned(),
            values: Vec::new(),
        }
    }

    /// Adds a condition with one `?`, if there is a value for it. The condition is never text from
    /// outside.
    pub(crate) fn and(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.sql.push_str(" AND ");
            self.sql.push_str(condition);
            self.values.push(value.into());
        }
    }

    /// Adds that a column has one of these values, unless there are none. The column is never text
    /// from outside.
    pub(crate) fn and_any(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let places = vec!["?"; values.len()].join(", ");
            self.sql.push_str(&format!(" AND {column} IN ({places})"));
            self.values
                .extend(values.iter().map(|value| Value::from(value.clone())));
        }
    }

    /// Rows of `select` under these conditions, in this order, at most `limit`; what cannot be read
    /// is left out.
    pub(crate) fn rows<T>(
        self,
        connection: &Connection,
        select: &str,
        order: &str,
        limit: usize,
        read: impl Fn(&Row) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = format!("{select} WHERE {} ORDER BY {order} LIMIT {limit}", self.sql);
        let mut statement = connection.prepare(&sql)?;
        let rows =
            statement.query_map(rusqlite::params_from_iter(self.values), |row| Ok(read(row)))?;
        rows.filter_map(Result::transpose_read).collect()
    }
}

/// A row that holds what it should not is passed over; a failure of the database is not.
trait TransposeRead<T> {
    fn transpose_read(self) -> Option<rusqlite::Result<T>>;
}

impl<T> TransposeRead<T> for rusqlite::Result<rusqlite::Result<T>> {
    fn transpose_read(self) -> Option<rusqlite::Result<T>> {
        match self {
            Ok(Ok(read)) => Some(Ok(read)),
            Ok(Err(_)) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// JSON of a column; what is not JSON is null.
pub(crate) fn json(row: &Row, index: usize) -> rusqlite::Result<serde_json::Value> {
    let text: String = row.get(index)?;
    Ok(serde_json::from_str(&text).unwrap_or_default())
}
