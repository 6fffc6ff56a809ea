//! `cargo xtask bench`: measured next to other programs, in the same run and on the same load.
//!
//! Each benchmark is a folder; beside them stands what they share: the processes that are looked at
//! ([`fleet`]), what a program costs ([`cpu`], [`family`]), a running daemon ([`daemon`]), HTTP
//! ([`http`]), the life of a tree as the kernel tells it ([`lineage`]), what ends all that was started
//! ([`strays`]), and the page on which figures and limits are told ([`paper`]).

mod alerts;
mod api;
mod collect;
mod contain;
mod cpu;
mod daemon;
mod dashboard;
mod family;
mod fleet;
mod guard;
mod history;
mod http;
mod lineage;
mod load;
mod machine;
mod median;
mod paper;
mod quiet;
mod running;
mod section;
mod serve;
mod strays;
mod verdict;
mod workshop;

use anyhow::Result;
use clap::Subcommand;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Collection: processor time of a pass over all processes, and how long `doctor` takes.
    Collect(collect::Arguments),
    /// The daemon: what it costs to watch fifty servers, beside other monitors.
    Serve(serve::Arguments),
    /// The history: bytes, queries and crashes, beside `VictoriaMetrics` and Prometheus.
    History(history::Arguments),
    /// The dashboard in a browser: its size, first paint, frames, charts and memory.
    Dashboard(dashboard::Arguments),
    /// HTTP: how fast the daemon answers, and what live listeners cost it.
    Api(api::Arguments),
    /// Alerts: what judging costs, a thousand at once, and how long until a notice.
    Alerts(alerts::Arguments),
    /// False alarms: an hour over ten healthy real servers at work.
    Quiet(quiet::Arguments),
    /// The guard: its memory, what it adds to a start, and what passes it.
    Guard(guard::Arguments),
    /// Containing: explosions, crashes, stops that leave nothing, and a large fleet kept, beside others.
    Contain(contain::Arguments),
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    match &arguments.benchmark {
        Benchmark::Collect(arguments) => collect::run(arguments),
        Benchmark::Serve(arguments) => serve::run(arguments),
        Benchmark::History(arguments) => history::run(arguments),
        Benchmark::Dashboard(arguments) => dashboard::run(arguments),
        Benchmark::Api(arguments) => api::run(arguments),
        Benchmark::Alerts(arguments) => alerts::run(arguments),
        Benchmark::Quiet(arguments) => quiet::run(arguments),
        Benchmark::Guard(arguments) => guard::run(arguments),
        Benchmark::Contain(arguments) => contain::run(arguments),
    }
}
