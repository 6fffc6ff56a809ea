//! `mcpvisor ps`.

use std::time::Duration;

use linux::ProcRoot;
use linux::events::ProcessEvents;

use super::looking;
use crate::cli::Setting;
use crate::config::Span;
use crate::exit::{self, Failure};
use crate::observe::{Observer, Scope};
use crate::output::Output;
use crate::render;
use crate::report::{self, Report, ThreadReport, Words};

mod containers;

/// Shortest interval of `--watch`.
const SHORTEST: Duration = Duration::from_millis(100);

/// `ps`.
#[derive(Debug, clap::Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of its own on the command line"
)]
pub struct Arguments {
    /// Every process of the machine too.
    #[arg(long, short)]
    pub all: bool,
    /// Containers of MCP servers instead; with `--all` every container.
    #[arg(long, short, conflicts_with_all = ["tree", "threads", "watch"])]
    pub containers: bool,
    /// Processes as a tree below their owners.
    #[arg(long, short)]
    pub tree: bool,
    /// Each process's threads; in the tree and in JSON.
    #[arg(long)]
    pub threads: bool,
    /// What to sort by.
    #[arg(long, short, value_enum, default_value = "owner", value_name = "KEY")]
    pub sort: Sort,
    /// Look again after each INTERVAL (`1s`, `500ms`); with --json one document a line.
    #[arg(long, short, value_name = "INTERVAL")]
    pub watch: Option<Span>,
    /// End after so many looks.
    #[arg(long, value_name = "N", requires = "watch")]
    pub count: Option<u64>,
    /// As JSON (schema/report.v1.json, with `--containers` schema/containers.v1.json).
    #[arg(long)]
    pub json: bool,
}

/// Orders of servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Sort {
    /// By owner, then name.
    Owner,
    /// By name.
    Name,
    /// By CPU use, most first.
    Cpu,
    /// By resident memory, most first.
    Rss,
    /// By proportional memory, most first.
    Pss,
    /// By open descriptors, most first.
    Fds,
    /// By threads, most first.
    Threads,
    /// By processes, most first.
    Processes,
    /// By start, oldest first.
    Start,
    /// By state, worst first.
    State,
    /// By pid.
    Pid,
}

/// Runs the command.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    if arguments.containers {
        return containers::run(setting, arguments.all, arguments.json);
    }
    let scope = if arguments.all {
        Scope::Everything
    } else {
        Scope::Servers
    };
    let Some(interval) = arguments.watch else {
        let report = looking::now(setting, scope, arguments.all)?;
        print(&setting.output, report, arguments, "", true)?;
        return Ok(exit::FINE);
    };
    if interval.0 < SHORTEST {
        return Err(
            Failure::new(exit::USAGE, "--watch needs an interval of at least 100ms").into(),
        );
    }
    watch(setting, arguments, interval.0, scope, &mut Words::default())
}

fn watch(
    setting: &Setting,
    arguments: &Arguments,
    interval: Duration,
    scope: Scope,
    words: &mut Words,
) -> anyhow::Result<u8> {
    let mut clock = Clock::new(interval);
    let mut observer = Observer::watch(setting, scope, clock.events.is_some())?;
    let mut left = arguments.count;
    while left != Some(0) {
        let seen = observer.observe(scope);
        observer.remember();
        let report = report::report(&seen, arguments.all, words);
        let heading = render::ps::watch_heading(&seen.table);
        print(&setting.output, report, arguments, &heading, false)?;
        left = left.map(|left| left - 1);
        if left != Some(0) {
            clock.wait(&mut observer)?;
        }
    }
    Ok(exit::FINE)
}

/// Waits for the next look: the interval, or less when a process event says that something
/// changed. Without kernel events the interval is all there is.
pub struct Clock {
    interval: Duration,
    next_ns: u64,
    events: Option<ProcessEvents>,
}

impl Clock {
    /// Ticks every `interval`.
    pub fn new(interval: Duration) -> Self {
        Self {
            interval,
            next_ns: linux::clock::boot_ns(),
            events: ProcessEvents::open().ok(),
        }
    }

