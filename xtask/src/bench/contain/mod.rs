//! `bench contain`: what becomes of servers that explode, crash or do not want to end, and what it costs to
//! keep many, beside supervisord, PM2 and the usual loop that looks now and then.
//!
//! The servers are the processes of `xtask/bench/tree.c`. How many live is counted from the kernel's own
//! forks and exits; what was started bears a mark, by which all that others leave is ended.

mod crash;
mod explosion;
mod fleet;
mod keepers;
mod notes;
mod others;
mod report;
mod stops;
mod tables;
mod watcher;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::daemon;
use super::machine::Busy;
use super::paper::{Output, Paper};
use super::strays::Mark;
use super::workshop::{self, Builds};
use crate::command::run as run_command;
use crate::repository;
use crash::Crashes;
use explosion::{Explosion, Way};
use fleet::{Cost, Times};
use keepers::Kind;
use others::{By, Contained};
use stops::Stops;

const PARTS: [&str; 5] = ["explosion", "others", "crash", "stops", "fleet"];

/// `bench contain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts: explosion, others, crash, stops, fleet.
    #[arg(long, value_delimiter = ',', value_parser = PARTS)]
    only: Vec<String>,

    /// Little of everything, to see that it works: no figures to publish.
    #[arg(long)]
    quick: bool,

    /// Without supervisord and PM2.
    #[arg(long)]
    no_peers: bool,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

/// How much of each.
#[derive(Clone, Copy, Debug)]
struct Amounts {
    explosions_of_others: usize,
    crashes: usize,
    stops: usize,
    stops_of_peers: usize,
    servers: usize,
    times: Times,
}

impl Arguments {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn amounts(&self) -> Amounts {
        let seconds = Duration::from_secs;
        if self.quick {
            return Amounts {
                explosions_of_others: 1,
                crashes: 3,
                stops: 5,
                stops_of_peers: 1,
                servers: 20,
                times: Times {
                    settle: seconds(5),
                    measured: seconds(10),
                },
            };
        }
        Amounts {
            explosions_of_others: 5,
            crashes: 30,
            stops: 500,
            stops_of_peers: 20,
            servers: 200,
            times: Times {
                settle: seconds(60),
                measured: seconds(60),
            },
        }
    }
}

/// All that was measured.
#[derive(Debug, Default)]
struct Measured {
    explosions: Vec<Explosion>,
    others: Vec<(By, Vec<Contained>)>,
    crashes: Vec<Crashes>,
    stops: Vec<Stops>,
    fleets: Vec<Cost>,
    busy_percent: f64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments
        .builds
        .build(daemon::BUILDS.get(..2).unwrap_or_default())?;
    let mut bench = Bench {
        tree: compile_tree()?,
        amounts: arguments.amounts(),
        kinds: Vec::new(),
        paper: Paper::default(),
        measured: Measured::default(),
    };
    bench.find_keepers(arguments.no_peers);
    let before = Busy::now();
    for part in PARTS.into_iter().filter(|part| arguments.wants(part)) {
        match part {
            "explosion" => bench.explosions(),
            "others" => bench.others(),
            "crash" => bench.crashes(),
            "stops" => bench.stops(),
            _ => bench.fleets(),
        }
    }
    bench.measured.busy_percent = Busy::now().percent_since(before);
    report::fill(&mut bench.paper, &bench.measured, arguments);
    bench.paper.deliver(&arguments.output)
}

/// A run with what it needs.
struct Bench {
    tree: PathBuf,
    amounts: Amounts,
    /// Keepers that are here.
    kinds: Vec<Kind>,
    paper: Paper,
    measured: Measured,
}

impl Bench {
    fn find_keepers(&mut self, only_ours: bool) {
        let kinds = Kind::ALL
            .into_iter()
            .filter(|kind| *kind == Kind::Ours || !only_ours);
        for kind in kinds {
            match kind.install() {
                Ok(()) => self.kinds.push(kind),
                Err(error) => self.paper.note_missing(kind.name(), &error),
            }
        }
        if let Err(error) = systemd() {
            self.paper.note_missing("systemd", &error);
        }
    }

    /// Does one thing in an empty folder; whatever is left of it is ended. What fails is noted.
    fn with<T>(&mut self, what: &str, measure: impl FnOnce(&Place<'_>) -> Result<T>) -> Option<T> {
        let mark = Mark::new("contain");
        let outcome = workshop::empty("contain").and_then(|folder| {
            measure(&Place {
                tree: &self.tree,
                folder,
                mark: &mark,
            })
        });
        match outcome {
            Ok(measured) => Some(measured),
            Err(error) => {
                self.paper.note_missing(what, &error);
                None
            }
        }
    }

    fn explosions(&mut self) {
        for way in Way::ALL {
            if matches!(way, Way::Kept(kind) if !self.kinds.contains(&kind)) {
                continue;
            }
            let what = format!("an explosion, {}", way.name());
            let told = self.with(&what, |at| {
                explosion::measure(way, at.tree, &at.folder, at.mark)
            });
            self.measured.explosions.extend(told);
        }
    }

    fn others(&mut self) {
        for by in By::ALL {
            let what = format!("a server of others, {}", by.name());
            let mut all = Vec::new();
            for _ in 0..self.amounts.explosions_of_others {
                match self.with(&what, |at| {
                    others::measure(by, at.tree, &at.folder, at.mark)
                }) {
                    Some(told) => all.push(told),
                    // What is not there once is not there five times.
                    None => break,
                }
            }
            if !all.is_empty() {
                self.measured.others.push((by, all));
            }
        }
    }

    fn crashes(&mut self) {
        let count = self.amounts.crashes;
        for kind in self.kinds.clone() {
            let what = format!("crashes, {}", kind.name());
            let told = self.with(&what, |at| {
                crash::measure(kind, count, at.tree, &at.folder, at.mark)
            });
            self.measured.crashes.extend(told);
        }
    }

    fn stops(&mut self) {
        for kind in self.kinds.clone() {
            let count = if kind == Kind::Ours {
                self.amounts.stops
            } else {
                self.amounts.stops_of_peers
            };
            let what = format!("stops, {}", kind.name());
            let told = self.with(&what, |at| {
                stops::measure(kind, count, at.tree, &at.folder, at.mark)
            });
            self.measured.stops.extend(told);
        }
    }

    fn fleets(&mut self) {
        let (count, times) = (self.amounts.servers, self.amounts.times);
        for kind in self.kinds.clone() {
            let what = format!("{count} quiet servers, {}", kind.name());
            let told = self.with(&what, |at| {
                fleet::measure(kind, count, times, &at.folder, at.mark)
            });
            self.measured.fleets.extend(told);
        }
    }
}

/// Where one thing is measured.
struct Place<'bench> {
    tree: &'bench PathBuf,
    folder: PathBuf,
    mark: &'bench Mark,
}

/// Why systemd is not beside the others: it must be the first process, and a benchmark does not put units
/// into somebody's machine.
fn systemd() -> Result<()> {
    anyhow::ensure!(
        PathBuf::from("/run/systemd/system").exists(),
        "the first process of this machine is not systemd; `cargo xtask vm` boots one"
    );
    anyhow::bail!(
        "its units would have to be installed on this machine; `cargo xtask vm` boots one of its own"
    )
}

fn compile_tree() -> Result<PathBuf> {
    let tree = workshop::scratch()?.join("tree");
    run_command(
        Command::new("cc")
            .args(["-O2", "-Wall", "-Wextra", "-o"])
            .arg(&tree)
            .arg(repository::root().join("xtask/bench/tree.c")),
    )?;
    Ok(tree)
}
