//! Measurements to write.

use std::sync::Arc;

use model::metric::METRICS;
use model::{LabelValues, Measurement, Metric, MetricKind};

pub(crate) fn labels(values: &[&str]) -> LabelValues {
    values.iter().map(|value| Arc::from(*value)).collect()
}

pub(crate) fn measurement(metric: &'static Metric, values: &[&str], value: f64) -> Measurement {
    Measurement {
        metric,
        labels: labels(values),
        value,
    }
}

/// Every metric of the table: those with `server` for `servers` servers, the others once.
pub(crate) fn fleet(servers: usize) -> Vec<Measurement> {
    let mut all = Vec::new();
    for number in 0..servers {
        let server = format!("server-{number}");
        all.extend(
            METRICS
                .iter()
                .filter(|metric| metric.labels.contains(&"server"))
                .map(|metric| one(metric, &server, number)),
        );
    }
    let rest = METRICS
        .iter()
        .filter(|metric| !metric.labels.contains(&"server"));
    all.extend(rest.map(|metric| one(metric, "", 7)));
    all
}

fn one(metric: &'static Metric, server: &str, number: usize) -> Measurement {
    let value = match (metric.kind, metric.unit) {
        (MetricKind::Info, _) => 1.0,
        (_, "seconds") => number as f64 * 1.25 + 0.013,
        (_, "bytes") => number as f64 * 4096.0 + 123_456_789.0,
        (_, "ratio") => 1.0 / (number as f64 + 3.0),
        _ => number as f64,
    };
    let values: Vec<&str> = metric
        .labels
        .iter()
        .map(|label| match *label {
            "server" => server,
            "owner" => "Claude Code",
            "version" => "0.1.0",
            other => other,
        })
        .collect();
    measurement(metric, &values, value)
}
