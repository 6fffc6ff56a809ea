//! What is written out for other programs.

use std::time::Duration;

use history::{Format, History, Query};

use crate::sample::{self, HOUR, MEMORY, SECONDS, START, fleet, measure, observation, record};

fn export(history: &History, query: &Query, format: Format) -> (u64, String) {
    let mut out = Vec::new();
    let points = history.export(query, format, &mut out).unwrap();
    (points, String::from_utf8(out).unwrap())
}

fn small(folder: &std::path::Path) -> History {
    let history = sample::open(folder);
    let ticks = (0..3_i32).map(|tick| {
        let value = f64::from(tick);
        let both = vec![
            measure(&SECONDS, "b\"x", value / 2.0),
            measure(&MEMORY, "a,1", 4096.0 * value),
        ];
        observation(START + i64::from(tick) * 5_000, both)
    });
    record(&history, ticks);
    history
}

#[test]
fn open_metrics_by_metric_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let history = small(folder.path());
    let all = Query::between(i64::MIN, i64::MAX);
    let (points, text) = export(&history, &all, Format::OpenMetrics);
    assert_eq!(points, 6);
    let expected = r#"# TYPE test_cpu_seconds counter
# UNIT test_cpu_seconds seconds
test_cpu_seconds_total{server="b\"x",owner="ada"} 0 1700006400.000
test_cpu_seconds_total{server="b\"x",owner="ada"} 0.5 1700006405.000
test_cpu_seconds_total{server="b\"x",owner="ada"} 1 1700006410.000
# TYPE test_memory_bytes gauge
# UNIT test_memory_bytes bytes
test_memory_bytes{server="a,1",owner="ada"} 0 1700006400.000
test_memory_bytes{server="a,1",owner="ada"} 4096 1700006405.000
test_memory_bytes{server="a,1",owner="ada"} 8192 1700006410.000
# EOF
"#;
    assert_eq!(text, expected);
}

#[test]
fn comma_separated_values_of_samples_and_buckets() {
    let folder = tempfile::tempdir().unwrap();
    let history = small(folder.path());
    let one = Query::between(START, START + HOUR).metric(MEMORY.name);
    let (_, text) = export(&history, &one, Format::Csv);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "time,metric,labels,value");
    assert_eq!(
        lines[2],
        "2023-11-15T00:00:05Z,test_memory_bytes,\"server=a,1;owner=ada\",4096"
    );
    let (points, text) = export(&history, &one.step(Duration::from_mins(5)), Format::Csv);
    assert_eq!(points, 1);
    let line = text.lines().nth(1).unwrap();
    assert!(line.contains("ada\",3,0,8192,4096,12288,8192,,"), "{text}");
    let quantiles = line
        .rsplit(',')
        .take(3)
        .map(|field| field.parse::<f64>().unwrap());
    assert!(
        quantiles
            .into_iter()
            .all(|quantile| (quantile - 4_096.0).abs() <= 41.0),
        "{text}"
    );
}

#[test]
fn a_json_object_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let history = small(folder.path());
    let (points, text) = export(
        &history,
        &Query::between(START, START + HOUR),
        Format::JsonLines,
    );
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len() as u64, points);
    let second = serde_json::json!({
        "metric": "test_cpu_seconds_total", "labels": {"server": "b\"x", "owner": "ada"},
        "at": "2023-11-15T00:00:05.000Z", "value": 0.5, "after_gap": false,
    });
    assert_eq!(lines[1], second);
    let buckets = Query::between(START, START + HOUR).step(Duration::from_mins(5));
    let (_, text) = export(&history, &buckets, Format::JsonLines);
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&first["at"], &first["width"], &first["count"]),
        (
            &"2023-11-15T00:00:00.000Z".into(),
            &300_000.into(),
            &3.into()
        )
    );
}

#[test]
fn much_is_written_whole_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let history = sample::open(folder.path());
    record(&history, fleet(2, 5_000, 4));
    let all = Query {
        max_points: 10,
        ..Query::between(i64::MIN, i64::MAX)
    };
    let (points, text) = export(&history, &all, Format::JsonLines);
    assert_eq!((points, text.lines().count()), (20_000, 20_000));
    assert_eq!(text.matches("\"after_gap\":true").count(), 4);
    let (points, _) = export(&history, &all.step(Duration::from_hours(1)), Format::Csv);
    assert_eq!(points, 4 * 7);
}
