//! Starting, being the only one, reloading, ending.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use testbed::wait::wait_for;

use super::running::{Daemon, ask};
use crate::support::World;

#[test]
fn it_starts_without_configuration_and_ends_cleanly() {
    let world = World::new();
    let mut daemon = Daemon::start(&world, &[]);
    assert!(
        daemon.link.starts_with("http://127.0.0.1:") && daemon.link.contains("/#"),
        "{}",
        daemon.link
    );
    let health = ask(&daemon.address, "GET", "/api/health", &[], "").unwrap();
    let body = health.json();
    let well = ["green", "yellow"].contains(&body["level"].as_str().unwrap());
    assert_eq!(health.status, if well { 200 } else { 503 }, "{body}");
    assert!(body["uptime"].is_number() && body["version"].is_string());

    let folder = std::fs::metadata(world.state()).unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
    let (status, code) = world.json(&["status", "--json"]);
    assert_eq!((code, &status["running"]), (0, &true.into()));
    assert_eq!(status["daemon"]["pid"], daemon.process.pid());

    let begun = Instant::now();
    assert!(daemon.process.signal(Signal::TERM));
    let ended = daemon.process.wait(Duration::from_secs(20)).unwrap();
    assert!(ended.success(), "{ended}: {}", Daemon::log(&world));
    assert!(
        begun.elapsed() < Duration::from_secs(15),
        "{:?}",
        begun.elapsed()
    );
    assert!(
        !world.state().join("mcpvisor.sock").exists(),
        "the socket is gone"
    );
    let (status, code) = world.json(&["status", "--json"]);
    assert_eq!((code, &status["running"]), (3, &false.into()));
}

#[test]
fn a_second_one_is_told_who_runs_and_a_crash_leaves_no_lock() {
    let world = World::new();
    let mut daemon = Daemon::start(&world, &[]);
    let pid = daemon.process.pid().to_string();
    let output = world.run(&["serve", "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{words}");
    assert!(
        words.contains(&pid) && words.contains("--state-dir"),
        "{words}"
    );
    assert_eq!(
        daemon.ask("GET", "/api/v1/status", "").status,
        200,
        "the first goes on"
    );

    daemon.process.kill_alone().unwrap();
    let daemon = Daemon::start(&world, &[]);
    assert_ne!(daemon.process.pid().to_string(), pid);
}

#[test]
fn a_taken_port_is_told_with_its_holder() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = world.run(&["serve", "--listen", &address]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(69), "{words}");
    let own = std::process::id().to_string();
    assert!(
        words.contains(&own) && words.contains("--listen"),
        "{words}"
    );
}

#[test]
fn a_reload_takes_what_is_right_and_keeps_the_old_where_it_is_not() {
    let world = World::new();
    let config = world.folder.path().join("mcpvisor.toml");
    std::fs::write(&config, "[daemon]\ninterval = \"2s\"\n").unwrap();
    let mut daemon = Daemon::start(&world, &["--config", config.to_str().unwrap()]);
    let status = |daemon: &Daemon| daemon.get("/api/v1/status");
    assert_eq!(status(&daemon)["interval_seconds"], 2.0);

    std::fs::write(&config, "[daemon]\nintervall = \"1s\"\n").unwrap();
    assert!(daemon.process.signal(Signal::HUP));
    let error = wait_for("the refusal", Duration::from_secs(20), || {
        status(&daemon)["config_error"].as_str().map(str::to_owned)
    })
    .unwrap();
    assert!(
        error.contains("line 2") && error.contains("`interval`"),
        "{error}"
    );
    assert_eq!(status(&daemon)["interval_seconds"], 2.0);

    std::fs::write(&config, "[daemon]\ninterval = \"1s\"\n").unwrap();
    // No signal: a changed file is enough.
    wait_for("the new interval", Duration::from_secs(20), || {
        let status = status(&daemon);
        (status["interval_seconds"] == 1.0 && status["config_error"].is_null()).then_some(())
    })
    .unwrap();
}

#[test]
fn a_broken_configuration_ends_it_before_anything_else() {
    let world = World::new();
    let config = world.folder.path().join("mcpvisor.toml");
    std::fs::write(&config, "[daemon]\nlistn = \"127.0.0.1:0\"\n").unwrap();
    let output = world.run(&["serve", "--config", config.to_str().unwrap()]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{words}");
    for part in ["mcpvisor.toml", "line 2", "listn", "`listen`"] {
        assert!(words.contains(part), "{part} in {words}");
    }
    assert!(!world.state().join("history.db").exists());
}

#[test]
fn a_damaged_history_is_set_aside_and_the_daemon_runs() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    drop(daemon);
    let file = world.state().join("history.db");
    std::fs::write(&file, vec![0x5a; 20_000]).unwrap();
    for side in ["history.db-wal", "history.db-shm"] {
        drop(std::fs::remove_file(world.state().join(side)));
    }
    let daemon = Daemon::start(&world, &[]);
    assert_eq!(daemon.ask("GET", "/api/v1/status", "").status, 200);
    let aside = std::fs::read_dir(world.state())
        .unwrap()
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().contains("damaged"));
    assert!(aside, "the damaged file is kept");
    assert!(
        Daemon::log(&world).contains("damaged"),
        "{}",
        Daemon::log(&world)
    );
}
