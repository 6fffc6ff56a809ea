//! What the history has found, as documents: points or columns of series, and trends.

use std::collections::BTreeMap;

use super::documents::{Columns, HistoryReport, HistorySeries, Point, Trend};
use crate::daemon::past::time;

impl From<history::QueryResult> for HistoryReport {
    fn from(found: history::QueryResult) -> Self {
        report(found, false)
    }
}

pub(super) fn report(found: history::QueryResult, in_columns: bool) -> HistoryReport {
    let series = found.series.into_iter();
    HistoryReport {
        from: time(found.from),
        to: time(found.to),
        truncated: found.truncated,
        series: series.map(|one| told(one, in_columns)).collect(),
    }
}

fn told(found: history::SeriesResult, in_columns: bool) -> HistorySeries {
    let (points, columns) = if in_columns {
        (Vec::new(), Some(columns(&found.points)))
    } else {
        (points(found.points), None)
    };
    HistorySeries {
        metric: found.key.metric,
        labels: found.key.labels.into_iter().collect(),
        kind: kind(found.kind).into(),
        unit: found.unit,
        tier: tier(found.tier).into(),
        points,
        columns,
    }
}

fn points(found: history::Points) -> Vec<Point> {
    match found {
        history::Points::Samples(samples) => samples
            .into_iter()
            .map(|sample| Point {
                at: time(sample.at),
                value: finite(sample.value),
                after_gap: sample.after_gap,
                ..Point::default()
            })
            .collect(),
        history::Points::Buckets(buckets) => buckets
            .into_iter()
            .map(|bucket| Point {
                at: time(bucket.at),
                value: finite(bucket.last),
                after_gap: false,
                count: Some(bucket.count),
                min: bucket.min,
                max: bucket.max,
                mean: bucket.mean,
                sum: bucket.sum,
                increase: bucket.increase,
                p50: bucket.p50,
                p95: bucket.p95,
                p99: bucket.p99,
            })
            .collect(),
    }
}

fn columns(points: &history::Points) -> Columns {
    match points {
        history::Points::Samples(samples) => {
            let gaps = samples.iter().enumerate();
            let gaps = gaps.filter(|(_, sample)| sample.after_gap);
            Columns {
                at: samples.iter().map(|sample| seconds(sample.at)).collect(),
                value: samples.iter().map(|sample| finite(sample.value)).collect(),
                gaps: gaps.map(|(place, _)| place).collect(),
                ..Columns::default()
            }
        }
        history::Points::Buckets(buckets) => Columns {
            at: buckets.iter().map(|bucket| seconds(bucket.at)).collect(),
            value: buckets.iter().map(|bucket| finite(bucket.last)).collect(),
            mean: Some(buckets.iter().map(|bucket| bucket.mean).collect()),
            increase: Some(buckets.iter().map(|bucket| bucket.increase).collect()),
            gaps: Vec::new(),
        },
    }
}

/// Seconds since 1970 of milliseconds.
#[expect(clippy::cast_precision_loss, reason = "exact for 285,000 years")]
fn seconds(millis: i64) -> f64 {
    millis as f64 / 1000.0
}

/// JSON has no infinity.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn kind(kind: history::Kind) -> &'static str {
    match kind {
        history::Kind::Counter => "counter",
        history::Kind::Gauge => "gauge",
    }
}

/// The name of a tier in JSON.
pub(super) fn tier(tier: history::Tier) -> &'static str {
    match tier {
        history::Tier::Raw => "raw",
        history::Tier::FiveMinutes => "five_minutes",
        history::Tier::Hours => "hours",
    }
}

pub(super) fn trend(found: history::Trend) -> Trend {
    let mut labels: BTreeMap<String, String> = found.key.labels.into_iter().collect();
    labels.remove("server");
    labels.remove("owner");
    Trend {
        metric: found.key.metric,
        labels,
        kind: kind(found.kind).into(),
        unit: found.unit,
        points: found.count,
        average: found.average,
        minimum: found.minimum,
        peak: found.peak,
        last: finite(found.last),
        slope_per_second: found.slope,
    }
}
