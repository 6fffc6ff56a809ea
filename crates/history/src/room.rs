//! The disk limit. The database, its log and its index of the log together never exceed
//! `Options::max_disk`: before anything is written, what it needs is added to what is there, and as
//! long as that is too much, the log is written back, the oldest data are removed (samples, then
//! five minutes, then hours, then events and the like, audit entries last), and free pages are given
//! back. What is removed becomes free pages of the same file, which new data fill. Documents, findings
//! that are open and alerts that are not over are what is now rather than what was, and never go.

use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::aside::{self, beside};
use crate::store::blocks;
use crate::tier::Tier;
use crate::{Error, Options};

/// Bytes of a page of the database.
pub(crate) const PAGE: u64 = 4096;
/// Pages that a small transaction changes besides its own data: roots, free lists, maps.
const OVERHEAD: u64 = 24 * PAGE;
/// The index of the log grows in steps of this, one for each 4 MiB of log.
const INDEX_STEP: u64 = 32 << 10;
/// So many free pages are given back at once.
const GIVEN_BACK: u64 = 256;

/// After how many pages the log is written back, for a limit.
pub(crate) fn log_pages(max_disk: u64) -> u64 {
    (max_disk / 16 / PAGE).clamp(16, 256)
}

/// What was removed to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Removed {
    SetAside,
    Samples(Tier),
    Rows(&'static str),
}

/// Bytes of the files now.
fn files(path: &Path) -> u64 {
    let sizes = beside(path).map(|file| fs::metadata(file).map_or(0, |metadata| metadata.len()));
    sizes.iter().sum()
}

/// Bytes of the database, its log and its index.
pub(crate) fn usage(path: &Path) -> u64 {
    files(path)
}

fn log_bytes(path: &Path) -> u64 {
    fs::metadata(&beside(path)[1]).map_or(0, |metadata| metadata.len())
}

/// Makes room for `need` bytes of data. Says what had to go.
pub(crate) fn ensure(
    connection: &Connection,
    path: &Path,
    options: &Options,
    set_aside: &mut u64,
    need: u64,
) -> Result<Vec<Removed>, Error> {
    let mut removed = Vec::new();
    // A page that changes is written to the log whole, so data can cost twice their size there, and
    // once more in the database when the log is written back.
    let cost = need * 3 + OVERHEAD * 2 + INDEX_STEP;
    let limit = options.max_disk;
    // Far from the limit, two questions to the file system are enough.
    if files(path) + *set_aside + cost <= limit {
        return Ok(removed);
    }
    for _ in 0..10_000 {
        let pages = Pages::of(connection).map_err(Error::database("measure"))?;
        let total = files(path) + *set_aside;
        let from_free = (pages.free * PAGE).min(need + OVERHEAD);
        if total + cost - from_free <= limit {
            return Ok(removed);
        }
        if log_bytes(path) > 0 && write_back(connection)? {
            continue;
        }
        if pages.free > GIVEN_BACK.min(pages.all / 4).max(16) {
            give_back(connection, GIVEN_BACK)?;
            continue;
        }
        if *set_aside > 0
            && let Some(left) = aside::remove_one(path)?
        {
            *set_aside = left;
            removed.push(Removed::SetAside);
            continue;
        }
        let Some(what) = remove_oldest(connection, options).map_err(Error::database("shrink"))?
        else {
            return Err(Error::Full { limit });
        };
        removed.push(what);
    }
    Err(Error::Full { limit })
}

#[derive(Clone, Copy, Debug)]
struct Pages {
    all: u64,
    free: u64,
}

impl Pages {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        let number = |name: &str| {
            connection
                .pragma_query_value(None, name, |row| row.get::<_, i64>(0))
                .map(i64::cast_unsigned)
        };
        Ok(Self {
            all: number("page_count")?,
            free: number("freelist_count")?,
        })
    }
}

/// Writes the log back and empties it, unless someone still reads from it; whether it is empty now.
pub(crate) fn write_back(connection: &Connection) -> Result<bool, Error> {
    let busy: i64 = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .map_err(Error::database("write back the log of"))?;
    Ok(busy == 0)
}

/// Gives free pages at the end of the file back to the file system.
pub(crate) fn give_back(connection: &Connection, pages: u64) -> Result<(), Error> {
    let failed = Error::database("shrink");
    let mut statement = connection
        .prepare(&format!("PRAGMA incremental_vacuum({pages})"))
        .map_err(&failed)?;
    let mut rows = statement.query([]).map_err(&failed)?;
    while rows.next().map_err(&failed)?.is_some() {}
    Ok(())
}

/// Whether so much of the file is free that it should shrink.
pub(crate) fn is_slack(connection: &Connection) -> rusqlite::Result<bool> {
    let pages = Pages::of(connection)?;
    Ok(pages.free > 2 * GIVEN_BACK && pages.free * 4 > pages.all)
}

/// Removes the oldest block, or if there is none, the oldest rows of what matters least.
fn remove_oldest(connection: &Connection, options: &Options) -> rusqlite::Result<Option<Removed>> {
    for tier in Tier::ALL {
        if let Some(oldest) = blocks::all(connection, tier)?.first() {
            remove_with_parts(connection, tier, oldest)?;
            return Ok(Some(Removed::Samples(tier)));
        }
    }
    let spared = crate::options::millis(options.audits) / 4;
    let newest = "(SELECT coalesce(max(at), 0) FROM audit)";
    let some = "LIMIT max(10, (SELECT count(*) / 20 FROM";
    let rows = [
        (
            "events",
            format!("event WHERE id IN (SELECT id FROM event ORDER BY id {some} event)))"),
        ),
        (
            "snapshots",
            format!("snapshot WHERE id IN (SELECT id FROM snapshot ORDER BY id {some} snapshot)))"),
        ),
        (
            "findings",
            format!(
                "finding WHERE row IN (SELECT row FROM finding WHERE closed IS NOT NULL ORDER BY closed {some} finding)))"
            ),
        ),
        (
            "alerts",
            format!(
                "alert WHERE id IN (SELECT id FROM alert WHERE state = 'resolved' ORDER BY updated {some} alert)))"
            ),
        ),
        (
            "audit entries",
            format!(
                "audit WHERE id IN (SELECT id FROM audit WHERE at < {newest} - {spared} ORDER BY id {some} audit)))"
            ),
        ),
        (
            "audit entries",
            format!("audit WHERE id IN (SELECT id FROM audit ORDER BY id {some} audit)))"),
        ),
    ];
    for (name, what) in rows {
        if connection.execute(&format!("DELETE FROM {what}"), [])? > 0 {
            return Ok(Some(Removed::Rows(name)));
        }
    }
    Ok(None)
}

/// Removes a block, and if it is being put into another, that one with all that go into it: the
/// pieces are already shared out between them.
pub(crate) fn remove_with_parts(
    connection: &Connection,
    tier: Tier,
    block: &blocks::Block,
) -> rusqlite::Result<()> {
    let target = block.into.unwrap_or(block.id);
    let transaction = connection.unchecked_transaction()?;
    for other in blocks::all(&transaction, tier)? {
        if other.id == target || other.into == Some(target) {
            blocks::remove(&transaction, other.id)?;
        }
    }
    transaction.commit()
}
