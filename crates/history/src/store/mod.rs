//! Rows of the database: the only place with SQL about series, ticks and blocks.

pub(crate) mod blocks;
pub(crate) mod places;
pub(crate) mod registry;
pub(crate) mod ticks;

use rusqlite::{Connection, OptionalExtension, params};

/// A single fact about the file.
pub(crate) fn fact(connection: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT value FROM state WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

/// Writes a single fact about the file.
pub(crate) fn set_fact(connection: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO state (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}

/// An id of the store as a number of SQL.
pub(crate) fn sql(number: u64) -> i64 {
    number.cast_signed()
}
