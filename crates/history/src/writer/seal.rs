//! From the head into chunks: in one transaction the samples of the head become a block of samples,
//! a block of buckets of five minutes and one of hours, and its rows leave the log.
//!
//! That happens on the border of five minutes, when the head is twenty minutes old and has sixty
//! ticks, or has many samples, so that buckets are rarely parted and blocks are rarely short.

use crate::chunk;
use crate::head::Head;
use crate::segment::{self, part_of};
use crate::series::{Kind, Millis};
use crate::store::blocks::{self, Block};
use crate::store::{registry, ticks};
use crate::tier::columns::{self, Frame};
use crate::tier::rollup::{Point, Roller, Rollup, widen};
use crate::tier::{Tier, floor};
use crate::{Error, options};

use super::Writer;

const FIVE_MINUTES: Millis = 5 * 60_000;
const AGE: Millis = 4 * FIVE_MINUTES;
/// With fewer ticks the head may become this old, because short blocks cost upkeep.
const OLDEST: Millis = 48 * FIVE_MINUTES;
const FEW_TICKS: usize = 60;
/// Samples of a head that is written early; at twice as many it does not wait for a border.
const SAMPLES: usize = 400_000;
/// Ticks, too: without any series a head must not grow for ever.
const TICKS: usize = 4_000;

/// What a seal writes of one tier.
struct Piece {
    tier: Tier,
    block: Block,
    shared: Vec<u8>,
    /// Parts and their bytes.
    segments: Vec<(u32, Vec<u8>)>,
}

impl Writer {
    /// How many samples a head may have before it is written early.
    fn head_samples(&self) -> usize {
        let of_disk = usize::try_from(self.shared.options.max_disk / 256).unwrap_or(SAMPLES);
        of_disk.min(SAMPLES)
    }

    /// Puts the head into chunks if a tick at `time` should begin a new one.
    pub(super) fn seal_if_due(&mut self, time: Millis) {
        let most = self.head_samples();
        let due = {
            let head = self.shared.head();
            let Some((first, last)) = head.times.first().zip(head.times.last()) else {
                return;
            };
            let border = floor(*last, FIVE_MINUTES) != floor(time, FIVE_MINUTES);
            let full = head.samples >= most || head.times.len() >= TICKS;
            let age = (time - floor(*first, FIVE_MINUTES)).abs();
            let old = age >= OLDEST || (age >= AGE && head.times.len() >= FEW_TICKS);
            (border && (full || old)) || head.samples >= 2 * most || head.times.len() >= 2 * TICKS
        };
        if due && let Err(error) = self.seal() {
            self.fail(&error);
            self.bound_head();
        }
    }

    /// While nothing can be written, the head keeps its newest ticks only.
    pub(super) fn bound_head(&mut self) {
        let most = 3 * self.head_samples();
        let mut head = self.shared.head_mut();
        if head.samples > most || head.times.len() > 3 * TICKS {
            let ticks = head.times.len().div_ceil(3);
            let forgotten = head.forget_first(ticks);
            drop(head);
            self.shared.drop_samples(forgotten);
        }
    }

    /// Puts the head into chunks.
    pub(super) fn seal(&mut self) -> Result<(), Error> {
        if self.shared.head().times.is_empty() {
            return Ok(());
        }
        self.open()?;
        let pieces = {
            let head = self.shared.head();
            pieces(&head, options::millis(self.shared.options.stale_after))
        };
        let bytes: usize = pieces
            .iter()
            .flat_map(|piece| &piece.segments)
            .map(|(_, bytes)| bytes.len() + 32)
            .sum();
        let shared: usize = pieces.iter().map(|piece| piece.shared.len()).sum();
        self.make_room(bytes + shared)?;
        let connection = self.connection.as_ref().ok_or(Error::Closed)?;
        let written = (|| {
            let transaction = connection.unchecked_transaction()?;
            for series in &self.unwritten {
                registry::insert(&transaction, series, self.now)?;
            }
            for piece in &pieces {
                let id = blocks::insert(&transaction, piece.tier, &piece.block, &piece.shared)?;
                for (part, bytes) in &piece.segments {
                    blocks::put_segment(&transaction, id, *part, bytes)?;
                }
            }
            let head = self.shared.head();
            for slot in &head.slots {
                if !slot.presence.is_empty() {
                    registry::seen(&transaction, slot.series.id, self.now)?;
                }
            }
            ticks::remove_before(&transaction, head.next())?;
            drop(head);
            transaction.commit()
        })();
        written.map_err(Error::database("write"))?;
        self.unwritten.clear();
        let mut head = self.shared.head_mut();
        head.begin_again();
        self.unlogged = head.next();
        self.intake.begin_again(&head);
        drop(head);
        self.encoder.begin_again();
        self.succeed();
        Ok(())
    }
}

