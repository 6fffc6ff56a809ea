//! What is carried over from a damaged file into the one that takes its place: documents, and alerts
//! that are not over. They are what is now rather than what was: without them a silence would be
//! forgotten, a notice never delivered, an alert told twice.
//!
//! The damaged file is only read: each table forwards up to the damage and then backwards up to it, so
//! that what is lost is what lies between. What is no JSON is left out, and the usual bounds hold. When
//! all is written, the new file remembers which damaged file it has taken over; so where that failed (a
//! full disk, a kill) the next start tries again, for a day, and adds what is not there.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Row};
use serde_json::Value;

use crate::aside;
use crate::error::code;
use crate::notice::{Notice, NoticeKind};
use crate::rows::alerts::{self, AlertRow};
use crate::rows::changes::{Changes, alert_bytes, document_bytes};
use crate::rows::documents::{self, Document, Limits};
use crate::series::Millis;
use crate::{Error, Options, room, store};

/// What was set aside earlier than this belongs to another life.
const LATEST: Millis = 86_400_000;
/// So many rows are read in one direction; a damaged file may seem endless.
const ROWS: usize = 200_000;
/// The fact that says up to which damaged file was taken over.
const CARRIED: &str = "carried";

/// Carries over what the newest file that was set aside still holds, removes the oldest of those
/// files, and says how many bytes the rest takes. A failure is told, but stops nothing.
pub(crate) fn carry_over(
    connection: &Connection,
    path: &Path,
    options: &Options,
    now: Timestamp,
    notices: &mut Vec<Notice>,
) -> Result<u64, Error> {
    let mut bytes = aside::remove_oldest(path)?;
    let Some(newest) = aside::all(path)?.into_iter().next() else {
        return Ok(bytes);
    };
    let Some(time) = aside::time(&newest) else {
        return Ok(bytes);
    };
    let carried = store::fact(connection, CARRIED).map_err(Error::database("read"))?;
    let late = (now.as_millisecond() - time).abs() > LATEST;
    if late || carried.is_some_and(|carried| carried >= time) {
        return Ok(bytes);
    }
    let found = Found::read(&newest, options);
    // The index of the log was made again for reading, and is of no use.
    aside::remove(&aside::beside(&newest)[2])?;
    bytes = aside::remove_oldest(path)?;
    let text = match found.write(connection, path, options, &mut bytes, time) {
        Ok(text) => text,
        Err(error) => Some(format!(
            "its documents and alerts could not be carried over ({error}); the next start tries again"
        )),
    };
    let Some(mut text) = text else {
        return Ok(bytes);
    };
    if !newest.exists() {
        text.push_str("; the disk limit then left no room for the damaged file");
    }
    match notices.last_mut() {
        Some(notice) if notice.kind == NoticeKind::SetAside => {
            notice.text.push_str("; ");
            notice.text.push_str(&text);
        }
        _ => notices.push(Notice {
            kind: NoticeKind::SetAside,
            text: format!("of the damaged history `{}`: {text}", newest.display()),
        }),
    }
    Ok(bytes)
}

/// What could be read.
#[derive(Debug, Default)]
struct Found {
    documents: BTreeMap<(String, String), Document>,
    alerts: BTreeMap<String, AlertRow>,
    /// Something was there that could not be read, or was too much.
    missing: bool,
}

impl Found {
    fn read(aside: &Path, options: &Options) -> Self {
        let mut found = Self::default();
        match open(aside) {
            Ok(connection) => {
                found.read_documents(&connection, Limits::of(options));
                found.read_alerts(&connection, options.max_alerts);
            }
            Err(_) => found.missing = true,
        }
        found
    }

    fn read_documents(&mut self, connection: &Connection, limits: Limits) {
        let select = format!(
            "SELECT kind, id, at, data FROM document WHERE octet_length(data) <= {}",
            limits.bytes
        );
        let orders = ["kind, id", "kind DESC, id DESC"];
        let mut counts: BTreeMap<String, i64> = BTreeMap::new();
        let mut bytes = 0;
        let (documents, mut skipped) = (&mut self.documents, false);
        let whole = both_ways(connection, &select, orders, |row| {
            let Some(document) = whole_document(row) else {
                skipped = true;
                return;
            };
            let name = (document.kind.clone(), document.id.clone());
            if documents.contains_key(&name) {
                return;
            }
            let size = documents::size(&name.0, &name.1, document.data.as_str());
            let count = counts.entry(name.0.clone()).or_default();
            if *count >= limits.count || bytes + size > limits.bytes {
                skipped = true;
                return;
            }
            *count += 1;
            bytes += size;
            documents.insert(name, document);
        });
        self.missing |= skipped || !whole;
    }

