//! What the API tells of real servers.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::real::{self, or_skip};
use testbed::wait::wait_for;

use super::running::Daemon;
use crate::support::World;

fn of_hub<'a>(servers: &'a Value, name: &str, hub: u32) -> Option<&'a Value> {
    let all = servers["servers"].as_array()?;
    all.iter()
        .find(|server| server["name"] == name && server["owner"]["pid"] == hub)
}

#[test]
fn a_real_hub_is_told_with_figures_history_and_events() {
    let world = World::new();
    let Some(time) = or_skip(real::python("mcp-server-time")) else {
        return;
    };
    // The daemon sees the whole machine, so also the servers of tests that run beside this one:
    // names of its own tell its servers apart.
    let servers = json!({
        "keeper": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"]},
        "clock": {"command": time, "args": ["--local-timezone", "UTC"]},
    });
    let config = world.folder.path().join("fast.toml");
    std::fs::write(&config, "[daemon]\ninterval = \"1s\"\n").unwrap();
    let daemon = Daemon::start(&world, &["--config", config.to_str().unwrap()]);
    let Some(hub) = or_skip(real::hub(world.folder.path(), &servers)) else {
        return;
    };
    let hub = hub.expect("mcp-hub starts");
    let pid = hub.process.pid();
    let found = wait_for("both servers", Duration::from_secs(30), || {
        let all = daemon.get("/api/v1/servers");
        let memory = of_hub(&all, "keeper", pid)?.clone();
        of_hub(&all, "clock", pid).is_some().then_some(memory)
    })
    .unwrap();
    let id = found["id"].as_str().unwrap();
    assert_eq!(found["state"], "running");

    let one = daemon.get(&format!("/api/v1/servers/{id}"));
    assert_eq!(one["name"], "keeper");
    let health = daemon.get(&format!("/api/v1/servers/{id}/health"));
    assert_eq!(health["state"], "running");
    // npx, its shell, the server: each starts the next.
    wait_for("the whole tree", Duration::from_secs(20), || {
        let tree = daemon.get(&format!("/api/v1/servers/{id}/tree"));
        let leaf = &tree["roots"][0]["children"][0]["children"][0]["process"];
        (leaf["role"] == "server").then_some(())
    })
    .unwrap();
    let metrics = daemon.get(&format!("/api/v1/servers/{id}/metrics"));
    let up = metrics["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .find(|metric| metric["name"] == "mcpvisor_server_up");
    assert_eq!(up.unwrap()["value"], 1.0);

    let page = daemon.ask("GET", "/metrics", "").body;
    let series = "mcpvisor_server_resident_memory_bytes{server=\"keeper\",owner=\"mcp-hub\"}";
    assert!(page.contains(series), "{page}");

    let points = wait_for("three samples", Duration::from_secs(30), || {
        let path = "/api/v1/history?metric=resident_memory_bytes&server=keeper&from=-5m";
        let answer = daemon.get(path);
        let series = answer["series"].as_array()?.first()?.clone();
        (series["points"].as_array()?.len() >= 3).then_some(series)
    })
    .unwrap();
    assert_eq!(points["labels"]["owner"], "mcp-hub", "{points:#}");
    in_columns(&daemon, &points);
    let trends = daemon.get(&format!("/api/v1/servers/{id}/trends?window=5m"));
    let memory = trends["trends"]
        .as_array()
        .unwrap()
        .iter()
        .find(|trend| trend["metric"] == "mcpvisor_server_resident_memory_bytes")
        .unwrap();
    assert!(
        memory["peak"].as_f64() >= memory["average"].as_f64(),
        "{memory}"
    );

    let changes = daemon.get("/api/v1/changes");
    let started = changes["changes"].as_array().unwrap().iter().any(|change| {
        change["kind"] == "server"
            && change["data"]["what"] == "started"
            && change["data"]["name"] == "keeper"
    });
    assert!(started, "{changes:#}");
    // What `ps` says through the daemon is what the daemon says.
    wait_for("a past in `ps`", Duration::from_secs(20), || {
        let ps = world.ps();
        of_hub(&ps, "keeper", pid)?["history"]
            .is_object()
            .then_some(())
    })
    .unwrap();

    drop(hub);
    // For a look they may be left behind: still running, though of no live hub.
    let page = wait_for("the end of both", Duration::from_secs(30), || {
        let page = daemon.ask("GET", "/metrics", "").body;
        let down = "mcpvisor_server_up{server=\"keeper\",owner=\"mcp-hub\"} 0";
        page.contains(down).then_some(page)
    })
    .unwrap();
    // Its file still declares it, so it is a server that is down; what it cost is not known any more.
    assert!(
        !page.contains(series),
        "the series of what has ended vanish"
    );
}

/// Lists tell what the points tell.
fn in_columns(daemon: &Daemon, series: &Value) {
    let path = "/api/v1/history?metric=resident_memory_bytes&server=keeper&from=-5m&columns=true";
    let answer = daemon.get(path)["series"][0].clone();
    assert_eq!(answer["points"], json!([]), "{answer:#}");
    let columns = &answer["columns"];
    for (place, point) in series["points"].as_array().unwrap().iter().enumerate() {
        let at: jiff::Timestamp = point["at"].as_str().unwrap().parse().unwrap();
        let millis = columns["at"][place].as_f64().unwrap() * 1000.0;
        assert!((millis - at.as_duration().as_millis_f64()).abs() < 0.5);
        assert_eq!(columns["value"][place], point["value"]);
        let is_gap = columns["gaps"].as_array().unwrap().contains(&json!(place));
        assert_eq!(is_gap, point["after_gap"] == true, "{place} of {columns:#}");
    }
    assert!(columns["mean"].is_null(), "{columns:#}");
    let buckets = daemon.get(&format!("{path}&step=5m"))["series"][0]["columns"].clone();
    for list in ["value", "mean", "increase"] {
        let found = buckets[list].as_array().unwrap().len();
        assert_eq!(
            found,
            buckets["at"].as_array().unwrap().len(),
            "{buckets:#}"
        );
    }
    assert!(buckets["mean"][0].as_f64() > Some(0.0), "{buckets:#}");
}

#[test]
fn what_is_unknown_is_a_problem() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    for (path, status) in [
        ("/api/v1/servers/nobody", 404),
        ("/api/v1/servers/nobody/tree", 404),
        ("/api/v1/nothing", 404),
        ("/api/v1/servers/nobody/logs", 404),
        ("/api/v1/baselines", 501),
        ("/api/v1/history?metric=nonsense", 422),
        ("/api/v1/history", 422),
        ("/api/v1/servers?fresh=perhaps", 400),
        ("/api/v1/servers?frsh=true", 400),
    ] {
        let answer = daemon.ask("GET", path, "");
        assert_eq!(answer.status, status, "{path}: {}", answer.body);
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{path}"
        );
        assert_eq!(answer.json()["status"], status);
    }
}
