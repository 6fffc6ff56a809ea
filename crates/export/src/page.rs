//! The page: families in the order of the table, each with its head and its series by label.
//!
//! Measurements come in any order. They are put into one bucket a metric, each bucket is sorted by
//! label values, and equal neighbours are found on the way: no name is hashed or compared to find
//! its family.

use std::cmp::Ordering;

use model::metric::METRICS;
use model::{Measurement, Metric, MetricKind};

use crate::format::Format;
use crate::label;
use crate::limit::{Limit, Written};
use crate::number;

/// Room for a usual line; a page grows past it if it must.
const USUAL_LINE: usize = 128;

/// Appends the page to `page` and says what was left out.
pub fn encode(
    measurements: &[Measurement],
    format: Format,
    limit: Limit,
    page: &mut String,
) -> Written {
    page.reserve(measurements.len().min(limit.series) * USUAL_LINE);
    let (families, strange) = families(measurements);
    let mut written = Written {
        malformed: strange,
        ..Written::default()
    };
    for mut family in families {
        family.settle(limit, &mut written);
        if let Some(first) = family.series.first() {
            push_head(page, first.metric, format);
        }
        for measurement in family.series {
            push_series(page, measurement, family.plain);
        }
    }
    if format == Format::OpenMetrics {
        page.push_str("# EOF\n");
    }
    written
}

/// Measurements of one metric.
#[derive(Clone)]
struct Family<'a> {
    series: Vec<&'a Measurement>,
    /// All label values can be written as they are, and so be compared as they are.
    plain: bool,
}

/// Measurements by metric in the order of the table, and how many have a metric that is not of the
/// table: such a one could open a family twice, so it has no place on the page.
fn families(measurements: &[Measurement]) -> (Vec<Family<'_>>, usize) {
    let empty = Family {
        series: Vec::new(),
        plain: true,
    };
    let mut families = vec![empty; METRICS.len()];
    let mut strange = 0;
    for measurement in measurements {
        let place = measurement.metric.place();
        let Some(family) = place.and_then(|place| families.get_mut(place)) else {
            strange += 1;
            continue;
        };
        let mut labels = measurement.labels.iter();
        family.plain = family.plain && labels.all(|value| label::is_plain(value));
        family.series.push(measurement);
    }
    (families, strange)
}

impl Family<'_> {
    /// Leaves what will be written, in order, and counts the rest.
    fn settle(&mut self, limit: Limit, written: &mut Written) {
        let plain = self.plain;
        let series = &mut self.series;
        let all = series.len();
        series.retain(|measurement| is_well_formed(measurement));
        written.malformed += all - series.len();
        series.sort_by(|a, b| by_labels(a, b, plain));
        let all = series.len();
        series.dedup_by(|later, first| by_labels(later, first, plain) == Ordering::Equal);
        written.duplicates += all - series.len();
        let room = limit
            .series_per_metric
            .min(limit.series.saturating_sub(written.series));
        written.over_limit += series.len().saturating_sub(room);
        series.truncate(room);
        written.series += series.len();
    }
}

fn is_well_formed(measurement: &Measurement) -> bool {
    let counts = measurement.metric.kind != MetricKind::Counter || measurement.value >= 0.0;
    counts && measurement.labels.len() == measurement.metric.labels.len()
}

/// By what a reader of the page sees of the labels: two values that are shown alike are one series.
fn by_labels(a: &Measurement, b: &Measurement, plain: bool) -> Ordering {
    if plain {
        return a.labels.cmp(&b.labels);
    }
    a.labels
        .iter()
        .map(|value| label::shown(value))
        .cmp(b.labels.iter().map(|value| label::shown(value)))
}

fn push_head(page: &mut String, metric: &Metric, format: Format) {
    let family = format.family(metric);
    page.push_str("# HELP ");
    page.push_str(family);
    page.push(' ');
    page.push_str(metric.help);
    page.push_str("\n# TYPE ");
    page.push_str(family);
    page.push(' ');
    page.push_str(format.kind(metric.kind));
    page.push('\n');
    if format == Format::OpenMetrics && !metric.unit.is_empty() {
        page.push_str("# UNIT ");
        page.push_str(family);
        page.push(' ');
        page.push_str(metric.unit);
        page.push('\n');
    }
}

fn push_series(page: &mut String, measurement: &Measurement, plain: bool) {
    page.push_str(measurement.metric.name);
    let labels = measurement.metric.labels.iter().zip(&*measurement.labels);
    let mut before = '{';
    for (name, value) in labels {
        page.push(before);
        page.push_str(name);
        page.push_str("=\"");
        if plain {
            page.push_str(value);
        } else {
            label::push(page, value);
        }
        page.push('"');
        before = ',';
    }
    if before == ',' {
        page.push('}');
    }
    page.push(' ');
    number::push(page, measurement.value);
    page.push('\n');
}
