//! Opens the database so that it works afterwards: a path that is not ours is refused, an older
//! layout is brought up, and a damaged file is set aside with its log, so that a new one can begin
//! and nothing of the old one is thrown away. What must not be forgotten with it is carried over.
//!
//! `PRAGMA quick_check` reads every page, about a second for a gigabyte. It runs when the file was
//! not closed in order, or is small enough that nobody notices; after an orderly end of a large file
//! it is left out, because every chunk has a checksum of its own, and damage that `SQLite` meets later
//! leads here again.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use crate::aside::{self, beside};
use crate::error::code;
use crate::notice::{Notice, NoticeKind};
use crate::{Error, Options, room, salvage, schema, store};

/// Files up to this size are always checked.
const ALWAYS_CHECKED: u64 = 32 << 20;
/// No layout will have such a number: its bytes are damaged.
const NO_LAYOUT: i64 = 10_000;

/// An opened database.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    /// With its folder resolved.
    pub(crate) path: PathBuf,
    pub(crate) notices: Vec<Notice>,
    /// Bytes of files that were set aside, now or before.
    pub(crate) set_aside: u64,
}

/// Opens the database for the one writer.
pub(crate) fn open(options: &Options, now: Timestamp) -> Result<Opened, Error> {
    let path = own_path(&options.path)?;
    let pages = room::log_pages(options.max_disk);
    let mut notices = Vec::new();
    let connection = match open_sound(&path, pages, &mut notices) {
        Err(error) if error.is_damage() => {
            let aside = aside::set_aside(&path, now)?;
            own_path(&path)?;
            notices.push(Notice {
                kind: NoticeKind::SetAside,
                text: format!(
                    "the history `{}` is damaged ({error}); it was set aside as `{}` and a new one begun",
                    path.display(),
                    aside.display()
                ),
            });
            open_sound(&path, pages, &mut notices)?
        }
        opened => opened?,
    };
    let set_aside = salvage::carry_over(&connection, &path, options, now, &mut notices)?;
    Ok(Opened {
        connection,
        path,
        notices,
        set_aside,
    })
}

pub(crate) fn io_error<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl Fn(io::Error) -> Error + 'a {
    move |source| Error::Io {
        doing,
        path: path.to_owned(),
        source: Arc::new(source),
    }
}

/// Resolves the folder, makes what is missing, and refuses what others could have put there.
fn own_path(path: &Path) -> Result<PathBuf, Error> {
    let refuse = |path: &Path, reason: &str| Error::Refused {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let name = path
        .file_name()
        .ok_or_else(|| refuse(path, "it names no file"))?;
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
        .create(folder)
        .map_err(io_error("make the folder", folder))?;
    let folder = fs::canonicalize(folder).map_err(io_error("find the folder", folder))?;
    let path = folder.join(name);
    for file in beside(&path) {
        let Ok(found) = fs::symlink_metadata(&file) else {
            continue;
        };
        if found.is_symlink() {
            return Err(refuse(&file, "it is a symbolic link; remove it"));
        }
        if !found.is_file() {
            return Err(refuse(&file, "it is not a regular file; move it away"));
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(refuse(
                &file,
                "it belongs to another user; use another state folder",
            ));
        }
        fs::set_permissions(&file, Permissions::from_mode(0o600))
            .map_err(io_error("restrict", &file))?;
    }
    if !path.exists() {
        // Made here, because SQLite would make it readable for all; its log files copy this mode.
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(io_error("create", &path))?;
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(io_error("restrict", &path))?;
        // A log without its database would be taken for the log of the new one.
        for orphan in &beside(&path)[1..] {
            aside::remove(orphan)?;
        }
    }
    Ok(path)
}

/// Opens the file, checks it, and brings it to the newest layout.
fn open_sound(path: &Path, pages: u64, notices: &mut Vec<Notice>) -> Result<Connection, Error> {
    let failed = Error::database("open");
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let mut connection = connect(path, pages).map_err(&failed)?;
    whose(&connection, path)?;
    let version = schema::version(&connection).map_err(&failed)?;
    if version > schema::NEWEST {
        return Err(Error::Newer {
            path: path.to_owned(),
            found: version,
            known: schema::NEWEST,
        });
    }
    if version > 0 {
        let open = store::fact(&connection, "open").map_err(damage_of_layout)?;
        if size <= ALWAYS_CHECKED || open != Some(0) {
            check(&connection)?;
        }
    }
    schema::migrate(&mut connection).map_err(Error::database("bring to the newest layout"))?;
    if version > 0 && version < schema::NEWEST {
        notices.push(Notice {
            kind: NoticeKind::Migrated,
            text: format!(
                "the history was brought from layout {version} to {}",
                schema::NEWEST
            ),
        });
    }
    all_tables(&connection)?;
    store::set_fact(&connection, "open", 1).map_err(&failed)?;
    Ok(connection)
}

fn connect(path: &Path, pages: u64) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(500))?;
    connection.set_prepared_statement_cache_capacity(64);
    crate::readers::keep_plans(&connection)?;
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -1024)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "wal_autocheckpoint", pages.cast_signed())?;
    let limit = (pages * room::PAGE).cast_signed();
    connection.pragma_update(None, "journal_size_limit", limit)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// A database of another program is refused; one whose header contradicts itself is damaged.
fn whose(connection: &Connection, path: &Path) -> Result<(), Error> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let failed = Error::database("read");
    let application = number("PRAGMA application_id").map_err(&failed)?;
    let version = number("PRAGMA user_version").map_err(&failed)?;
    let tables = number("SELECT count(*) FROM sqlite_schema").map_err(&failed)?;
    let ours = application == schema::APPLICATION;
    if tables == 0 && version == 0 {
        return Ok(());
    }
    if ours && (1..NO_LAYOUT).contains(&version) {
        return Ok(());
    }
    let has_blocks =
        number("SELECT count(*) FROM sqlite_schema WHERE name = 'block'").map_err(&failed)? > 0;
    if ours || has_blocks {
        return Err(damaged("its header contradicts itself"));
    }
    Err(Error::Refused {
        path: path.to_owned(),
        reason: "it is a database of another program; use another state folder".to_owned(),
    })
}

fn damaged(what: &str) -> Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
    Error::Database {
        doing: "use",
        source: Arc::new(rusqlite::Error::SqliteFailure(code, Some(what.to_owned()))),
    }
}

/// A file of ours whose tables cannot be asked is damaged, whatever `SQLite` calls it.
fn damage_of_layout(error: rusqlite::Error) -> Error {
    match code(&error) {
        Some(rusqlite::ErrorCode::Unknown) => damaged(&error.to_string()),
        _ => Error::database("read")(error),
    }
}

fn check(connection: &Connection) -> Result<(), Error> {
    let answer: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(Error::database("check"))?;
    if answer == "ok" {
        Ok(())
    } else {
        Err(damaged(&answer))
    }
}

fn all_tables(connection: &Connection) -> Result<(), Error> {
    for table in [
        "metric",
        "labels",
        "series",
        "tick",
        "block",
        "segment",
        "event",
        "audit",
        "state",
        "finding",
        "alert",
        "snapshot",
        "document",
        "document_sum",
    ] {
        connection
            .prepare(&format!("SELECT * FROM {table} LIMIT 0"))
            .map_err(damage_of_layout)?;
    }
    Ok(())
}
