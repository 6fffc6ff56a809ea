//! `mcpvisor run`: the guard in front of a stdio server.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use guard::container::Cidfile;
use guard::{Confined, Failure as GuardFailure, Outcome, Task, Timing, Why};
use linux::cgroup::{Events, Limits, Outcome as Limited};
use rustix::process::Signal;

use crate::config::{Size, Span};
use crate::exit::{self, Failure};
use crate::output::Output;
use crate::state::State;
use crate::telling::{self, GuardEvent, GuardNews};

/// As `timeout(1)`: the run time was over.
const TIMED_OUT: u8 = 124;
/// As shells: found, and cannot be run.
const CANNOT_RUN: u8 = 126;
/// As shells: not found.
const NOT_FOUND: u8 = 127;

/// `run`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Name of the server, as it is to be called [default: what it is recognised as].
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Memory that its processes may take together, such as `512MiB`.
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<Size>,
    /// Tasks (processes and their threads) that it may have. A server started by `npx` has about 25.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub pids: Option<u64>,
    /// Processors that it may use, such as `1.5`.
    #[arg(long, value_name = "X", value_parser = processors)]
    pub cpus: Option<f64>,
    /// Open files that each of its processes may have.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(8..))]
    pub nofile: Option<u64>,
    /// Run time after which it is ended.
    #[arg(long, value_name = "D")]
    pub timeout: Option<Span>,
    /// From the end of its input or of its client to SIGTERM.
    #[arg(long, value_name = "D", default_value = "1500ms")]
    pub grace: Span,
    /// From SIGTERM to SIGKILL.
    #[arg(long, value_name = "D", default_value = "1500ms")]
    pub kill_after: Span,
    /// Say on standard error what is enforced and how it ended.
    #[arg(long, short)]
    pub verbose: bool,
    /// The server's program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl Arguments {
    fn limits(&self) -> Limits {
        Limits {
            memory_max: self.memory.map(|size| size.0),
            pids_max: self.pids,
            cpu: self.cpus,
            ..Limits::default()
        }
    }

    fn timing(&self) -> Timing {
        Timing {
            grace: self.grace.0,
            kill_after: self.kill_after.0,
            timeout: self.timeout.map(|span| span.0),
        }
    }
}

fn processors(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| format!("`{text}` is no number"))?;
    if (0.01..=10_000.0).contains(&number) {
        Ok(number)
    } else {
        Err("it must be from 0.01 to 10000 processors".to_owned())
    }
}

/// Runs the command, and ends as the server does: with its exit code, or by the same signal.
pub fn run(state: &State, arguments: &Arguments) -> anyhow::Result<u8> {
    let output = Output::standard();
    let mut command = arguments.command.clone();
    let confined = Confined::make(&label(arguments), &arguments.limits());
    tell_limits(&output, &confined, arguments.verbose);
    let cidfile = Cidfile::of(&mut command, cidfile(state).as_deref());
    let task = Task {
        command,
        timing: arguments.timing(),
        nofile: arguments.nofile,
        groups: confined.entrances(),
        cidfile,
    };
    let mut news = news(arguments, &confined);
    let told = telling::tell(state, &news);
    let ran = guard::run(&task);
    drop(told);
    let events = confined.events();
    tell_events(&output, events, arguments.verbose);
    news.event = GuardEvent::Ended;
    news.limits.clear();
    news.outcome = Some(words(&ran));
    (news.oom_kills, news.forks_refused) = (events.oom_kills, events.pids_max_hits);
    if let Some(told) = telling::tell(state, &news) {
        told.wait();
    }
    if let Err(why) = confined.leave() {
        output.note(&format!("mcpvisor run: its control group is left: {why}"));
    }
    let outcome = ran.map_err(|error| Failure::new(code_of(&error), error.to_string()))?;
    tell(&output, &outcome, arguments);
    if outcome.why == Why::TimedOut {
        return Ok(TIMED_OUT);
    }
    Ok(end_like(&outcome))
}

/// What a daemon is told at the start.
fn news(arguments: &Arguments, confined: &Confined) -> GuardNews {
    let limits = &confined.enforced.limits;
    let not = limits
        .iter()
        .any(|limit| matches!(limit.outcome, Limited::Not(_)));
    GuardNews {
        event: GuardEvent::Started,
        name: label(arguments),
        pid: std::process::id(),
        limits: limits.iter().map(ToString::to_string).collect(),
        not_held: not || confined.nowhere.is_some(),
        outcome: None,
        oom_kills: None,
        forks_refused: None,
    }
}

