//! The handle: what the rest of the program holds. Recording never waits; what others must be able
//! to rely on (events, audit entries, the life of findings and alerts) waits until it is on the disk.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use jiff::Timestamp;
use rusqlite::Connection;

use crate::export::{self, Format};
use crate::notice::{Notice, NoticeKind};
use crate::query::{self, Query, QueryResult, Trend, TrendQuery};
use crate::readers::Readers;
use crate::recover::{self, Opened};
use crate::rows::alerts::{self, AlertQuery, AlertRow};
use crate::rows::audits::{self, Audit, AuditQuery, NewAudit};
use crate::rows::changes::{self, Changes};
use crate::rows::documents::{self, Document, Limits};
use crate::rows::events::{self, Event, EventQuery, NewEvent};
use crate::rows::findings::{self, FindingChanges, FindingQuery, FindingRecord, FindingRow};
use crate::rows::snapshots::{self, SnapshotInfo};
use crate::series::{Millis, SeriesKey};
use crate::shared::Shared;
use crate::stats::{self, Stats};
use crate::writer::{self, Command, Writer};
use crate::{Error, Options};

/// The history. Clones are handles of the same; the last one to go ends the writer.
#[derive(Clone, Debug)]
pub struct History {
    shared: Arc<Shared>,
    commands: SyncSender<Command>,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl History {
    /// Opens the history, or begins one. What people should hear (a damaged file that was set aside,
    /// a new layout) comes with it.
    pub fn open(options: Options, now: Timestamp) -> Result<(Self, Vec<Notice>), Error> {
        options.check()?;
        let Opened {
            connection,
            path,
            mut notices,
            set_aside,
        } = recover::open(&options, now)?;
        let (head, damaged) = writer::replay(&connection)?;
        if damaged > 0 {
            notices.push(Notice {
                kind: NoticeKind::Damaged,
                text: format!("{damaged} of the newest ticks are damaged and lost"),
            });
        }
        let (commands, waiting) = sync_channel(options.queue.max(1));
        let shared = Arc::new(Shared::new(options, Readers::new(path), head));
        let writer = Writer::new(shared.clone(), connection, set_aside, now.as_millisecond())?;
        let thread = spawn(writer, waiting)?;
        let history = Self {
            shared,
            commands,
            thread: Arc::new(Mutex::new(Some(thread))),
        };
        Ok((history, notices))
    }

    /// Keeps what was observed. Never waits: what does not fit into the queue is counted as dropped.
    /// Whether it was taken.
    pub fn record(&self, observation: Arc<model::Observation>) -> bool {
        match self.commands.try_send(Command::Tick(observation)) {
            Ok(()) => true,
            Err(TrySendError::Full(command) | TrySendError::Disconnected(command)) => {
                if let Command::Tick(observation) = command {
                    let kept = |measurement: &&model::Measurement| measurement.metric.kept;
                    let count = observation.measurements.iter().filter(kept).count();
                    self.shared.drop_samples(count);
                }
                false
            }
        }
    }

    /// Waits until all that was recorded before is in the file. An error says that it is only in
    /// memory.
    pub fn flush(&self) -> Result<(), Error> {
        self.ask(Command::Flush)
    }

    /// Puts everything into as few bytes as possible, which the writer otherwise does little by
    /// little, and waits for it.
    pub fn compact(&self) -> Result<(), Error> {
        self.ask(Command::Compact)
    }

    /// Writes what is left and ends the writer. Handles that are left answer [`Error::Closed`] when
    /// asked to write.
    pub fn close(&self) -> Result<(), Error> {
        let outcome = self.ask(Command::Close);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            return Err(Error::Closed);
        }
        outcome
    }

    /// Messages for people since the last call.
    pub fn notices(&self) -> Vec<Notice> {
        self.shared.notices.take()
    }

    /// What the history holds and costs.
    pub fn stats(&self) -> Result<Stats, Error> {
        stats::stats(&self.shared)
    }

    /// Answers a question about series.
    pub fn query(&self, query: &Query) -> Result<QueryResult, Error> {
        query::answer(&self.shared, query)
    }

    /// Where series are going over a window.
    pub fn trends(&self, query: &TrendQuery) -> Result<Vec<Trend>, Error> {
        query::trends(&self.shared, query)
    }

    /// The series of a metric (of all metrics if none is named) with these labels.
    pub fn series(
        &self,
        metric: Option<&str>,
        labels: &[(String, String)],
    ) -> Result<Vec<SeriesKey>, Error> {
        query::series(&self.shared, metric, labels)
    }

    /// Writes what a question asks for, series by series, day by day, however much it is: the limits
    /// of the question do not count. How many points were written.
    pub fn export(
        &self,
        query: &Query,
        format: Format,
        out: &mut dyn std::io::Write,
    ) -> Result<u64, Error> {
        export::write(&self.shared, query, format, out)
    }

    /// Writes an event and returns its number.
    pub fn event(&self, event: NewEvent) -> Result<u64, Error> {
        let bytes = event.title.len() + event.data.to_string().len();
        self.write(bytes, move |connection| events::insert(connection, &event))
    }

    /// Events.
    pub fn events(&self, query: &EventQuery) -> Result<Vec<Event>, Error> {
        self.read(|connection| events::query(connection, query))
    }

    /// Writes an audit entry and returns its number.
    pub fn audit(&self, audit: NewAudit) -> Result<u64, Error> {
        let bytes = audit.command.len() + audit.target.len() + audit.data.to_string().len();
        self.write(bytes, move |connection| audits::insert(connection, &audit))
    }

