//! Commands that are measured by the clock on the wall: what a person waits for.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::measure::{Measured, Plan, median};
use super::workshop::Workshop;
use crate::bench::load::{Load, SMALL};

/// Runs that are measured in each round.
const RUNS: usize = 5;

/// Exit codes up to this one are judgements, above it the command itself has failed.
const LAST_JUDGEMENT: i32 = 3;

/// A command of ours that ends by itself.
struct Timed {
    key: &'static str,
    name: &'static str,
    load: Load,
    arguments: &'static [&'static str],
}

const TIMED: [Timed; 1] = [Timed {
    key: "doctor",
    name: "`mcpvisor doctor`, its sampling window included",
    load: SMALL,
    arguments: &["doctor", "--json"],
}];

/// The median of one command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Wall {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) load: Load,
    pub(crate) milliseconds: f64,
}

/// Whether the plan wants a command on this load.
pub(crate) fn needs(plan: &Plan, load: Load) -> bool {
    TIMED
        .iter()
        .any(|timed| timed.load == load && plan.wants(timed.key))
}

/// Measures the commands that belong to this load.
pub(crate) fn measure(workshop: &Workshop, plan: &Plan, load: Load, measured: &mut Measured) {
    for timed in TIMED
        .iter()
        .filter(|timed| timed.load == load && plan.wants(timed.key))
    {
        eprintln!("{load}: {}", timed.name);
        match runs(workshop, timed, RUNS * plan.rounds) {
            Ok(milliseconds) => measured.walls.push(Wall {
                key: timed.key,
                name: timed.name,
                load,
                milliseconds,
            }),
            Err(error) => measured.note_missing(timed.name, &error),
        }
    }
}

fn runs(workshop: &Workshop, timed: &Timed, count: usize) -> Result<f64> {
    let times = (0..count)
        .map(|_| run(workshop, timed))
        .collect::<Result<Vec<f64>>>()?;
    median(times).context("nothing was run")
}

fn run(workshop: &Workshop, timed: &Timed) -> Result<f64> {
    let begin = Instant::now();
    let output = Command::new(workshop.release.join("mcpvisor"))
        .args(timed.arguments)
        .stdin(Stdio::null())
        .output()
        .context("cannot start mcpvisor")?;
    let took = begin.elapsed();
    ensure!(
        output
            .status
            .code()
            .is_some_and(|code| code <= LAST_JUDGEMENT)
            && !output.stdout.is_empty(),
        "it ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(took.as_secs_f64() * 1000.0)
}
