//! Puts the blocks of a span of time that is over into one: long chunks need far fewer bytes a
//! sample than short ones. A day of samples is put together twice, after two hours and after a day.
//!
//! It goes part by part (32 neighbouring series), each in a transaction of its own that writes the
//! new segment and removes the old ones. A reader finds each series either here or there, and after
//! an end in the middle the next start goes on, because the old blocks name the new one.

use std::collections::BTreeMap;

use crate::bytes::Damaged;
use crate::chunk::{self, Chunk};
use crate::segment::{self, Segment};
use crate::series::{Kind, Millis};
use crate::store::blocks::{self, Block};
use crate::store::registry;
use crate::tier::columns::{self, Frame};
use crate::tier::rollup::{Rollup, widen};
use crate::tier::{Tier, floor};
use crate::{Error, codec};

use super::Writer;

/// A block of samples has at most so many ticks.
const TICKS: usize = 100_000;
const _: () = assert!(TICKS < codec::LONGEST, "a column must hold a block");

/// Blocks that are being put together.
#[derive(Debug)]
pub(super) struct Merge {
    tier: Tier,
    target: i64,
    sources: Vec<Source>,
    /// Of the new block, if it holds buckets.
    frame: Frame,
    ticks: usize,
    samples: u64,
}

#[derive(Debug)]
struct Source {
    block: Block,
    frame: Frame,
}

impl Writer {
    /// One piece of work; whether there was any. With `open`, spans that are not over yet count too.
    pub(super) fn merge_step(&mut self, open: bool) -> Result<bool, Error> {
        let Some(connection) = self.connection.as_ref() else {
            return Ok(false);
        };
        let failed = Error::database("put together blocks of");
        if self.upkeep.merge.is_none() {
            let seen = blocks::newest_tick(connection).map_err(&failed)?;
            if !open && self.upkeep.merged_at == Some(seen.unwrap_or(0)) {
                return Ok(false);
            }
            let found = self.begin(open)?;
            self.upkeep.merged_at = match found {
                Some(_) => None,
                None => seen.or(Some(0)),
            };
            self.upkeep.merge = found;
        }
        let Some(merge) = self.upkeep.merge.take() else {
            return Ok(false);
        };
        if let Some(merge) = self.step(merge)? {
            self.upkeep.merge = Some(merge);
        }
        Ok(true)
    }

    /// Goes on with what was begun, or begins with what is due.
    fn begin(&mut self, open: bool) -> Result<Option<Merge>, Error> {
        let failed = Error::database("put together blocks of");
        let until = if open { Millis::MAX } else { self.now };
        for tier in Tier::ALL {
            let connection = self.connection.as_ref().ok_or(Error::Closed)?;
            let all = blocks::all(connection, tier).map_err(&failed)?;
            if let Some(target) = all.iter().find_map(|block| block.into) {
                let sources = all.iter().filter(|block| block.into == Some(target));
                let sources: Vec<Block> = sources.copied().collect();
                let shared = self.read_shared(tier, &sources)?;
                return Ok(Some(shared.into_merge(tier, target)));
            }
            for span in tier.spans() {
                let Some(run) = run(&all, tier, *span, until) else {
                    continue;
                };
                return self.create(tier, &all[run]);
            }
        }
        Ok(None)
    }

    /// Writes the new block, still without segments, and names it in the old ones.
    fn create(&mut self, tier: Tier, sources: &[Block]) -> Result<Option<Merge>, Error> {
        let shared = self.read_shared(tier, sources)?;
        let bytes = match tier {
            Tier::Raw => blocks::encode_times(&shared.times),
            Tier::FiveMinutes | Tier::Hours => shared.frame.encode(),
        };
        if self.make_room_and_look(bytes.len())? {
            return Ok(None);
        }
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let block = Block {
            id: 0,
            first: sources.iter().map(|block| block.first).min().unwrap_or(0),
            last: sources.iter().map(|block| block.last).max().unwrap_or(0),
            low: sources.iter().map(|block| block.low).min().unwrap_or(0),
            high: sources.iter().map(|block| block.high).max().unwrap_or(0),
            ticks: shared.ticks,
            samples: 0,
            into: None,
        };
        let created = (|| {
            let transaction = connection.unchecked_transaction()?;
            let target = blocks::insert(&transaction, tier, &block, &bytes)?;
            for source in sources {
                blocks::set_into(&transaction, source.id, target)?;
            }
            transaction.commit()?;
            Ok(target)
        })();
        let target = created.map_err(Error::database("put together blocks of"))?;
        Ok(Some(shared.into_merge(tier, target)))
    }

