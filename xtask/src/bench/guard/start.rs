//! From the start of a server to its first answer, with and without something in front. In turn, so that
//! a busy moment meets all; each is compared with the bare start of its own round.

use std::time::Instant;

use anyhow::Result;

use super::fronts::{BARE, Front, server};
use super::talk;
use crate::bench::median::{median, percentile};
use crate::bench::strays::Mark;

/// Starts before those that count: the first ones read files that nobody has read for a while.
const WARM_UP: usize = 3;

/// What one front's starts took.
#[derive(Clone, Debug)]
pub(super) struct Starts {
    pub(super) front: Front,
    pub(super) rounds: usize,
    /// Milliseconds until the answer.
    pub(super) median_ms: f64,
    /// Milliseconds more than the bare start of the same round.
    pub(super) added_ms: f64,
    pub(super) added_p95_ms: f64,
}

/// One row for each, `nothing` first.
pub(super) fn measure(fronts: &[Front], rounds: usize, mark: &Mark) -> Result<Vec<Starts>> {
    eprintln!("{rounds} starts of each");
    let all: Vec<Front> = [BARE].iter().chain(fronts).copied().collect();
    let mut took: Vec<Vec<f64>> = vec![Vec::new(); all.len()];
    for round in 0..rounds + WARM_UP {
        for (front, took) in all.iter().zip(&mut took) {
            let milliseconds = start(*front, mark)?;
            if round >= WARM_UP {
                took.push(milliseconds);
            }
        }
    }
    let bare = took.first().cloned().unwrap_or_default();
    let rows = all.iter().zip(&took);
    Ok(rows.map(|(front, took)| row(*front, took, &bare)).collect())
}

fn start(front: Front, mark: &Mark) -> Result<f64> {
    let command = server();
    let begin = Instant::now();
    let mut running = front.start(&command, mark)?;
    talk::initialize(&mut running)?;
    let took = begin.elapsed();
    running.end()?;
    Ok(took.as_secs_f64() * 1e3)
}

fn row(front: Front, took: &[f64], bare: &[f64]) -> Starts {
    let added: Vec<f64> = took
        .iter()
        .zip(bare)
        .map(|(took, bare)| took - bare)
        .collect();
    Starts {
        front,
        rounds: took.len(),
        median_ms: median(took),
        added_ms: median(&added),
        added_p95_ms: percentile(&added, 95),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_compared_with_its_own_round() {
        // A slow round is slow for both.
        let starts = row(BARE, &[5.0, 105.0, 6.0], &[4.0, 101.0, 4.0]);
        assert!((starts.median_ms - 6.0).abs() < 1e-9);
        assert!((starts.added_ms - 2.0).abs() < 1e-9);
        assert!((starts.added_p95_ms - 4.0).abs() < 1e-9);
        assert_eq!(starts.rounds, 3);
    }
}
