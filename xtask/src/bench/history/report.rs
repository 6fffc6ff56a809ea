//! What was measured, and what we promise.

use serde_json::{Value, json};

use super::crash::Crashed;
use super::{Arguments, Day, Stored};
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

const MOST_DAY_MS: f64 = 5.0;
const MOST_MONTH_MS: f64 = 50.0;
const LEAST_MILLION_A_SECOND: f64 = 1.0;

pub(super) fn fill(
    paper: &mut Paper,
    arguments: &Arguments,
    busy_percent: f64,
    days: &[Day],
    crashed: Option<&Crashed>,
) {
    paper.name = "history";
    let data = if arguments.data.is_some() {
        "recorded from real servers"
    } else {
        "made up after what real servers showed"
    };
    paper.conditions = format!(
        "{}; a day of {} servers of 30 series each, a sample every 5 s, {data}, repeated, or cut into pieces of \
         five minutes in random order; *busy* has only servers under load. Bytes are whole files: the database with index, 5-minute and hourly tiers; VictoriaMetrics' \
         `data` and `indexdb` after a forced merge. The processors were busy for {busy_percent:.0} % of the \
         time.{}{}",
        machine::words(),
        arguments.servers,
        match arguments.prometheus_servers {
            0 => String::new(),
            servers => format!(" Prometheus has the first {servers} servers, in blocks of two hours."),
        },
        crashed.map_or(String::new(), |crashed| format!(
            " Killed with SIGKILL {} times at random points in {:.0} s: it opened every time, with at most 10 s \
             of samples lost and no event or audit entry.",
            crashed.rounds,
            crashed.took.as_secs_f64()
        )),
    );
    paper.tables = vec![stores(days), speeds(days), codecs(days)];
    paper.tables.retain(|table| !table.rows.is_empty());
    paper.verdicts = days.iter().flat_map(verdicts).collect();
    paper.figures = json!({
        "days": days.iter().map(figures).collect::<Vec<_>>(),
        "crash_rounds": crashed.map(|crashed| crashed.rounds),
        "crash_seconds": crashed.map(|crashed| crashed.took.as_secs_f64()),
        "machine_busy_percent": busy_percent,
    });
}

fn figures(day: &Day) -> Value {
    let stored = |stored: &Option<Stored>| {
        stored.as_ref().map(|stored| {
            json!({
                "bytes": stored.bytes,
                "samples": stored.samples,
                "bytes_per_sample": stored.bytes_per_sample(),
                "seconds": stored.seconds,
            })
        })
    };
    json!({
        "mix": day.kind.mix.word(),
        "pieces": day.kind.pieces,
        "history": day.ours,
        "codecs": day.codecs,
        "victoria_metrics": stored(&day.victoria),
        "prometheus": stored(&day.prometheus),
    })
}

fn figure(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

fn stores(days: &[Day]) -> Table {
    let mut table = Table::new(&[
        "bytes a sample",
        "mcpvisor",
        "mcpvisor, not merged yet",
        "VictoriaMetrics",
        "Prometheus",
        "mcpvisor against VictoriaMetrics",
    ]);
    let stored = |stored: &Option<Stored>| {
        stored.as_ref().map_or("–".to_owned(), |stored| {
            format!("{:.3}", stored.bytes_per_sample())
        })
    };
    table.rows = days
        .iter()
        .map(|day| {
            let ours = figure(&day.ours, "bytes_per_sample");
            vec![
                day.kind.words(),
                format!("{ours:.3}"),
                format!(
                    "{:.3}",
                    figure(&day.ours, "bytes_per_sample_before_compact")
                ),
                stored(&day.victoria),
                stored(&day.prometheus),
                day.victoria.as_ref().map_or("–".to_owned(), |victoria| {
                    format!("{:.2}×", ours / victoria.bytes_per_sample())
                }),
            ]
        })
        .collect();
    table
}

fn speeds(days: &[Day]) -> Table {
    let mut table = Table::new(&[
        "history",
        "million samples/s taken",
        "ms, a day of one series",
        "ms, 30 days of hours of 50 series",
        "CPU ms a tick, upkeep included",
        "RSS MiB more",
    ]);
    table.rows = days
        .iter()
        .map(|day| {
            let figure = |name| figure(&day.ours, name);
            vec![
                day.kind.words(),
                format!("{:.2}", figure("ingest_samples_per_second") / 1e6),
                format!("{:.2}", figure("day_of_one_series_ms")),
                format!("{:.2}", figure("thirty_days_hourly_50_series_ms")),
                format!("{:.2}", figure("processor_ms_per_tick")),
                format!(
                    "{:.1}",
                    figure("resident_mib_after_day") - figure("resident_mib_before")
                ),
            ]
        })
        .collect();
    table
}

/// Payload alone, by length of chunk.
fn codecs(days: &[Day]) -> Table {
    let mut table = Table::new(&[
        "payload, bytes a sample",
        "pco",
        "Gorilla",
        "pco, million samples/s",
        "Gorilla, million samples/s",
    ]);
    for day in days {
        let rows = day
            .codecs
            .as_ref()
            .and_then(|codecs| codecs["codecs"].as_array());
        for row in rows.into_iter().flatten() {
            table.rows.push(vec![
                format!("{}, chunks of {}", day.kind.words(), row["points"]),
                format!("{:.3}", figure(row, "pco_bytes_per_sample")),
                format!("{:.3}", figure(row, "gorilla_bytes_per_sample")),
                format!("{:.0}", figure(row, "pco_million_samples_per_second")),
                format!("{:.0}", figure(row, "gorilla_million_samples_per_second")),
            ]);
        }
    }
    table
}

fn verdicts(day: &Day) -> Vec<Verdict> {
    let word = day.kind.words();
    let figure = |name| figure(&day.ours, name);
    let against = day.victoria.as_ref().map(|victoria| {
        let ratio = figure("bytes_per_sample") / victoria.bytes_per_sample();
        Verdict::most(
            format!("{word}: bytes a sample against VictoriaMetrics"),
            ratio,
            1.0,
            "×",
        )
    });
    let ingest = figure("ingest_samples_per_second") / 1e6;
    against
        .into_iter()
        .chain([
            Verdict::most(
                format!("{word}: a day of one series"),
                figure("day_of_one_series_ms"),
                MOST_DAY_MS,
                " ms",
            ),
            Verdict::most(
                format!("{word}: 30 days of hours of 50 series"),
                figure("thirty_days_hourly_50_series_ms"),
                MOST_MONTH_MS,
                " ms",
            ),
            Verdict::least(
                format!("{word}: samples taken, millions a second"),
                ingest,
                LEAST_MILLION_A_SECOND,
                "",
            ),
        ])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::history::{Kind, Mix};

    #[test]
    fn limits_of_a_day() {
        let mut day = Day {
            kind: Kind::of(Mix::Busy, true),
            ours: json!({
                "bytes_per_sample": 0.30,
                "day_of_one_series_ms": 6.0,
                "thirty_days_hourly_50_series_ms": 20.0,
                "ingest_samples_per_second": 1_500_000.0,
            }),
            codecs: None,
            victoria: Some(Stored {
                bytes: 37,
                samples: 100,
                seconds: 1.0,
            }),
            prometheus: None,
        };
        let met = |day: &Day| -> Vec<bool> { verdicts(day).iter().map(Verdict::is_met).collect() };
        assert_eq!(met(&day), [true, false, true, true]);
        assert_eq!(stores(std::slice::from_ref(&day)).rows[0][5], "0.81×");
        day.ours = json!({});
        day.victoria = None;
        assert_eq!(met(&day), [false, false, false], "no figure meets no limit");
    }
}