    /// Makes room; whether blocks were removed for it, perhaps the very ones in hand.
    fn make_room_and_look(&mut self, need: usize) -> Result<bool, Error> {
        let before = self.upkeep.changes;
        self.make_room(need)?;
        Ok(self.upkeep.changes != before)
    }

    /// What the sources share, read and put together. A damaged one costs its times, not its place.
    fn read_shared(&self, tier: Tier, sources: &[Block]) -> Result<Shared, Error> {
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let mut shared = Shared::default();
        let mut frames = Vec::new();
        let mut damaged = 0;
        for block in sources {
            let bytes = blocks::shared(connection, block.id)
                .map_err(Error::database("put together blocks of"))?;
            let mut frame = Frame::default();
            match tier {
                Tier::Raw => {
                    let times = bytes.and_then(|bytes| blocks::decode_times(&bytes));
                    let mut times = times.unwrap_or_else(|_| {
                        damaged += 1;
                        Vec::new()
                    });
                    // Without its times the block's samples keep a place in the row of ticks.
                    times.resize(block.ticks, block.low);
                    shared.times.extend(times);
                }
                Tier::FiveMinutes | Tier::Hours => {
                    frame = bytes
                        .and_then(|bytes| blocks::decode_frame(&bytes))
                        .unwrap_or_else(|_| {
                            damaged += 1;
                            Frame::default()
                        });
                    frames.push(frame.clone());
                }
            }
            shared.sources.push(Source {
                block: *block,
                frame,
            });
        }
        shared.frame = union(&frames);
        shared.ticks = match tier {
            Tier::Raw => shared.times.len(),
            Tier::FiveMinutes | Tier::Hours => shared.frame.starts.len(),
        };
        self.shared.count_damaged(damaged, "the times of a block");
        Ok(shared)
    }

    /// Puts the next part together; nothing is left to do when it returns nothing.
    fn step(&mut self, merge: Merge) -> Result<Option<Merge>, Error> {
        let failed = Error::database("put together blocks of");
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let mut part = None;
        for source in &merge.sources {
            let next = blocks::next_part(connection, source.block.id, 0).map_err(&failed)?;
            part = part.into_iter().chain(next).min();
        }
        let Some(part) = part else {
            let finished = (|| {
                let transaction = connection.unchecked_transaction()?;
                for source in &merge.sources {
                    blocks::remove(&transaction, source.block.id)?;
                }
                blocks::set_samples(&transaction, merge.target, merge.samples)?;
                transaction.commit()
            })();
            finished.map_err(&failed)?;
            return Ok(None);
        };
        let mut segments = Vec::with_capacity(merge.sources.len());
        for source in &merge.sources {
            segments.push(blocks::segment(connection, source.block.id, part).map_err(&failed)?);
        }
        let (chunks, damaged) = match merge.tier {
            Tier::Raw => join_samples(&merge, &segments),
            Tier::FiveMinutes | Tier::Hours => {
                let kind = |id| registry::by_id(connection, id).map(|found| found.map(|s| s.kind));
                join_buckets(&merge, &segments, kind).map_err(&failed)?
            }
        };
        self.shared.count_damaged(damaged, "a chunk");
        let bytes = segment::pack(&chunks);
        if self.make_room_and_look(bytes.len())? {
            return Ok(None);
        }
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let written = (|| {
            let transaction = connection.unchecked_transaction()?;
            blocks::put_segment(&transaction, merge.target, part, &bytes)?;
            for source in &merge.sources {
                blocks::remove_segment(&transaction, source.block.id, part)?;
            }
            transaction.commit()
        })();
        written.map_err(&failed)?;
        Ok(Some(merge))
    }
}

#[derive(Debug, Default)]
struct Shared {
    sources: Vec<Source>,
    times: Vec<Millis>,
    frame: Frame,
    ticks: usize,
}

impl Shared {
    fn into_merge(self, tier: Tier, target: i64) -> Merge {
        let samples = self.sources.iter().map(|source| source.block.samples).sum();
        Merge {
            tier,
            target,
            sources: self.sources,
            frame: self.frame,
            ticks: self.ticks,
            samples,
        }
    }
}

/// The first run of at least two neighbouring blocks in one span that is over.
fn run(all: &[Block], tier: Tier, span: Millis, until: Millis) -> Option<std::ops::Range<usize>> {
    let span_of = |block: &Block| {
        let start = floor(block.low, span);
        (start == floor(block.high, span) && start.saturating_add(span) <= until).then_some(start)
    };
    let mut start = 0;
    while start < all.len() {
        let mut end = start + 1;
        let mut ticks = all[start].ticks;
        while let Some(next) = all.get(end) {
            let before = &all[end - 1];
            ticks += next.ticks;
            // Ticks are numbered by their place in a block of samples, so none may be missing.
            let joins = tier != Tier::Raw || (next.first == before.last + 1 && ticks <= TICKS);
            if !joins || span_of(before).is_none() || span_of(before) != span_of(next) {
                break;
            }
            end += 1;
        }
        if end - start >= 2 {
            return Some(start..end);
        }
        start = end;
    }
    None
}

