//! Where a series is going: mean, ends and slope over a window.
//!
//! The slope is the least-squares line through the samples (or, from the coarser tiers, through the
//! means of buckets, weighted by how many samples they hold). Of a counter it is the slope of the
//! rate. Nothing is made up in gaps.

use std::time::Duration;

use serde::Serialize;

use super::{Query, with_sources};
use crate::options::millis;
use crate::series::{Kind, Millis, SeriesKey};
use crate::shared::Shared;
use crate::tier::Tier;
use crate::tier::rollup::{Point, Rollup, increase, widen};
use crate::{Error, tier};

/// Which series, and over which window.
#[derive(Clone, Debug)]
pub struct TrendQuery {
    /// Full name of the metric; all metrics if none is named.
    pub metric: Option<String>,
    /// Labels and the values that they must have.
    pub labels: Vec<(String, String)>,
    /// First time that counts.
    pub from: Millis,
    /// Last time that counts.
    pub to: Millis,
    /// At most so many series.
    pub max_series: usize,
}

/// One series over a window; of a counter all but `last` speaks of the rate per second.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trend {
    /// Its metric and labels.
    pub key: SeriesKey,
    /// How its values behave.
    pub kind: Kind,
    /// Base unit of the metric.
    pub unit: String,
    /// Where it comes from.
    pub tier: Tier,
    /// How many samples; never 0.
    pub count: u64,
    /// Time of the first sample (or of the beginning of its bucket).
    pub first_at: Millis,
    /// Time of the last sample (or of the end of its bucket).
    pub last_at: Millis,
    /// Mean value or rate.
    pub average: Option<f64>,
    /// Smallest.
    pub minimum: Option<f64>,
    /// Largest.
    pub peak: Option<f64>,
    /// The last value, of a counter too.
    pub last: f64,
    /// By how much a counter grew.
    pub increase: Option<f64>,
    /// Change per second of the value or rate; nothing for fewer than two points.
    pub slope: Option<f64>,
}

/// Windows up to this long are judged by samples.
const BY_SAMPLES: Millis = 6 * 3_600_000;
/// And up to this long by buckets of five minutes.
const BY_FIVE_MINUTES: Millis = 8 * 86_400_000;

/// The trends of all series that match and have samples in the window.
pub(crate) fn trends(shared: &Shared, question: &TrendQuery) -> Result<Vec<Trend>, Error> {
    let window = question.to.saturating_sub(question.from);
    let step = if window <= BY_SAMPLES {
        None
    } else if window <= BY_FIVE_MINUTES {
        Tier::FiveMinutes.width()
    } else {
        Tier::Hours.width()
    };
    let query = Query {
        metric: question.metric.clone(),
        labels: question.labels.clone(),
        step: step.map(|step| Duration::from_millis(step.unsigned_abs())),
        max_series: question.max_series,
        ..Query::between(question.from, question.to)
    };
    with_sources(shared, &query, |sources| {
        let mut trends = Vec::new();
        for source in &mut sources.sources {
            let series = source.series.clone();
            let kind = series.kind;
            let mut line = Line::default();
            let summary = if let Some(width) = source.width {
                let parts = source.buckets(shared, &query, width)?;
                summary_of_buckets(kind, &widen(parts, width), width, &mut line)
            } else {
                let stale_after = millis(shared.options.stale_after);
                let mut summary = Samples::new(kind, stale_after);
                source.each_sample(shared, |point| {
                    summary.push(
                        point,
                        (query.from..=query.to).contains(&point.time),
                        &mut line,
                    );
                })?;
                summary.finish()
            };
            let Some(summary) = summary else { continue };
            let number = |value: f64| value.is_finite().then_some(value);
            trends.push(Trend {
                key: series.key.clone(),
                kind,
                unit: series.unit.clone(),
                tier: source.tier,
                count: u64::from(summary.all.count),
                first_at: summary.first_at,
                last_at: summary.last_at,
                average: summary.all.mean(kind),
                minimum: number(summary.all.min),
                peak: number(summary.all.max),
                last: summary.all.last,
                increase: (kind == Kind::Counter).then_some(summary.all.increase),
                slope: line.slope(),
            });
        }
        Ok(trends)
    })
}

struct Summary {
    all: Rollup,
    first_at: Millis,
    last_at: Millis,
}

fn summary_of_buckets(
    kind: Kind,
    buckets: &[Rollup],
    width: Millis,
    line: &mut Line,
) -> Option<Summary> {
    let (first, last) = (buckets.first()?.start, buckets.last()?.start + width);
    for bucket in buckets {
        if let Some(mean) = bucket.mean(kind) {
            line.add(
                bucket.start + width / 2 - first,
                mean,
                f64::from(bucket.count),
            );
        }
    }
    let all = widen(buckets.iter().cloned(), Millis::MAX)
        .into_iter()
        .next()?;
    Some(Summary {
        all,
        first_at: first,
        last_at: last,
    })
}

/// Sums up samples.
struct Samples {
    kind: Kind,
    stale_after: Millis,
    roller: tier::rollup::Roller,
    before: Option<Point>,
    ends: Option<(Millis, Millis)>,
}

impl Samples {
    fn new(kind: Kind, stale_after: Millis) -> Self {
        Self {
            kind,
            stale_after,
            roller: tier::rollup::Roller::new(kind, Millis::MAX, stale_after, None),
            before: None,
            ends: None,
        }
    }

    fn push(&mut self, point: Point, wanted: bool, line: &mut Line) {
        if !wanted || !point.value.is_finite() {
            return;
        }
        let before = self.before.replace(point);
        let (first, last) = self.ends.unwrap_or((point.time, point.time));
        self.ends = Some((first.min(point.time), last.max(point.time)));
        self.roller.push(point);
        let at = point.time - first;
        match (self.kind, before) {
            (Kind::Gauge, _) => line.add(at, point.value, 1.0),
            (Kind::Counter, Some(before)) if !point.after_gap(Some(&before), self.stale_after) => {
                let apart = point.time - before.time;
                let rate = increase(before.value, point.value) * 1e3 / apart as f64;
                line.add(at - apart / 2, rate, 1.0);
            }
            (Kind::Counter, _) => {}
        }
    }

    fn finish(self) -> Option<Summary> {
        let (first_at, last_at) = self.ends?;
        let all = self.roller.finish().into_iter().next()?;
        Some(Summary {
            all,
            first_at,
            last_at,
        })
    }
}

/// A least-squares line, updated point by point around the running means, so that large values do
/// not cancel each other out.
#[derive(Debug, Default)]
struct Line {
    weight: f64,
    mean_at: f64,
    mean_value: f64,
    spread: f64,
    together: f64,
}

impl Line {
    /// `at` is in milliseconds from anywhere.
    fn add(&mut self, at: Millis, value: f64, weight: f64) {
        let at = at as f64 / 1e3;
        self.weight += weight;
        let from_mean = at - self.mean_at;
        self.mean_at += from_mean * weight / self.weight;
        self.mean_value += (value - self.mean_value) * weight / self.weight;
        self.spread += weight * from_mean * (at - self.mean_at);
        self.together += weight * from_mean * (value - self.mean_value);
    }

    fn slope(&self) -> Option<f64> {
        (self.spread > 0.0).then(|| self.together / self.spread)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points_on_a_line() {
        let mut line = Line::default();
        assert_eq!(line.slope(), None);
        for second in 0..100_i32 {
            line.add(
                i64::from(second) * 1_000,
                5e9 + 3.0 * f64::from(second),
                1.0 + f64::from(second % 3),
            );
        }
        assert!((line.slope().unwrap() - 3.0).abs() < 1e-6);
    }
}
