//! What is read of recorded answers, through the same calls as of a living engine.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use containers::container::{Health, State};
use containers::events::{Action, parse};
use containers::list::{Lister, exists, inspect};
use containers::owner::{Owner, owner};
use containers::{Container, Engine, EngineError, EngineKind, Places, once, stats};

use crate::replay::{Replay, fixture};

const DEADLINE: Duration = Duration::from_secs(5);

fn docker(name: &str) -> String {
    fixture(&format!("docker-20.10/{name}"))
}

fn engine_of(answers: &[(&str, String)]) -> (Replay, Engine) {
    let mut all = vec![("/version", docker("version.json"))];
    all.extend(answers.iter().map(|(path, body)| (*path, body.clone())));
    let replay = Replay::start(&all);
    let socket = replay.socket();
    let engine = run(Engine::connect(&socket, DEADLINE)).unwrap();
    (replay, engine)
}

fn run<T>(what: impl Future<Output = T>) -> T {
    once::with_runtime(what).unwrap()
}

fn inspected(name: &str) -> Container {
    let (_replay, engine) = engine_of(&[(
        "/containers/x/json",
        docker(&format!("inspect-{name}.json")),
    )]);
    run(inspect(&engine, "x", DEADLINE)).unwrap()
}

#[test]
fn the_engine_itself() {
    let (_replay, engine) = engine_of(&[]);
    assert_eq!(engine.kind(), EngineKind::Docker);
    assert_eq!(engine.version().version, "20.10.24+dfsg1");
    assert_eq!(engine.version().api.to_string(), "1.41");
}

#[test]
fn a_container_with_everything() {
    let spinner = inspected("spinner");
    assert_eq!(
        (spinner.name.as_str(), spinner.image.as_str()),
        ("spinner", "mcp/demo:1")
    );
    assert_eq!(
        (spinner.state, spinner.program.as_str()),
        (State::Running, "sh")
    );
    assert_eq!(spinner.limits.memory_bytes, Some(64 << 20));
    assert_eq!(spinner.limits.memory_swap_bytes, Some(128 << 20));
    assert_eq!(
        (spinner.limits.pids, spinner.limits.nofile),
        (Some(20), Some(1024))
    );
    assert_eq!(spinner.limits.cpus, Some(0.5));
    assert_eq!(spinner.manner.attached, Some(false));
    assert_eq!(spinner.cidfile.as_deref(), Some("/srv/demo/spinner.cid"));
    assert_eq!(spinner.networks, ["none"]);
    let mount = &spinner.mounts[0];
    assert_eq!(
        (mount.destination.as_str(), mount.writable),
        ("/data/etc", Some(false))
    );
    assert!(spinner.pid.is_some() && spinner.created.is_some() && spinner.started.is_some());
    assert_eq!(
        (spinner.exit, spinner.health, spinner.oom_killed),
        (None, None, Some(false))
    );
    assert!(
        matches!(owner(&spinner), Owner::Mcpproxy { server: Some(server), pid: Some(4711) } if server == "github")
    );
}

#[test]
fn no_value_of_the_environment_and_of_other_labels_is_kept() {
    let recorded = docker("inspect-spinner.json");
    assert!(recorded.contains("hunter2env") && recorded.contains("hunter2label"));
    let spinner = inspected("spinner");
    for shown in [
        format!("{spinner:?}"),
        serde_json::to_string(&spinner).unwrap(),
    ] {
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(!shown.contains("while :"), "{shown}");
    }
}

#[test]
fn what_a_client_of_a_stdio_server_asks_for() {
    let stdio = inspected("stdio");
    assert!(stdio.is_like_a_stdio_server() && stdio.manner.stdin_once);
    assert_eq!(owner(&stdio), Owner::BareStdio);
    for other in ["spinner", "sick", "oomed", "compose1"] {
        assert!(!inspected(other).is_like_a_stdio_server(), "{other}");
    }
}

#[test]
fn health_oom_exit_and_pause() {
    let sick = inspected("sick");
    assert_eq!(sick.health, Some(Health::Unhealthy));
    assert!(sick.failing_streak.is_some_and(|streak| streak > 0));
    let oomed = inspected("oomed");
    assert_eq!((oomed.oom_killed, oomed.pid), (Some(true), None));
    assert_eq!(oomed.exit.map(|exit| exit.code), Some(137));
    let compose = inspected("compose1");
    assert_eq!(compose.state, State::Paused);
    assert!(compose.manner.restarts_itself && compose.networks == ["host"]);
    assert!(matches!(owner(&compose), Owner::Compose { project, .. } if project == "shop"));
}

#[test]
fn the_list_counts_what_cannot_be_inspected() {
    let (_replay, engine) = engine_of(&[("/containers/json", docker("list.json"))]);
    let mut lister = Lister::default();
    let until = tokio::time::Instant::now() + DEADLINE;
    let listing = run(lister.look(&engine, until)).unwrap();
    // Every inspection is answered with 404: gone in the meantime, which is no failure.
    assert_eq!((listing.total, listing.not_inspected), (5, 5));
    assert_eq!(listing.failures, Vec::<String>::new());
}

