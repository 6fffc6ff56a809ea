//! Tables of situations: what is left over, what is kept, and above all what cannot be told.

use model::ProcessId;

use super::*;
use crate::container::{Container, Labels, State};
use crate::process::Process;
use crate::samples::{START, container, process, second};

const HOUR: i64 = 3600;

/// The container's own main process, and whatever else lives.
fn table(others: Vec<Process>) -> Processes {
    Processes::new(
        others.into_iter().chain([process(900, "node index.js")]),
        true,
    )
}

fn verdict_with(container: Container, processes: &Processes, memory: &Memory, at: i64) -> Verdict {
    judged(container, processes, memory, at).remove(0).verdict
}

fn judged(container: Container, processes: &Processes, memory: &Memory, at: i64) -> Vec<Judged> {
    let judge = Judge::new(second(START + at));
    judge_all(&[Arc::new(container)], processes, memory, &judge)
}

fn verdict(container: Container, others: Vec<Process>) -> Verdict {
    verdict_with(container, &table(others), &Memory::default(), 2 * HOUR)
}

fn labelled(labels: &[(&'static str, &'static str)]) -> Container {
    let mut container = container("a");
    container.labels = Labels::new(labels.iter().copied());
    container
}

fn of_mcpproxy() -> Container {
    labelled(&[
        ("com.mcpproxy.managed", "true"),
        ("com.mcpproxy.created", "4711"),
    ])
}

/// A process that was started so many seconds after the container was made.
fn later(pid: u32, command: &str, seconds: i64) -> Process {
    let mut process = process(pid, command);
    process.started = Some(second(START + seconds));
    process
}

#[test]
fn an_owner_that_is_dead_by_its_label() {
    let proven = [
        (of_mcpproxy(), Vec::new()),
        (of_mcpproxy(), vec![later(4711, "vim notes", 500)]),
        (of_mcpproxy(), vec![later(4711, "mcpproxy serve", 500)]),
        (of_mcpproxy(), vec![process(80, "mcpproxy serve")]),
        (
            labelled(&[("mcpvisor.pid", "44"), ("mcpvisor.start", "7")]),
            Vec::new(),
        ),
        (
            labelled(&[("mcpvisor.pid", "44"), ("mcpvisor.start", "7")]),
            vec![process(44, "mcpvisor serve")],
        ),
    ];
    for (container, others) in proven {
        let verdict = verdict(container, others.clone());
        assert!(verdict.is_proven_orphan(), "{others:?}: {verdict:?}");
    }
}

#[test]
fn an_owner_that_lives() {
    let lives = [
        (of_mcpproxy(), process(4711, "/usr/bin/mcpproxy serve")),
        (
            labelled(&[("mcpvisor.pid", "44"), ("mcpvisor.start", "4400")]),
            process(44, "mcpvisor serve"),
        ),
        (container("a"), process(5, "docker run -i --rm mcp/time")),
    ];
    for (container, owner) in lives {
        let verdict = verdict(container, vec![owner]);
        assert_eq!(verdict.name(), "served", "{verdict:?}");
    }
}

#[test]
fn what_somebody_keeps_is_never_an_orphan() {
    let changes: [fn(&mut Container); 4] = [
        |c| c.labels = Labels::new([("com.docker.compose.project", "shop")]),
        |c| c.labels = Labels::new([("toolhive", "true")]),
        |c| c.manner.attached = Some(false),
        |c| c.manner.restarts_itself = true,
    ];
    for change in changes {
        // Also where a label names a dead process.
        for mut container in [container("a"), of_mcpproxy()] {
            change(&mut container);
            let verdict = verdict(container, Vec::new());
            assert_eq!(verdict.name(), "kept", "{verdict:?}");
        }
    }
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let changes: [fn(&mut Container); 8] = [
        |c| c.pid = None,
        |c| c.pid = Some(901),
        |c| c.started = None,
        |c| c.started = Some(second(START + HOUR)),
        |c| c.created = None,
        |c| c.labels = Labels::new([("com.mcpproxy.managed", "true")]),
        |c| c.image = "postgres".to_owned(),
        |c| c.manner.tty = true,
    ];
    for change in changes {
        let mut container = container("a");
        change(&mut container);
        let verdict = verdict(container, Vec::new());
        assert_eq!(verdict.name(), "unknown", "{verdict:?}");
    }
}

