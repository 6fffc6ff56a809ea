//! What was measured, as a page.

use serde_json::{Value, json};

use super::limits::judge;
use super::measure::{Measured, Plan, Reading};
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};

/// The page of one run.
pub(crate) fn paper(files: &str, plan: &Plan, measured: &Measured) -> Paper {
    let conditions = format!(
        "{}; {} passes at 1 Hz in each of {} rounds in turn, medians; processor time as the kernel \
         counts it for the program; the C program reads {files}.",
        machine::words(),
        plan.passes,
        plan.rounds
    );
    let mut table = Table::new(&[
        "program",
        "processes",
        "CPU ms a pass",
        "µs a process",
        "RSS MiB",
        "mcpvisor costs",
    ]);
    table.rows = measured
        .readings
        .iter()
        .map(|reading| row(measured, reading))
        .collect();
    let missing = measured.missing.iter();
    Paper {
        name: "collect",
        conditions,
        tables: vec![table],
        verdicts: judge(measured),
        missing: missing
            .map(|(what, why)| ((*what).to_owned(), why.clone()))
            .collect(),
        figures: figures(measured),
    }
}

fn figures(measured: &Measured) -> Value {
    let readings = measured.readings.iter().map(|reading| {
        json!({
            "key": reading.key,
            "processes": reading.processes,
            "servers": reading.load.servers,
            "cpu_us_per_pass": reading.cpu_us_per_pass,
            "cpu_us_per_process": reading.us_per_process(),
            "rss_bytes": reading.rss_bytes,
        })
    });
    let walls = measured.walls.iter().map(|wall| {
        json!({
            "key": wall.key,
            "processes": wall.load.processes,
            "milliseconds": wall.milliseconds,
        })
    });
    json!({
        "readings": readings.collect::<Vec<_>>(),
        "waits": walls.collect::<Vec<_>>(),
    })
}

fn row(measured: &Measured, reading: &Reading) -> Vec<String> {
    let is_ours = |ours: &&Reading| ours.key == "pass" && ours.load == reading.load;
    let ours = measured.readings.iter().find(is_ours);
    let share = ours.map_or("–".to_owned(), |ours| {
        format!("{:.2}×", ours.cpu_us_per_pass / reading.cpu_us_per_pass)
    });
    vec![
        reading.name.to_owned(),
        reading.processes.to_string(),
        format!("{:.2}", reading.cpu_us_per_pass / 1000.0),
        format!("{:.1}", reading.us_per_process()),
        format!("{:.1}", reading.rss_bytes as f64 / 1_048_576.0),
        share,
    ]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::bench::load::SMALL;

    #[test]
    fn the_table_compares_with_ours_at_the_same_load() {
        let reading = |key, load, cpu_us_per_pass| Reading {
            key,
            name: key,
            load,
            processes: 600,
            cpu_us_per_pass,
            rss_bytes: 3 * 1_048_576,
        };
        let plan = Plan {
            rounds: 3,
            passes: 8,
            only: Vec::new(),
        };
        let measured = Measured {
            readings: vec![
                reading("pass", SMALL, 12_000.0),
                reading("psutil", SMALL, 60_000.0),
            ],
            missing: vec![("process-exporter", "not root".to_owned())],
            ..Measured::default()
        };
        let paper = paper("stat,io", &plan, &measured);
        let row = ["psutil", "600", "60.00", "100.0", "3.0", "0.20×"];
        assert_eq!(paper.tables[0].rows[1], row);
        let against = paper
            .verdicts
            .iter()
            .find(|verdict| verdict.what.ends_with("psutil"));
        let against = against.unwrap();
        assert!((against.measured - 0.2).abs() < 1e-9 && against.is_met());
        assert_eq!(paper.missing[0].1, "not root");
    }
}
