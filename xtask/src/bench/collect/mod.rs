//! `bench collect`: starts idle processes until the machine has as many as a row asks for, lets each
//! [`contender`] take its pass over them once a second, and reads the processor time that the kernel
//! has counted for it. Contenders take turns, round by round; medians are compared with the limits of
//! [`limits`].

mod contender;
mod limits;
mod measure;
mod report;
mod wall;
mod workshop;

use anyhow::Result;

use super::paper::Output;
use measure::Plan;
use workshop::Workshop;

/// `bench collect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
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

    #[command(flatten)]
    output: Output,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let plan = Plan {
        rounds: arguments.rounds,
        passes: arguments.passes,
        only: arguments.only.clone(),
    };
    let workshop = Workshop::prepare(&arguments.files, &plan)?;
    let measured = measure::collect(&workshop, &plan)?;
    report::paper(&arguments.files, &plan, &measured).deliver(&arguments.output)
}