#[test]
fn processes_that_make_it_impossible_to_tell() {
    let mut inside = process(80, "mcpproxy serve");
    inside.shares_our_pids = Some(false);
    let mut perhaps = process(80, "mcpproxy serve");
    perhaps.shares_our_pids = None;
    for other in [
        inside,
        perhaps,
        process(4711, "systemd"),
        process(80, "docker system dial-stdio"),
        process(80, "/usr/sbin/dockerd -H tcp://0.0.0.0:2376"),
    ] {
        let verdict = verdict(of_mcpproxy(), vec![other.clone()]);
        assert_eq!(verdict.name(), "unknown", "{other:?}: {verdict:?}");
    }
    let hidden = Processes::new([process(900, "node")], false);
    for container in [of_mcpproxy(), container("a")] {
        let verdict = verdict_with(container, &hidden, &Memory::default(), 2 * HOUR);
        assert_eq!(verdict.name(), "unknown", "{verdict:?}");
    }
}

#[test]
fn a_client_that_nobody_saw_is_only_likely_gone_and_only_after_long() {
    let bare = container("a");
    let soon = verdict_with(bare.clone(), &table(Vec::new()), &Memory::default(), 600);
    assert_eq!(
        soon,
        Verdict::Waiting {
            seconds: 3000,
            evidence: match &soon {
                Verdict::Waiting { evidence, .. } => evidence.clone(),
                _ => Vec::new(),
            }
        }
    );
    let after = verdict(bare, Vec::new());
    assert!(
        matches!(
            after,
            Verdict::Orphan {
                certainty: Certainty::Likely,
                since: None,
                ..
            }
        ),
        "{after:?}"
    );
}

#[test]
fn a_client_that_was_seen_and_is_gone_proves_it_after_the_grace() {
    let (with, without) = (
        table(vec![process(5, "docker run -i --rm mcp/time")]),
        table(Vec::new()),
    );
    let mut memory = Memory::default();
    let mut look = |processes: &Processes, at: i64| {
        let mut judged = judged(container("a"), processes, &memory, at);
        memory.remember(&judged, second(START + at));
        judged.remove(0).verdict
    };
    assert_eq!(look(&with, 10).name(), "served");
    assert_eq!(look(&without, 20).name(), "waiting");
    assert_eq!(look(&without, 79).name(), "waiting");
    let verdict = look(&without, 81);
    assert!(verdict.is_proven_orphan(), "{verdict:?}");
    assert_eq!(look(&with, 90).name(), "served");
    assert_eq!(
        look(&without, 100).name(),
        "waiting",
        "its time begins anew"
    );
}

#[test]
fn the_grace_has_a_floor() {
    let processes = table(Vec::new());
    let mut memory = Memory::default();
    memory.remember(
        &judged(of_mcpproxy(), &processes, &memory.clone(), 100),
        second(START + 100),
    );
    let at = |at: i64| {
        let judge = Judge {
            grace: Duration::ZERO,
            ..Judge::new(second(START + at))
        };
        let mut judged = judge_all(&[Arc::new(of_mcpproxy())], &processes, &memory, &judge);
        judged.remove(0).verdict
    };
    assert_eq!(at(130).name(), "waiting");
    assert_eq!(at(161).name(), "orphan");
}

#[test]
fn what_does_not_run_is_not_judged_and_is_forgotten_when_gone() {
    let mut ended = of_mcpproxy();
    ended.state = State::Exited;
    assert_eq!(verdict(ended, Vec::new()), Verdict::NotRunning);
    let mut memory = Memory::default();
    let left = judged(of_mcpproxy(), &table(Vec::new()), &memory, 2 * HOUR);
    memory.remember(&left, second(START));
    assert!(memory.gone_since(&left[0].owned.container.id).is_some());
    memory.remember(&[], second(START));
    assert_eq!(memory, Memory::default());
}

#[test]
fn a_recycled_identity_is_not_the_owner() {
    let id = ProcessId {
        pid: 44,
        start_ticks: 7,
    };
    let processes = table(vec![process(44, "mcpvisor serve")]);
    assert!(processes.get(44).is_some() && processes.find(id).is_none());
}
