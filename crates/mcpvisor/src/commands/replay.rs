//! `mcpvisor replay`: what rules would have said of the past, so that a threshold is chosen on facts.

mod changed;

use std::io::IsTerminal as _;

use alerting::Rule;

use super::history::open;
use super::watch::failure;
use crate::cli::Setting;
use crate::client::Client;
use crate::exit::{self, Failure};
use crate::past_looks::{Past, PastError};
use crate::render;
use crate::replaying::{Ladders, Replay, ReplayReport, replay};
use crate::when;

/// Points of the past that are held at once.
const MOST_POINTS: usize = 1_500_000;
/// What takes less is not told how far it is.
const QUICK_NS: u64 = 1_000_000_000;

/// `replay`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// From when: `2026-11-21T08:00:00Z`, or a time ago such as `-1h` or `1h`.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "-1d",
        allow_hyphen_values = true
    )]
    pub from: String,
    /// Until when, in the same words.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "now",
        allow_hyphen_values = true
    )]
    pub to: String,
    /// Only this rule; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub rule: Vec<String>,
    /// Try another value: `high_memory.warning=400MB`, `high_cpu.for=2m`; may be given several times.
    #[arg(long, value_name = "RULE.KEY=VALUE")]
    pub set: Vec<String>,
    /// As JSON (schema/replay.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    let now = linux::clock::now().wall;
    let usage = |name: &str, why: &str| Failure::new(exit::USAGE, format!("--{name}: {why}"));
    let from = when::parse(&arguments.from, now).map_err(|why| usage("from", &why))?;
    let to = when::parse(&arguments.to, now).map_err(|why| usage("to", &why))?;
    if from >= to {
        return Err(usage("to", "the time ends before it begins").into());
    }
    let rules = changed::rules(setting, &arguments.set)?;
    let rules = only(rules, &arguments.rule)?;
    let wish = Replay {
        rules: &rules,
        from,
        to,
        interval: setting.config.daemon.interval.0,
        most_points: MOST_POINTS,
        ladders: Some(Ladders::of(&setting.config)),
    };
    let report = if let Some(client) = Client::find(&setting.state) {
        replayed(setting, &client, &wish)?
    } else {
        let (history, _lock) = open(setting)?;
        replayed(setting, &history, &wish)?
    };
    if arguments.json {
        setting.output.json(&report, true)?;
    } else {
        setting
            .output
            .text(&render::replay::render(&report, &setting.output))?;
    }
    Ok(exit::FINE)
}

fn replayed(setting: &Setting, past: &dyn Past, wish: &Replay<'_>) -> anyhow::Result<ReplayReport> {
    let begun = linux::clock::boot_ns();
    let shows = std::io::stderr().is_terminal();
    let report = replay(past, wish, |share| {
        if shows && linux::clock::boot_ns().saturating_sub(begun) >= QUICK_NS {
            setting
                .output
                .progress(&format!("replaying: {:.0} %", share * 100.0));
        }
    });
    if shows {
        setting.output.progress("");
    }
    report.map_err(|error| match error {
        PastError::Daemon(error) => failure(&error).into(),
        PastError::History(_) => Failure::new(exit::SOFTWARE, error.to_string()).into(),
    })
}

/// Rules with these names, or all.
fn only(rules: Vec<Rule>, names: &[String]) -> Result<Vec<Rule>, Failure> {
    for name in names {
        if !rules.iter().any(|rule| rule.name == *name) {
            return Err(super::rules::unknown(name, &rules));
        }
    }
    let wanted = |rule: &Rule| names.is_empty() || names.contains(&rule.name);
    Ok(rules.into_iter().filter(wanted).collect())
}
