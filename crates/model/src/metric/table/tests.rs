//! The conventions that names, units and labels of the table keep.

use std::collections::HashSet;

use super::{METRICS, SERVER_IO_BYTES_TOTAL, SERVER_UP};
use crate::{Metric, MetricKind};

/// The standard names that every Prometheus client library uses for its own process.
fn is_standard(name: &str) -> bool {
    name.starts_with("process_")
}

fn is_lower_snake(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    let rest = name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    begins && rest && !name.contains("__") && !name.ends_with('_')
}

/// The family's name in `OpenMetrics`.
fn family(metric: &Metric) -> &str {
    let suffix = match metric.kind {
        MetricKind::Counter => "_total",
        MetricKind::Gauge => "",
        MetricKind::Info => "_info",
    };
    metric.name.strip_suffix(suffix).unwrap_or("")
}

#[test]
fn names_begin_with_ours_and_end_with_their_kind() {
    for metric in &METRICS {
        let name = metric.name;
        assert!(is_lower_snake(name), "{name}");
        assert!(
            name.starts_with("mcpvisor_") || is_standard(name),
            "{name} has a prefix of its own"
        );
        let counter = metric.kind == MetricKind::Counter;
        assert_eq!(name.ends_with("_total"), counter, "{name}");
        assert_eq!(
            name.ends_with("_info"),
            metric.kind == MetricKind::Info,
            "{name}"
        );
        for reserved in ["_bucket", "_count", "_sum", "_created"] {
            assert!(!name.ends_with(reserved), "{name} ends in {reserved}");
        }
    }
}

#[test]
fn units_are_base_units_and_stand_in_the_name() {
    for metric in &METRICS {
        assert!(
            ["", "bytes", "seconds", "ratio"].contains(&metric.unit),
            "{} has a unit of its own",
            metric.name
        );
        for unit in ["bytes", "seconds", "ratio"] {
            let named = family(metric).ends_with(&format!("_{unit}"));
            assert_eq!(named, metric.unit == unit, "{} and {unit}", metric.name);
        }
        for word in metric.name.split('_') {
            let scaled = [
                "ms",
                "milliseconds",
                "minutes",
                "hours",
                "kb",
                "mb",
                "percent",
            ];
            assert!(!scaled.contains(&word), "{}: {word}", metric.name);
            assert!(
                !["gauge", "counter", "histogram", "summary"].contains(&word),
                "{} names its kind",
                metric.name
            );
        }
    }
}

#[test]
fn labels_are_plain_and_no_pid() {
    for metric in &METRICS {
        let distinct: HashSet<_> = metric.labels.iter().collect();
        assert_eq!(distinct.len(), metric.labels.len(), "{}", metric.name);
        for label in metric.labels {
            assert!(is_lower_snake(label), "{}: {label}", metric.name);
            assert!(
                !["pid", "le", "quantile", "job", "instance"].contains(label),
                "{}: {label}",
                metric.name
            );
        }
        if metric.name.starts_with("mcpvisor_server_") {
            assert_eq!(metric.labels[..2], ["server", "owner"], "{}", metric.name);
            assert!(metric.kept, "{}", metric.name);
        }
        if metric.name.starts_with("mcpvisor_owner_") {
            assert_eq!(metric.labels[0], "owner", "{}", metric.name);
        }
    }
}

#[test]
fn help_is_one_sentence_on_one_line() {
    for metric in &METRICS {
        let help = metric.help;
        assert!(help.starts_with(char::is_uppercase), "{}", metric.name);
        assert!(
            help.ends_with('.') && !help.contains(['\n', '"', '\\']),
            "{}",
            metric.name
        );
    }
}

#[test]
fn each_metric_and_each_family_stands_once() {
    let mut families = HashSet::new();
    for metric in &METRICS {
        assert!(families.insert(family(metric)), "{}", metric.name);
    }
}

#[test]
fn a_metric_is_found_by_its_short_name_too() {
    assert_eq!(Metric::named("up"), Some(SERVER_UP));
    assert_eq!(
        Metric::named("server_io_bytes_total"),
        Some(SERVER_IO_BYTES_TOTAL)
    );
    assert_eq!(Metric::named("upp"), None);
    for metric in &METRICS {
        for prefix in ["", "mcpvisor_", "mcpvisor_server_"] {
            if let Some(short) = metric.name.strip_prefix(prefix) {
                assert_eq!(Metric::named(short), Some(metric), "{short}");
            }
        }
    }
}

#[test]
fn places_are_those_of_the_table() {
    for (place, metric) in METRICS.iter().enumerate() {
        assert_eq!(metric.place(), Some(place));
    }
    assert_eq!(SERVER_UP.place(), Some(0));
    let other = Metric {
        name: "mcpvisor_server_up",
        help: "A copy.",
        unit: "",
        kind: MetricKind::Gauge,
        labels: &[],
        kept: false,
    };
    assert_eq!(other.place(), None);
}

#[test]
fn the_documentation_has_a_row_for_each() {
    let page = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/metrics.md"
    ));
    let cells = |line: &str| -> Vec<String> {
        let cells = line.trim_matches('|').split(" | ");
        cells.map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<Vec<String>> = page
        .lines()
        .filter(|line| line.starts_with("| `mcpvisor_") || line.starts_with("| `process_"))
        .map(cells)
        .collect();
    for metric in &METRICS {
        let name = format!("`{}`", metric.name);
        let labels: Vec<String> = metric
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let or_none = |text: String| {
            if text.is_empty() {
                "–".to_owned()
            } else {
                text
            }
        };
        let found: Vec<_> = rows
            .iter()
            .filter(|row| row[0].trim_end_matches('¹') == name)
            .collect();
        assert_eq!(found.len(), 1, "{name} has one row in docs/metrics.md");
        let kind = format!("{:?}", metric.kind).to_lowercase();
        let kept = if metric.kept { "yes" } else { "no" };
        assert_eq!(
            found[0][1..5],
            [
                kind,
                or_none(labels.join(", ")),
                or_none(metric.unit.to_owned()),
                kept.to_owned()
            ],
            "{name}"
        );
        let help = metric.help.trim_end_matches('.');
        assert!(found[0][5].starts_with(help), "{name}: {}", found[0][5]);
    }
    assert_eq!(
        rows.len(),
        METRICS.len(),
        "docs/metrics.md has rows of no metric"
    );
}
