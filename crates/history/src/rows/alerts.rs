//! Alerts, each as it is now: what judges them keeps their life, and finds it again here after a
//! restart.

use rusqlite::{Connection, Row, params};

use super::{Conditions, Json, USUAL};
use crate::series::Millis;

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// What stays the same while it is the same alert.
    pub id: String,
    /// The rule that it comes from.
    pub rule: String,
    /// The server it is about.
    pub server: Option<String>,
    /// How bad it is.
    pub severity: String,
    /// Where it is in its life: `pending`, `firing`, `resolved`.
    pub state: String,
    /// Since when it is in this state.
    pub since: Millis,
    /// When this was written.
    pub updated: Millis,
    /// The rest, without secrets.
    pub data: Json,
}

/// Which alerts; those written last come first.
#[derive(Clone, Debug, Default)]
pub struct AlertQuery {
    /// Only in this state.
    pub state: Option<String>,
    /// Only in one of these states; in any if there is none.
    pub states: Vec<String>,
    /// Not written before this time.
    pub from: Option<Millis>,
    /// Not written after this time.
    pub to: Option<Millis>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only about this server.
    pub server: Option<String>,
    /// At most so many; 1,000 if not said.
    pub limit: Option<usize>,
}

/// All columns of alerts.
pub(crate) const SELECT: &str =
    "SELECT id, rule, server, severity, state, since, updated, data FROM alert";

/// Writes alerts; one with the same id is replaced.
pub(crate) fn put(connection: &Connection, alerts: &[AlertRow]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO alert (id, rule, server, severity, state, since, updated, data)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for alert in alerts {
        statement.execute(params![
            alert.id,
            alert.rule,
            alert.server,
            alert.severity,
            alert.state,
            alert.since,
            alert.updated,
            alert.data.as_str()
        ])?;
    }
    Ok(())
}

/// Removes alerts by id; how many there were.
pub(crate) fn remove(connection: &Connection, ids: &[String]) -> rusqlite::Result<usize> {
    let mut statement = connection.prepare_cached("DELETE FROM alert WHERE id = ?1")?;
    let mut removed = 0;
    for id in ids {
        removed += statement.execute([id])?;
    }
    Ok(removed)
}

pub(crate) fn query(
    connection: &Connection,
    query: &AlertQuery,
) -> rusqlite::Result<Vec<AlertRow>> {
    let mut conditions = Conditions::new();
    conditions.and("state = ?", query.state.clone());
    conditions.and_any("state", &query.states);
    conditions.and("updated >= ?", query.from);
    conditions.and("updated <= ?", query.to);
    conditions.and("rule = ?", query.rule.clone());
    conditions.and("server = ?", query.server.clone());
    let limit = query.limit.unwrap_or(USUAL);
    conditions.rows(connection, SELECT, "updated DESC, id", limit, read)
}

/// How many there are.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM alert", [], |row| {
        row.get::<_, i64>(0).map(i64::cast_unsigned)
    })
}

/// Reads a row of the columns of an alert.
pub(crate) fn read(row: &Row) -> rusqlite::Result<AlertRow> {
    Ok(AlertRow {
        id: row.get(0)?,
        rule: row.get(1)?,
        server: row.get(2)?,
        severity: row.get(3)?,
        state: row.get(4)?,
        since: row.get(5)?,
        updated: row.get(6)?,
        data: Json::of_column(row.get(7)?),
    })
}
