//! The one thread that writes. It takes what has come in from a bounded queue, puts the ticks into
//! the head, and writes all of it in one transaction: rows of the log for the ticks, and whatever
//! others asked to have written, who are answered after the commit. Between two batches it does
//! a small piece of upkeep for each tick.
//!
//! When writing fails, the head goes on in memory; each later batch tries again, and what the log
//! misses is added when it works. At its bound the head forgets its oldest ticks, which are counted.

mod intake;
mod log;
mod merge;
mod seal;
mod upkeep;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError};

use rusqlite::Connection;

use crate::Error;
use crate::notice::NoticeKind;
use crate::recover::{self, Opened};
use crate::room::{self, Removed};
use crate::series::{Millis, Series};
use crate::shared::Shared;
use crate::tick::Encoder;

pub(crate) use log::replay;

/// So many commands are written in one transaction.
const BATCH: usize = 256;

/// Writes something in a transaction and returns how to answer whoever asked, given how the commit
/// went.
pub(crate) type Job = Box<dyn FnOnce(&Connection) -> Answer + Send>;
pub(crate) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What the writer is asked to do.
pub(crate) enum Command {
    /// Keep what was observed.
    Tick(Arc<model::Observation>),
    /// Write something else, of about so many bytes.
    Job(Job, usize),
    /// Say when all before it is written.
    Flush(SyncSender<Result<(), Error>>),
    /// Put everything into as few bytes as possible.
    Compact(SyncSender<Result<(), Error>>),
    /// Write what is left, and end.
    Close(SyncSender<Result<(), Error>>),
}

/// The thread's own state.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    /// None after a failure that calls for opening the file again.
    connection: Option<Connection>,
    intake: intake::Intake,
    encoder: Encoder,
    /// Number of the first tick that the log does not have.
    unlogged: u64,
    /// Series that the database does not have yet.
    unwritten: Vec<Arc<Series>>,
    next_series: u32,
    /// Wall clock of the newest tick.
    now: Millis,
    upkeep: upkeep::Upkeep,
    /// Bytes of files that were set aside: they count against the limit.
    set_aside: u64,
    /// What people have heard of.
    said: Vec<Removed>,
}

impl Writer {
    /// A writer for an opened database whose head has been built again.
    pub(crate) fn new(
        shared: Arc<Shared>,
        connection: Connection,
        set_aside: u64,
        now: Millis,
    ) -> Result<Self, Error> {
        let failed = Error::database("read");
        let highest = crate::store::registry::highest(&connection).map_err(&failed)?;
        let newest = crate::store::blocks::all(&connection, crate::tier::Tier::Raw);
        let newest = newest
            .map_err(&failed)?
            .iter()
            .map(|block| block.high)
            .max();
        let (next, newest) = {
            let head = shared.head();
            (head.next(), head.times.iter().copied().max().max(newest))
        };
        let intake = intake::Intake::new(&shared.head());
        Ok(Self {
            intake,
            shared,
            connection: Some(connection),
            encoder: Encoder::default(),
            unlogged: next,
            unwritten: Vec::new(),
            next_series: highest + 1,
            now: newest.unwrap_or(now),
            upkeep: upkeep::Upkeep::new(newest),
            set_aside,
            said: Vec::new(),
        })
    }

