//! Documents: small things that must outlive the program and are not about the past, such as
//! silences, notices that are not yet delivered, and the clocks of rules. They neither age nor make
//! room for anything, so what would be too much is refused instead. What the documents of a kind add
//! up to is kept beside them and changes with them, so the bounds cost no look at each document.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Json;
use crate::series::Millis;
use crate::{Error, Options};

/// A document; `kind` and `id` together are its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// What sort of thing, such as `silence`.
    pub kind: String,
    /// Which one of its kind.
    pub id: String,
    /// A time that matters to whoever keeps it; documents are listed by it.
    pub at: Millis,
    /// The rest, without secrets.
    pub data: Json,
}

/// How many documents, and how much of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    pub(crate) count: i64,
    /// Of kinds, ids and data.
    pub(crate) bytes: i64,
}

impl Sum {
    fn add(&mut self, count: i64, bytes: i64) {
        self.count += count;
        self.bytes += bytes;
    }
}

/// What documents may be at most.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Documents of one kind.
    pub(crate) count: i64,
    /// Bytes of all together.
    pub(crate) bytes: i64,
}

impl Limits {
    /// Documents never make room, so they may take a quarter of the disk limit at most.
    pub(crate) fn of(options: &Options) -> Self {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            count: number(options.max_documents),
            bytes: number(options.max_document_bytes.min(options.max_disk / 4)),
        }
    }
}

/// Bytes by which a document counts.
pub(crate) fn size(kind: &str, id: &str, data: &str) -> i64 {
    i64::try_from(kind.len() + id.len() + data.len()).unwrap_or(i64::MAX)
}

/// Removes documents, then writes others; one with the same name is replaced. Refuses what grows
/// beyond the limits, and then has written a part: the caller takes it back.
pub(crate) fn change(
    connection: &Connection,
    remove: &[(String, String)],
    put: &[Document],
    limits: Limits,
) -> Result<(), Error> {
    let mut grown: BTreeMap<&str, Sum> = BTreeMap::new();
    let failed = Error::database("write");
    for (kind, id) in remove {
        let removed = remove_one(connection, kind, id).map_err(&failed)?;
        if let Some(bytes) = removed {
            grown.entry(kind).or_default().add(-1, -bytes);
        }
    }
    for document in put {
        let (count, bytes) = put_one(connection, document).map_err(&failed)?;
        grown.entry(&document.kind).or_default().add(count, bytes);
    }
    let mut more = 0;
    for (kind, by) in &grown {
        let count = add_up(connection, kind, *by).map_err(&failed)?;
        // Where a lower limit is already passed, fewer must still be possible.
        if by.count > 0 && count > limits.count {
            return Err(Error::TooManyDocuments {
                kind: (*kind).to_owned(),
                limit: limits.count.unsigned_abs(),
            });
        }
        more += by.bytes;
    }
    if more > 0 && sum(connection).map_err(&failed)?.bytes > limits.bytes {
        return Err(Error::DocumentsTooLarge {
            limit: limits.bytes.unsigned_abs(),
        });
    }
    Ok(())
}

/// Removes a document, and says by how many bytes it counted if it was there.
fn remove_one(connection: &Connection, kind: &str, id: &str) -> rusqlite::Result<Option<i64>> {
    let removed: Option<i64> = connection
        .prepare_cached(
            "DELETE FROM document WHERE kind = ?1 AND id = ?2
             RETURNING octet_length(kind) + octet_length(id) + octet_length(data)",
        )?
        .query_row([kind, id], |row| row.get(0))
        .optional()?;
    Ok(removed)
}

/// Writes a document, and says by how many documents and bytes there are more now.
fn put_one(connection: &Connection, document: &Document) -> rusqlite::Result<(i64, i64)> {
    let data = document.data.as_str();
    let bytes = size(&document.kind, &document.id, data);
    let before: Option<i64> = connection
        .prepare_cached(
            "SELECT octet_length(kind) + octet_length(id) + octet_length(data) FROM document
             WHERE kind = ?1 AND id = ?2",
        )?
        .query_row([&document.kind, &document.id], |row| row.get(0))
        .optional()?;
    // One that is written again as it was costs no page of the log.
    connection
        .prepare_cached(
            "INSERT INTO document (kind, id, at, data) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, data = excluded.data
             WHERE at <> excluded.at OR data <> excluded.data",
        )?
        .execute(params![document.kind, document.id, document.at, data])?;
    Ok(match before {
        Some(before) => (0, bytes - before),
        None => (1, bytes),
    })
}

/// Adds to the sum of a kind, and says how many documents it has now.
fn add_up(connection: &Connection, kind: &str, by: Sum) -> rusqlite::Result<i64> {
    let count = connection
        .prepare_cached(
            "INSERT INTO document_sum (kind, count, bytes) VALUES (?1, ?2, ?3)
             ON CONFLICT (kind) DO UPDATE
             SET count = count + excluded.count, bytes = bytes + excluded.bytes RETURNING count",
        )?
        .query_row(params![kind, by.count, by.bytes], |row| row.get(0))?;
    if count == 0 {
        connection
            .prepare_cached("DELETE FROM document_sum WHERE kind = ?1")?
            .execute([kind])?;
    }
    Ok(count)
}

/// What all documents add up to.
pub(crate) fn sum(connection: &Connection) -> rusqlite::Result<Sum> {
    connection
        .prepare_cached(
            "SELECT coalesce(sum(count), 0), coalesce(sum(bytes), 0) FROM document_sum",
        )?
        .query_row([], |row| {
            Ok(Sum {
                count: row.get(0)?,
                bytes: row.get(1)?,
            })
        })
}

/// All documents of a kind, by time and id.
pub(crate) fn all(connection: &Connection, kind: &str) -> rusqlite::Result<Vec<Document>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, id, at, data FROM document WHERE kind = ?1 ORDER BY at, id",
    )?;
    statement.query_map([kind], read)?.collect()
}

/// Reads a row of `kind, id, at, data`.
pub(crate) fn read(row: &Row) -> rusqlite::Result<Document> {
    Ok(Document {
        kind: row.get(0)?,
        id: row.get(1)?,
        at: row.get(2)?,
        data: Json::of_column(row.get(3)?),
    })
}
