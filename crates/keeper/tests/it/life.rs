//! Start, readiness, restart, stop.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use keeper::Wanted;
use rustix::process::Signal;
use supervise::lifecycle::State;
use supervise::spec::{Exit, Hidden, Readiness, RestartPolicy, Value};

use crate::support::{World, all_gone, script, server};

#[test]
fn a_stdio_server_is_held_open_and_answers() {
    let mut spec = server("memory", &[]);
    spec.readiness = Readiness::Probe;
    let mut world = World::new(vec![Wanted::new(spec)]);
    let running = world.wait_state("memory", State::Running);
    assert_eq!(running.generation, 1);
    let root = world.root("memory");
    std::thread::sleep(Duration::from_millis(300));
    assert!(root.is_running(), "its input is held open");
    world.keeper().order_stop("memory");
    world.wait_state("memory", State::Stopped);
    assert!(!root.is_running());
    world.keeper().order_start("memory");
    world.wait_state("memory", State::Running);
    let root = world.root("memory");
    world.end();
    assert!(!root.is_running(), "a keeper that ends leaves nothing");
}

#[test]
fn a_crash_is_restarted_at_once_and_then_after_pauses() {
    let mut world = World::new(vec![Wanted::new(server("memory", &[]))]);
    world.wait_state("memory", State::Running);
    let first = world.root("memory");
    assert!(first.signal(Signal::KILL));
    let again = world.wait("memory", "second start", |server| {
        server.generation == 2 && server.state == State::Running
    });
    assert_eq!(again.restarts, 1);
    assert_eq!(again.last_exit, Some(Exit::Signal(9)));
    assert!(world.root("memory").signal(Signal::KILL));
    let waits = world.wait_state("memory", State::Backoff);
    assert!(waits.due_seconds.unwrap() > 0.1, "{waits:?}");
    world.end();
}

#[test]
fn one_that_ends_at_once_is_given_up_with_its_last_lines() {
    let mut spec = script(
        "broken",
        "echo 'Error: GITHUB_TOKEN is not set' >&2; exit 3",
    );
    spec.restart.limit.failures = 2.try_into().unwrap();
    let mut world = World::new(vec![Wanted::new(spec)]);
    let failed = world.wait_state("broken", State::Failed);
    let crash = failed.crash_loop.clone().unwrap();
    assert!(
        crash.lines.concat().contains("GITHUB_TOKEN is not set"),
        "{crash:?}"
    );
    assert!(failed.reason.as_ref().unwrap().contains("code 3"));
    assert!(
        world
            .log("broken")
            .contains("Error: GITHUB_TOKEN is not set")
    );
    world.end();
}

#[test]
fn what_is_not_there_is_said() {
    let mut spec = script("nowhere", "");
    spec.runs.program = "no-such-program-at-all".to_owned();
    let mut other = script("elsewhere", "sleep 60");
    other.runs.directory = Some("/nowhere/at/all".to_owned());
    let mut third = script("unset", "sleep 60");
    third.runs.environment = BTreeMap::from([(
        "A".to_owned(),
        Value::Variable("NOT_SET_ANYWHERE".to_owned()),
    )]);
    let mut world = World::new([spec, other, third].into_iter().map(Wanted::new).collect());
    for (name, says) in [
        ("nowhere", "no program `no-such-program-at-all`"),
        ("elsewhere", "no directory /nowhere/at/all"),
        ("unset", "no variable `NOT_SET_ANYWHERE`"),
    ] {
        world.wait_told(name, says);
        assert!(world.server(name).process.is_none());
    }
    world.end();
}

#[test]
fn its_environment_is_as_configured_and_not_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "from-a-file\n").unwrap();
    let out = folder.path().join("out");
    let mut spec = script(
        "env",
        &format!(
            "echo \"$A $B $PWD $NOTIFY_SOCKET\" > {}; sleep 60",
            out.display()
        ),
    );
    spec.runs.directory = Some(folder.path().display().to_string());
    spec.runs.environment = BTreeMap::from([
        ("A".to_owned(), Value::Plain(Hidden("s3cret".to_owned()))),
        ("B".to_owned(), Value::File(file.display().to_string())),
    ]);
    let mut world = World::new(vec![Wanted::new(spec)]);
    world.wait_state("env", State::Running);
    let text = testbed::wait::wait_for("its file", crate::support::SOON, || {
        std::fs::read_to_string(&out)
            .ok()
            .filter(|text| text.ends_with('\n'))
    });
    assert_eq!(
        text.unwrap(),
        format!("s3cret from-a-file {} \n", folder.path().display())
    );
    let kept: String = std::fs::read_dir(world.folder.path().join("servers"))
        .unwrap()
        .filter(|entry| {
            !entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .ends_with("fifo")
        })
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(
        !kept.contains("s3cret") && !kept.contains("from-a-file"),
        "{kept}"
    );
    world.end();
}

#[test]
fn readiness_is_a_port_that_is_its_own() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut spec = server("web", &["--listen", &port.to_string(), "--ignore-eof"]);
    spec.runs.transport = supervise::spec::Transport::Http;
    spec.readiness = Readiness::Port(port);
    let taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let mut world = World::new(vec![Wanted::new(spec)]);
    world.wait_told("web", "is taken by another program");
    drop(taken);
    world.keeper().order_restart("web");
    world.wait_state("web", State::Running);
    world.end();
    assert!(
        TcpListener::bind(("127.0.0.1", port)).is_ok(),
        "its port is free again"
    );
}

