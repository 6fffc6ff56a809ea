//! One JSON object a line: metric, labels, and the point with its time (RFC 3339, to the millisecond).

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::query::{Bucket, Points, Sample, SeriesResult};
use crate::series::Millis;

pub(super) struct JsonLines;

#[derive(Serialize)]
struct Line<'a, T> {
    metric: &'a str,
    labels: &'a Map<String, Value>,
    /// None for what is no time at all.
    at: Option<String>,
    #[serde(flatten)]
    point: T,
}

/// A sample without its time.
#[derive(Serialize)]
struct SampleFields {
    value: f64,
    after_gap: bool,
}

/// A bucket without its time.
#[derive(Serialize)]
struct BucketFields {
    width: Millis,
    count: u32,
    min: Option<f64>,
    max: Option<f64>,
    mean: Option<f64>,
    sum: Option<f64>,
    last: f64,
    increase: Option<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

impl super::Writer for JsonLines {
    fn begin(&mut self, _: &mut dyn Write, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn points(&mut self, out: &mut dyn Write, series: &SeriesResult) -> io::Result<()> {
        let labels = series.key.labels.iter();
        let labels = labels.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let labels: Map<String, Value> = labels.collect();
        match &series.points {
            Points::Samples(samples) => lines(out, series, &labels, samples, sample),
            Points::Buckets(buckets) => lines(out, series, &labels, buckets, bucket),
        }
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn lines<P, T: Serialize>(
    out: &mut dyn Write,
    series: &SeriesResult,
    labels: &Map<String, Value>,
    points: &[P],
    parts: fn(&P) -> (Millis, T),
) -> io::Result<()> {
    for point in points {
        let (at, point) = parts(point);
        let line = Line {
            metric: &series.key.metric,
            labels,
            at: time(at),
            point,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn time(at: Millis) -> Option<String> {
    let time = Timestamp::from_millisecond(at).ok()?;
    Some(format!("{time:.3}"))
}

fn sample(point: &Sample) -> (Millis, SampleFields) {
    let Sample {
        at,
        value,
        after_gap,
    } = *point;
    (at, SampleFields { value, after_gap })
}

fn bucket(point: &Bucket) -> (Millis, BucketFields) {
    // Named one by one, so that a new field is not forgotten here.
    let Bucket {
        at,
        width,
        count,
        min,
        max,
        mean,
        sum,
        last,
        increase,
        p50,
        p95,
        p99,
    } = *point;
    let fields = BucketFields {
        width,
        count,
        min,
        max,
        mean,
        sum,
        last,
        increase,
        p50,
        p95,
        p99,
    };
    (at, fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_always() {
        let time = |at| time(at).unwrap_or_default();
        assert_eq!(time(1_700_006_405_000), "2023-11-15T00:00:05.000Z");
        assert_eq!(time(1_700_006_405_070), "2023-11-15T00:00:05.070Z");
        assert_eq!(time(Millis::MAX), "");
    }
}