    fn read_alerts(&mut self, connection: &Connection, most: u64) {
        let select = format!("{} WHERE state <> 'resolved'", alerts::SELECT);
        let (alerts, mut skipped) = (&mut self.alerts, false);
        let whole = both_ways(
            connection,
            &select,
            ["id", "id DESC"],
            |row| match alerts::read(row) {
                Ok(alert) if alerts.contains_key(&alert.id) => {}
                Ok(alert) if is_json(row, 7) && (alerts.len() as u64) < most => {
                    alerts.insert(alert.id.clone(), alert);
                }
                _ => skipped = true,
            },
        );
        self.missing |= skipped || !whole;
    }

    /// Writes what the new file does not have, piece by piece so that little room is enough, and says
    /// what that was.
    fn write(
        self,
        connection: &Connection,
        path: &Path,
        options: &Options,
        set_aside: &mut u64,
        time: Millis,
    ) -> Result<Option<String>, Error> {
        let failed = Error::database("write");
        let known = Known::of(connection).map_err(Error::database("read"))?;
        let mut pieces = Pieces::new(options);
        for (id, alert) in self.alerts {
            if !known.alerts.contains(&id) {
                pieces.add(alert_bytes(&alert), |piece| piece.alerts.push(alert));
            }
        }
        for (name, document) in self.documents {
            if !known.documents.contains(&name) {
                pieces.add(document_bytes(&document), |piece| piece.put.push(document));
            }
        }
        let (mut alerts, mut documents) = (0, 0);
        for piece in pieces.all {
            room::ensure(connection, path, options, set_aside, piece.bytes() as u64)?;
            let transaction = connection.unchecked_transaction().map_err(&failed)?;
            piece.write(&transaction, Limits::of(options))?;
            transaction.commit().map_err(&failed)?;
            alerts += piece.alerts.len();
            documents += piece.put.len();
        }
        store::set_fact(connection, CARRIED, time).map_err(&failed)?;
        Ok(match (alerts + documents, self.missing) {
            (0, false) => None,
            (0, true) => Some("none of its documents and alerts could be read".to_owned()),
            (_, missing) => {
                let but = if missing { ", others are lost" } else { "" };
                Some(format!(
                    "carried over: {alerts} alerts that are not over, and {documents} documents{but}"
                ))
            }
        })
    }
}

/// Changes of at most so many bytes each.
struct Pieces {
    all: Vec<Changes>,
    bytes: usize,
    most: usize,
}

impl Pieces {
    fn new(options: &Options) -> Self {
        let most = (options.max_disk / 64).min(1 << 20);
        Self {
            all: Vec::new(),
            bytes: 0,
            most: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    fn add(&mut self, bytes: usize, add: impl FnOnce(&mut Changes)) {
        if self.all.is_empty() || self.bytes + bytes > self.most {
            self.all.push(Changes::default());
            self.bytes = 0;
        }
        self.bytes += bytes;
        if let Some(piece) = self.all.last_mut() {
            add(piece);
        }
    }
}

/// What the new file has already.
struct Known {
    documents: HashSet<(String, String)>,
    alerts: HashSet<String>,
}

impl Known {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let mut documents = connection.prepare("SELECT kind, id FROM document")?;
        let documents = documents.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut alerts = connection.prepare("SELECT id FROM alert")?;
        let alerts = alerts.query_map([], |row| row.get(0))?;
        Ok(Self {
            documents: documents.collect::<Result<_, _>>()?,
            alerts: alerts.collect::<Result<_, _>>()?,
        })
    }
}

/// Opens a damaged file so that nothing of it is changed, with its log, which has the newest.
fn open(aside: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(aside, flags)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cache_size", -1024)?;
    Ok(connection)
}

/// Reads rows in one order, and if that ends before its time, in the opposite one, too. Whether all
/// were read. A table that an earlier layout did not have is whole.
fn both_ways(
    connection: &Connection,
    select: &str,
    orders: [&str; 2],
    mut take: impl FnMut(&Row),
) -> bool {
    for order in orders {
        match one_way(connection, &format!("{select} ORDER BY {order}"), &mut take) {
            Ok(()) => return true,
            Err(error) if is_unknown_table(&error) => return true,
            Err(_) => {}
        }
    }
    false
}

fn one_way(
    connection: &Connection,
    sql: &str,
    take: &mut impl FnMut(&Row),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    for _ in 0..ROWS {
        let Some(row) = rows.next()? else {
            return Ok(());
        };
        take(row);
    }
    Err(rusqlite::Error::QueryReturnedMoreThanOneRow)
}

fn is_unknown_table(error: &rusqlite::Error) -> bool {
    matches!(code(error), Some(rusqlite::ErrorCode::Unknown))
}

/// A document of which nothing is damaged as far as can be seen.
fn whole_document(row: &Row) -> Option<Document> {
    let document = documents::read(row).ok()?;
    (is_json(row, 3) && !document.kind.is_empty()).then_some(document)
}

fn is_json(row: &Row, index: usize) -> bool {
    row.get_ref(index)
        .ok()
        .and_then(|text| text.as_str().ok())
        .is_some_and(|text| serde_json::from_str::<Value>(text).is_ok())
}
