//! `bench alerts`: what judging costs, how a thousand alerts at once are told, and how long it takes from
//! crossing a threshold to the notice.
//!
//! 1. The engine by itself: `engine_bench`, an example of the crate `alerting`, has processor time of its
//!    own thread only.
//! 2. Fifty servers with twenty rules each, which all hold for the same time and so fire in one look of the
//!    daemon, with a webhook of ours listening. Memory is compared with that of a daemon on the same fleet
//!    whose rules nothing crosses.
//! 3. A process of ours that the daemon watches takes memory at a moment that we know; the notice says
//!    when it arrived.

mod burst;
mod crossing;
mod hook;
mod report;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

use super::daemon;
use super::paper::{Output, Paper};
use super::workshop::{self, Builds};

/// `bench alerts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How often the threshold is crossed.
    #[arg(long, default_value_t = 12)]
    crossings: usize,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

/// What the engine's example says of one load.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Pass {
    case: String,
    series: usize,
    /// How many it keeps, in the state of the case.
    alerts: usize,
    median_ms: f64,
    slowest_ms: f64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let engine = ("mcpvisor-alerting", &["--example", "engine_bench"] as &[_]);
    arguments.builds.build(&[engine])?;
    arguments.builds.build(&daemon::BUILDS)?;
    let passes = passes()?;
    let burst = burst::measure()?;
    let crossings = crossing::measure(arguments.crossings)?;
    let mut paper = Paper::default();
    report::fill(&mut paper, &passes, &burst, &crossings);
    paper.deliver(&arguments.output)
}

fn passes() -> Result<Vec<Pass>> {
    eprintln!("the engine by itself");
    let program = workshop::release().join("examples/engine_bench");
    let output = Command::new(program)
        .output()
        .context("cannot start the engine's example")?;
    ensure!(output.status.success(), "the engine's example failed");
    let text = String::from_utf8(output.stdout).context("no text")?;
    let passes = text.lines().map(serde_json::from_str);
    passes
        .collect::<Result<_, _>>()
        .with_context(|| format!("the engine's example said {text:?}"))
}

/// The configuration of a daemon with our webhook and these rules, in its state directory.
fn configure(state: &Path, port: u16, rules: &str) -> Result<String> {
    let text = format!(
        "{rules}[[receiver]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:{port}/\"\n\
         [[route]]\nmatch = [\"alertname=~bench_.*\"]\nreceivers = [\"hook\"]\n"
    );
    let file = state.join("mcpvisor.toml");
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.display().to_string())
}
