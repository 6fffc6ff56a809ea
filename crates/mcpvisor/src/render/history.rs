//! `history`: how series went, as a line of bars each, and what the store holds.

use model::units;

use super::table::{figure, layout, safe, words};
use crate::api::{HistoryReport, HistorySeries, HistoryStats, Point};
use crate::output::Output;

/// Bars of a line.
const BARS: usize = 32;
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// One line for each series.
pub fn query(found: &HistoryReport, output: &Output) -> String {
    if found.series.is_empty() {
        return "Nothing is known of that time. `mcpvisor history stats` says what there is.\n"
            .to_owned();
    }
    let columns = [
        words("SERVER", 24),
        words("OWNER", 18),
        words("OF", 16),
        figure("POINTS"),
        figure("LOWEST"),
        figure("MEAN"),
        figure("HIGHEST"),
        figure("LAST"),
        words("", 0),
    ];
    let rows = found.series.iter().map(row).collect();
    let metric = found
        .series
        .first()
        .map_or("", |series| series.metric.as_str());
    let mut page = format!(
        "{metric}, {} to {}\n\n",
        found.from.strftime("%Y-%m-%d %H:%M:%S"),
        found.to.strftime("%Y-%m-%d %H:%M:%S UTC")
    );
    page.push_str(&layout(&columns, rows, output.width));
    if found.truncated {
        page.push_str("\nThere is more: ask for less time or a wider --step.\n");
    }
    page
}

fn row(series: &HistorySeries) -> Vec<String> {
    let label = |name: &str| {
        series
            .labels
            .get(name)
            .map_or_else(String::new, |value| safe(value))
    };
    let others: Vec<String> = series
        .labels
        .iter()
        .filter(|(name, _)| !["server", "owner"].contains(&name.as_str()))
        .map(|(_, value)| safe(value))
        .collect();
    let is_counter = series.kind == "counter";
    let values: Vec<f64> = if is_counter {
        rates(&series.points)
    } else {
        series
            .points
            .iter()
            .filter_map(|point| point.mean.or(point.value))
            .collect()
    };
    let unit = if is_counter {
        format!("{}/s", series.unit)
    } else {
        series.unit.clone()
    };
    let shown = |value: Option<f64>, unit: &str| {
        value.map_or_else(|| "-".to_owned(), |value| amount(value, unit))
    };
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    vec![
        label("server"),
        label("owner"),
        others.join(", "),
        series.points.len().to_string(),
        shown(values.iter().copied().reduce(f64::min), &unit),
        shown((!values.is_empty()).then_some(mean), &unit),
        shown(values.iter().copied().reduce(f64::max), &unit),
        shown(
            series.points.last().and_then(|point| point.value),
            &series.unit,
        ),
        bars(&values),
    ]
}

/// What a counter gained a second, from point to point.
fn rates(points: &[Point]) -> Vec<f64> {
    if points.iter().any(|point| point.mean.is_some()) {
        return points.iter().filter_map(|point| point.mean).collect();
    }
    points
        .windows(2)
        .filter(|pair| !pair[1].after_gap)
        .filter_map(|pair| {
            let seconds = pair[1].at.duration_since(pair[0].at).as_secs_f64();
            let (before, after) = (pair[0].value?, pair[1].value?);
            // One that has fallen has started again from zero.
            let gained = if after < before {
                after
            } else {
                after - before
            };
            (seconds > 0.0).then_some(gained / seconds)
        })
        .collect()
}

/// A value with its unit.
fn amount(value: f64, unit: &str) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bytes or seconds, and not below zero"
    )]
    let whole = value.max(0.0) as u64;
    match unit {
        "bytes" => units::bytes(whole),
        "bytes/s" => format!("{}/s", units::bytes(whole)),
        "seconds/s" => format!("{:.1} %", value * 100.0),
        "seconds" if value > 1e9 => {
            jiff::Timestamp::from_millisecond(whole.saturating_mul(1000).cast_signed()).map_or_else(
                |_| value.to_string(),
                |time| time.strftime("%m-%d %H:%M").to_string(),
            )
        }
        _ if value.fract() == 0.0 && value.abs() < 1e15 => format!("{value}{}", suffix(unit)),
        _ => format!("{value:.2}{}", suffix(unit)),
    }
}

fn suffix(unit: &str) -> &str {
    if unit == "/s" { "/s" } else { "" }
}

/// Bars between the lowest and the highest value; each stands for the highest of its part.
fn bars(values: &[f64]) -> String {
    let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = highest - lowest;
    if values.is_empty() || !span.is_finite() {
        return String::new();
    }
    let part = values.len().div_ceil(BARS);
    values
        .chunks(part)
        .map(|part| {
            let top = part.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let height = if span > 0.0 {
                (top - lowest) / span
            } else {
                0.0
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 0 to 7"
            )]
            let at = (height * 7.0).round().clamp(0.0, 7.0) as usize;
            HEIGHTS[at]
        })
        .collect()
}

/// What the store holds.
pub fn stats(stats: &HistoryStats) -> String {
    let time = |time: Option<jiff::Timestamp>| {
        time.map_or_else(
            || "-".to_owned(),
            |time| time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        )
    };
    let each = if stats.samples > 0 {
        format!(
            " ({:.2} a sample)",
            stats.bytes as f64 / stats.samples as f64
        )
    } else {
        String::new()
    };
    let mut page = String::new();
    let mut line = |name: &str, text: &str| page.push_str(&format!("{name:<10}{text}\n"));
    line("series", &stats.series.to_string());
    line("samples", &stats.samples.to_string());
    line(
        "bytes",
        &format!(
            "{}{each} of at most {}",
            units::bytes(stats.bytes),
            units::bytes(stats.max_bytes)
        ),
    );
    line("oldest", &time(stats.oldest));
    line("newest", &time(stats.newest));
    line("events", &stats.events.to_string());
    if stats.dropped > 0 {
        line("dropped", &format!("{} samples", stats.dropped));
    }
    if stats.damaged > 0 {
        line("damaged", &format!("{} pieces", stats.damaged));
    }
    if let Some(error) = stats.last_error.as_ref().filter(|_| stats.failing) {
        line("trouble", &safe(error));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::{amount, bars};

    #[test]
    fn bars_span_the_values() {
        assert_eq!(bars(&[0.0, 7.0, 3.0]), "▁█▄");
        assert_eq!(bars(&[5.0, 5.0]), "▁▁");
        assert_eq!(bars(&[]), "");
        assert_eq!(bars(&[1.0; 1000]).chars().count(), 32);
    }

    #[test]
    fn amounts_have_their_unit() {
        for (value, unit, text) in [
            (1_048_576.0, "bytes", "1.00 MiB"),
            (0.012, "seconds/s", "1.2 %"),
            (17.0, "", "17"),
            (2.5, "/s", "2.50/s"),
        ] {
            assert_eq!(amount(value, unit), text);
        }
    }
}
