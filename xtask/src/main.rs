//! The tasks of this repository. People, editors and CI all call the same commands:
//! `cargo xtask test` for everything, `check`, `tidy`, `schemas`, `testbed` and `bench` for parts.
//!
//! Each task is a list of steps ([`step`]); a step is a command whose output passes by as it comes, or
//! a function of ours. All steps run even after one has failed, and the first failure decides the exit
//! code.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "a task runner starts programs, measures time and waits; it is never shipped"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a task prints is for the person who called it"
)]

mod bench;
mod check;
mod command;
mod corpus;
mod dashboard;
mod deny;
mod repository;
mod schemas;
mod screenshots;
mod step;
mod test;
mod testbed;
mod tidy;
mod vm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use step::Steps;

/// The tasks of this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Everything: installs what the tests need, checks, then runs all tests. What CI runs.
    Test,
    /// What can be said without running the program: format, lints, docs, tidy, schemas, licences.
    Check,
    /// Our own rules: crate arrows, file sizes, unsafe code, forbidden words, machine paths.
    Tidy,
    /// Writes the JSON Schemas of all JSON output into `schema/`.
    Schemas,
    /// Installs the real servers that scenario tests run, and prints the variables that name them.
    Testbed,
    /// Takes the pictures of the dashboard for the documentation, into `docs/images`.
    Screenshots,
    /// Tries what needs systemd and cgroup v2 in a virtual machine that has them.
    Vm,
    /// Records real process trees for the tests of recognition, and scores it on them.
    #[command(subcommand)]
    Corpus(corpus::Task),
    /// Measures, next to other programs on this machine.
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    run(&Arguments::parse()).unwrap_or_else(|error| {
        eprintln!("{error:#}");
        ExitCode::FAILURE
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode> {
    let mut steps = Steps::default();
    match &arguments.task {
        Task::Test => test::run(&mut steps),
        Task::Check => check::run(&mut steps),
        Task::Tidy => steps.run("tidy", tidy::run),
        Task::Schemas => steps.run("schemas", schemas::write),
        Task::Testbed => testbed::print(),
        Task::Screenshots => return screenshots::take().map(|()| ExitCode::SUCCESS),
        Task::Vm => vm::run(&mut steps),
        Task::Corpus(task) => corpus::run(task, &mut steps),
        Task::Bench(bench) => return bench::run(bench).map(|()| ExitCode::SUCCESS),
    }
    Ok(steps.finish())
}