#[test]
fn figures() {
    let (_replay, engine) = engine_of(&[
        ("/containers/a/stats", docker("stats-spinner.json")),
        ("/containers/b/stats", docker("stats-ended.json")),
    ]);
    let spinner = run(stats::read(&engine, "a", DEADLINE)).unwrap().unwrap();
    assert!(spinner.cpu_ns.is_some_and(|ns| ns > 0));
    assert_eq!(
        (spinner.memory_limit_bytes, spinner.pids_limit),
        (Some(64 << 20), Some(20))
    );
    assert_eq!((spinner.pids, spinner.received_bytes), (Some(1), None));
    assert!(spinner.throttled.is_some_and(|times| times > 0));
    assert_eq!(run(stats::read(&engine, "b", DEADLINE)).unwrap(), None);
}

#[test]
fn recorded_events() {
    let text = docker("events.jsonl");
    let events: Vec<_> = text
        .lines()
        .filter_map(|line| parse(line.as_bytes()))
        .collect();
    let told: Vec<Action> = events.iter().map(|event| event.action).collect();
    for action in [
        Action::Create,
        Action::Start,
        Action::Oom,
        Action::Die,
        Action::Kill,
        Action::Stop,
        Action::Restart,
        Action::Rename,
        Action::Pause,
        Action::HealthStatus,
    ] {
        assert!(told.contains(&action), "{action:?}");
    }
    let health = events
        .iter()
        .find(|event| event.action == Action::HealthStatus)
        .unwrap();
    assert_eq!(health.health, Some(Health::Unhealthy));
    let end = events
        .iter()
        .find(|event| event.action == Action::Die)
        .unwrap();
    assert_eq!(
        (end.exit_code, end.image.as_str()),
        (Some(137), "mcp/demo:1")
    );
    assert!(!format!("{events:?}").contains("hunter2"));
    assert!(
        text.lines().count() > events.len(),
        "networks and commands inside are not told"
    );
}

#[test]
fn what_is_not_there_and_what_is_no_engine() {
    let (_replay, engine) = engine_of(&[("/containers/json", "[{\"Id\":7,".to_owned())]);
    assert!(!run(exists(&engine, "x", DEADLINE)).unwrap());
    let until = tokio::time::Instant::now() + DEADLINE;
    let error = run(Lister::default().look(&engine, until)).unwrap_err();
    assert!(matches!(error, EngineError::Garbled { .. }), "{error}");

    let view = once::once(&Places::only("/nowhere/engine.sock".as_ref()), DEADLINE).unwrap();
    assert!(view.engines.is_empty());
    assert!(
        view.notes
            .iter()
            .any(|note| note.starts_with("no container engine")),
        "{:?}",
        view.notes
    );
}

/// Podman's answers, through its own interface too.
fn podman(name: &str) -> (Replay, Engine) {
    let of = |file: &str| fixture(&format!("podman-4.3/{file}"));
    let replay = Replay::start(&[
        ("/version", of("version.json")),
        ("/containers/json", of("list.json")),
        ("/containers/x/json", of(&format!("inspect-{name}.json"))),
        (
            "/v4.3.1/libpod/containers/x/json",
            of(&format!("libpod-{name}.json")),
        ),
        ("/containers/x/stats", of("stats-spinner.json")),
        ("/containers/ended/stats", String::new()),
    ]);
    let engine = run(Engine::connect(&replay.socket(), DEADLINE)).unwrap();
    (replay, engine)
}

#[test]
fn podman_means_the_same_and_writes_it_otherwise() {
    let (_replay, engine) = podman("spinner");
    assert_eq!(engine.kind(), EngineKind::Podman);
    assert_eq!(engine.version().libpod.as_deref(), Some("4.3.1"));
    let spinner = run(inspect(&engine, "x", DEADLINE)).unwrap();
    assert_eq!(
        (spinner.name.as_str(), spinner.state),
        ("spinner", State::Running)
    );
    assert_eq!(spinner.limits.memory_bytes, Some(64 << 20));
    assert_eq!(
        (spinner.limits.pids, spinner.limits.nofile),
        (Some(20), Some(1024))
    );
    assert_eq!((spinner.limits.cpus, spinner.health), (Some(0.5), None));
    assert_eq!(
        spinner.manner.attached,
        Some(false),
        "its own interface tells of -d"
    );
    assert!(!spinner.manner.restarts_itself && !spinner.is_infrastructure);
    assert!(matches!(
        owner(&spinner),
        Owner::Mcpproxy {
            pid: Some(4711),
            ..
        }
    ));

    let (_replay, engine) = podman("stdio");
    let stdio = run(inspect(&engine, "x", DEADLINE)).unwrap();
    assert!(stdio.is_like_a_stdio_server(), "{stdio:?}");
    assert_eq!(owner(&stdio), Owner::BareStdio);
    for shown in [format!("{spinner:?}"), format!("{stdio:?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn podmans_figures_and_events() {
    let (_replay, engine) = podman("spinner");
    let figures = run(stats::read(&engine, "x", DEADLINE)).unwrap().unwrap();
    assert_eq!(
        (figures.memory_limit_bytes, figures.pids),
        (Some(64 << 20), Some(1))
    );
    assert!(figures.cpu_ns.is_some_and(|ns| ns > 0) && figures.memory_bytes.is_some());
    assert_eq!(run(stats::read(&engine, "ended", DEADLINE)).unwrap(), None);
    let text = fixture("podman-4.3/events.jsonl");
    let told: Vec<_> = text
        .lines()
        .filter_map(|line| parse(line.as_bytes()))
        .map(|event| (event.name, event.action, event.exit_code))
        .collect();
    assert!(
        told.contains(&("spinner".to_owned(), Action::Die, Some(137))),
        "{told:?}"
    );
    assert!(
        told.contains(&("stdio".to_owned(), Action::Destroy, None)),
        "{told:?}"
    );
}
