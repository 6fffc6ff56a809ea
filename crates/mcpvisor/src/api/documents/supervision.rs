//! Servers that mcpvisor keeps, as documents.

use std::sync::Arc;

use jiff::Timestamp;
use keeper::{ServerView, View};
use linux::cgroup::{Enforcement, Events, Outcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::daemon::ConfinedView;
use crate::daemon::keeping;
use crate::daemon::tasks::Task;
use crate::report::Word;

/// `GET /api/v1/supervision`: all servers that mcpvisor keeps.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Supervision {
    /// `mcpvisor.supervision.v1`.
    pub schema: Word,
    /// By name.
    pub servers: Vec<Kept>,
    /// All are being stopped, because mcpvisor ends.
    pub ending: bool,
    /// Servers that others started, and that are limited since `policy.mode` is `enforce`.
    pub confined: Vec<Confined>,
}

/// A server that somebody else started, and that was moved into a control group with limits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Confined {
    /// Name of the server.
    pub server: String,
    /// Its owner.
    pub owner: String,
    /// Pid of its first process.
    pub pid: u32,
    /// Its limits. They hold for what comes: memory that it had before stays charged to where it was.
    pub limits: Vec<LimitReport>,
}

/// A server that mcpvisor keeps.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// Its id, as `/api/v1/servers` has it.
    pub server: String,
    /// `stopped`, `starting`, `running`, `degraded`, `backoff`, `stopping` or `failed`.
    pub state: Word,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not well, or failed last.
    pub reason: Option<String>,
    /// The last order was to run.
    pub wanted: bool,
    /// `stdio` or `http`.
    pub transport: Word,
    /// What follows its end: `never`, `on_failure` or `always`.
    pub restart: Word,
    /// Pid of its first process.
    pub pid: Option<u32>,
    /// Starts after the first.
    pub restarts: u64,
    /// Failures in a row.
    pub failures: u32,
    /// It was given up for now: it fails again and again.
    pub crash_loop: Option<CrashLoopReport>,
    /// How its last run ended.
    pub last_exit: Option<String>,
    /// When it is started again, seconds from now.
    pub retry_seconds: Option<f64>,
    /// Servers that it waits for.
    pub waits_for: Vec<String>,
    /// Pids of what is left of a run that is being ended.
    pub remains: Vec<u32>,
    /// Its limits, with what the kernel holds of them.
    pub limits: Vec<LimitReport>,
    /// What happened at them in its last run.
    pub limit_events: LimitEvents,
    /// Its log file.
    pub log: String,
}

/// A server that fails again and again.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct CrashLoopReport {
    /// One line.
    pub title: String,
    /// What was seen, with the last lines of its log.
    pub evidence: Vec<String>,
    /// What to do.
    pub advice: String,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct LimitReport {
    /// `memory_max`, `memory_high`, `swap_max`, `pids_max`, `cpu_max`, `io_weight` or `nofile`.
    pub limit: Word,
    /// What was asked for.
    pub asked: String,
    /// The kernel holds it. `null` before its first start.
    pub enforced: Option<bool>,
    /// How, or why not.
    pub how: String,
}

/// What happened at limits; `null` where the kernel does not count it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct LimitEvents {
    /// Processes that the kernel killed since memory ran out.
    pub oom_kills: Option<u64>,
    /// Forks and starts of threads that were refused.
    pub forks_refused: Option<u64>,
    /// Time that it was kept from running, seconds.
    pub throttled_seconds: Option<f64>,
}

/// An order to a server.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct TaskReport {
    /// `mcpvisor.task.v1`.
    pub schema: Word,
    /// Its number.
    pub id: u64,
    /// The server.
    pub server: String,
    /// `start`, `stop` or `restart`.
    pub order: Word,
    /// When it was ordered.
    pub ordered_at: Timestamp,
    /// When it was done or had failed; `null` before.
    pub ended_at: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
    /// The server as it is now; `null` if it is kept no more.
    pub kept: Option<Kept>,
}

/// `GET /api/v1/servers/{id}/logs`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct ServerLog {
    /// `mcpvisor.logs.v1`.
    pub schema: Word,
    /// Id of the server.
    pub server: String,
    /// Its name.
    pub name: String,
    /// Its last lines, each with its time before it.
    pub lines: Vec<String>,
}

