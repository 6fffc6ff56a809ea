//! Tables of transitions: when, what happens, what is done then, and where the server is afterwards.

use std::sync::Arc;
use std::time::Duration;

use model::ProcessId;
use supervise::lifecycle::{Effect, Event, News, Reason, State, Told};
use supervise::spec::{Backoff, Exit, Runs, Transport};
use supervise::{Lifecycle, Spec};

pub(super) const MS: u64 = 1_000_000;

/// At so many milliseconds, this happens, this is done, and it is here.
pub(super) type Row<'a> = (u64, Event, &'a str, State);

/// A server over HTTP without jitter: its stop begins with SIGTERM.
pub(super) fn http() -> Spec {
    let runs = Runs {
        program: "demo".to_owned(),
        transport: Transport::Http,
        ..Runs::default()
    };
    let mut spec = Spec::new("demo", runs);
    let (base, cap) = (Duration::from_secs(1), Duration::from_secs(30));
    spec.restart.backoff = Backoff::try_new(base, 2.0, cap, 0.0).unwrap();
    spec
}

/// A stdio server without jitter.
pub(super) fn stdio() -> Spec {
    let mut spec = http();
    spec.runs.transport = Transport::Stdio;
    spec
}

/// Goes through a table.
pub(super) fn check(spec: Spec, rows: &[Row<'_>]) -> Lifecycle {
    follow(Lifecycle::new(Arc::new(spec), 1), rows)
}

/// Goes through a table in which every tick comes when it is due: a row that is later than something that
/// was due is a mistake in the table, or in the machine.
pub(super) fn follow(server: Lifecycle, rows: &[Row<'_>]) -> Lifecycle {
    go(server, rows, true)
}

/// Goes through a table in which ticks are late or missing.
pub(super) fn follow_late(server: Lifecycle, rows: &[Row<'_>]) -> Lifecycle {
    go(server, rows, false)
}

fn go(mut server: Lifecycle, rows: &[Row<'_>], in_time: bool) -> Lifecycle {
    for (number, (at, event, expected, state)) in rows.iter().enumerate() {
        let row = format!("row {number}, {event:?}");
        let was_due = server.due().map(|due| due / MS);
        if in_time {
            assert!(
                was_due.is_none_or(|due| *at <= due),
                "{row}: due at {was_due:?}"
            );
        }
        let effects = server.on(event.clone(), at * MS);
        let done: Vec<String> = effects.iter().filter_map(short).collect();
        assert_eq!(done.join(", "), *expected, "{row}");
        assert_eq!(server.state(), *state, "{row}");
        if in_time && *event == Event::Tick && !done.is_empty() {
            assert_eq!(was_due, Some(*at), "{row}");
        }
    }
    server
}

pub(super) fn id(generation: u64) -> ProcessId {
    let pid = u32::try_from(1_000 + generation).unwrap();
    ProcessId {
        pid,
        start_ticks: generation,
    }
}

pub(super) fn tree(generation: u64, news: News) -> Event {
    Event::Tree { generation, news }
}

pub(super) fn spawned(generation: u64) -> Event {
    let id = id(generation);
    tree(generation, News::Spawned { id })
}

pub(super) fn spawn_failed(generation: u64) -> Event {
    let reason = "no such program".to_owned();
    tree(generation, News::SpawnFailed { reason })
}

pub(super) fn code(generation: u64, code: i32) -> Event {
    exited(generation, Exit::Code(code))
}

pub(super) fn exited(generation: u64, exit: Exit) -> Event {
    let lines = vec!["the last line".to_owned()];
    tree(generation, News::Exited { exit, lines })
}

pub(super) fn emptied(generation: u64) -> Event {
    tree(generation, News::Emptied)
}

pub(super) fn remains(generation: u64) -> Event {
    let processes = vec![id(generation)];
    tree(generation, News::Remains { processes })
}

pub(super) fn ready(generation: u64) -> Event {
    tree(generation, News::Ready)
}

pub(super) fn not_ready(generation: u64) -> Event {
    let reason = "the port is closed".to_owned();
    tree(generation, News::NotReady { reason })
}

/// An effect in a word or two. Timers are not shown: tables say by their times when something is due.
fn short(effect: &Effect) -> Option<String> {
    Some(match effect {
        Effect::Spawn { generation } => format!("spawn {generation}"),
        Effect::CheckReadiness { generation } => format!("check {generation}"),
        Effect::CloseStdin { generation } => format!("close {generation}"),
        Effect::Terminate { generation } => format!("term {generation}"),
        Effect::Kill { generation } => format!("kill {generation}"),
        Effect::VerifyEmpty { generation } => format!("look {generation}"),
        Effect::SetTimer { .. } => return None,
        Effect::Tell(told) => format!("<{}>", told_short(told)),
    })
}

fn told_short(told: &Told) -> String {
    match told {
        Told::Waiting { on } => format!("waits for {}", on.join(" ")),
        Told::Starting { failures: 0, .. } => "starting".to_owned(),
        Told::Starting { failures, .. } => format!("starting after {failures}"),
        Told::Running { .. } => "running".to_owned(),
        Told::Degraded { .. } => "degraded".to_owned(),
        Told::Recovered { .. } => "recovered".to_owned(),
        Told::Steady { .. } => "steady".to_owned(),
        Told::SpawnFailed { .. } => "spawn failed".to_owned(),
        Told::StartTimedOut { .. } => "timed out".to_owned(),
        Told::Exited {
            is_ordered: true, ..
        } => "ended".to_owned(),
        Told::Exited { .. } => "crashed".to_owned(),
        Told::BackingOff { delay_seconds, .. } => format!("pauses {delay_seconds}"),
        Told::CrashLoop(found) => format!("crash loop of {}", found.failures),
        Told::Stopping { reason, .. } => match reason {
            Reason::Ordered => "stopping".to_owned(),
            other => format!("stopping, {other:?}"),
        },
        Told::Survives { kills, .. } => format!("survives {kills}"),
        Told::Adopted { .. } => "adopted".to_owned(),
        Told::Stopped => "stopped".to_owned(),
    }
}
