//! What was measured, and what we promise.

use serde_json::json;

use super::{Arguments, Asked, Listening};
use crate::bench::load::NAMED_SERVERS;
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

const MOST_MEGABYTES_MORE: f64 = 30.0;
const LEAST_SERIES: f64 = 1_500.0;

pub(super) fn fill(
    paper: &mut Paper,
    arguments: &Arguments,
    series: usize,
    busy_percent: f64,
    listening: &Listening,
    asked: &[Asked],
) {
    paper.name = "api";
    paper.conditions = format!(
        "{}; {NAMED_SERVERS}, a day of history, {series} series at `/metrics`; {} clients on connections of \
         their own, {} s each; clients and daemon share the processors, which were busy for {busy_percent:.0} % \
         of the time.",
        machine::words(),
        arguments.clients,
        arguments.seconds,
    );
    paper.tables = vec![answers(asked), listeners(listening)];
    paper.verdicts = verdicts(series, listening, asked);
    let asked = asked.iter().map(|asked| {
        json!({
            "path": asked.subject.path,
            "gzip": asked.subject.gzip,
            "flat_out": asked.flat_out,
            "requests": asked.answers.count,
            "requests_per_second": asked.answers.per_second,
            "bytes": asked.answers.bytes,
            "p50_ms": asked.answers.p50_ms,
            "p95_ms": asked.answers.p95_ms,
            "p99_ms": asked.answers.p99_ms,
            "cpu_percent": asked.cpu_percent,
        })
    });
    paper.figures = json!({
        "series": series,
        "machine_busy_percent": busy_percent,
        "asked": asked.collect::<Vec<_>>(),
        "listeners": {
            "count": listening.heard.listeners,
            "held": listening.heard.held,
            "events": listening.heard.events,
            "missed": listening.heard.missed,
            "before": listening.before.json(),
            "with": listening.with.json(),
        },
    });
}

fn answers(asked: &[Asked]) -> Table {
    let mut table = Table::new(&[
        "asked",
        "requests/s",
        "bytes",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "daemon's CPU %",
    ]);
    table.rows = asked
        .iter()
        .map(|asked| {
            let pace = if asked.flat_out { ", flat out" } else { "" };
            let answers = &asked.answers;
            vec![
                format!("{}{pace}", asked.subject.name),
                format!("{:.0}", answers.per_second),
                answers.bytes.to_string(),
                format!("{:.2}", answers.p50_ms),
                format!("{:.2}", answers.p95_ms),
                format!("{:.2}", answers.p99_ms),
                format!("{:.1}", asked.cpu_percent),
            ]
        })
        .collect();
    table
}

fn listeners(listening: &Listening) -> Table {
    let mut table = Table::new(&[
        "live events",
        "RSS MB",
        "PSS MB",
        "CPU %",
        "heard",
        "missed",
    ]);
    let heard = listening.heard;
    let rows = [
        ("no listener", &listening.before, None),
        ("listeners", &listening.with, Some(heard)),
    ];
    table.rows = rows
        .into_iter()
        .map(|(name, cost, heard)| {
            let count = heard.map_or(String::new(), |heard| format!("{} ", heard.held));
            let events = |figure: Option<u64>| figure.map_or("–".to_owned(), |n| n.to_string());
            vec![
                format!("{count}{name}"),
                format!("{:.1}", cost.rss_bytes as f64 / 1e6),
                cost.pss_bytes.map_or("–".to_owned(), |bytes| {
                    format!("{:.1}", bytes as f64 / 1e6)
                }),
                format!("{:.2}", cost.cpu_percent),
                events(heard.map(|heard| heard.events - heard.missed)),
                events(heard.map(|heard| heard.missed)),
            ]
        })
        .collect();
    table
}

fn verdicts(series: usize, listening: &Listening, asked: &[Asked]) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = asked
        .iter()
        .filter(|asked| !asked.flat_out)
        .map(|asked| {
            let what = format!("{}, p95", asked.subject.name);
            Verdict::most(what, asked.answers.p95_ms, asked.subject.most_ms, " ms")
        })
        .collect();
    let more = listening.with.peak_rss_bytes as f64 - listening.before.peak_rss_bytes as f64;
    let heard = listening.heard;
    let lost = (heard.listeners - heard.held) as f64;
    let words = format!("{} listeners, resident, more than without", heard.listeners);
    verdicts.extend([
        Verdict::least("series at `/metrics`", series as f64, LEAST_SERIES, ""),
        Verdict::most(words, more / 1e6, MOST_MEGABYTES_MORE, " MB"),
        Verdict::most("listeners that were not held", lost, 0.0, ""),
        Verdict::most("events that were missed", heard.missed as f64, 0.0, ""),
    ]);
    verdicts
}