    /// Waits until the interval is over, noting what starts and ends meanwhile.
    pub fn wait(&mut self, observer: &mut Observer<'_>) -> std::io::Result<()> {
        let step = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let now = linux::clock::boot_ns();
        self.next_ns = self.next_ns.saturating_add(step).max(now);
        crate::observe::pause(Duration::from_nanos(self.next_ns.saturating_sub(now)));
        if let Some(events) = &mut self.events {
            let mut noted = Vec::new();
            while events.read(&mut noted)? {}
            for event in &noted {
                observer.collector().note(event);
            }
        }
        Ok(())
    }
}

fn print(
    output: &Output,
    mut report: Report,
    arguments: &Arguments,
    heading: &str,
    pretty: bool,
) -> anyhow::Result<()> {
    sort(&mut report, arguments.sort);
    if arguments.threads {
        add_threads(&mut report);
    }
    if arguments.json {
        return output.json(&report, pretty);
    }
    let mut page = render::ps::render(&report, arguments.tree || arguments.threads, output);
    if arguments.watch.is_some() {
        let clear = if output.colour { "\x1b[H\x1b[2J" } else { "" };
        page = format!("{clear}{heading}{page}\n");
    }
    output.text(&page)?;
    Ok(())
}

fn sort(report: &mut Report, by: Sort) {
    let most = |value: Option<u64>| std::cmp::Reverse(value.unwrap_or(0));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "CPU percent is small and positive"
    )]
    let cpu = |value: Option<f64>| most(value.map(|value| (value * 100.0) as u64));
    report
        .servers
        .sort_by_key(|server| server.instances.is_empty());
    match by {
        Sort::Owner => {}
        Sort::Name => report
            .servers
            .sort_by_cached_key(|s| (s.instances.is_empty(), s.name.clone())),
        Sort::Cpu => report.servers.sort_by_key(|s| cpu(s.totals.cpu_percent)),
        Sort::Rss => report
            .servers
            .sort_by_key(|s| most(Some(s.totals.rss_bytes))),
        Sort::Pss => report.servers.sort_by_key(|s| most(s.totals.pss_bytes)),
        Sort::Fds => report.servers.sort_by_key(|s| most(s.totals.fds)),
        Sort::Threads => report.servers.sort_by_key(|s| most(Some(s.totals.threads))),
        Sort::Processes => report
            .servers
            .sort_by_key(|s| most(Some(s.totals.processes as u64))),
        Sort::Start => report.servers.sort_by_key(|s| {
            (
                s.instances.is_empty(),
                s.instances.first().map(|i| i.started_at),
            )
        }),
        Sort::State => report.servers.sort_by_key(|s| std::cmp::Reverse(s.state)),
        Sort::Pid => report.servers.sort_by_key(|s| {
            (
                s.instances.is_empty(),
                s.instances.first().map(|i| i.root_pid),
            )
        }),
    }
    if let Some(all) = &mut report.processes {
        match by {
            Sort::Cpu => all.sort_by_key(|p| cpu(p.cpu_percent)),
            Sort::Rss => all.sort_by_key(|p| most(Some(p.rss_bytes))),
            Sort::Pss => all.sort_by_key(|p| most(p.pss_bytes)),
            Sort::Fds => all.sort_by_key(|p| most(p.fds.total.map(u64::from))),
            Sort::Threads => all.sort_by_key(|p| most(Some(u64::from(p.threads)))),
            Sort::Name => all.sort_by(|a, b| a.name.cmp(&b.name)),
            Sort::Start => all.sort_by_key(|p| p.start_time),
            Sort::Owner | Sort::Processes | Sort::State | Sort::Pid => {}
        }
    }
}

fn add_threads(report: &mut Report) {
    let Ok(root) = ProcRoot::system() else { return };
    let ticks = rustix::param::clock_ticks_per_second().max(1) as f64;
    let of_servers = report
        .servers
        .iter_mut()
        .flat_map(|s| &mut s.instances)
        .flat_map(|i| &mut i.processes);
    for process in of_servers.chain(report.processes.iter_mut().flatten()) {
        let id = model::ProcessId {
            pid: process.pid,
            start_ticks: process.start_time,
        };
        process.thread_list = linux::threads::read(&root, id).map(|threads| {
            threads
                .into_iter()
                .map(|thread| ThreadReport {
                    tid: thread.tid,
                    name: thread.name,
                    state: thread.state,
                    cpu_user_seconds: thread.user_ticks as f64 / ticks,
                    cpu_system_seconds: thread.system_ticks as f64 / ticks,
                })
                .collect()
        });
    }
}
