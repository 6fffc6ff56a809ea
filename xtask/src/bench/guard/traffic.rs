//! How much passes: bytes through a server that only copies, and calls one after the other. In turn, each
//! compared with the bare server of its own round; the bare one is measured twice, which shows how much of
//! a difference is chance.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::fronts::{BARE, Front, Running, server};
use super::talk;
use crate::bench::median::median;
use crate::bench::strays::Mark;

/// Bytes of a write and of a read: as much as a pipe holds (`pipe(7)`).
const CHUNK: usize = 64 << 10;

/// Calls before those that count.
const WARM_UP: usize = 200;

/// How much is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount {
    pub(super) rounds: usize,
    pub(super) bytes: usize,
    pub(super) calls: usize,
}

/// What passed one front.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) name: String,
    pub(super) key: &'static str,
    /// Medians.
    pub(super) megabytes_a_second: f64,
    pub(super) calls_a_second: f64,
    /// Medians of what each round had in comparison with the bare server.
    pub(super) bytes_ratio: f64,
    pub(super) calls_ratio: f64,
}

pub(super) fn measure(fronts: &[Front], amount: Amount, mark: &Mark) -> Result<Vec<Passed>> {
    eprintln!("{} rounds of traffic", amount.rounds);
    let all: Vec<Front> = [BARE]
        .iter()
        .chain(fronts)
        .chain([&BARE])
        .copied()
        .collect();
    let mut bytes: Vec<Vec<f64>> = vec![Vec::new(); all.len()];
    let mut calls = bytes.clone();
    for round in 0..amount.rounds {
        for step in 0..all.len() {
            // Another one begins each round.
            let at = (step + round) % all.len();
            let (Some(front), Some(bytes), Some(calls)) =
                (all.get(at), bytes.get_mut(at), calls.get_mut(at))
            else {
                continue;
            };
            let about = || format!("{}, round {round}", front.name);
            bytes.push(copied(*front, amount.bytes, mark).with_context(about)?);
            calls.push(called(*front, amount.calls, mark).with_context(about)?);
        }
    }
    let (bare_bytes, bare_calls) = (first(&bytes), first(&calls));
    let rows = all.iter().zip(&bytes).zip(&calls).enumerate();
    Ok(rows
        .map(|(at, ((front, bytes), calls))| Passed {
            name: if at + 1 == all.len() {
                "nothing, measured again".to_owned()
            } else {
                front.name.to_owned()
            },
            key: if at + 1 == all.len() {
                "again"
            } else {
                front.key
            },
            megabytes_a_second: median(bytes),
            calls_a_second: median(calls),
            bytes_ratio: median(&ratios(bytes, &bare_bytes)),
            calls_ratio: median(&ratios(calls, &bare_calls)),
        })
        .collect())
}

fn first(rounds: &[Vec<f64>]) -> Vec<f64> {
    rounds.first().cloned().unwrap_or_default()
}

fn ratios(values: &[f64], bare: &[f64]) -> Vec<f64> {
    values
        .iter()
        .zip(bare)
        .map(|(value, bare)| value / bare)
        .collect()
}

/// Megabytes a second through `cat`.
fn copied(front: Front, bytes: usize, mark: &Mark) -> Result<f64> {
    let running = front.start(&[OsString::from("cat")], mark)?;
    let Running {
        mut child,
        mut input,
        mut output,
    } = running;
    let begin = Instant::now();
    let writer = thread::spawn(move || {
        let chunk = vec![b'x'; CHUNK];
        for _ in 0..bytes / CHUNK {
            input.write_all(&chunk)?;
        }
        std::io::Result::Ok(())
    });
    let mut chunk = vec![0; CHUNK];
    let mut came = 0;
    let mut last = begin;
    loop {
        match output.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => {
                came += length;
                last = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("it cannot be read"),
        }
    }
    let status = child.wait().context("cannot wait for it")?;
    let wrote = writer
        .join()
        .map_err(|_| anyhow::anyhow!("the writer failed"))?;
    wrote.with_context(|| format!("it ended with {status}"))?;
    ensure!(
        came == bytes / CHUNK * CHUNK,
        "{came} bytes came through {}",
        front.name
    );
    Ok(came as f64 / 1e6 / (last - begin).as_secs_f64())
}

/// Calls a second, one after the other.
fn called(front: Front, calls: usize, mark: &Mark) -> Result<f64> {
    let mut running = front.start(&server(), mark)?;
    match talk_for(&mut running, calls) {
        Ok(rate) => running.end().map(|()| rate),
        Err(error) => Err(running.explain(error)),
    }
}

fn talk_for(running: &mut Running, calls: usize) -> Result<f64> {
    talk::initialize(running)?;
    talk::call(running, WARM_UP)?;
    let begin = Instant::now();
    talk::call(running, calls)?;
    let took = begin.elapsed();
    Ok(calls as f64 / took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let mark = Mark::new("traffic");
        assert!(copied(BARE, 4 * CHUNK, &mark).unwrap() > 0.0);
    }

    #[test]
    fn rounds_are_compared_in_pairs() {
        assert_eq!(ratios(&[2.0, 9.0], &[4.0, 3.0]), [0.5, 3.0]);
    }
}
