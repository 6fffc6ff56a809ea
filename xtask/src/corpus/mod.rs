//! The corpus that recognition is measured on: real process trees as files.
//!
//! `record` takes a picture of trees that run on this machine and writes down of it what judging
//! needs, with the names of this machine replaced; what is to be found in it is given by whoever
//! started them. `score` judges all recorded trees and prints how well that went.

mod record;
mod shrink;

use clap::Subcommand;

use crate::command::{cargo, run as run_command};
use crate::step::{Outcome, Steps};

/// What to do with the corpus.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Records running process trees.
    Record(record::Arguments),
    /// Judges every recorded tree and prints precision and recall.
    Score,
}

pub(crate) fn run(task: &Task, steps: &mut Steps) {
    match task {
        Task::Record(arguments) => steps.run("record", || record::run(arguments)),
        Task::Score => steps.run("score", || {
            let tests = [
                "test",
                "--quiet",
                "--package",
                "mcpvisor-inventory",
                "--test",
                "it",
            ];
            run_command(cargo().args(tests).args(["corpus", "--", "--nocapture"]))?;
            Ok(Outcome::Done)
        }),
    }
}
