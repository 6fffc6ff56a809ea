//! `bench serve`: a daemon that watches fifty servers among six hundred processes, with a day of their
//! history behind it; then, on the same load, what others do with these processes every five seconds.
//!
//! One after the other, so that none has to share caches and processors with the next: first ours,
//! then each peer, all with the same time to settle.

mod peers;
mod report;

use std::time::Duration;

use anyhow::Result;

use super::cpu;
use super::daemon::{self, Daemon};
use super::family::{self, Cost};
use super::fleet::Fleet;
use super::load::NAMED_SERVERS;
use super::machine::Busy;
use super::paper::{Output, Paper};
use super::running::Running;
use super::workshop::{self, Builds};
use peers::PEERS;

/// `bench serve`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// How long the daemon is measured, seconds.
    #[arg(long, default_value_t = 120)]
    seconds: u64,

    /// How long each of the others is measured, seconds.
    #[arg(long, default_value_t = 60)]
    peer_seconds: u64,

    /// How long each runs before it is measured, seconds.
    #[arg(long, default_value_t = 30)]
    settle: u64,

    /// Only what has one of these keys: serve, process-exporter, netdata, glances.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

impl Arguments {
    fn wants(&self, key: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == key)
    }
}

/// What one program did.
#[derive(Debug)]
struct Reading {
    key: &'static str,
    name: &'static str,
    cost: Cost,
    /// Processes of the machine.
    processes: usize,
    /// How busy the machine was, all programs together.
    busy_percent: f64,
}

/// The daemon's own view.
#[derive(Debug, Default)]
struct Past {
    /// Series of `/metrics`.
    series: usize,
    /// Series and samples of the history.
    kept_series: u64,
    samples: u64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.builds.build(&daemon::BUILDS)?;
    workshop::install(&PEERS.map(|peer| peer.package).concat());
    let mut paper = Paper::default();
    let fleet = Fleet::start(&workshop::release(), NAMED_SERVERS)?;
    let mut readings = Vec::new();
    let mut past = Past::default();
    if arguments.wants("serve") {
        let mut daemon = Daemon::with_a_day()?;
        let seconds = arguments.seconds;
        let programs = &mut [&mut daemon.running];
        let name = "`mcpvisor serve`, a day of history";
        readings.push(reading("serve", name, programs, arguments.settle, seconds)?);
        past = past_of(&daemon)?;
    }
    for peer in PEERS.iter().filter(|peer| arguments.wants(peer.key)) {
        let outcome = (peer.start)().and_then(|mut programs| {
            let mut programs: Vec<&mut Running> = programs.iter_mut().collect();
            let seconds = arguments.peer_seconds;
            reading(
                peer.key,
                peer.name,
                &mut programs,
                arguments.settle,
                seconds,
            )
        });
        match outcome {
            Ok(reading) => readings.push(reading),
            Err(error) => paper.note_missing(peer.name, &error),
        }
    }
    drop(fleet);
    report::fill(&mut paper, &readings, &past, arguments);
    paper.deliver(&arguments.output)
}

fn reading(
    key: &'static str,
    name: &'static str,
    programs: &mut [&mut Running],
    settle: u64,
    seconds: u64,
) -> Result<Reading> {
    eprintln!("{name}: {settle} s to settle, then {seconds} s");
    family::watch(programs, Duration::from_secs(settle))?;
    let before = Busy::now();
    let costs = family::watch(programs, Duration::from_secs(seconds))?;
    let busy_percent = Busy::now().percent_since(before);
    Ok(Reading {
        key,
        name,
        cost: together(&costs),
        processes: cpu::processes(),
        busy_percent,
    })
}

/// Programs that do one thing together cost what all cost.
fn together(costs: &[Cost]) -> Cost {
    Cost {
        cpu_percent: costs.iter().map(|cost| cost.cpu_percent).sum(),
        rss_bytes: costs.iter().map(|cost| cost.rss_bytes).sum(),
        peak_rss_bytes: costs.iter().map(|cost| cost.peak_rss_bytes).sum(),
        pss_bytes: costs.iter().map(|cost| cost.pss_bytes).sum(),
        processes: costs.iter().map(|cost| cost.processes).sum(),
    }
}

fn past_of(daemon: &Daemon) -> Result<Past> {
    let stats = daemon.ask("/api/v1/history/stats")?;
    let figure = |name: &str| stats[name].as_u64().unwrap_or_default();
    Ok(Past {
        series: daemon.series()?,
        kept_series: figure("series"),
        samples: figure("samples"),
    })
}
