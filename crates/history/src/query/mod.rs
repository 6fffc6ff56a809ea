//! Questions about series. The head is copied first, then the blocks before it are read in one read
//! transaction; if the head went into blocks in between, both are read again. So each sample is in an
//! answer once, and what was written a moment ago is in it.
//!
//! Series are read one after the other, block by block, and no answer is longer than its limits.

mod buckets;
mod read;
mod result;
mod trend;

pub use result::{Bucket, Points, QueryResult, Sample, SeriesResult};
pub use trend::{Trend, TrendQuery};

pub(crate) use trend::trends;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use crate::options::millis;
use crate::series::{Millis, Series};
use crate::shared::Shared;
use crate::store::{blocks, registry};
use crate::tier::rollup::{Point, widen};
use crate::tier::{Tier, floor};
use crate::{Error, SeriesKey};

use read::{HeadSeries, Source};

/// Which series, when, and how fine.
#[derive(Clone, Debug)]
pub struct Query {
    /// Full name of the metric; all metrics if none is named.
    pub metric: Option<String>,
    /// Labels and the values that they must have.
    pub labels: Vec<(String, String)>,
    /// First time that counts.
    pub from: Millis,
    /// Last time that counts.
    pub to: Millis,
    /// Width of the buckets; without it samples are returned where they are kept. A tier that is
    /// coarser than this answers in its own width.
    pub step: Option<Duration>,
    /// At most so many series.
    pub max_series: usize,
    /// At most so many points of all series together.
    pub max_points: usize,
}

impl Query {
    /// All series between two times: samples, at most 1,000 series and 500,000 points.
    pub fn between(from: Millis, to: Millis) -> Self {
        Self {
            metric: None,
            labels: Vec::new(),
            from,
            to,
            step: None,
            max_series: 1_000,
            max_points: 500_000,
        }
    }

    /// Only of this metric.
    #[must_use]
    pub fn metric(mut self, name: impl Into<String>) -> Self {
        self.metric = Some(name.into());
        self
    }

    /// Only where this label has this value.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// In buckets of this width.
    #[must_use]
    pub fn step(mut self, step: Duration) -> Self {
        self.step = Some(step);
        self
    }
}

/// So often an answer is tried again when the head goes into blocks meanwhile.
const TRIES: usize = 1_000;

/// The keys of all series that match, ascending by when they were first seen.
pub(crate) fn series(
    shared: &Shared,
    metric: Option<&str>,
    labels: &[(String, String)],
) -> Result<Vec<SeriesKey>, Error> {
    let found = shared.readers.read(|connection| {
        registry::matching(connection, metric, labels).map_err(Error::database("read"))
    })?;
    let mut keys: Vec<SeriesKey> = found.iter().map(|series| series.key.clone()).collect();
    // While nothing can be written, new series are known to the head only.
    let head = shared.head();
    for slot in &head.slots {
        let key = &slot.series.key;
        let wanted = metric.is_none_or(|name| key.metric == name) && key.matches(labels);
        if wanted && found.iter().all(|series| series.id != slot.series.id) {
            keys.push(key.clone());
        }
    }
    Ok(keys)
}

/// Answers a question.
pub(crate) fn answer(shared: &Shared, query: &Query) -> Result<QueryResult, Error> {
    with_sources(shared, query, |sources| {
        let mut result = QueryResult {
            from: query.from,
            to: query.to,
            series: Vec::new(),
            truncated: sources.truncated,
        };
        let mut left = query.max_points;
        for source in &mut sources.sources {
            if left == 0 {
                result.truncated = true;
                break;
            }
            let points = points(shared, query, source, &mut left, &mut result.truncated)?;
            if points.is_empty() {
                continue;
            }
            result.series.push(SeriesResult {
                key: source.series.key.clone(),
                kind: source.series.kind,
                unit: source.series.unit.clone(),
                tier: source.tier,
                points,
            });
        }
        Ok(result)
    })
}

fn points(
    shared: &Shared,
    query: &Query,
    source: &mut Source,
    left: &mut usize,
    truncated: &mut bool,
) -> Result<Points, Error> {
    let kind = source.series.kind;
    let Some(width) = source.width else {
        let stale_after = millis(shared.options.stale_after);
        let mut samples = Vec::new();
        let mut before: Option<Point> = None;
        source.each_sample(shared, |point| {
            let after_gap = point.after_gap(before.as_ref(), stale_after);
            before = Some(point);
            if (query.from..=query.to).contains(&point.time) {
                samples.push(Sample {
                    at: point.time,
                    value: point.value,
                    after_gap,
                });
            }
        })?;
        // Only a clock that was set back makes this more than a look.
        if !samples.is_sorted_by_key(|sample| sample.at) {
            samples.sort_by_key(|sample| sample.at);
        }
        limit(&mut samples, left, truncated);
        return Ok(Points::Samples(samples));
    };
    let rollups = source.buckets(shared, query, width)?;
    let first = floor(query.from, width);
    let mut buckets: Vec<Bucket> = widen(rollups, width)
        .iter()
        .filter(|bucket| (first..=query.to).contains(&bucket.start))
        .map(|bucket| Bucket::of(kind, bucket, width))
        .collect();
    limit(&mut buckets, left, truncated);
    Ok(Points::Buckets(buckets))
}

