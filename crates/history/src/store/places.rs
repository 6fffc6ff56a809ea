//! The last sample of a series in blocks: where a counter that comes back goes on from.

use rusqlite::Connection;

use super::blocks::{self, Block};
use crate::chunk;
use crate::segment::{Segment, part_of};
use crate::series::Millis;
use crate::tier::Tier;
use crate::tier::rollup::Point;

/// Looks through the raw blocks, newest first. Neighbouring series share segments, so the rows read
/// last are kept for the next question.
#[derive(Debug)]
pub(crate) struct LastSamples {
    /// Newest first.
    blocks: Vec<Opened>,
}

#[derive(Debug)]
struct Opened {
    block: Block,
    /// Last read part.
    segment: Option<(u32, Option<Vec<u8>>)>,
    times: Option<Vec<Millis>>,
}

impl LastSamples {
    pub(crate) fn new(connection: &Connection) -> rusqlite::Result<Self> {
        let blocks = blocks::all(connection, Tier::Raw)?;
        let opened = blocks.into_iter().rev().map(|block| Opened {
            block,
            segment: None,
            times: None,
        });
        Ok(Self {
            blocks: opened.collect(),
        })
    }

    /// The last finite sample of a series; what is damaged is passed over.
    pub(crate) fn of(
        &mut self,
        connection: &Connection,
        series: u32,
    ) -> rusqlite::Result<Option<Point>> {
        let part = part_of(series);
        for opened in &mut self.blocks {
            if opened
                .segment
                .as_ref()
                .is_none_or(|(known, _)| *known != part)
            {
                let bytes = blocks::segment(connection, opened.block.id, part)?;
                opened.segment = Some((part, bytes));
            }
            let bytes = opened
                .segment
                .as_ref()
                .and_then(|(_, bytes)| bytes.as_deref());
            let Some(Ok(segment)) = bytes.map(Segment::open) else {
                continue;
            };
            let Some(Ok(bytes)) = segment.chunk(series) else {
                continue;
            };
            if opened.times.is_none() {
                let shared = blocks::shared(connection, opened.block.id)?;
                let times = shared.and_then(|bytes| blocks::decode_times(&bytes));
                opened.times = Some(times.unwrap_or_default());
            }
            let times = opened.times.as_deref().unwrap_or_default();
            let Ok(chunk) = chunk::decode(bytes, opened.block.ticks) else {
                continue;
            };
            let first = opened.block.first;
            let all = crate::head::points(&chunk.presence, &chunk.values, first, times);
            let last = all.filter(|point| point.value.is_finite()).last();
            if last.is_some() {
                return Ok(last);
            }
        }
        Ok(None)
    }
}
