//! The measurement itself: loads, rounds, turns, medians.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::contender::{CONTENDERS, Contender};
use super::wall::{self, Wall};
use super::workshop::Workshop;
use crate::bench::cpu;
use crate::bench::fleet::Fleet;
use crate::bench::load::{LOADS, Load};
use crate::bench::running::{Running, let_it_pass};

/// Passes that are not counted: files are opened, caches filled, interpreters started.
const WARM_UP_PASSES: u32 = 3;

/// Tries to reach a program that has just started to listen.
const TRIES_TO_REACH: u32 = 50;

/// Turns with more than one part in so many of foreign processes are not comparable.
const TOLERANCE: usize = 10;

/// How much is measured.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) passes: u32,
    pub(crate) only: Vec<String>,
}

/// Medians of one contender at one load.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    /// What was aimed at; `processes` is what was there.
    pub(crate) load: Load,
    pub(crate) processes: usize,
    pub(crate) cpu_us_per_pass: f64,
    pub(crate) rss_bytes: u64,
}

impl Reading {
    pub(crate) fn us_per_process(&self) -> f64 {
        self.cpu_us_per_pass / self.processes.max(1) as f64
    }
}

/// All that was measured, and what could not be.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) readings: Vec<Reading>,
    pub(crate) walls: Vec<Wall>,
    pub(crate) missing: Vec<(&'static str, String)>,
}

/// Carries out the plan.
pub(crate) fn collect(workshop: &Workshop, plan: &Plan) -> Result<Measured> {
    let mut measured = Measured::default();
    for load in LOADS {
        if !plan.needs(load) {
            continue;
        }
        let fleet = Fleet::start(&workshop.release, load)?;
        let wanted =
            |contender: &&Contender| contender.loads.contains(&load) && plan.wants(contender.key);
        let contenders: Vec<&Contender> = CONTENDERS.iter().filter(wanted).collect();
        let mut turns: Vec<Vec<Turn>> = contenders.iter().map(|_| Vec::new()).collect();
        for round in 1..=plan.rounds {
            for (contender, turns) in contenders.iter().zip(&mut turns) {
                eprintln!("{load}, round {round}: {}", contender.name);
                match turn(workshop, contender, load, plan.passes) {
                    Ok(turn) => turns.push(turn),
                    Err(error) => measured.note_missing(contender.name, &error),
                }
            }
        }
        for (contender, turns) in contenders.iter().zip(turns) {
            measured.readings.extend(reading(contender, load, &turns));
        }
        wall::measure(workshop, plan, load, &mut measured);
        drop(fleet);
    }
    Ok(measured)
}

impl Plan {
    /// Whether `--only` names this key, or nothing.
    pub(crate) fn wants(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == key)
    }
}

impl Plan {
    /// Whether anything wanted is measured on this load.
    fn needs(&self, load: Load) -> bool {
        let on_load = |contender: &Contender| contender.loads.contains(&load);
        let contenders = CONTENDERS.iter().filter(|contender| on_load(contender));
        contenders
            .map(|contender| contender.key)
            .any(|key| self.wants(key))
            || wall::needs(self, load)
    }
}

impl Measured {
    /// Remembers why something has no figures, once.
    pub(crate) fn note_missing(&mut self, name: &'static str, error: &anyhow::Error) {
        let reason = format!("{error:#}");
        eprintln!("{name}: {reason}");
        if !self.missing.iter().any(|(known, _)| *known == name) {
            self.missing.push((name, reason));
        }
    }
}

/// What one turn showed.
#[derive(Clone, Copy, Debug)]
struct Turn {
    processes: usize,
    cpu_us_per_pass: f64,
    rss_bytes: u64,
}

fn turn(workshop: &Workshop, contender: &Contender, load: Load, passes: u32) -> Result<Turn> {
    let mut running = Running::start(&mut (contender.command)(workshop)?)?;
    warm_up(&mut running, contender)?;
    let pid = running.measured_pid(contender.in_terminal)?;
    let before = cpu::nanoseconds(pid)?;
    let_it_pass(passes, contender.scraped_at)?;
    running.must_still_run()?;
    let after = cpu::nanoseconds(pid)?;
    let rss_bytes = cpu::resident(pid).context("its memory cannot be read")?;
    let processes = cpu::processes();
    ensure!(
        processes.abs_diff(load.processes) <= load.processes / TOLERANCE,
        "something else is going on: the machine had {processes} processes, not {}",
        load.processes
    );
    Ok(Turn {
        processes,
        cpu_us_per_pass: after.saturating_sub(before) as f64 / 1000.0 / f64::from(passes),
        rss_bytes,
    })
}

fn warm_up(running: &mut Running, contender: &Contender) -> Result<()> {
    for attempt in 1.. {
        running.must_still_run()?;
        match let_it_pass(WARM_UP_PASSES, contender.scraped_at) {
            Ok(()) => break,
            Err(error) if attempt == TRIES_TO_REACH => return Err(error),
            Err(_) => thread::sleep(Duration::from_millis(100)),
        }
    }
    running.must_still_run()
}

fn reading(contender: &Contender, load: Load, turns: &[Turn]) -> Option<Reading> {
    let cpu: Vec<f64> = turns.iter().map(|turn| turn.cpu_us_per_pass).collect();
    Some(Reading {
        key: contender.key,
        name: contender.name,
        load,
        processes: turns.last()?.processes,
        cpu_us_per_pass: median(cpu)?,
        rss_bytes: turns.iter().map(|turn| turn.rss_bytes).max()?,
    })
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = values[(values.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0]), Some(3.0));
        assert_eq!(median(vec![9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(vec![4.0, 1.0, 2.0, 9.0]), Some(3.0));
    }

    #[test]
    fn a_missing_contender_is_named_once() {
        let mut measured = Measured::default();
        measured.note_missing("psutil", &anyhow::anyhow!("not installed"));
        measured.note_missing("psutil", &anyhow::anyhow!("again"));
        assert_eq!(measured.missing, [("psutil", "not installed".to_owned())]);
    }

    #[test]
    fn a_choice_goes_by_key() {
        let plan = |only: &[&str]| Plan {
            rounds: 1,
            passes: 1,
            only: only.iter().map(|part| (*part).to_owned()).collect(),
        };
        assert!(plan(&[]).wants("pass"));
        assert!(plan(&["ps", "pass"]).wants("pass"));
        assert!(!plan(&["ps"]).wants("psutil"));
    }
}
