//! Writing a batch, and building the head again from the log.

use std::sync::atomic::Ordering;

use rusqlite::Connection;

use super::{Job, Writer};
use crate::Error;
use crate::head::Head;
use crate::series::{Kind, Millis};
use crate::store::places::LastSamples;
use crate::store::{blocks, registry, ticks};
use crate::tick::Decoder;
use crate::tier::Tier;
use crate::tier::rollup::Point;

/// What a job takes besides its own data, at most, in bytes.
const ROW: usize = 4_096;
/// A hole in the log that is longer than this is no hole but nonsense.
const LONGEST_HOLE: u64 = 100_000;

impl Writer {
    /// Writes new ticks and jobs, of about so many bytes, in one transaction, and answers.
    pub(super) fn write(&mut self, jobs: Vec<Job>, bytes: usize) -> Result<(), Error> {
        let durable = !jobs.is_empty();
        let mut answers = Vec::with_capacity(jobs.len());
        let outcome = self.try_write(jobs, bytes, &mut answers);
        match &outcome {
            Ok(written) => {
                if *written || durable {
                    self.succeed();
                }
            }
            Err(error) => {
                self.fail(error);
                self.bound_head();
            }
        }
        let outcome = outcome.map(|_| ());
        for answer in answers {
            answer(outcome.clone());
        }
        outcome
    }

    fn try_write(
        &mut self,
        jobs: Vec<Job>,
        bytes: usize,
        answers: &mut Vec<super::Answer>,
    ) -> Result<bool, Error> {
        let mut jobs = jobs.into_iter();
        let outcome = self.try_write_all(&mut jobs, bytes, answers);
        // Whoever waits must be answered; after a failure the rest is asked to write to nothing.
        if jobs.len() > 0
            && let Ok(nothing) = Connection::open_in_memory()
        {
            answers.extend(jobs.map(|job| job(&nothing)));
        }
        outcome
    }

    fn try_write_all(
        &mut self,
        jobs: &mut std::vec::IntoIter<Job>,
        bytes: usize,
        answers: &mut Vec<super::Answer>,
    ) -> Result<bool, Error> {
        self.open()?;
        let rows = self.rows();
        let need: usize = rows.iter().map(|(_, row)| row.len() + 64).sum();
        let need = need + self.unwritten.len() * 256 + jobs.len() * ROW + bytes;
        self.make_room(need)?;
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let failed = Error::database("write");
        let durable = jobs.len() > 0;
        if durable {
            // What someone waits for must be on the disk when they are answered, even if the power
            // fails; ticks need not.
            synchronous(connection, "FULL").map_err(&failed)?;
        }
        let written = (|| {
            let transaction = connection.unchecked_transaction()?;
            for series in &self.unwritten {
                registry::insert(&transaction, series, self.now)?;
            }
            for (seq, row) in &rows {
                ticks::insert(&transaction, *seq, row)?;
            }
            while jobs.len() > 0 {
                // A job that fails takes nothing else with it.
                transaction.execute_batch("SAVEPOINT job")?;
                answers.extend(jobs.next().map(|job| job(&transaction)));
                transaction.execute_batch("RELEASE job")?;
            }
            transaction.commit()
        })();
        if durable {
            synchronous(connection, "NORMAL").map_err(&failed)?;
        }
        written.map_err(&failed)?;
        self.unwritten.clear();
        if let Some((seq, _)) = rows.last() {
            self.unlogged = seq + 1;
        }
        let count = rows.len() as u64;
        self.shared
            .figures
            .written
            .fetch_add(count, Ordering::Relaxed);
        Ok(!rows.is_empty())
    }

    /// Rows of the log for the ticks that it does not have.
    fn rows(&mut self) -> Vec<(u64, Vec<u8>)> {
        let head = self.shared.head();
        self.unlogged = self.unlogged.max(head.first);
        let series: Vec<u32> = head.slots.iter().map(|slot| slot.series.id).collect();
        let mut rows = Vec::new();
        for seq in self.unlogged..head.next() {
            let index = usize::try_from(seq - head.first).unwrap_or(usize::MAX);
            let samples = head.tick(index);
            let row = self.encoder.encode(head.times[index], &series, &samples);
            rows.push((seq, row));
        }
        rows
    }
}

fn synchronous(connection: &Connection, level: &str) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", level)
}

/// Builds the head from the log. Says how many rows were damaged.
pub(crate) fn replay(connection: &Connection) -> Result<(Head, u64), Error> {
    let failed = Error::database("read");
    let newest = blocks::newest_tick(connection).map_err(&failed)?;
    let mut head = Head::default();
    head.first = newest.map_or(0, |newest| newest + 1);
    head.before = last_tick(connection).map_err(&failed)?;
    let mut decoder = Decoder::default();
    let mut damaged = 0;
    let mut started = false;
    let mut places = LastSamples::new(connection).map_err(&failed)?;
    let mut outcome = Ok(());
    ticks::each(connection, |seq, row| {
        if outcome.is_err() {
            return;
        }
        let Ok(tick) = decoder.decode(row) else {
            damaged += 1;
            return;
        };
        if !started && seq >= head.first {
            head.first = seq;
            started = true;
        }
        let hole = seq.checked_sub(head.next());
        let Some(hole) = hole.filter(|hole| *hole <= LONGEST_HOLE) else {
            damaged += 1;
            return;
        };
        for _ in 0..hole {
            // Nobody was there in a tick that is lost, so it parts what is before from what is after.
            head.push(tick.time, []);
        }
        outcome = push(connection, &mut head, &mut places, &tick);
    })
    .map_err(&failed)?;
    outcome.map_err(&failed)?;
    Ok((head, damaged))
}

fn push(
    connection: &Connection,
    head: &mut Head,
    places: &mut LastSamples,
    tick: &crate::tick::Tick,
) -> rusqlite::Result<()> {
    let mut samples = Vec::with_capacity(tick.samples.len());
    for (id, value) in &tick.samples {
        let place = if let Some(place) = head.place(*id) {
            place
        } else {
            let Some(series) = registry::by_id(connection, *id)? else {
                continue;
            };
            let before = match series.kind {
                Kind::Counter => places.of(connection, *id)?,
                Kind::Gauge => None,
            };
            head.add(series, before)
        };
        samples.push((place, *value));
    }
    samples.sort_unstable_by_key(|(place, _)| *place);
    head.push(tick.time, samples);
    Ok(())
}

/// The last tick in blocks.
fn last_tick(connection: &Connection) -> rusqlite::Result<Option<Point>> {
    let blocks = blocks::all(connection, Tier::Raw)?;
    let Some(block) = blocks.iter().max_by_key(|block| block.last) else {
        return Ok(None);
    };
    let shared = blocks::shared(connection, block.id)?;
    let times: Option<Vec<Millis>> = shared.and_then(|bytes| blocks::decode_times(&bytes)).ok();
    let time = times.and_then(|times| times.last().copied());
    Ok(time.map(|time| Point {
        tick: block.last,
        time,
        value: 0.0,
    }))
}