/// All starts of buckets; the same bucket in two frames becomes one.
fn union(frames: &[Frame]) -> Frame {
    let mut all: BTreeMap<Millis, (i64, i64)> = BTreeMap::new();
    for frame in frames {
        let columns = frame.counts.iter().zip(&frame.covered);
        for (start, (count, covered)) in frame.starts.iter().zip(columns) {
            let entry = all.entry(*start).or_default();
            entry.0 += count;
            entry.1 += covered;
        }
    }
    Frame {
        starts: all.keys().copied().collect(),
        counts: all.values().map(|(count, _)| *count).collect(),
        covered: all.values().map(|(_, covered)| *covered).collect(),
    }
}

type Joined = (Vec<(u32, Vec<u8>)>, u64);

/// Gives each chunk of each segment with the number of its source; how many were damaged.
fn each_chunk(
    segments: &[Option<Vec<u8>>],
    mut take: impl FnMut(usize, u32, &[u8]) -> Result<(), Damaged>,
) -> u64 {
    let mut damaged = 0;
    for (index, bytes) in segments.iter().enumerate() {
        let Some(bytes) = bytes else { continue };
        let Ok(segment) = Segment::open(bytes) else {
            damaged += 1;
            continue;
        };
        for (series, chunk) in segment.chunks() {
            if chunk.and_then(|bytes| take(index, series, bytes)).is_err() {
                damaged += 1;
            }
        }
    }
    damaged
}

fn join_samples(merge: &Merge, segments: &[Option<Vec<u8>>]) -> Joined {
    // Only bytes are kept for all series; one series at a time is decoded.
    let mut found: BTreeMap<u32, Vec<(usize, Vec<u8>)>> = BTreeMap::new();
    let mut damaged = each_chunk(segments, |index, series, bytes| {
        found
            .entry(series)
            .or_default()
            .push((index, bytes.to_vec()));
        Ok(())
    });
    let mut offsets = Vec::with_capacity(merge.sources.len());
    let mut offset = 0_usize;
    for source in &merge.sources {
        offsets.push(u32::try_from(offset).unwrap_or(u32::MAX));
        offset += source.block.ticks;
    }
    let mut chunks = Vec::with_capacity(found.len());
    for (series, pieces) in found {
        let mut whole = Chunk::default();
        for (index, bytes) in pieces {
            match chunk::decode(&bytes, merge.sources[index].block.ticks) {
                Ok(piece) => {
                    whole.presence.append(&piece.presence, offsets[index]);
                    whole.values.extend(piece.values);
                }
                Err(_) => damaged += 1,
            }
        }
        let bytes = chunk::encode(&whole.presence, &whole.values, merge.ticks);
        chunks.push((series, bytes));
    }
    (chunks, damaged)
}

fn join_buckets(
    merge: &Merge,
    segments: &[Option<Vec<u8>>],
    kind_of: impl Fn(u32) -> rusqlite::Result<Option<Kind>>,
) -> rusqlite::Result<Joined> {
    let width = merge.tier.width().unwrap_or(1);
    let mut kinds: BTreeMap<u32, Kind> = BTreeMap::new();
    let mut found: BTreeMap<u32, Vec<Rollup>> = BTreeMap::new();
    let mut outcome = Ok(());
    let damaged = each_chunk(segments, |index, series, bytes| {
        let kind = match kinds.get(&series) {
            Some(kind) => *kind,
            None => match kind_of(series) {
                Ok(Some(kind)) => *kinds.entry(series).or_insert(kind),
                // Nobody can ask for a series that is forgotten.
                Ok(None) => return Ok(()),
                Err(error) => {
                    outcome = Err(error);
                    return Ok(());
                }
            },
        };
        let buckets = columns::decode(kind, bytes, &merge.sources[index].frame)?;
        found.entry(series).or_default().extend(buckets);
        Ok(())
    });
    outcome?;
    let encoded = found.into_iter().filter_map(|(series, parts)| {
        let kind = *kinds.get(&series)?;
        let buckets = widen(parts, width);
        Some((series, columns::encode(kind, &buckets, &merge.frame)))
    });
    Ok((encoded.collect(), damaged))
}
