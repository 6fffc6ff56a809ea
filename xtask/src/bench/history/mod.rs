//! `bench history`: fills a history with a day of process data, and gives the very same day to others;
//! asks it; kills it.
//!
//! The day comes from the example `history_bench` of the crate `history`, out of a recording of real
//! servers (`--data`), or made up without one. It is written as text to `VictoriaMetrics`, which merges
//! it, and to Prometheus where that is wanted; whole files are divided by samples.
//!
//! A recording of minutes becomes a day in two ways: repeated as it is, and in pieces in random order.
//! A day that repeats itself flatters stores that find repetitions; one in pieces has none that are
//! longer than a piece.

mod crash;
mod prometheus;
mod report;
mod victoria;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::machine::Busy;
use super::paper::{Output, Paper};
use super::workshop::{self, Builds};

/// `bench history`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A recording of real servers, as `history_bench record` makes it; made-up servers without one.
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,

    /// Servers, of 30 series each.
    #[arg(long, default_value_t = 50)]
    servers: usize,

    /// Rounds of killing the history at any moment; 0 leaves it out.
    #[arg(long, default_value_t = 200)]
    crash_rounds: u32,

    /// Also write the day of so many servers into blocks of Prometheus: ten seconds for each.
    #[arg(long, default_value_t = 0)]
    prometheus_servers: usize,

    #[command(flatten)]
    builds: Builds,

    #[command(flatten)]
    output: Output,
}

/// Ticks of a piece: five minutes.
const PIECE: usize = 60;

/// What a day is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    mix: Mix,
    /// Whether the recording is cut into pieces, or repeated as it is.
    pieces: bool,
}

impl Kind {
    const ALL: [Self; 4] = [
        Self::of(Mix::Quiet, false),
        Self::of(Mix::Busy, false),
        Self::of(Mix::Quiet, true),
        Self::of(Mix::Busy, true),
    ];

    const fn of(mix: Mix, pieces: bool) -> Self {
        Self { mix, pieces }
    }

    /// For people.
    fn words(self) -> String {
        let how = if self.pieces { "in pieces" } else { "repeated" };
        format!("{} day, {how}", self.mix.word())
    }
}

/// Which servers a day has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mix {
    /// All of them: most are idle.
    Quiet,
    /// Only those under load.
    Busy,
}

impl Mix {
    fn word(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Busy => "busy",
        }
    }
}

/// What a store made of a day.
#[derive(Clone, Debug, PartialEq)]
struct Stored {
    bytes: u64,
    samples: u64,
    /// Until all was taken, and merged where it merges.
    seconds: f64,
}

impl Stored {
    fn bytes_per_sample(&self) -> f64 {
        self.bytes as f64 / self.samples.max(1) as f64
    }
}

/// Everything about one day.
#[derive(Debug)]
struct Day {
    kind: Kind,
    /// What `history_bench measure` says.
    ours: Value,
    /// What `history_bench codecs` says, of a day in pieces.
    codecs: Option<Value>,
    victoria: Option<Stored>,
    prometheus: Option<Stored>,
}

/// Where the days come from.
struct Source<'a> {
    program: PathBuf,
    arguments: &'a Arguments,
    scratch: PathBuf,
}

/// Measures and prints.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let program: &[&str] = &["--example", "history_bench"];
    arguments.builds.build(&[("mcpvisor-history", program)])?;
    workshop::install(&[victoria::PROGRAM, prometheus::PROGRAM]);
    let source = Source {
        program: workshop::release().join("examples/history_bench"),
        arguments,
        scratch: workshop::empty("history")?,
    };
    let begin = Busy::now();
    let mut paper = Paper::default();
    let mut days = Vec::new();
    for kind in Kind::ALL {
        days.push(source.day(kind, &mut paper)?);
    }
    let crashed = (arguments.crash_rounds > 0)
        .then(|| crash::rounds(arguments.crash_rounds))
        .and_then(|outcome| {
            outcome
                .inspect_err(|error| paper.note_missing("the crash loop", error))
                .ok()
        });
    let busy_percent = Busy::now().percent_since(begin);
    report::fill(&mut paper, arguments, busy_percent, &days, crashed.as_ref());
    paper.deliver(&arguments.output)
}

impl Source<'_> {
    fn day(&self, kind: Kind, paper: &mut Paper) -> Result<Day> {
        let word = kind.words();
        eprintln!("{word}: the history");
        let ours = self.figures("measure", kind)?;
        let mut codecs = None;
        if kind.pieces {
            eprintln!("{word}: pco and Gorilla");
            codecs = self
                .figures("codecs", kind)
                .inspect_err(|error| paper.note_missing("codecs", error))
                .ok();
        }
        eprintln!("{word}: VictoriaMetrics");
        let victoria = victoria::store(self, kind);
        let victoria = victoria
            .inspect_err(|error| paper.note_missing(&format!("VictoriaMetrics, {word}"), error))
            .ok();
        let mut prometheus = None;
        if self.arguments.prometheus_servers > 0 {
            eprintln!("{word}: Prometheus");
            prometheus = prometheus::store(self, kind)
                .inspect_err(|error| paper.note_missing(&format!("Prometheus, {word}"), error))
                .ok();
        }
        Ok(Day {
            kind,
            ours,
            codecs,
            victoria,
            prometheus,
        })
    }

    /// The program that makes a day, told which.
    fn command(&self, what: &str, kind: Kind, servers: usize) -> Command {
        let mut command = Command::new(&self.program);
        command.args([what, "--mix", kind.mix.word(), "--servers"]);
        command.arg(servers.to_string());
        if kind.pieces {
            command.args(["--pieces", &PIECE.to_string()]);
        }
        if let Some(data) = &self.arguments.data {
            command.arg("--data").arg(data);
        }
        command.stdin(Stdio::null());
        command
    }

    /// What the program prints.
    fn figures(&self, what: &str, kind: Kind) -> Result<Value> {
        let mut command = self.command(what, kind, self.arguments.servers);
        command.arg("--folder").arg(&self.scratch);
        let output = command.stderr(Stdio::inherit()).output();
        let output = output.context("cannot start history_bench")?;
        ensure!(
            output.status.success(),
            "history_bench {what}: {}",
            output.status
        );
        serde_json::from_slice(&output.stdout).context("history_bench printed no JSON")
    }
}

/// Bytes of all files under a folder, as far as they are still there.
fn bytes_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else {
        return fs::metadata(folder).map_or(0, |file| file.len());
    };
    entries
        .filter_map(Result::ok)
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => bytes_of(&entry.path()),
            _ => entry.metadata().map_or(0, |file| file.len()),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn files_of_a_folder() {
        let folder = std::env::temp_dir().join(format!("xtask-bytes-{}", std::process::id()));
        fs::create_dir_all(folder.join("deep/er")).unwrap();
        fs::write(folder.join("a"), [0; 10]).unwrap();
        fs::write(folder.join("deep/er/b"), [0; 32]).unwrap();
        assert_eq!(bytes_of(&folder), 42);
        assert_eq!(bytes_of(&folder.join("a")), 10);
        assert_eq!(bytes_of(&folder.join("none")), 0);
        fs::remove_dir_all(&folder).unwrap();
    }
}
