//! Where the points of a series come from: blocks, then the head.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::Connection;

use super::{Query, buckets};
use crate::Error;
use crate::chunk;
use crate::head::points;
use crate::presence::Presence;
use crate::segment::{Segment, part_of};
use crate::series::{Millis, Series};
use crate::shared::Shared;
use crate::store::blocks::{self, Block};
use crate::tier::Tier;
use crate::tier::columns::Frame;
use crate::tier::rollup::{Point, Rollup};

/// The head as it was when the question came, as far as it is asked for.
#[derive(Debug)]
pub(crate) struct HeadCopy {
    pub(crate) first: u64,
    pub(crate) times: Arc<[Millis]>,
    pub(crate) series: HashMap<u32, HeadSeries>,
}

/// One series of it.
#[derive(Debug)]
pub(crate) struct HeadSeries {
    pub(crate) series: Arc<Series>,
    pub(crate) presence: Presence,
    pub(crate) values: Vec<f64>,
    pub(crate) before: Option<Point>,
}

pub(super) fn copy_head(shared: &Shared, query: &Query) -> HeadCopy {
    let head = shared.head();
    let wanted = head.slots.iter().filter(|slot| {
        let key = &slot.series.key;
        let metric = query.metric.as_ref();
        metric.is_none_or(|name| key.metric == *name) && key.matches(&query.labels)
    });
    // More series than anyone may ask for are not copied; the limit is checked again on all.
    let series = wanted.take(query.max_series.saturating_add(1)).map(|slot| {
        let copy = HeadSeries {
            series: slot.series.clone(),
            presence: slot.presence.clone(),
            values: slot.values.clone(),
            before: slot.before,
        };
        (slot.series.id, copy)
    });
    HeadCopy {
        first: head.first,
        times: head.times.as_slice().into(),
        series: series.collect(),
    }
}

/// What all series of a question share.
#[derive(Debug)]
pub(crate) struct Opened {
    blocks: Vec<Block>,
    head_first: u64,
    head_times: Arc<[Millis]>,
    /// Read when they are needed first.
    shared: RefCell<HashMap<i64, Arc<SharedPart>>>,
    segment: RefCell<HashMap<i64, Part>>,
}

/// The part of a block that was read last, and its bytes if it has any.
type Part = (u32, Option<Vec<u8>>);

/// What the series of a block share.
#[derive(Debug, Default)]
struct SharedPart {
    times: Vec<Millis>,
    frame: Frame,
}

impl Opened {
    pub(super) fn new(
        connection: &Connection,
        tier: Tier,
        query: &Query,
        head: &HeadCopy,
        before: Millis,
    ) -> Result<Self, Error> {
        // A bucket begins before the first time that is asked for, and whether a gap lies before a
        // sample, or what a counter's first rate is, only the sample before can tell.
        let from = query.from.saturating_sub(before);
        let found = blocks::between(connection, tier, from, query.to);
        let mut blocks = found.map_err(Error::database("read"))?;
        blocks.retain(|block| block.first < head.first);
        Ok(Self {
            blocks,
            head_first: head.first,
            head_times: head.times.clone(),
            shared: RefCell::default(),
            segment: RefCell::default(),
        })
    }
}

/// One series.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    connection: &'a Connection,
    opened: Rc<Opened>,
    pub(crate) series: Arc<Series>,
    head: Option<HeadSeries>,
    pub(crate) tier: Tier,
    /// Width of the buckets; nothing for samples.
    pub(crate) width: Option<Millis>,
}

impl<'a> Source<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        opened: Rc<Opened>,
        series: Arc<Series>,
        head: Option<HeadSeries>,
        tier: Tier,
        width: Option<Millis>,
    ) -> Self {
        Self {
            connection,
            opened,
            series,
            head,
            tier,
            width,
        }
    }

    /// Gives every sample of the blocks that are asked for, and of the head, in the order of ticks.
    pub(crate) fn each_sample(
        &self,
        shared: &Shared,
        mut take: impl FnMut(Point),
    ) -> Result<(), Error> {
        for block in &self.opened.blocks {
            let part = self.shared_part(shared, block)?;
            self.with_chunk(shared, block, |bytes| {
                let chunk = chunk::decode(bytes, block.ticks)?;
                points(&chunk.presence, &chunk.values, block.first, &part.times)
                    .for_each(&mut take);
                Ok(())
            })?;
        }
        self.each_head_sample(take);
        Ok(())
    }

    fn each_head_sample(&self, take: impl FnMut(Point)) {
        if let Some(head) = &self.head {
            let times = &self.opened.head_times;
            points(&head.presence, &head.values, self.opened.head_first, times).for_each(take);
        }
    }

    /// Its buckets, or parts of them, of at most this width.
    pub(crate) fn buckets(
        &self,
        shared: &Shared,
        query: &Query,
        width: Millis,
    ) -> Result<Vec<Rollup>, Error> {
        let kind = self.series.kind;
        let mut roller = buckets::Range::new(kind, width, shared, query);
        if self.tier == Tier::Raw {
            self.each_sample(shared, |point| roller.push(point))?;
            return Ok(roller.finish());
        }
        let mut parts = Vec::new();
        for block in &self.opened.blocks {
            let part = self.shared_part(shared, block)?;
            self.with_chunk(shared, block, |bytes| {
                let found = crate::tier::columns::decode(kind, bytes, &part.frame)?;
                let own = self.tier.width().unwrap_or(0);
                let wanted = found
                    .into_iter()
                    .filter(|bucket| bucket.start + own > query.from && bucket.start <= query.to);
                parts.extend(wanted);
                Ok(())
            })?;
        }
        if let Some(before) = self.head.as_ref().and_then(|head| head.before) {
            roller.start_after(before);
        }
        self.each_head_sample(|point| roller.push(point));
        parts.extend(roller.finish());
        Ok(parts)
    }

    fn shared_part(&self, shared: &Shared, block: &Block) -> Result<Arc<SharedPart>, Error> {
        let mut known = self.opened.shared.borrow_mut();
        if let Some(part) = known.get(&block.id) {
            return Ok(part.clone());
        }
        let bytes = blocks::shared(self.connection, block.id).map_err(Error::database("read"))?;
        let mut part = SharedPart::default();
        let decoded = bytes.and_then(|bytes| {
            if self.tier == Tier::Raw {
                part.times = blocks::decode_times(&bytes)?;
            } else {
                part.frame = blocks::decode_frame(&bytes)?;
            }
            Ok(())
        });
        if decoded.is_err() {
            shared.count_damaged(1, "the times of a block");
        }
        let part = Arc::new(part);
        known.insert(block.id, part.clone());
        Ok(part)
    }

    /// Gives the chunk of this series in a block, if there is one; a damaged one is counted.
    fn with_chunk(
        &self,
        shared: &Shared,
        block: &Block,
        take: impl FnOnce(&[u8]) -> Result<(), crate::bytes::Damaged>,
    ) -> Result<(), Error> {
        let part = part_of(self.series.id);
        let mut known = self.opened.segment.borrow_mut();
        let entry = known.entry(block.id).or_insert((u32::MAX, None));
        if entry.0 != part {
            let bytes = blocks::segment(self.connection, block.id, part);
            *entry = (part, bytes.map_err(Error::database("read"))?);
        }
        let Some(bytes) = &entry.1 else {
            return Ok(());
        };
        let outcome =
            Segment::open(bytes).and_then(|segment| match segment.chunk(self.series.id) {
                Some(chunk) => chunk.and_then(take),
                None => Ok(()),
            });
        if outcome.is_err() {
            shared.count_damaged(1, "a chunk");
        }
        Ok(())
    }
}
