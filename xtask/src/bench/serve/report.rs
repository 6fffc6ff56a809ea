//! What was measured, and what we promise.

use serde_json::json;

use super::{Arguments, Past, Reading};
use crate::bench::load::NAMED_SERVERS;
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

const MOST_CPU_PERCENT: f64 = 0.3;
const MOST_MEGABYTES: f64 = 30.0;
const LEAST_SERIES: f64 = 1_500.0;
const LEAST_SAMPLES: f64 = 1_500.0 * 17_280.0;

pub(super) fn fill(paper: &mut Paper, readings: &[Reading], past: &Past, arguments: &Arguments) {
    paper.name = "serve";
    paper.conditions = format!(
        "{}; {NAMED_SERVERS}; after {} s to settle {} s of the daemon and {} s of each of the others, one \
         after the other. {} series at `/metrics`; {} series with {} samples in the history.",
        machine::words(),
        arguments.settle,
        arguments.seconds,
        arguments.peer_seconds,
        past.series,
        past.kept_series,
        past.samples,
    );
    let ours = readings.iter().find(|reading| reading.key == "serve");
    let mut table = Table::new(&[
        "program",
        "processes watched",
        "CPU % of a core",
        "RSS MB, most",
        "RSS MB, at the end",
        "PSS MB",
        "mcpvisor's CPU",
        "mcpvisor's RSS",
        "whole machine busy",
    ]);
    table.rows = readings.iter().map(|each| row(each, ours)).collect();
    paper.tables = vec![table];
    paper.verdicts = ours.map(|ours| verdicts(ours, past)).unwrap_or_default();
    let readings = readings.iter().map(|reading| {
        let mut figures = reading.cost.json();
        figures["key"] = json!(reading.key);
        figures["machine_processes"] = json!(reading.processes);
        figures["machine_busy_percent"] = json!(reading.busy_percent);
        figures
    });
    paper.figures = json!({
        "series": past.series,
        "history_series": past.kept_series,
        "history_samples": past.samples,
        "readings": readings.collect::<Vec<_>>(),
    });
}

fn row(reading: &Reading, ours: Option<&Reading>) -> Vec<String> {
    let cost = &reading.cost;
    let times = |figure: fn(&Reading) -> f64| {
        ours.map_or("–".to_owned(), |ours| {
            format!("{:.3}×", figure(ours) / figure(reading))
        })
    };
    vec![
        reading.name.to_owned(),
        reading.processes.to_string(),
        format!("{:.2}", cost.cpu_percent),
        format!("{:.1}", megabytes(cost.peak_rss_bytes)),
        format!("{:.1}", megabytes(cost.rss_bytes)),
        cost.pss_bytes
            .map_or("–".to_owned(), |bytes| format!("{:.1}", megabytes(bytes))),
        times(|reading| reading.cost.cpu_percent),
        times(|reading| reading.cost.peak_rss_bytes as f64),
        format!("{:.1} %", reading.busy_percent),
    ]
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn verdicts(ours: &Reading, past: &Past) -> Vec<Verdict> {
    let cost = &ours.cost;
    let resident = megabytes(cost.peak_rss_bytes);
    vec![
        Verdict::most(
            "`serve`, of one processor",
            cost.cpu_percent,
            MOST_CPU_PERCENT,
            " %",
        ),
        Verdict::most("`serve`, most resident", resident, MOST_MEGABYTES, " MB"),
        Verdict::least("series at `/metrics`", past.series as f64, LEAST_SERIES, ""),
        Verdict::least(
            "samples in the history",
            past.samples as f64,
            LEAST_SAMPLES,
            "",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::family::Cost;

    fn reading(key: &'static str, cpu_percent: f64, megabytes: u64) -> Reading {
        Reading {
            key,
            name: key,
            cost: Cost {
                cpu_percent,
                rss_bytes: megabytes * 1_000_000,
                peak_rss_bytes: megabytes * 1_000_000,
                pss_bytes: None,
                processes: 1,
            },
            processes: 600,
            busy_percent: 12.0,
        }
    }

    #[test]
    fn ours_is_held_against_the_limits_and_the_others() {
        let past = Past {
            series: 1_900,
            kept_series: 1_890,
            samples: 30_000_000,
        };
        let ours = reading("serve", 0.25, 31);
        let other = reading("netdata", 1.0, 124);
        assert_eq!(row(&other, Some(&ours))[6..8], ["0.250×", "0.250×"]);
        assert_eq!(row(&other, None)[6..8], ["–", "–"]);
        let met: Vec<bool> = verdicts(&ours, &past).iter().map(Verdict::is_met).collect();
        assert_eq!(met, [true, false, true, true]);
    }
}
