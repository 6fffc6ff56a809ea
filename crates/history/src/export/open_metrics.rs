//! `OpenMetrics` 1.0 text with timestamps in seconds, closed by `# EOF`. The points of a series follow
//! each other by time, the series of a metric follow each other.

use std::io::{self, Write};

use crate::query::{Points, SeriesResult};
use crate::series::{Kind, Millis, SeriesKey};

#[derive(Default)]
pub(super) struct OpenMetrics {
    metric: Option<String>,
}

impl super::Writer for OpenMetrics {
    fn begin(&mut self, _: &mut dyn Write, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn points(&mut self, out: &mut dyn Write, series: &SeriesResult) -> io::Result<()> {
        let metric = &series.key.metric;
        // A name that breaks the rule for counters is written as unknown rather than changed.
        let counter = series.kind == Kind::Counter && metric.ends_with("_total");
        let family = if counter {
            metric.trim_end_matches("_total")
        } else {
            metric
        };
        if self.metric.as_ref() != Some(metric) {
            self.metric = Some(metric.clone());
            let kind = match series.kind {
                Kind::Counter if counter => "counter",
                Kind::Counter => "unknown",
                Kind::Gauge => "gauge",
            };
            writeln!(out, "# TYPE {family} {kind}")?;
            if !series.unit.is_empty() && family.ends_with(&format!("_{}", series.unit)) {
                writeln!(out, "# UNIT {family} {}", series.unit)?;
            }
            if let Some(known) = model::Metric::named(metric) {
                writeln!(out, "# HELP {family} {}", escape(known.help))?;
            }
        }
        let name = name(&series.key);
        match &series.points {
            Points::Samples(samples) => {
                for sample in samples {
                    writeln!(
                        out,
                        "{name} {} {}",
                        number(sample.value),
                        seconds(sample.at)
                    )?;
                }
            }
            Points::Buckets(buckets) => {
                for bucket in buckets {
                    let value = match series.kind {
                        Kind::Counter => Some(bucket.last),
                        Kind::Gauge => bucket.mean,
                    };
                    if let Some(value) = value {
                        writeln!(out, "{name} {} {}", number(value), seconds(bucket.at))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(b"# EOF\n")
    }
}

fn name(key: &SeriesKey) -> String {
    if key.labels.is_empty() {
        return key.metric.clone();
    }
    let labels = key.labels.iter();
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    format!("{}{{{}}}", key.metric, labels.join(","))
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

fn seconds(at: Millis) -> String {
    format!("{}.{:03}", at.div_euclid(1_000), at.rem_euclid(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let key = SeriesKey {
            metric: "m".to_owned(),
            labels: vec![("server".to_owned(), "a\"b\\c\nd".to_owned())],
        };
        assert_eq!(name(&key), r#"m{server="a\"b\\c\nd"}"#);
        assert_eq!(number(f64::INFINITY), "+Inf");
        assert_eq!(number(f64::NAN), "NaN");
        assert_eq!(number(0.25), "0.25");
        assert_eq!(seconds(1_700_000_000_007), "1700000000.007");
    }
}