/// The earliest points stay, so that whoever asks can go on after the last.
fn limit<T>(points: &mut Vec<T>, left: &mut usize, truncated: &mut bool) {
    if points.len() > *left {
        points.truncate(*left);
        *truncated = true;
    }
    *left -= points.len();
}

/// Series with where their points come from.
pub(crate) struct Sources<'a> {
    pub(crate) sources: Vec<Source<'a>>,
    pub(crate) truncated: bool,
}

/// Finds the series of a question and opens what holds them.
pub(crate) fn with_sources<T>(
    shared: &Shared,
    query: &Query,
    ask: impl Fn(&mut Sources) -> Result<T, Error>,
) -> Result<T, Error> {
    let failed = Error::database("read");
    for _ in 0..TRIES {
        let mut head = read::copy_head(shared, query);
        let answer = shared.readers.read(|connection| {
            let newest = blocks::newest_tick(connection).map_err(&failed)?;
            if newest.is_some_and(|newest| newest >= head.first) {
                return Ok(None);
            }
            let stale_after = millis(shared.options.stale_after);
            let mut sources = open(connection, query, &mut head, stale_after)?;
            ask(&mut sources).map(Some)
        })?;
        if let Some(answer) = answer {
            return Ok(answer);
        }
        std::thread::yield_now();
    }
    Err(Error::Unavailable {
        reason: "its newest samples are being put away; ask again".to_owned(),
    })
}

fn open<'a>(
    connection: &'a Connection,
    query: &Query,
    head: &mut read::HeadCopy,
    stale_after: Millis,
) -> Result<Sources<'a>, Error> {
    let failed = Error::database("read");
    let found =
        registry::matching(connection, query.metric.as_deref(), &query.labels).map_err(&failed)?;
    let mut wanted: Vec<(Arc<Series>, Option<HeadSeries>)> = found
        .into_iter()
        .map(|series| {
            let in_head = head.series.remove(&series.id);
            (series, in_head)
        })
        .collect();
    let unwritten = std::mem::take(&mut head.series);
    wanted.extend(
        unwritten
            .into_values()
            .map(|in_head| (in_head.series.clone(), Some(in_head))),
    );
    let truncated = wanted.len() > query.max_series;
    wanted.truncate(query.max_series);
    let (tier, width) = tier_of(connection, query, head)?;
    let opened = read::Opened::new(
        connection,
        tier,
        query,
        head,
        width.unwrap_or(0).max(stale_after),
    )?;
    let opened = Rc::new(opened);
    let sources = wanted.into_iter().map(|(series, in_head)| {
        Source::new(connection, opened.clone(), series, in_head, tier, width)
    });
    Ok(Sources {
        sources: sources.collect(),
        truncated,
    })
}

/// The tier that answers, and the width of the buckets.
///
/// Without a step it is the finest tier that reaches back to the beginning of the question; with one,
/// the coarsest of those whose buckets fit the step. If none reaches back so far, it is the one that
/// reaches back furthest.
fn tier_of(
    connection: &Connection,
    query: &Query,
    head: &read::HeadCopy,
) -> Result<(Tier, Option<Millis>), Error> {
    let mut oldest = Vec::new();
    for tier in Tier::ALL {
        let blocks = blocks::all(connection, tier).map_err(Error::database("read"))?;
        let low = blocks.iter().map(|block| block.low).min();
        oldest.push((
            tier,
            low.into_iter().chain(head.times.first().copied()).min(),
        ));
    }
    let step = query.step.map(millis).filter(|step| *step > 0);
    let earliest = oldest.iter().filter_map(|(_, low)| *low).min();
    let reaches = |low: Option<Millis>, tier: Tier| {
        // Buckets begin before their first sample.
        let slack = Tier::Hours
            .width()
            .unwrap_or(0)
            .max(tier.width().unwrap_or(0));
        low.is_some_and(|low| {
            low <= query.from || earliest.is_some_and(|earliest| low < earliest + slack)
        })
    };
    let held = |tier: &(Tier, Option<Millis>)| reaches(tier.1, tier.0);
    let fits = |tier: Tier| match (step, tier.width()) {
        (Some(step), Some(width)) => step >= width && step % width == 0,
        (Some(_), None) => true,
        (None, _) => tier == Tier::Raw,
    };
    let chosen = oldest
        .iter()
        .rev()
        .find(|tier| held(tier) && fits(tier.0))
        .or_else(|| oldest.iter().find(|tier| held(tier)))
        .map_or(Tier::Raw, |(tier, _)| *tier);
    let width = match (step, chosen.width()) {
        (None, width) => width,
        (Some(step), None) => Some(step),
        // A step that is no multiple of the width is widened to one.
        (Some(step), Some(width)) => Some(((step - 1) / width + 1) * width),
    };
    Ok((chosen, width))
}