/// All that a head becomes.
fn pieces(head: &Head, stale_after: Millis) -> Vec<Piece> {
    let mut order: Vec<usize> = (0..head.slots.len()).collect();
    order.sort_unstable_by_key(|place| head.slots[*place].series.id);
    let five = Tier::FiveMinutes.width().unwrap_or(FIVE_MINUTES);
    let hour = Tier::Hours.width().unwrap_or(FIVE_MINUTES);
    let always = |width| {
        // A series that is always there shows how many ticks a bucket has and how much it covers.
        let roller = Roller::new(Kind::Counter, width, stale_after, head.before);
        let mut roller = roller.without_sketch();
        for (tick, time) in (head.first..).zip(&head.times) {
            roller.push(Point {
                tick,
                time: *time,
                value: 0.0,
            });
        }
        frame_of(&roller.finish())
    };
    let frames = [always(five), always(hour)];
    let mut raw = Vec::new();
    let mut fives = Vec::new();
    let mut hours = Vec::new();
    let mut buckets = [0_u64; 2];
    for place in order {
        let slot = &head.slots[place];
        if slot.presence.is_empty() {
            continue;
        }
        let (id, kind) = (slot.series.id, slot.series.kind);
        raw.push((
            id,
            chunk::encode(&slot.presence, &slot.values, head.times.len()),
        ));
        let rolled = head.roll(slot, five, stale_after);
        if rolled.is_empty() {
            continue;
        }
        let wide = widen(rolled.iter().cloned(), hour);
        buckets[0] += rolled.len() as u64;
        buckets[1] += wide.len() as u64;
        fives.push((id, columns::encode(kind, &rolled, &frames[0])));
        hours.push((id, columns::encode(kind, &wide, &frames[1])));
    }
    let block = |ticks: usize, samples: u64, low: Millis, high: Millis| Block {
        id: 0,
        first: head.first,
        last: head.next() - 1,
        low,
        high,
        ticks,
        samples,
        into: None,
    };
    let low = head.times.iter().copied().min().unwrap_or(0);
    let high = head.times.iter().copied().max().unwrap_or(0);
    let mut pieces = vec![Piece {
        tier: Tier::Raw,
        block: block(head.times.len(), head.samples as u64, low, high),
        shared: blocks::encode_times(&head.times),
        segments: segments(&raw),
    }];
    let tiers = [(Tier::FiveMinutes, fives), (Tier::Hours, hours)];
    for (index, (tier, chunks)) in tiers.into_iter().enumerate() {
        let frame = &frames[index];
        let width = tier.width().unwrap_or(0);
        let low = frame.starts.first().copied().unwrap_or(low);
        let high = frame.starts.last().map_or(high, |start| start + width - 1);
        pieces.push(Piece {
            tier,
            block: block(frame.starts.len(), buckets[index], low, high),
            shared: frame.encode(),
            segments: segments(&chunks),
        });
    }
    pieces
}

/// The frame of buckets of a series that was always there.
pub(super) fn frame_of(always: &[Rollup]) -> Frame {
    Frame {
        starts: always.iter().map(|bucket| bucket.start).collect(),
        counts: always
            .iter()
            .map(|bucket| i64::from(bucket.count))
            .collect(),
        covered: always.iter().map(|bucket| bucket.covered).collect(),
    }
}

/// Chunks, ascending by series, as segments.
fn segments(chunks: &[(u32, Vec<u8>)]) -> Vec<(u32, Vec<u8>)> {
    chunks
        .chunk_by(|(a, _), (b, _)| part_of(*a) == part_of(*b))
        .map(|chunks| (part_of(chunks[0].0), segment::pack(chunks)))
        .collect()
}
