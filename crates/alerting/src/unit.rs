//! Units of figures, for people: `412 MB`, `87 %`, `3.2 s`.

use model::Metric;

use crate::rule::How;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Things that are counted.
    Count,
    /// Bytes.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// A share: 1 is all of it, or one processor.
    Ratio,
    /// Seconds.
    Seconds,
    /// Things a second.
    PerSecond,
}

impl Unit {
    /// The unit of a metric taken in some way.
    pub fn of(metric: &Metric, how: How) -> Self {
        match (how, metric.unit) {
            (How::TimeTo { .. }, _) => Self::Seconds,
            // Seconds of processor time a second are a share of a processor.
            (How::Rate(_), "seconds") => Self::Ratio,
            (How::Rate(_), "bytes") => Self::BytesPerSecond,
            (How::Rate(_), _) => Self::PerSecond,
            (_, "bytes") => Self::Bytes,
            (_, "seconds") => Self::Seconds,
            (_, "ratio") => Self::Ratio,
            _ => Self::Count,
        }
    }

    /// A value as people read it.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Count => figures(value, ""),
            Self::Bytes => bytes(value, [" B", " kB", " MB", " GB", " TB", " PB"]),
            Self::BytesPerSecond => {
                bytes(value, [" B/s", " kB/s", " MB/s", " GB/s", " TB/s", " PB/s"])
            }
            Self::Ratio => figures(value * 100.0, " %"),
            Self::Seconds if value == 0.0 => "0 s".to_owned(),
            Self::Seconds if value.abs() < 1.0 => figures(value * 1000.0, " ms"),
            Self::Seconds if value.abs() < 10.0 => figures(value, " s"),
            // What a forecast says of what does not come nearer.
            Self::Seconds if value > LONGEST => "never".to_owned(),
            Self::Seconds => model::units::seconds(value),
            Self::PerSecond => figures(value, "/s"),
        }
    }
}

/// A hundred years, in seconds: what takes longer does not happen.
const LONGEST: f64 = 3.156e9;

/// Thresholds are written in decimal units, so values beside them are too.
fn bytes(value: f64, units: [&str; 6]) -> String {
    let mut value = value;
    let mut unit = 0;
    while value.abs() >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    figures(value, units[unit])
}

/// Three figures matter, and no zeros at the end.
fn figures(value: f64, unit: &str) -> String {
    if value.abs() >= 1e15 {
        return format!("{value:.2e}{unit}");
    }
    let decimals = match value.abs() {
        99.95.. => 0,
        9.995.. => 1,
        _ => 2,
    };
    let mut text = format!("{value:.decimals$}");
    if decimals > 0 {
        let end = text.trim_end_matches('0').trim_end_matches('.').len();
        text.truncate(end);
    }
    if text == "-0" {
        text.remove(0);
    }
    text.push_str(unit);
    text
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn as_people_read_them() {
        for (unit, value, text) in [
            (Unit::Bytes, 300e6, "300 MB"),
            (Unit::Bytes, 412_345_678.0, "412 MB"),
            (Unit::Bytes, 4_294_967_296.0, "4.29 GB"),
            (Unit::Ratio, 0.5, "50 %"),
            (Unit::Ratio, 0.876_54, "87.7 %"),
            (Unit::Ratio, 0.55, "55 %"),
            (Unit::Ratio, 0.29, "29 %"),
            (Unit::Ratio, 0.005, "0.5 %"),
            (Unit::Count, 15.0, "15"),
            (Unit::Count, 1500.0, "1500"),
            (Unit::Count, -0.001, "0"),
            (Unit::Bytes, 999_600.0, "1 MB"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Seconds, 0.0, "0 s"),
            (Unit::Seconds, 0.85, "850 ms"),
            (Unit::Seconds, f64::MAX, "never"),
            (Unit::Bytes, f64::MAX, "1.80e293 PB"),
            (Unit::Seconds, 2.0, "2 s"),
            (Unit::Seconds, 7300.0, "2h 01m"),
            (Unit::PerSecond, 1.234, "1.23/s"),
            (Unit::BytesPerSecond, 12_300.0, "12.3 kB/s"),
        ] {
            assert_eq!(unit.show(value), text);
        }
    }
}