    /// Audit entries.
    pub fn audits(&self, query: &AuditQuery) -> Result<Vec<Audit>, Error> {
        self.read(|connection| audits::query(connection, query))
    }

    /// Takes all findings of now: those that are new are opened, those that are gone are closed.
    pub fn findings_seen(
        &self,
        now: Millis,
        found: Vec<FindingRow>,
    ) -> Result<FindingChanges, Error> {
        let sizes = found.iter();
        let sizes = sizes.map(|row| 256 + row.title.len() + row.data.to_string().len());
        self.write(sizes.sum(), move |connection| {
            findings::seen(connection, now, &found)
        })
    }

    /// Findings with when they were seen.
    pub fn findings_history(&self, query: &FindingQuery) -> Result<Vec<FindingRecord>, Error> {
        self.read(|connection| findings::query(connection, query))
    }

    /// Writes alerts; one with the same id is replaced.
    pub fn put_alerts(&self, alerts: Vec<AlertRow>) -> Result<(), Error> {
        let sizes = alerts.iter().map(changes::alert_bytes);
        self.write(sizes.sum(), move |connection| {
            alerts::put(connection, &alerts)
        })
    }

    /// Removes alerts by id; how many there were.
    pub fn remove_alerts(&self, ids: Vec<String>) -> Result<usize, Error> {
        self.write(changes::removed_bytes(ids.len()), move |connection| {
            alerts::remove(connection, &ids)
        })
    }

    /// Alerts.
    pub fn alerts(&self, query: &AlertQuery) -> Result<Vec<AlertRow>, Error> {
        self.read(|connection| alerts::query(connection, query))
    }

    /// All documents of a kind, by time and id.
    pub fn documents(&self, kind: &str) -> Result<Vec<Document>, Error> {
        self.read(|connection| documents::all(connection, kind))
    }

    /// Writes alerts, documents and events that belong together in one transaction, and returns the
    /// numbers of the events in their order. When it returns, all of it is on the disk, even if the
    /// power fails. After an error nothing of it was written, so the caller keeps what it has and tries
    /// again; only where the disk fails at the very end of writing can it turn up whole after a
    /// restart, so what is tried again may be there twice if its names differ.
    ///
    /// # Errors
    /// [`Error::TooManyDocuments`] and [`Error::DocumentsTooLarge`] for what exceeds
    /// [`Options::max_documents`] and [`Options::max_document_bytes`]: trying again does not help
    /// before others are removed. The rest are failures of the file or its disk, or a disk limit that is
    /// reached, which pass.
    pub fn change(&self, changes: Changes) -> Result<Vec<u64>, Error> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let limits = Limits::of(&self.shared.options);
        changes.check(limits)?;
        self.write_checked(changes.bytes(), move |connection| {
            changes.write(connection, limits)
        })
    }

    /// Writes a snapshot and returns its number; the oldest of its kind go when they are too many.
    pub fn put_snapshot(
        &self,
        at: Millis,
        kind: impl Into<String>,
        data: Vec<u8>,
    ) -> Result<u64, Error> {
        let kind = kind.into();
        let most = self.shared.options.max_snapshots;
        self.write(data.len(), move |connection| {
            snapshots::insert(connection, at, &kind, &data, most)
        })
    }

    /// Snapshots of a kind (of all kinds if none is named), the newest first.
    pub fn snapshots(
        &self,
        kind: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Vec<SnapshotInfo>, Error> {
        self.read(|connection| snapshots::list(connection, kind, limit))
    }

    /// The data of a snapshot.
    pub fn snapshot(&self, id: u64) -> Result<Option<Vec<u8>>, Error> {
        self.read(|connection| snapshots::data(connection, id))
    }

    fn read<T>(&self, ask: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Error> {
        self.shared
            .readers
            .read(|connection| ask(connection).map_err(Error::database("read")))
    }

    /// Has the writer write something and waits until that is on the disk.
    /// It is of about so many bytes.
    fn write<T: Send + 'static>(
        &self,
        bytes: usize,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        self.write_checked(bytes, |connection| {
            what(connection).map_err(Error::database("write"))
        })
    }

    /// The same for what may be refused.
    fn write_checked<T: Send + 'static>(
        &self,
        bytes: usize,
        what: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answers) = sync_channel(1);
        let job = Box::new(move |connection: &Connection| -> writer::Answer {
            let done = what(connection);
            if done.is_err() {
                // What is left undone of this job is taken back by the savepoint around it.
                connection
                    .execute_batch("ROLLBACK TO job")
                    .unwrap_or_default();
            }
            Box::new(move |committed: Result<(), Error>| {
                let outcome = committed.and(done);
                // Whoever asked may have gone away meanwhile.
                answer.try_send(outcome).unwrap_or_default();
            })
        });
        self.commands
            .send(Command::Job(job, bytes))
            .map_err(|_| Error::Closed)?;
        answers.recv().map_err(|_| Error::Closed)?
    }

    fn ask(
        &self,
        command: impl FnOnce(SyncSender<Result<(), Error>>) -> Command,
    ) -> Result<(), Error> {
        let (answer, answers) = sync_channel(1);
        self.commands
            .send(command(answer))
            .map_err(|_| Error::Closed)?;
        answers.recv().map_err(|_| Error::Closed)?
    }
}

fn spawn(writer: Writer, commands: Receiver<Command>) -> Result<JoinHandle<()>, Error> {
    let thread = thread::Builder::new().name("history".to_owned());
    let spawned = thread.spawn(move || writer.run(&commands));
    spawned.map_err(|source| Error::Io {
        doing: "start the writer of",
        path: std::path::PathBuf::from("history"),
        source: Arc::new(source),
    })
}