impl Supervision {
    /// All of them.
    pub(crate) fn of(view: &View, confined: &[ConfinedView]) -> Self {
        Self {
            schema: "mcpvisor.supervision.v1".into(),
            confined: confined.iter().map(Confined::of).collect(),
            servers: view.servers.iter().map(|server| Kept::of(server)).collect(),
            ending: view.is_ending,
        }
    }
}

impl Confined {
    fn of(view: &ConfinedView) -> Self {
        let limits = view.enforced.limits.iter().map(|entry| LimitReport {
            limit: limit_name(entry.limit).into(),
            asked: entry.asked.to_string(),
            enforced: Some(matches!(entry.outcome, Outcome::Held { .. })),
            how: how(entry),
        });
        Self {
            server: view.server.clone(),
            owner: view.owner.clone(),
            pid: view.root.pid,
            limits: limits.collect(),
        }
    }
}

impl Kept {
    /// One of them.
    pub fn of(server: &ServerView) -> Self {
        let crash = server.crash_loop.as_ref().map(|found| CrashLoopReport {
            title: found.title(),
            evidence: found.evidence(),
            advice: found.advice(&server.name),
        });
        Self {
            name: server.name.clone(),
            server: keeping::id_of(&server.name),
            state: server.state.name().into(),
            since: server.since,
            reason: server.reason.clone(),
            wanted: server.is_wanted,
            transport: server.transport.name().into(),
            restart: restart(server).into(),
            pid: server.process.map(|id| id.pid),
            restarts: server.restarts,
            failures: server.failures,
            crash_loop: crash,
            last_exit: server.last_exit.map(|exit| exit.to_string()),
            retry_seconds: server.due_seconds,
            waits_for: server.waits_for.clone(),
            remains: server.remains.iter().map(|id| id.pid).collect(),
            limits: limits(server),
            limit_events: LimitEvents::of(server.events),
            log: server.log.display().to_string(),
        }
    }
}

fn restart(server: &ServerView) -> &'static str {
    use supervise::spec::RestartPolicy;
    match server.restart {
        RestartPolicy::Never => "never",
        RestartPolicy::OnFailure => "on_failure",
        RestartPolicy::Always => "always",
    }
}

fn limits(server: &ServerView) -> Vec<LimitReport> {
    let started = server.generation > 0;
    let group = server.limits.asked().map(|(limit, asked)| {
        let found = server
            .enforced
            .limits
            .iter()
            .find(|entry| entry.limit == limit);
        let how = match (found, &server.nowhere) {
            (Some(entry), _) => how(entry),
            (None, Some(why)) if started => why.clone(),
            (None, _) => "set when it is started".to_owned(),
        };
        LimitReport {
            limit: limit_name(limit).into(),
            asked: asked.to_string(),
            enforced: started
                .then(|| found.is_some_and(|entry| matches!(entry.outcome, Outcome::Held { .. }))),
            how,
        }
    });
    let files = server.nofile.map(|files| LimitReport {
        limit: "nofile".into(),
        asked: format!("{} files, up to {}", files.soft, files.hard),
        enforced: started.then_some(true),
        how: "each of its processes is started with it (`RLIMIT_NOFILE`)".to_owned(),
    });
    group.chain(files).collect()
}

fn how(entry: &Enforcement) -> String {
    entry.outcome.to_string()
}

/// The name that a limit has in the configuration.
pub fn limit_name(limit: linux::cgroup::Limit) -> &'static str {
    use linux::cgroup::Limit;
    match limit {
        Limit::MemoryMax => "memory_max",
        Limit::MemoryHigh => "memory_high",
        Limit::SwapMax => "swap_max",
        Limit::PidsMax => "pids_max",
        Limit::Cpu => "cpu_max",
        Limit::IoWeight => "io_weight",
    }
}

impl LimitEvents {
    fn of(events: Events) -> Self {
        Self {
            oom_kills: events.oom_kills,
            forks_refused: events.pids_max_hits,
            throttled_seconds: events.throttled.map(|time| time.as_secs_f64()),
        }
    }
}

impl TaskReport {
    pub(crate) fn of(task: &Task, server: Option<&Arc<ServerView>>) -> Self {
        let (ended_at, error) = match &task.ended {
            Some((at, how)) => (Some(*at), how.as_ref().err().cloned()),
            None => (None, None),
        };
        Self {
            schema: "mcpvisor.task.v1".into(),
            id: task.id,
            server: task.server.clone(),
            order: task.order.into(),
            ordered_at: task.at,
            ended_at,
            error,
            kept: server.map(|server| Kept::of(server)),
        }
    }
}