    /// Works until it is closed or nobody can ask any more.
    pub(crate) fn run(mut self, commands: &Receiver<Command>) {
        while let Ok(first) = commands.recv() {
            let mut batch = vec![first];
            while batch.len() < BATCH {
                match commands.try_recv() {
                    Ok(command) => batch.push(command),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            if self.process(batch) {
                return;
            }
        }
        self.end();
    }

    /// Does what a batch asks for; whether that was to end.
    fn process(&mut self, batch: Vec<Command>) -> bool {
        let mut jobs = Vec::new();
        let mut need = 0;
        let mut after = Vec::new();
        let mut ticked = 0;
        for command in batch {
            match command {
                Command::Tick(observation) => {
                    self.take(&observation);
                    ticked += 1;
                }
                Command::Job(job, bytes) => {
                    jobs.push(job);
                    need += bytes;
                }
                other => after.push(other),
            }
        }
        let mut outcome = self.write(jobs, need);
        // One small piece for each tick, so that upkeep keeps pace with what comes in.
        for _ in 0..ticked {
            if outcome.is_ok() {
                outcome = self.keep_up();
            }
        }
        let mut end = false;
        for command in after {
            let (answer, outcome) = match command {
                Command::Flush(answer) => (answer, outcome.clone()),
                Command::Compact(answer) => (answer, outcome.clone().and_then(|()| self.compact())),
                Command::Close(answer) => {
                    end = true;
                    self.end();
                    (answer, outcome.clone())
                }
                Command::Tick(_) | Command::Job(..) => continue,
            };
            // Whoever asked may have gone away meanwhile.
            answer.try_send(outcome).unwrap_or_default();
        }
        end
    }

    /// Says that the file is whole. Ticks stay in the log: the next start reads them again.
    fn end(&mut self) {
        if let Some(connection) = self.connection.take() {
            let closed = crate::store::set_fact(&connection, "open", 0);
            let written = room::write_back(&connection);
            if let Some(error) = closed.err() {
                self.note(&Error::database("close")(error));
            } else if let Err(error) = written {
                self.note(&error);
            }
        }
    }

    fn note(&self, error: &Error) {
        let mut last = self
            .shared
            .last_error
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = Some(error.to_string());
    }

    /// The connection, opened again if a failure took it.
    fn open(&mut self) -> Result<(), Error> {
        if self.connection.is_some() {
            return Ok(());
        }
        let now = jiff::Timestamp::from_millisecond(self.now).unwrap_or_default();
        let Opened {
            connection,
            notices,
            set_aside,
            ..
        } = recover::open(&self.shared.options, now)?;
        for notice in notices {
            self.shared.notices.say(notice.kind, notice.text);
        }
        self.set_aside = set_aside;
        self.shared.readers.renew();
        self.upkeep.reopened();
        // The file may be a new one: it learns all series of the head, and the ticks it misses. What
        // it has in blocks although that seemed to fail is not written twice.
        let failed = Error::database("read");
        let in_blocks = crate::store::blocks::newest_tick(&connection).map_err(&failed)?;
        let mut head = self.shared.head_mut();
        if let Some(sealed) = in_blocks.and_then(|newest| (newest + 1).checked_sub(head.first)) {
            head.forget_first(usize::try_from(sealed).unwrap_or(usize::MAX));
        }
        drop(head);
        let head = self.shared.head();
        let newest = crate::store::ticks::newest(&connection).map_err(&failed)?;
        self.unlogged = newest
            .map_or(head.first, |seq| seq + 1)
            .clamp(head.first, head.next());
        self.unwritten = head.slots.iter().map(|slot| slot.series.clone()).collect();
        let highest = crate::store::registry::highest(&connection).map_err(&failed)?;
        self.next_series = self.next_series.max(highest + 1);
        drop(head);
        self.encoder.begin_again();
        self.connection = Some(connection);
        Ok(())
    }

    /// Notes a failure; the connection is given up where opening the file again may help.
    fn fail(&mut self, error: &Error) {
        self.note(error);
        self.encoder.begin_again();
        let worth_keeping = match error {
            Error::Full { .. } => true,
            Error::Database { source, .. } => matches!(
                source.sqlite_error_code(),
                Some(rusqlite::ErrorCode::DiskFull | rusqlite::ErrorCode::DatabaseBusy)
            ),
            _ => false,
        };
        if !worth_keeping {
            self.connection = None;
        }
        if !self.shared.figures.failing.swap(true, Ordering::Relaxed) {
            self.shared.notices.say(
                NoticeKind::Failing,
                format!("{error}; samples stay in memory, the oldest go when it is full"),
            );
        }
    }

    fn succeed(&self) {
        if self.shared.figures.failing.swap(false, Ordering::Relaxed) {
            let text = "the history is written again";
            self.shared.notices.say(NoticeKind::Resumed, text);
        }
    }

    /// Makes room for so many bytes.
    fn make_room(&mut self, need: usize) -> Result<(), Error> {
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let options = &self.shared.options;
        let path = self.shared.readers.path();
        let removed = room::ensure(connection, path, options, &mut self.set_aside, need as u64)?;
        for what in removed {
            self.upkeep.reopened();
            if self.said.contains(&what) {
                continue;
            }
            self.said.push(what);
            let what = match what {
                Removed::SetAside => "damaged files that were set aside",
                Removed::Samples(crate::Tier::Raw) => "the oldest samples",
                Removed::Samples(crate::Tier::FiveMinutes) => "the oldest buckets of five minutes",
                Removed::Samples(crate::Tier::Hours) => "the oldest buckets of an hour",
                Removed::Rows(name) => name,
            };
            let limit = options.max_disk;
            self.shared.notices.say(
                NoticeKind::Removed,
                format!("the history has reached its limit of {limit} bytes: {what} are removed before their time"),
            );
        }
        Ok(())
    }
}
