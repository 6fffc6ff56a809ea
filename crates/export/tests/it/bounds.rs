//! What is left out of a page, and that it is counted.

use export::{Format, Limit, Written, encode};
use model::metric::table as metrics;
use model::{Metric, MetricKind};

use crate::fleet::{fleet, measurement};
use crate::reader::read;

#[test]
fn one_metric_cannot_take_all_the_room() {
    let mut all = fleet(0);
    let others = all.len();
    for number in 0..500 {
        all.push(measurement(
            metrics::SERVER_UP,
            &[&format!("s{number:03}"), "Codex"],
            1.0,
        ));
    }
    let limit = Limit {
        series_per_metric: 100,
        series: 1_000,
    };
    let mut page = String::new();
    let written = encode(&all, Format::PrometheusText, limit, &mut page);
    assert_eq!(written.over_limit, 400);
    assert_eq!(written.series, others + 100);
    assert!(page.contains("\"s099\"") && !page.contains("\"s100\""));
}

#[test]
fn a_page_has_an_end() {
    let all = fleet(50);
    let limit = Limit {
        series_per_metric: 5_000,
        series: 120,
    };
    let mut page = String::new();
    let written = encode(&all, Format::OpenMetrics, limit, &mut page);
    assert_eq!(written.series, 120);
    assert_eq!(written.over_limit, all.len() - 120);
    assert_eq!(read(&page).len(), 120);
    assert!(
        page.ends_with("# EOF\n"),
        "a page that was bounded is whole"
    );
}

#[test]
fn a_series_stands_once() {
    let all = [
        measurement(metrics::SERVER_UP, &["memory", "Codex"], 1.0),
        measurement(metrics::SERVER_UP, &["other", "Codex"], 1.0),
        measurement(metrics::SERVER_UP, &["memory", "Codex"], 0.0),
        // Shown like the next one.
        measurement(metrics::SERVER_UP, &["a\n", "Codex"], 1.0),
        measurement(metrics::SERVER_UP, &["a\\n", "Codex"], 0.0),
    ];
    let mut page = String::new();
    let written = encode(&all, Format::PrometheusText, Limit::default(), &mut page);
    assert_eq!(
        written,
        Written {
            series: 3,
            duplicates: 2,
            ..Written::default()
        }
    );
    assert!(
        page.contains("{server=\"memory\",owner=\"Codex\"} 1\n"),
        "the first stays: {page}"
    );
}

#[test]
fn what_makes_no_sense_is_not_written() {
    static STRANGE: Metric = Metric {
        name: "mcpvisor_server_up",
        help: "Not of the table.",
        unit: "",
        kind: MetricKind::Gauge,
        labels: &[],
        kept: false,
    };
    let all = [
        measurement(&STRANGE, &[], 1.0),
        measurement(metrics::SERVER_UP, &["memory"], 1.0),
        measurement(metrics::LOOKS_TOTAL, &["label"], 1.0),
        measurement(metrics::LOOKS_TOTAL, &[], -1.0),
        measurement(metrics::LOOKS_TOTAL, &[], f64::NAN),
        measurement(metrics::LOOK_DURATION_SECONDS, &[], f64::NAN),
    ];
    let mut page = String::new();
    let written = encode(&all, Format::PrometheusText, Limit::default(), &mut page);
    assert_eq!((written.series, written.malformed), (1, 5));
    assert_eq!(read(&page).len(), 1);
    assert!(page.ends_with("mcpvisor_look_duration_seconds NaN\n"));
}
