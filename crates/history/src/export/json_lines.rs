//! One JSON object a line: metric, labels, and the point.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::query::{Bucket, Points, Sample, SeriesResult};

pub(super) struct JsonLines;

#[derive(Serialize)]
struct Line<'a, T> {
    metric: &'a str,
    labels: &'a Map<String, Value>,
    #[serde(flatten)]
    point: &'a T,
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
            Points::Samples(samples) => lines::<Sample>(out, series, &labels, samples),
            Points::Buckets(buckets) => lines::<Bucket>(out, series, &labels, buckets),
        }
    }

    fn end(&mut self, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn lines<T: Serialize>(
    out: &mut dyn Write,
    series: &SeriesResult,
    labels: &Map<String, Value>,
    points: &[T],
) -> io::Result<()> {
    for point in points {
        let line = Line {
            metric: &series.key.metric,
            labels,
            point,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
