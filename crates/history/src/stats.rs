//! What the history holds and costs.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rusqlite::Connection;
use serde::Serialize;

use crate::rows::documents::Sum;
use crate::series::Millis;
use crate::shared::Shared;
use crate::store::{blocks, registry};
use crate::tier::Tier;
use crate::{Error, room, rows};

/// Figures of the history.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Stats {
    /// Series that are known.
    pub series: u64,
    /// Samples that are kept as they were taken.
    pub samples: u64,
    /// Bytes of all files of the history.
    pub bytes: u64,
    /// Time of the oldest sample or bucket.
    pub oldest: Option<Timestamp>,
    /// Time of the newest sample.
    pub newest: Option<Timestamp>,
    /// Events that are kept.
    pub events: u64,
    /// Alerts that are kept, over or not.
    pub alerts: u64,
    /// Documents of all kinds.
    pub documents: u64,
    /// Bytes of the documents.
    pub document_bytes: u64,
    /// Bytes that the files never exceed.
    pub max_bytes: u64,
    /// Samples of the newest ticks, which are in memory and in the log.
    pub head_samples: u64,
    /// Series of the newest ticks.
    pub head_series: u64,
    /// Each tier.
    pub tiers: BTreeMap<Tier, TierStats>,
    /// Samples that could not be kept, since the start.
    pub dropped: u64,
    /// Damaged pieces that were met, since the start.
    pub damaged: u64,
    /// Ticks that were written to the log, since the start.
    pub ticks: u64,
    /// Nothing can be written at the moment: samples are kept in memory only.
    pub failing: bool,
    /// The last failure, since the start.
    pub last_error: Option<String>,
}

/// Figures of one tier.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct TierStats {
    /// Blocks: fewer and longer ones need fewer bytes.
    pub blocks: u64,
    /// Samples, or buckets of series.
    pub points: u64,
    /// Time of the oldest.
    pub oldest: Option<Timestamp>,
}

/// How many rows there are of what is no series.
struct Counts {
    events: u64,
    alerts: u64,
    documents: Sum,
}

impl Counts {
    fn of(connection: &Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            events: rows::events::count(connection)?,
            alerts: rows::alerts::count(connection)?,
            documents: rows::documents::sum(connection)?,
        })
    }
}

pub(crate) fn stats(shared: &Shared) -> Result<Stats, Error> {
    let failed = Error::database("read");
    let (first, head_samples, head_series, head_times) = {
        let head = shared.head();
        let times = &head.times;
        let ends = times.iter().copied().min().zip(times.iter().copied().max());
        (
            head.first,
            head.samples as u64,
            head.slots.len() as u64,
            ends,
        )
    };
    let time = |millis: Millis| Timestamp::from_millisecond(millis).ok();
    let (series, counts, tiers, newest) = shared.readers.read(|connection| {
        let mut tiers = BTreeMap::new();
        let mut newest = None;
        for tier in Tier::ALL {
            let blocks = blocks::all(connection, tier).map_err(&failed)?;
            let blocks: Vec<_> = blocks.iter().filter(|block| block.first < first).collect();
            if tier == Tier::Raw {
                newest = blocks.iter().map(|block| block.high).max();
            }
            let oldest = blocks.iter().map(|block| block.low).min();
            let figures = TierStats {
                blocks: blocks.len() as u64,
                points: blocks.iter().map(|block| block.samples).sum(),
                oldest: oldest.and_then(time),
            };
            tiers.insert(tier, figures);
        }
        let series = registry::count(connection).map_err(&failed)?;
        let counts = Counts::of(connection).map_err(&failed)?;
        Ok((series, counts, tiers, newest))
    })?;
    let figures = &shared.figures;
    let oldest = tiers.values().filter_map(|tier| tier.oldest).min();
    let newest = newest
        .into_iter()
        .chain(head_times.map(|(_, last)| last))
        .max();
    let raw = tiers.get(&Tier::Raw).map_or(0, |tier| tier.points);
    Ok(Stats {
        series: series.max(head_series),
        samples: raw + head_samples,
        bytes: room::usage(shared.readers.path()),
        oldest: oldest
            .into_iter()
            .chain(head_times.and_then(|(first, _)| time(first)))
            .min(),
        newest: newest.and_then(time),
        events: counts.events,
        alerts: counts.alerts,
        documents: counts.documents.count.unsigned_abs(),
        document_bytes: counts.documents.bytes.unsigned_abs(),
        max_bytes: shared.options.max_disk,
        head_samples,
        head_series,
        tiers,
        dropped: figures.dropped.load(Ordering::Relaxed),
        damaged: figures.damaged.load(Ordering::Relaxed),
        ticks: figures.written.load(Ordering::Relaxed),
        failing: shared.is_failing(),
        last_error: shared
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone(),
    })
}
