//! What was measured, as Markdown for people and JSON for programs.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::limits::{Verdict, judge};
use super::measure::{Measured, Plan, Reading};

const BEGIN: &str = "<!-- bench collect: begin -->";
const END: &str = "<!-- bench collect: end -->";

/// One run with all that is needed to judge it.
#[derive(Debug)]
pub(crate) struct Report {
    conditions: String,
    measured: Measured,
    verdicts: Vec<Verdict>,
}

impl Report {
    pub(crate) fn new(files: &str, plan: &Plan, measured: Measured) -> Self {
        let processors = available_parallelism().map_or(0, usize::from);
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
        let conditions = format!(
            "{processors} processors, Linux {}; {} passes at 1 Hz in each of {} rounds in turn, medians; \
             processor time as the kernel counts it for the program; the C program reads {files}.",
            kernel.trim(),
            plan.passes,
            plan.rounds
        );
        Self {
            verdicts: judge(&measured),
            conditions,
            measured,
        }
    }

    pub(crate) fn json(&self) -> Value {
        let readings = self.measured.readings.iter().map(|reading| {
            json!({
                "key": reading.key,
                "processes": reading.processes,
                "servers": reading.load.servers,
                "cpu_us_per_pass": reading.cpu_us_per_pass,
                "cpu_us_per_process": reading.us_per_process(),
                "rss_bytes": reading.rss_bytes,
            })
        });
        let walls = self.measured.walls.iter().map(|wall| {
            json!({
                "key": wall.key,
                "processes": wall.load.processes,
                "milliseconds": wall.milliseconds,
            })
        });
        let verdicts = self.verdicts.iter().map(|verdict| {
            json!({
                "what": verdict.what,
                "measured": verdict.measured,
                "most": verdict.most,
                "met": verdict.is_met(),
            })
        });
        let missing = self.measured.missing.iter();
        json!({
            "conditions": self.conditions,
            "readings": readings.collect::<Vec<_>>(),
            "waits": walls.collect::<Vec<_>>(),
            "limits": verdicts.collect::<Vec<_>>(),
            "missing": missing.map(|(name, why)| json!({"name": name, "why": why})).collect::<Vec<_>>(),
        })
    }

    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.conditions);
        text.push_str(
            "| program | processes | CPU ms a pass | µs a process | RSS MiB | mcpvisor costs |\n",
        );
        text.push_str("|---|--:|--:|--:|--:|--:|\n");
        for reading in &self.measured.readings {
            text.push_str(&self.row(reading));
        }
        text.push_str("\n| limit | measured | at most | met |\n|---|--:|--:|---|\n");
        for verdict in &self.verdicts {
            let met = if verdict.is_met() { "yes" } else { "**no**" };
            let (what, unit) = (&verdict.what, verdict.unit);
            let digits = match unit {
                "×" => 3,
                " %" => 2,
                _ => 0,
            };
            // Writing to a string cannot fail.
            writeln!(
                text,
                "| {what} | {:.digits$}{unit} | {:.digits$}{unit} | {met} |",
                verdict.measured, verdict.most
            )
            .ok();
        }
        for (name, why) in &self.measured.missing {
            writeln!(text, "\nNot measured: {name}: {why}.").ok();
        }
        text
    }

    fn row(&self, reading: &Reading) -> String {
        let is_ours = |ours: &&Reading| ours.key == "pass" && ours.load == reading.load;
        let ours = self.measured.readings.iter().find(is_ours);
        let share = ours.map_or("–".to_owned(), |ours| {
            format!("{:.2}×", ours.cpu_us_per_pass / reading.cpu_us_per_pass)
        });
        format!(
            "| {} | {} | {:.2} | {:.1} | {:.1} | {share} |\n",
            reading.name,
            reading.processes,
            reading.cpu_us_per_pass / 1000.0,
            reading.us_per_process(),
            reading.rss_bytes as f64 / 1_048_576.0,
        )
    }

    /// Replaces what stands between the two marks, or adds it at the end.
    pub(crate) fn write_into(&self, file: &Path) -> Result<()> {
        let old = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", file.display()));
            }
        };
        fs::write(file, placed(&old, &self.markdown()))
            .with_context(|| format!("cannot write {}", file.display()))
    }
}

fn placed(old: &str, tables: &str) -> String {
    let section = format!("{BEGIN}\n{}\n{END}", tables.trim_end());
    let marks = old
        .split_once(BEGIN)
        .and_then(|(before, rest)| Some((before, rest.split_once(END)?.1)));
    match marks {
        Some((before, after)) => format!("{before}{section}{after}"),
        None if old.is_empty() => format!("{section}\n"),
        None => format!("{}\n\n{section}\n", old.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::load::SMALL;

    #[test]
    fn tables_go_between_the_marks() {
        let once = placed("# Figures\n", "first\n");
        assert_eq!(once, format!("# Figures\n\n{BEGIN}\nfirst\n{END}\n"));
        let twice = placed(&format!("{once}\nWords after.\n"), "second\n");
        assert_eq!(
            twice,
            format!("# Figures\n\n{BEGIN}\nsecond\n{END}\n\nWords after.\n")
        );
        assert_eq!(placed("", "only"), format!("{BEGIN}\nonly\n{END}\n"));
    }

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
        let text = Report::new("stat,io", &plan, measured).markdown();
        assert!(
            text.contains("| psutil | 600 | 60.00 | 100.0 | 3.0 | 0.20× |"),
            "{text}"
        );
        assert!(
            text.contains("against psutil | 0.200× | 0.333× | yes |"),
            "{text}"
        );
        assert!(
            text.contains("Not measured: process-exporter: not root."),
            "{text}"
        );
    }
}