/// How it ended.
fn words(ran: &Result<Outcome, GuardFailure>) -> String {
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(error) => return error.to_string(),
    };
    let why = match outcome.why {
        Why::ServerEnded => "the server ended by itself",
        Why::InputEnded => "its input had ended",
        Why::ClientEnded => "its client had ended",
        Why::Told => "it was told to end",
        Why::TimedOut => "its time was over",
    };
    let left = outcome.left.0.len();
    if left == 0 {
        why.to_owned()
    } else {
        format!("{why}, and {left} processes are left")
    }
}

/// A file that nobody else has: the number of a process is its own while it runs, and one that is there
/// is of a guard that was killed.
///
/// Nothing where it cannot be written: the server runs all the same.
fn cidfile(state: &State) -> Option<PathBuf> {
    state.create().ok()?;
    let folder = state.folder().join("guards");
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join(format!("{}.cid", std::process::id()));
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => None,
        _ => Some(file),
    }
}

fn code_of(error: &GuardFailure) -> u8 {
    match error {
        GuardFailure::NotFound { .. } => NOT_FOUND,
        GuardFailure::Start { .. } => CANNOT_RUN,
        GuardFailure::NoCommand => exit::USAGE,
        GuardFailure::System { .. } | GuardFailure::Proc(_) => exit::OS_ERROR,
    }
}

/// What its group is called: the name that was given, or that of its program.
fn label(arguments: &Arguments) -> String {
    let program = arguments.command.first().map(Path::new);
    let program = program.and_then(|program| program.file_name()?.to_str());
    let name = arguments.name.as_deref().or(program);
    name.unwrap_or("server").to_owned()
}

/// A limit that was asked for and does not hold is always told: it would be relied on.
fn tell_limits(output: &Output, confined: &Confined, all: bool) {
    if let Some(why) = &confined.nowhere {
        output.note(&format!(
            "mcpvisor run: no limit but that of open files is enforced: {why}"
        ));
    }
    if let Some(scope) = confined.scope.as_ref().filter(|_| all) {
        output.note(&format!(
            "mcpvisor run: it runs in the scope {scope}, because limits cannot be set in the group of its client"
        ));
    }
    if let Some(why) = &confined.no_scope {
        output.note(&format!(
            "mcpvisor run: systemd could not make a scope with limits for it: {why}"
        ));
    }
    for limit in &confined.enforced.limits {
        if all || matches!(limit.outcome, Limited::Not(_)) {
            output.note(&format!("mcpvisor run: {limit}"));
        }
    }
}

/// What the limits did: the server's own words about it seldom say why.
fn tell_events(output: &Output, events: Events, all: bool) {
    if let Some(count) = events.oom_kills.filter(|count| *count > 0) {
        output.note(&format!(
            "mcpvisor run: the kernel killed {count} of the server's processes, because its memory limit was reached"
        ));
    }
    if let Some(count) = events.pids_max_hits.filter(|count| *count > 0) {
        output.note(&format!(
            "mcpvisor run: {count} forks or threads were refused, because its limit of tasks was reached"
        ));
    }
    if let Some(time) = events.throttled.filter(|time| all && !time.is_zero()) {
        output.note(&format!(
            "mcpvisor run: it was kept from running for {:.1} s, because its limit of processors was reached",
            time.as_secs_f64()
        ));
    }
}

fn tell(output: &Output, outcome: &Outcome, arguments: &Arguments) {
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let why = match outcome.why {
        Why::ServerEnded => None,
        Why::InputEnded => Some("its input had ended and it went on".to_owned()),
        Why::ClientEnded => Some("its client had ended and it went on".to_owned()),
        Why::Told => Some("it was told to end and went on".to_owned()),
        Why::TimedOut => arguments
            .timeout
            .map(|limit| format!("it had run for {}", seconds(limit.0))),
    };
    let is_news = arguments.verbose || outcome.why == Why::TimedOut;
    if let Some(why) = why.filter(|_| is_news) {
        output.note(&format!(
            "mcpvisor run: ended the server with all it had started: {why}"
        ));
    }
    for (pid, why) in &outcome.left.0 {
        output.note(&format!("mcpvisor run: process {pid} is left: {why}"));
    }
    if let Some(container) = &outcome.container {
        output.note(&format!("mcpvisor run: {container}"));
    }
}

/// The exit code; does not return if a signal ended the server, unless it cannot end us.
fn end_like(outcome: &Outcome) -> u8 {
    let Some(status) = outcome.status else {
        return exit::SOFTWARE;
    };
    if let Some(code) = status.exit_status() {
        return u8::try_from(code & 0xff).unwrap_or(u8::MAX);
    }
    let number = status.terminating_signal().unwrap_or_default();
    if let Some(signal) = Signal::from_named_raw(number) {
        linux::signals::end_by(signal);
    }
    // As shells tell it.
    u8::try_from(128 + number).unwrap_or(u8::MAX)
}
