//! Watching a process by pid: shown, kept over a restart, never touched.

use serde_json::json;
use testbed::Spawned;

use super::running::Daemon;
use crate::support::World;

fn sleeper() -> Spawned {
    Spawned::start(std::process::Command::new("sleep").arg("600")).unwrap()
}

#[test]
fn a_watched_process_shows_as_a_server_until_it_is_unwatched() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let mut sleeper = sleeper();
    let pid = sleeper.pid().to_string();
    let output = world.run(&["watch", "job-1", &pid]);
    assert!(output.status.success(), "{output:?}");
    let server = daemon.get("/api/v1/servers/watch-job-1");
    assert_eq!(server["watched"], true);
    assert_eq!(server["state"], "running");
    assert_eq!(
        server["instances"][0]["processes"][0]["pid"].to_string(),
        pid
    );
    let page = daemon.ask("GET", "/metrics", "").body;
    assert!(
        page.contains("mcpvisor_server_up{server=\"job-1\""),
        "{page}"
    );

    // The same again is fine, another process is not.
    let own = std::process::id();
    let path = "/api/v1/watches/job-1";
    assert_eq!(
        daemon
            .ask("PUT", path, &format!("{{\"pid\":{pid}}}"))
            .status,
        200
    );
    assert_eq!(
        daemon
            .ask("PUT", path, &format!("{{\"pid\":{own}}}"))
            .status,
        409
    );
    assert_eq!(
        daemon
            .ask("PUT", "/api/v1/watches/x", "{\"pid\":4194304}")
            .status,
        404
    );
    assert_eq!(
        daemon
            .ask(
                "PUT",
                "/api/v1/watches/a%20b",
                &format!("{{\"pid\":{pid}}}")
            )
            .status,
        422
    );

    // It is only looked at.
    for action in ["stop", "restart"] {
        let answer = daemon.ask(
            "POST",
            &format!("/api/v1/servers/watch-job-1/{action}"),
            "{}",
        );
        assert!(answer.status >= 400, "{}", answer.body);
    }
    assert!(sleeper.is_running());

    drop(daemon);
    let daemon = Daemon::start(&world, &[]);
    assert_eq!(daemon.get("/api/v1/watches")["watches"][0]["alive"], true);
    sleeper.end().unwrap();
    let (status, _) = world.json(&["ps", "--json"]);
    let left = status["servers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["id"] == "watch-job-1");
    assert_eq!(left.unwrap()["state"], "not_running", "its absence shows");
    let page = daemon.ask("GET", "/metrics", "").body;
    assert!(
        page.lines().any(
            |line| line.starts_with("mcpvisor_server_up{server=\"job-1\"") && line.ends_with(" 0")
        ),
        "{page}"
    );

    let output = world.run(&["unwatch", "job-1"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(daemon.get("/api/v1/watches"), json!({"watches": []}));
    assert_eq!(
        daemon.ask("GET", "/api/v1/servers/watch-job-1", "").status,
        404
    );
    let entries = daemon.get("/api/v1/audit")["entries"].to_string();
    assert!(
        entries.contains("unwatch") && entries.contains("uid"),
        "{entries}"
    );
}

#[test]
fn without_a_daemon_it_says_how_to_have_one() {
    let world = World::new();
    let output = world.run(&["watch", "job", "1"]);
    assert_eq!(output.status.code(), Some(69));
    assert!(String::from_utf8_lossy(&output.stderr).contains("mcpvisor serve"));
}
