//! `cargo xtask bench`: measured next to other programs, in the same run and on the same load.
//!
//! `collect` starts idle processes until the machine has as many as a row asks for, lets each
//! [`contender`] take its pass over them once a second, and reads the processor time that the kernel
//! has counted for it. Contenders take turns, round by round; medians are compared with the limits of
//! [`limits`].

mod contender;
mod cpu;
mod fleet;
mod limits;
mod load;
mod measure;
mod report;
mod running;
mod wall;
mod workshop;

use anyhow::Result;
use clap::Subcommand;

use measure::Plan;
use report::Report;
use workshop::Workshop;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Collection: processor time of a pass over all processes, and how long `doctor` takes.
    Collect(Collect),
}

#[derive(Debug, clap::Args)]
struct Collect {
    /// How often each contender has its turn; medians are taken.
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Passes that are measured in each turn, one a second.
    #[arg(long, default_value_t = 8)]
    passes: u32,

    /// What the floor reads of each process: what our own pass reads.
    #[arg(long, default_value = "stat,status,io,schedstat,fdcount")]
    files: String,

    /// Only what has one of these keys: pass, ps, top, floor, apps.plugin, psutil, process-exporter, doctor.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    /// Print JSON instead of Markdown.
    #[arg(long)]
    json: bool,

    /// Also put the tables into this file, between its two marks.
    #[arg(long, value_name = "FILE")]
    write: Option<std::path::PathBuf>,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let Benchmark::Collect(collect) = &arguments.benchmark;
    let plan = Plan {
        rounds: collect.rounds,
        passes: collect.passes,
        only: collect.only.clone(),
    };
    let workshop = Workshop::prepare(&collect.files, &plan)?;
    let measured = measure::collect(&workshop, &plan)?;
    let report = Report::new(&collect.files, &plan, measured);
    if collect.json {
        println!("{}", report.json());
    } else {
        println!("{}", report.markdown());
    }
    match &collect.write {
        Some(file) => report.write_into(file),
        None => Ok(()),
    }
}
