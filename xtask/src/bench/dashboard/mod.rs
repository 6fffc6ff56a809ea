//! `bench dashboard`: the page in a real browser, with five hundred servers of three processes each.
//!
//! The servers are real and idle, watched by a real daemon that looks each second. Since idle servers would
//! show the same figures for ever, a proxy in between shakes those of every server in every snapshot
//! (`shaker.mjs`), and answers one question for a history with a hundred thousand points. What is counted is
//! the browser with all its processes, which do not include the proxy.

mod browser;
mod report;

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::json;

use super::daemon::{self, Daemon};
use super::fleet::Fleet;
use super::load::{Load, PROCESSES_OF_A_SERVER};
use super::machine::Busy;
use super::paper::{Output, Paper};
use super::workshop::{self, Builds};
use super::{cpu, http};
use crate::testbed::{debian, npm};
use browser::Browser;

/// Points of the large chart.
const POINTS: usize = 100_000;

/// `bench dashboard`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A minute of memory, three rounds, and short looks at processor time and frames.
    #[arg(long)]
    quick: bool,

    /// How many servers.
    #[arg(long, default_value_t = 500)]
    servers: usize,

    /// How long memory is followed, such as `1h` or `90s`.
    #[arg(long, default_value = "1h", value_parser = duration)]
    memory: Duration,

    /// Prints a link instead, and keeps everything up until Enter is pressed: for a profiler.
    #[arg(long)]
    hold: bool,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

impl Arguments {
    fn memory(&self) -> Duration {
        if self.quick {
            return self.memory.min(Duration::from_mins(1));
        }
        self.memory
    }
}

/// What was on the machine.
#[derive(Debug)]
struct Conditions {
    servers: usize,
    processes: usize,
    busy_percent: f64,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    arguments.builds.build(&daemon::BUILDS)?;
    debian::install_chromium()?;
    npm::install_browser()?;
    let servers = arguments.servers;
    let load = Load {
        processes: cpu::processes() + servers * PROCESSES_OF_A_SERVER + 2,
        servers,
        named: true,
    };
    let fleet = Fleet::start(&workshop::release(), load)?;
    let state = workshop::empty("dashboard")?;
    let config = state.join("mcpvisor.toml");
    fs::write(&config, "[daemon]\ninterval = \"1s\"\n").context("cannot write a configuration")?;
    let config = config.display().to_string();
    let daemon = Daemon::start_with(&state, &["--config", &config])?;
    let mut browser = Browser::start(&workshop::empty("browser")?)?;
    let stage = json!({
        "daemon": format!("http://127.0.0.1:{}", daemon.port),
        "fragment": fragment(&daemon)?,
        "settle": if arguments.quick { 5 } else { 30 },
        "rounds": if arguments.quick { 3 } else { 15 },
        "seconds": if arguments.quick { 10 } else { 60 },
        "points": POINTS,
        "memory": arguments.memory().as_secs(),
        "hold": arguments.hold,
    });
    let begin = Busy::now();
    let figures = browser.measure(stage)?;
    if arguments.hold {
        return Ok(());
    }
    let conditions = Conditions {
        servers,
        processes: cpu::processes(),
        busy_percent: Busy::now().percent_since(begin),
    };
    drop(browser);
    drop(daemon);
    drop(fleet);
    let mut paper = Paper::default();
    report::fill(&mut paper, &conditions, arguments, &figures)?;
    paper.deliver(&arguments.output)
}

/// Of a fresh link: what signs the browser in.
fn fragment(daemon: &Daemon) -> Result<String> {
    let bearer = daemon.bearer();
    let mut connection = http::Connection::open(daemon.port)?;
    let headers = [("Authorization", &*bearer), ("Content-Length", "0")];
    connection.begin("POST", "/api/v1/sign-ins/link", &headers)?;
    let answer = connection.answer()?;
    ensure!(answer.status == 201, "no link: status {}", answer.status);
    let link: serde_json::Value = serde_json::from_slice(&answer.body)?;
    let url = link["url"].as_str().context("no link")?;
    let (_, secret) = url.split_once('#').context("a link without a secret")?;
    Ok(format!("#{secret}"))
}

/// `90s`, `5m`, `1h`.
fn duration(text: &str) -> Result<Duration> {
    let (digits, unit) = text.split_at(text.len().saturating_sub(1));
    let number: u64 = digits
        .parse()
        .with_context(|| format!("`{text}` is no duration such as `1h`"))?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => anyhow::bail!("`{text}` must end with `s`, `m` or `h`"),
    };
    Ok(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("1h").unwrap(), Duration::from_hours(1));
        for wrong in ["", "h", "1", "1d", "x1m"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
