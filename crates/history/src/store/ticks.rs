//! The log of ticks that are not yet in blocks.

use rusqlite::{Connection, params};

use super::sql;

pub(crate) fn insert(connection: &Connection, seq: u64, data: &[u8]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO tick (seq, data) VALUES (?1, ?2)")?
        .execute(params![sql(seq), data])?;
    Ok(())
}

/// Removes all ticks before `seq`.
pub(crate) fn remove_before(connection: &Connection, seq: u64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM tick WHERE seq < ?1")?
        .execute([sql(seq)])?;
    Ok(())
}

/// Number of the newest tick in the log.
pub(crate) fn newest(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT max(seq) FROM tick")?
        .query_row([], |row| row.get::<_, Option<i64>>(0))
        .map(|seq| seq.map(i64::cast_unsigned))
}

/// Gives every row, in order.
pub(crate) fn each(
    connection: &Connection,
    mut take: impl FnMut(u64, &[u8]),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare("SELECT seq, data FROM tick ORDER BY seq")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        if let Ok(data) = row.get_ref(1)?.as_blob() {
            take(seq.cast_unsigned(), data);
        }
    }
    Ok(())
}
