//! `bench guard`: what `mcpvisor run` costs in front of a stdio server, beside other programs that run a
//! command in its place. Its memory, what it adds to a start, and whether messages pass more slowly.

mod fronts;
mod memory;
mod report;
mod start;
mod talk;
mod traffic;

use anyhow::{Result, ensure};

use super::machine::Busy;
use super::paper::{Output, Paper};
use super::strays::Mark;
use super::workshop::Builds;
use fronts::{Front, GUARD, LIMITED, PEERS};
use memory::Needs;
use start::Starts;
use traffic::{Amount, Passed};

const PARTS: [&str; 3] = ["memory", "start", "traffic"];

/// What is measured: our program, and the testbed's server behind it.
const BUILDS: [(&str, &[&str]); 2] = [
    ("mcpvisor", &["--bin", "mcpvisor"]),
    ("mcpvisor-testbed", &["--bins", "--quiet"]),
];

/// `bench guard`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts: memory, start, traffic.
    #[arg(long, value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,

    /// Little of everything, to see that it works: no figures to publish.
    #[arg(long)]
    quick: bool,

    /// How often each is started.
    #[arg(long, default_value_t = 120)]
    starts: usize,

    /// How many guards run together.
    #[arg(long, default_value_t = 50)]
    guards: usize,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

impl Arguments {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn starts(&self) -> usize {
        if self.quick { 10 } else { self.starts }
    }

    fn amount(&self) -> Amount {
        if self.quick {
            return Amount {
                rounds: 3,
                bytes: 64 << 20,
                calls: 2_000,
            };
        }
        Amount {
            rounds: 41,
            bytes: 512 << 20,
            calls: 10_000,
        }
    }
}

/// All that was measured.
#[derive(Debug, Default)]
struct Measured {
    needs: Vec<Needs>,
    starts: Vec<Starts>,
    passed: Vec<Passed>,
    busy_percent: f64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.builds.build(&BUILDS)?;
    fronts::install();
    let mut paper = Paper::default();
    let mark = Mark::new("guard");
    let peers = usable(&mut paper, &mark);
    let fronts: Vec<Front> = [GUARD, LIMITED].iter().chain(&peers).copied().collect();
    let mut measured = Measured::default();
    let before = Busy::now();
    if arguments.wants("memory") {
        for front in fronts
            .iter()
            .filter(|front| front.stays() && front.key != LIMITED.key)
        {
            measured
                .needs
                .push(memory::measure(*front, arguments.guards, &mark)?);
        }
    }
    if arguments.wants("start") {
        measured.starts = start::measure(&fronts, arguments.starts(), &mark)?;
    }
    if arguments.wants("traffic") {
        measured.passed = traffic::measure(&fronts, arguments.amount(), &mark)?;
    }
    measured.busy_percent = Busy::now().percent_since(before);
    let left = mark.bearers();
    ensure!(left.is_empty(), "processes that nobody has ended: {left:?}");
    report::fill(&mut paper, &measured, arguments);
    paper.deliver(&arguments.output)
}

/// The others that are here and start a server; why not is noted.
fn usable(paper: &mut Paper, mark: &Mark) -> Vec<Front> {
    if let Err(error) = fronts::systemd_is_missing() {
        paper.note_missing("`systemd-run --scope`", &error);
    }
    let mut usable = Vec::new();
    for front in PEERS {
        let works = front.must_be_here().and_then(|()| {
            let mut running = front.start(&fronts::server(), mark)?;
            let answered = talk::initialize(&mut running);
            running.end().and(answered)
        });
        match works {
            Ok(()) => usable.push(front),
            Err(error) => paper.note_missing(front.name, &error),
        }
    }
    usable
}