#[test]
fn a_start_that_hangs_is_ended() {
    let mut spec = server("mute", &[]);
    spec.runs.program = "sleep".to_owned();
    spec.runs.arguments = vec!["60".to_owned()];
    spec.readiness = Readiness::Probe;
    spec.start.quiet = Duration::from_millis(700);
    spec.restart.policy = RestartPolicy::Never;
    let mut world = World::new(vec![Wanted::new(spec)]);
    let root = world.root("mute");
    world.wait_told("mute", "without progress");
    all_gone(&[root]);
    world.end();
}

#[test]
fn dependencies_start_first_and_stop_last() {
    let one = script(
        "one",
        "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.05; done",
    );
    let mut two = script(
        "two",
        "trap 'sleep 0.3; exit 0' TERM; while :; do sleep 0.05; done",
    );
    two.depends_on = vec!["one".to_owned()];
    let mut three = script("three", "sleep 60");
    three.depends_on = vec!["two".to_owned()];
    let mut wanted: Vec<Wanted> = [three, two, one].into_iter().map(Wanted::new).collect();
    for one in &mut wanted {
        one.autostart = false;
    }
    let mut world = World::new(wanted);
    assert_eq!(world.state("three"), State::Stopped);
    world.keeper().order_start("three");
    world.wait_state("three", State::Running);
    for name in ["one", "two"] {
        assert_eq!(world.state(name), State::Running);
    }
    let roots = ["one", "two", "three"].map(|name| world.root(name));
    world.end();
    assert!(roots.iter().all(|root| !root.is_running()));
    let ended = |name: &str| {
        world
            .told(name)
            .iter()
            .any(|told| told.contains("nothing of it is left"))
    };
    assert!(["one", "two", "three"].into_iter().all(ended));
}

#[test]
fn a_changed_configuration_restarts_what_changed() {
    let memory = server("memory", &[]);
    let github = server("github", &[]);
    let wanted = |memory: &supervise::Spec, github: &supervise::Spec| {
        vec![Wanted::new(memory.clone()), Wanted::new(github.clone())]
    };
    let mut world = World::new(wanted(&memory, &github));
    world.wait_state("memory", State::Running);
    world.wait_state("github", State::Running);
    let (old, kept) = (world.root("memory"), world.root("github"));
    let mut other = memory.clone();
    other
        .runs
        .arguments
        .extend(["--name".to_owned(), "other".to_owned()]);
    let mut calmer = github.clone();
    calmer.restart.policy = RestartPolicy::Always;
    world.keeper().configure(wanted(&other, &calmer));
    world.wait("memory", "another process", |server| {
        server.generation == 2 && server.state == State::Running
    });
    assert!(!old.is_running());
    assert!(kept.is_running() && world.server("github").generation == 1);
    // What is no longer configured goes, and what is new comes.
    world.keeper().configure(vec![
        Wanted::new(other.clone()),
        Wanted::new(server("new", &[])),
    ]);
    world.wait_state("new", State::Running);
    all_gone(&[kept]);
    let gone = || world.keeper().view().server("github").is_none();
    testbed::wait::wait_until("it is forgotten", crate::support::SOON, gone).unwrap();
    world.end();
}

#[test]
fn what_was_stopped_stays_stopped_and_the_rest_comes_back() {
    let wanted = || {
        vec![
            Wanted::new(server("memory", &[])),
            Wanted::new(server("github", &[])),
        ]
    };
    let mut world = World::new(wanted());
    world.wait_state("memory", State::Running);
    world.wait_state("github", State::Running);
    world.keeper().order_stop("github");
    world.wait_state("github", State::Stopped);
    world.end();
    world.begin(wanted());
    world.wait_state("memory", State::Running);
    assert_eq!(world.state("github"), State::Stopped);
    assert!(world.server("memory").restarts > 0);
    world.end();
}

#[test]
fn the_first_start_of_a_package_is_made_alone() {
    let mut wanted: Vec<Wanted> = ["a", "b"]
        .map(|name| {
            let mut spec = server(name, &[]);
            spec.readiness = Readiness::Probe;
            let mut wanted = Wanted::new(spec);
            wanted.package = Some("npm:server".to_owned());
            wanted
        })
        .into();
    // The first one never answers.
    let spec = std::sync::Arc::make_mut(&mut wanted[0].spec);
    spec.runs.program = "sleep".to_owned();
    spec.runs.arguments = vec!["60".to_owned()];
    spec.start.quiet = Duration::from_secs(2);
    spec.restart.policy = RestartPolicy::Never;
    let mut world = World::new(wanted);
    world.wait_told("b", "waits until another server has fetched npm:server");
    assert!(world.server("b").process.is_none());
    world.wait_state("a", State::Stopped);
    world.wait_state("b", State::Running);
    world.end();
}

#[test]
fn it_is_restarted_when_its_time_is_over() {
    let mut wanted = Wanted::new(server("old", &[]));
    wanted.run_time = Some(Duration::from_millis(600));
    let mut world = World::new(vec![wanted]);
    let first = world.root("old");
    world.wait("old", "second start", |server| server.generation == 2);
    assert!(!first.is_running());
    world.wait_told("old", "as long as it may");
    world.end();
}
