//! Connections for reading: read-only, a few kept open, each question in one read transaction, so
//! that it sees one state of the file and never holds up the writer.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::Error;

/// So many idle connections are kept.
const IDLE: usize = 2;

/// A set of connections.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    /// Grows when the file is another one; older connections are then closed.
    generation: AtomicU64,
    idle: Mutex<Vec<(u64, Connection)>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            generation: AtomicU64::new(0),
            idle: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Closes what is idle and forgets what comes back: the file is replaced.
    pub(crate) fn renew(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Asks one question in one read transaction.
    pub(crate) fn read<T>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let generation = self.generation.load(Ordering::Acquire);
        let connection = self.take(generation)?;
        let answer = in_transaction(&connection, ask);
        if answer.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE && generation == self.generation.load(Ordering::Acquire) {
                idle.push((generation, connection));
            }
        }
        answer
    }

    fn take(&self, generation: u64) -> Result<Connection, Error> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(known, _)| *known == generation);
        if let Some((_, connection)) = idle.pop() {
            return Ok(connection);
        }
        drop(idle);
        self.connect().map_err(Error::database("open"))
    }

    fn connect(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_NO_MUTEX
            | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        keep_plans(&connection)?;
        connection.pragma_update(None, "cache_size", -256)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        Ok(connection)
    }
}

/// Lets statements keep their plans. Otherwise a new value for a variable that a plan may depend on,
/// as with a partial index, throws the prepared statement away: that was half of what a tick cost.
pub(crate) fn keep_plans(connection: &Connection) -> rusqlite::Result<bool> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
}

fn in_transaction<T>(
    connection: &Connection,
    ask: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let transaction = connection
        .unchecked_transaction()
        .map_err(Error::database("read"))?;
    let answer = ask(&transaction);
    transaction.finish().map_err(Error::database("read"))?;
    answer
}
