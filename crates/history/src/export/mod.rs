//! Writing series out for other programs: CSV, JSON lines and `OpenMetrics`. Metric by metric, series by
//! series, day by day, so that memory stays small however much is asked for.

mod csv;
mod json_lines;
mod open_metrics;

use std::io::{self, Write};

use crate::query::{self, Points, Query, SeriesResult};
use crate::series::Millis;
use crate::shared::Shared;
use crate::{Error, SeriesKey};

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// Comma-separated values with a heading.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// `OpenMetrics` text with timestamps: samples as they are; of buckets the last value of counters
    /// and the mean of gauges.
    OpenMetrics,
}

/// Writes the parts of an export.
trait Writer {
    fn begin(&mut self, out: &mut dyn Write, buckets: bool) -> io::Result<()>;
    /// Some points of a series; all of one series, and all series of one metric, follow each other.
    fn points(&mut self, out: &mut dyn Write, series: &SeriesResult) -> io::Result<()>;
    fn end(&mut self, out: &mut dyn Write) -> io::Result<()>;
}

/// So much of a series is read at once.
const WINDOW: Millis = 86_400_000;

pub(crate) fn write(
    shared: &Shared,
    query: &Query,
    format: Format,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    let mut writer: Box<dyn Writer> = match format {
        Format::Csv => Box::new(csv::Csv),
        Format::JsonLines => Box::new(json_lines::JsonLines),
        Format::OpenMetrics => Box::new(open_metrics::OpenMetrics::default()),
    };
    let mut keys = query::series(shared, query.metric.as_deref(), &query.labels)?;
    keys.sort_unstable();
    writer.begin(out, query.step.is_some())?;
    let mut written = 0;
    for key in &keys {
        written += write_series(shared, query, key, writer.as_mut(), out)?;
    }
    writer.end(out)?;
    out.flush()?;
    Ok(written)
}

fn write_series(
    shared: &Shared,
    query: &Query,
    key: &SeriesKey,
    writer: &mut dyn Writer,
    out: &mut dyn Write,
) -> Result<u64, Error> {
    let (oldest, newest) = ends(shared)?;
    let width = query.step.map_or(1, crate::options::millis).max(1);
    let mut written = 0;
    // Windows are whole buckets, so that none is written twice.
    let window = (WINDOW / width).max(1) * width;
    let mut from = query.from.max(oldest);
    let to = query.to.min(newest);
    while from <= to {
        let end = crate::tier::floor(from, window)
            .saturating_add(window - 1)
            .min(to);
        let part = Query {
            metric: Some(key.metric.clone()),
            labels: key.labels.clone(),
            from,
            to: end,
            step: query.step,
            max_series: usize::MAX,
            max_points: usize::MAX,
        };
        for series in query::answer(shared, &part)?.series {
            // Labels that are asked for exactly may be a part of another series' labels.
            let samples = matches!(series.points, Points::Samples(_));
            if series.key == *key && samples == query.step.is_none() {
                writer.points(out, &series)?;
                written += series.points.len() as u64;
            }
        }
        from = end.saturating_add(1);
    }
    Ok(written)
}

/// The times between which there is anything.
fn ends(shared: &Shared) -> Result<(Millis, Millis), Error> {
    let stats = crate::stats::stats(shared)?;
    let millis = jiff::Timestamp::as_millisecond;
    Ok((
        stats.oldest.map_or(Millis::MAX, millis),
        stats.newest.map_or(Millis::MIN, millis),
    ))
}
