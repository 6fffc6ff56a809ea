//! The audit log: every command, who gave it, and what came of it. A command is written before it is
//! carried out and again with its outcome; the two are told apart by `phase`.

use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::Value;

use super::{Conditions, USUAL, json};
use crate::series::Millis;

/// An audit entry to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudit {
    /// When.
    pub at: Millis,
    /// Who gave the command.
    pub actor: String,
    /// What was to be done.
    pub command: String,
    /// To what.
    pub target: String,
    /// Which step of the command, such as `begun` or `ended`.
    pub phase: String,
    /// What came of it, if it is known.
    pub outcome: Option<String>,
    /// Evidence and the rest, without secrets.
    pub data: Value,
}

/// A written audit entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// Its number; later ones are higher, and none is used twice.
    pub id: u64,
    /// When.
    pub at: Millis,
    /// Who gave the command.
    pub actor: String,
    /// What was to be done.
    pub command: String,
    /// To what.
    pub target: String,
    /// Which step of the command.
    pub phase: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// Evidence and the rest.
    pub data: Value,
}

/// Which audit entries; the newest come first.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Only those with a lower number: to go on where an answer ended.
    pub before: Option<u64>,
    /// Not before this time.
    pub from: Option<Millis>,
    /// Not after this time.
    pub to: Option<Millis>,
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only of this target.
    pub target: Option<String>,
    /// At most so many; 1,000 if not said.
    pub limit: Option<usize>,
}

pub(crate) fn insert(connection: &Connection, audit: &NewAudit) -> rusqlite::Result<u64> {
    connection
        .prepare_cached(
            "INSERT INTO audit (at, actor, command, target, phase, outcome, data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            audit.at,
            audit.actor,
            audit.command,
            audit.target,
            audit.phase,
            audit.outcome,
            audit.data.to_string()
        ])?;
    Ok(connection.last_insert_rowid().cast_unsigned())
}

pub(crate) fn query(connection: &Connection, query: &AuditQuery) -> rusqlite::Result<Vec<Audit>> {
    let mut conditions = Conditions::new();
    conditions.and("id < ?", query.before.map(u64::cast_signed));
    conditions.and("at >= ?", query.from);
    conditions.and("at <= ?", query.to);
    conditions.and("actor = ?", query.actor.clone());
    conditions.and("target = ?", query.target.clone());
    let select = "SELECT id, at, actor, command, target, phase, outcome, data FROM audit";
    let limit = query.limit.unwrap_or(USUAL);
    conditions.rows(connection, select, "id DESC", limit, read)
}

fn read(row: &Row) -> rusqlite::Result<Audit> {
    Ok(Audit {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        at: row.get(1)?,
        actor: row.get(2)?,
        command: row.get(3)?,
        target: row.get(4)?,
        phase: row.get(5)?,
        outcome: row.get(6)?,
        data: json(row, 7)?,
    })
}
