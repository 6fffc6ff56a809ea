//! Snapshots: documents of some kind at some time, such as baselines and reports. Of each kind the
//! newest are kept.

use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;

use super::{Conditions, USUAL};
use crate::series::Millis;

/// A snapshot without its data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotInfo {
    /// Its number; later ones are higher.
    pub id: u64,
    /// When it was taken.
    pub at: Millis,
    /// Of what kind.
    pub kind: String,
    /// How many bytes its data are.
    pub bytes: u64,
}

pub(crate) fn insert(
    connection: &Connection,
    at: Millis,
    kind: &str,
    data: &[u8],
    most: u64,
) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("INSERT INTO snapshot (at, kind, data) VALUES (?1, ?2, ?3)")?
        .execute(params![at, kind, data])?;
    let id = connection.last_insert_rowid();
    connection
        .prepare_cached(
            "DELETE FROM snapshot WHERE id IN (SELECT id FROM snapshot WHERE kind = ?1
             ORDER BY id DESC LIMIT -1 OFFSET ?2)",
        )?
        .execute(params![kind, most.cast_signed()])?;
    Ok(id.cast_unsigned())
}

/// The newest first.
pub(crate) fn list(
    connection: &Connection,
    kind: Option<&str>,
    limit: Option<usize>,
) -> rusqlite::Result<Vec<SnapshotInfo>> {
    let mut conditions = Conditions::new();
    conditions.and("kind = ?", kind.map(str::to_owned));
    let select = "SELECT id, at, kind, length(data) FROM snapshot";
    let limit = limit.unwrap_or(USUAL);
    conditions.rows(connection, select, "id DESC", limit, |row| {
        Ok(SnapshotInfo {
            id: row.get::<_, i64>(0)?.cast_unsigned(),
            at: row.get(1)?,
            kind: row.get(2)?,
            bytes: row.get::<_, i64>(3)?.cast_unsigned(),
        })
    })
}

pub(crate) fn data(connection: &Connection, id: u64) -> rusqlite::Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT data FROM snapshot WHERE id = ?1")?
        .query_row([id.cast_signed()], |row| row.get(0))
        .optional()
}
