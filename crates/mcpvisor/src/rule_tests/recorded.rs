//! What `history export --format jsonl` wrote, as looks.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use alerting::rehearsal::Recorded;
use alerting::rehearsal::series::labelled;
use jiff::Timestamp;
use model::{LabelValues, Measurement, Metric, MetricKind};
use serde::Deserialize;

/// Longest file, bytes.
const CAP: u64 = 256 << 20;

/// One line: a sample, or a bucket.
#[derive(Deserialize)]
struct Line {
    metric: String,
    labels: BTreeMap<String, String>,
    at: Timestamp,
    value: Option<f64>,
    width: Option<i64>,
    last: Option<f64>,
    mean: Option<f64>,
    max: Option<f64>,
}

/// Reads a file; an error names its line.
pub(super) fn read(path: &Path) -> Result<Vec<Recorded>, String> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| format!("{shown} cannot be read: {error}");
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?;
    if !length.is_file() || length.len() > CAP {
        return Err(format!(
            "{shown} is no regular file of at most 256 MiB; export less time, or one metric"
        ));
    }
    let mut looks: BTreeMap<Timestamp, Vec<Measurement>> = BTreeMap::new();
    let mut known: HashSet<LabelValues> = HashSet::new();
    for (number, line) in BufReader::new(file.take(CAP)).lines().enumerate() {
        let line = line.map_err(unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let bad = |why: String| format!("{shown}:{}: {why}", number + 1);
        let parsed: Line = serde_json::from_str(&line).map_err(|error| {
            bad(format!(
                "this is no line of `mcpvisor history export --format jsonl`: {error}"
            ))
        })?;
        let metric = Metric::named(&parsed.metric).ok_or_else(|| {
            bad(format!(
                "there is no metric `{}`",
                model::text::safe(&parsed.metric)
            ))
        })?;
        let labels = parsed.labels.iter();
        let labels = labels.map(|(name, value)| (name.as_str(), value.as_str()));
        let labels = labelled(metric, labels).map_err(|error| bad(error.to_string()))?;
        let labels = if let Some(known) = known.get(&labels) {
            LabelValues::clone(known)
        } else {
            known.insert(LabelValues::clone(&labels));
            labels
        };
        let Some((at, value)) = point(metric, &parsed) else {
            continue;
        };
        looks.entry(at).or_default().push(Measurement {
            metric,
            labels,
            value,
        });
    }
    let looks = looks
        .into_iter()
        .map(|(at, measurements)| Recorded { at, measurements });
    Ok(looks.collect())
}

/// A bucket stands for its samples at its end.
fn point(metric: &Metric, line: &Line) -> Option<(Timestamp, f64)> {
    let Some(width) = line.width else {
        return Some((line.at, line.value?));
    };
    let at = line.at.as_millisecond().saturating_add(width);
    let of_gauge = if metric.name.contains("_worst_") {
        line.max
    } else {
        line.mean
    };
    let value = match metric.kind {
        MetricKind::Counter => line.last,
        MetricKind::Gauge | MetricKind::Info => of_gauge.or(line.last),
    };
    Some((Timestamp::from_millisecond(at).ok()?, value?))
}
