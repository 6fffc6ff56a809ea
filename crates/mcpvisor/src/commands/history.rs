//! `mcpvisor history`: ask, export, measure.
//!
//! Where a daemon runs it is asked; else the file is opened here, under the same lock, so that two
//! never write to it.

use std::io::Write as _;
use std::path::PathBuf;

use history::{Format, History};

use super::watch::failure;
use crate::api::{Asked, HistoryReport, HistoryStats};
use crate::cli::Setting;
use crate::client::{Client, escaped};
use crate::daemon::{lock::Lock, open_history};
use crate::exit::{self, Failure};
use crate::render;

/// `history`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub action: Action,
}

/// What to do with the history.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show how a metric went.
    Query(QueryArguments),
    /// Write samples out as CSV, JSON lines or `OpenMetrics`.
    Export(ExportArguments),
    /// Say how much there is and what it costs.
    Stats {
        /// As JSON (schema/history-stats.v1.json).
        #[arg(long)]
        json: bool,
    },
}

/// Which series, and when.
#[derive(Debug, clap::Args)]
pub struct Which {
    /// Name or id of a server.
    #[arg(long, short)]
    pub server: Option<String>,
    /// Name of an owner.
    #[arg(long, short)]
    pub owner: Option<String>,
    /// From when: `2026-11-21T08:00:00Z`, or a time ago such as `-1h` or `1h`.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Until when, in the same words; now if it is not said.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// Sum samples up in buckets of this width, such as `5m`.
    #[arg(long, value_name = "DURATION")]
    pub step: Option<String>,
}

/// `history query`.
#[derive(Debug, clap::Args)]
pub struct QueryArguments {
    /// Name of a metric as in docs/metrics.md; `mcpvisor_server_` may be left out.
    #[arg(long, short, default_value = "resident_memory_bytes")]
    pub metric: String,
    /// Which series, and when.
    #[command(flatten)]
    pub which: Which,
    /// As JSON (schema/history.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// `history export`.
#[derive(Debug, clap::Args)]
pub struct ExportArguments {
    /// How to write it.
    #[arg(long, short, value_enum, default_value = "csv")]
    pub format: ExportFormat,
    /// Only this metric.
    #[arg(long, short)]
    pub metric: Option<String>,
    /// Which series, and when.
    #[command(flatten)]
    pub which: Which,
    /// File to write, instead of standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ExportFormat {
    /// Comma-separated values.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// `OpenMetrics` text with times.
    Openmetrics,
}

impl ExportFormat {
    fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Openmetrics => "openmetrics",
        }
    }

    fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Jsonl => Format::JsonLines,
            Self::Openmetrics => Format::OpenMetrics,
        }
    }
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    match &arguments.action {
        Action::Query(arguments) => query(setting, arguments),
        Action::Export(arguments) => export(setting, arguments),
        Action::Stats { json } => stats(setting, *json),
    }
}

fn query(setting: &Setting, arguments: &QueryArguments) -> anyhow::Result<u8> {
    let asked = asked(Some(&arguments.metric), &arguments.which);
    let found: HistoryReport = if let Some(client) = Client::find(&setting.state) {
        client
            .get(&path("/api/v1/history", &asked, &[]))
            .map_err(|error| failure(&error))?
    } else {
        let question = question(&asked, false)?;
        let (history, _lock) = open(setting)?;
        history.query(&question)?.into()
    };
    if arguments.json {
        setting.output.json(&found, true)?;
    } else {
        let page = render::history::query(&found, &setting.output);
        setting.output.text(&page)?;
    }
    Ok(exit::FINE)
}

fn export(setting: &Setting, arguments: &ExportArguments) -> anyhow::Result<u8> {
    let asked = asked(arguments.metric.as_deref(), &arguments.which);
    let mut out: Box<dyn std::io::Write> = match &arguments.output {
        Some(path) => {
            let file = std::fs::File::create(path).map_err(|error| {
                let words = format!("{} cannot be written: {error}", path.display());
                Failure::new(exit::CANNOT_CREATE, words)
            })?;
            Box::new(std::io::BufWriter::new(file))
        }
        None => Box::new(std::io::BufWriter::new(std::io::stdout().lock())),
    };
    if let Some(client) = Client::find(&setting.state) {
        let format = [("format", arguments.format.name())];
        let path = path("/api/v1/history/export", &asked, &format);
        let text = client.text(&path).map_err(|error| failure(&error))?;
        out.write_all(&text)?;
    } else {
        let question = question(&asked, true)?;
        let (history, _lock) = open(setting)?;
        history.export(&question, arguments.format.format(), &mut out)?;
    }
    out.flush()?;
    Ok(exit::FINE)
}

fn stats(setting: &Setting, json: bool) -> anyhow::Result<u8> {
    let stats: HistoryStats = match Client::find(&setting.state) {
        Some(client) => client
            .get("/api/v1/history/stats")
            .map_err(|error| failure(&error))?,
        None => open(setting)?.0.stats()?.into(),
    };
    if json {
        setting.output.json(&stats, true)?;
    } else {
        setting.output.text(&render::history::stats(&stats))?;
    }
    Ok(exit::FINE)
}

fn asked(metric: Option<&str>, which: &Which) -> Asked {
    Asked {
        metric: metric.map(str::to_owned),
        server: which.server.clone(),
        owner: which.owner.clone(),
        from: which.from.clone(),
        to: which.to.clone(),
        step: which.step.clone(),
        columns: false,
    }
}

/// The question where nobody runs who knows ids of servers: they are looked for as names.
fn question(asked: &Asked, everything: bool) -> Result<history::Query, Failure> {
    let mut question = asked
        .question(everything, None)
        .map_err(|why| Failure::new(exit::USAGE, why))?;
    if everything {
        question.max_series = usize::MAX;
        question.max_points = usize::MAX;
    }
    Ok(question)
}

/// A path with its parameters.
fn path(path: &str, asked: &Asked, more: &[(&str, &str)]) -> String {
    let given = [
        ("metric", &asked.metric),
        ("server", &asked.server),
        ("owner", &asked.owner),
        ("from", &asked.from),
        ("to", &asked.to),
        ("step", &asked.step),
    ];
    let given = given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.as_deref()?)));
    let words: Vec<String> = given
        .chain(more.iter().copied())
        .map(|(name, value)| format!("{name}={}", escaped(value)))
        .collect();
    format!("{path}?{}", words.join("&"))
}

/// Opens the file itself.
pub(super) fn open(setting: &Setting) -> anyhow::Result<(History, Lock)> {
    let folder = setting.state.folder();
    if !folder.join("history.db").exists() {
        return Err(Failure::new(
            exit::UNAVAILABLE,
            format!(
                "there is no history in {}; `mcpvisor serve` begins one",
                folder.display()
            ),
        )
        .into());
    }
    let lock =
        Lock::take(folder).map_err(|error| Failure::new(exit::UNAVAILABLE, error.to_string()))?;
    let history = open_history(&setting.config, folder, |words| setting.output.note(words))?;
    Ok((history, lock))
}
