//! Series and their ids.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::series::{Kind, Series, SeriesKey};

const COLUMNS: &str = "SELECT series.id, metric.name, labels.text, metric.kind, metric.unit
    FROM series JOIN metric ON metric.id = series.metric JOIN labels ON labels.id = series.labels";

fn read(row: &Row) -> rusqlite::Result<Option<Series>> {
    let text: String = row.get(2)?;
    // Labels that cannot be read belong to a series that nobody can ask for.
    let Ok(labels) = serde_json::from_str(&text) else {
        return Ok(None);
    };
    let metric = row.get(1)?;
    let kind: i64 = row.get(3)?;
    Ok(Some(Series {
        id: row.get(0)?,
        key: SeriesKey { metric, labels },
        kind: if kind == 1 {
            Kind::Counter
        } else {
            Kind::Gauge
        },
        unit: row.get(4)?,
    }))
}

fn text(key: &SeriesKey) -> String {
    serde_json::to_string(&key.labels).unwrap_or_default()
}

/// The series with this key.
pub(crate) fn find(
    connection: &Connection,
    key: &SeriesKey,
) -> rusqlite::Result<Option<Arc<Series>>> {
    let found = connection
        .prepare_cached(&format!(
            "{COLUMNS} WHERE metric.name = ?1 AND labels.text = ?2"
        ))?
        .query_row(params![key.metric, text(key)], read)
        .optional()?;
    Ok(found.flatten().map(Arc::new))
}

/// The series with this id.
pub(crate) fn by_id(connection: &Connection, id: u32) -> rusqlite::Result<Option<Arc<Series>>> {
    let found = connection
        .prepare_cached(&format!("{COLUMNS} WHERE series.id = ?1"))?
        .query_row([id], read)
        .optional()?;
    Ok(found.flatten().map(Arc::new))
}

/// All series of a metric (of all metrics if none is named) with these labels, ascending by id.
pub(crate) fn matching(
    connection: &Connection,
    metric: Option<&str>,
    labels: &[(String, String)],
) -> rusqlite::Result<Vec<Arc<Series>>> {
    let mut statement = connection.prepare_cached(&format!(
        "{COLUMNS} WHERE ?1 IS NULL OR metric.name = ?1 ORDER BY series.id"
    ))?;
    let mut rows = statement.query([metric])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(series) = read(row)?
            && series.key.matches(labels)
        {
            found.push(Arc::new(series));
        }
    }
    Ok(found)
}

/// Writes a series under its id, unless it is there.
pub(crate) fn insert(connection: &Connection, series: &Series, now: i64) -> rusqlite::Result<()> {
    let kind = i64::from(series.kind == Kind::Counter);
    connection
        .prepare_cached(
            "INSERT INTO metric (name, kind, unit) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO UPDATE SET kind = ?2, unit = ?3
             WHERE kind <> ?2 OR unit <> ?3",
        )?
        .execute(params![series.key.metric, kind, series.unit])?;
    let text = text(&series.key);
    connection
        .prepare_cached("INSERT OR IGNORE INTO labels (text) VALUES (?1)")?
        .execute([&text])?;
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO series (id, metric, labels, seen) VALUES (?1,
             (SELECT id FROM metric WHERE name = ?2), (SELECT id FROM labels WHERE text = ?3), ?4)",
        )?
        .execute(params![series.id, series.key.metric, text, now])?;
    Ok(())
}

/// Notes that a series was there, to a day.
pub(crate) fn seen(connection: &Connection, id: u32, now: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE series SET seen = ?2 WHERE id = ?1 AND seen < ?2 - 86400000")?
        .execute(params![id, now])?;
    Ok(())
}

/// Removes series that were not there since `time`, and labels and metrics of none.
pub(crate) fn forget_before(connection: &Connection, time: i64) -> rusqlite::Result<()> {
    let gone = connection
        .prepare_cached("DELETE FROM series WHERE seen < ?1")?
        .execute([time])?;
    if gone > 0 {
        connection.execute_batch(
            "DELETE FROM labels WHERE id NOT IN (SELECT labels FROM series);
             DELETE FROM metric WHERE id NOT IN (SELECT metric FROM series);",
        )?;
    }
    Ok(())
}

/// The highest id so far.
pub(crate) fn highest(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("SELECT coalesce(max(id), 0) FROM series", [], |row| {
        row.get(0)
    })
}

/// How many series there are.
pub(crate) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM series", [], |row| {
        row.get::<_, i64>(0).map(i64::cast_unsigned)
    })
}
