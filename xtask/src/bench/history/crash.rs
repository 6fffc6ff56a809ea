//! The crash test of the crate `history`, for as long as nobody would wait in a test run.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::command::{cargo, run};

/// Rounds that were survived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crashed {
    pub(super) rounds: u32,
    pub(super) took: Duration,
}

/// Kills a writer so many times; fails if a history does not open or has lost what it must not.
pub(super) fn rounds(rounds: u32) -> Result<Crashed> {
    eprintln!("{rounds} rounds of kill -9");
    let begin = Instant::now();
    run(cargo()
        .args([
            "test",
            "--quiet",
            "--package",
            "mcpvisor-history",
            "--test",
            "it",
        ])
        .args(["--", "--exact", "crash::killed_at_any_moment"])
        .env("MCPVISOR_CRASH_ROUNDS", rounds.to_string()))?;
    Ok(Crashed {
        rounds,
        took: begin.elapsed(),
    })
}
