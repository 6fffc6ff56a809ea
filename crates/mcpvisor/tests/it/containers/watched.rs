//! The daemon: figures, findings, limits and orders to an engine, and what its policy does.

use serde_json::{Value, json};
use testbed::docker::{Client, Dockerd};
use testbed::wait::{wait_for, wait_until};

use super::{SOON, two_hours_pass, world};
use crate::daemon::running::Daemon;
use crate::support::World;

const MIB: u64 = 1 << 20;

fn start(world: &World, config: &str) -> Daemon {
    let file = world.folder.path().join("m.toml");
    std::fs::write(&file, format!("[daemon]\ninterval = \"1s\"\n{config}")).unwrap();
    Daemon::start(world, &["--config", file.to_str().unwrap()])
}

/// The entry about a container, once it is as wanted.
fn wait_listed(
    world: &World,
    daemon: &Daemon,
    name: &str,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    let found = wait_for(name, SOON, || {
        let report = daemon.get("/api/v1/containers?all=true");
        let all = report["containers"].as_array().unwrap().clone();
        all.into_iter()
            .find(|one| one["name"] == name && is_so(one))
    });
    found.unwrap_or_else(|error| {
        let report = daemon.get("/api/v1/containers?all=true");
        panic!("{error}: {report:#}\n{}", Daemon::log(world))
    })
}

/// Entries of the audit with this command, the earliest first.
fn audit(daemon: &Daemon, command: &str) -> Vec<Value> {
    let entries = daemon.get("/api/v1/audit?limit=1000")["entries"].clone();
    let entries = entries.as_array().unwrap().iter().rev();
    entries
        .filter(|entry| entry["command"] == command)
        .cloned()
        .collect()
}

fn ended(world: &World, daemon: &Daemon, command: &str) -> Value {
    let found = wait_for(command, SOON, || {
        audit(daemon, command)
            .into_iter()
            .find(|entry| entry["phase"] == "end")
    });
    found.unwrap_or_else(|error| {
        let all = daemon.get("/api/v1/audit?limit=1000");
        panic!("{error}: {all:#}\n{}", Daemon::log(world))
    })
}

fn state(dockerd: &Dockerd, id: &str) -> String {
    dockerd.docker(&["inspect", "-f", "{{.State.Status}}", id])
}

pub(super) fn figures_findings_limits_and_orders(dockerd: &Dockerd) {
    let world = world(dockerd);
    let socket = format!("{}:/run/docker.sock:ro", dockerd.socket().display());
    let options = ["--name", "boxed", "--init", "-v", &socket];
    let id = dockerd.run_detached(&options, &["sleep", "600"]);
    let own = [
        "--name",
        "own",
        "--init",
        "--memory",
        "32m",
        "-l",
        "docker-mcp=true",
    ];
    let limited = dockerd.run_detached(&own, &["sleep", "600"]);
    let daemon = start(
        &world,
        "[policy]\nmode = \"enforce\"\n[limits.containers]\nmemory_max = \"64MiB\"\npids_max = 50\nnofile = 1024\n\
         [[server]]\nname = \"box\"\ncontainer = \"boxed\"\n",
    );

    let boxed = wait_listed(&world, &daemon, "boxed", |one| {
        one["limits"][0]["enforced"] == true && one["usage"]["cpu_percent"].is_number()
    });
    assert_eq!(
        (&boxed["server"], &boxed["mcp"]),
        (&"box".into(), &true.into())
    );
    let memory = dockerd.docker(&["inspect", "-f", "{{.HostConfig.Memory}}", &id]);
    assert_eq!(memory, (64 * MIB).to_string());
    let set = wait_for("both are limited", SOON, || {
        let all = audit(&daemon, "set_limits");
        let mut ends = all.into_iter().filter(|entry| entry["phase"] == "end");
        ends.find(|entry| entry["target"] == "container boxed")
    })
    .unwrap();
    assert_eq!(set["actor"], "policy");
    assert!(
        set["outcome"]
            .as_str()
            .unwrap()
            .starts_with("done: memory, pids hold"),
        "{set:#}"
    );
    let own = wait_listed(&world, &daemon, "own", |one| {
        one["limits"][1]["enforced"] == true
    });
    assert!(
        own["limits"][0]["how"]
            .as_str()
            .unwrap()
            .contains("of its own"),
        "{own:#}"
    );
    let memory = dockerd.docker(&["inspect", "-f", "{{.HostConfig.Memory}}", &limited]);
    assert_eq!(memory, (32 * MIB).to_string(), "whoever made it chose that");
    let text = String::from_utf8(world.run(&["limits", "boxed"]).stdout).unwrap();
    assert!(
        text.contains("container boxed") && text.contains("memory_max"),
        "{text}"
    );
    assert!(
        text.contains("--ulimit"),
        "open files cannot be limited any more: {text}"
    );

    let findings = daemon.get("/api/v1/findings");
    let exposed = super::findings(&findings, "container_credentials");
    assert!(
        exposed[0]["title"].as_str().unwrap().contains("boxed"),
        "{findings:#}"
    );
    let metrics = daemon.ask("GET", "/metrics", "").body;
    let labels = "{server=\"box\",owner=\"nobody\",container=\"boxed\"}";
    let owner = boxed["owner"].as_str().unwrap();
    let labels = labels.replace("nobody", owner);
    for metric in [
        "up",
        "cpu_seconds_total",
        "memory_bytes",
        "memory_limit_bytes",
        "pids",
        "restarts_total",
    ] {
        let name = format!("mcpvisor_container_{metric}{labels} ");
        assert!(metrics.contains(&name), "{name}: {metrics}");
    }

    orders(&world, &daemon, dockerd, &id);
    for id in [&id, &limited] {
        dockerd.docker(&["rm", "-f", id]);
    }
    let gone = daemon.ask("POST", "/api/v1/servers/box/stop", "{}");
    assert!([200, 502].contains(&gone.status), "{}", gone.body);
}

/// Stop, start and restart of the container behind `box`.
fn orders(world: &World, daemon: &Daemon, dockerd: &Dockerd, id: &str) {
    for (order, expected) in [
        ("stop", "exited"),
        ("start", "running"),
        ("restart", "running"),
    ] {
        let answer = daemon.ask("POST", &format!("/api/v1/servers/box/{order}"), "{}");
        assert_eq!(answer.status, 200, "{order}: {}", answer.body);
        assert!(answer.json()["ended_at"].is_string(), "{}", answer.body);
        assert_eq!(state(dockerd, id), expected, "{order}");
        // The view comes by events; an order is about what it says.
        let wanted = move |one: &Value| one["state"] == expected;
        wait_listed(world, daemon, "boxed", wanted);
        let phases: Vec<Value> = audit(daemon, order)
            .iter()
            .map(|entry| entry["phase"].clone())
            .collect();
        assert_eq!(phases, ["begin", "end"], "{order}");
    }
    let text = String::from_utf8(world.run(&["stop", "box"]).stdout).unwrap();
    assert_eq!(text, "box: stop is done\n");
    let logs = daemon.ask("GET", "/api/v1/servers/box/logs", "");
    assert!(
        logs.status == 409 && logs.body.contains("docker logs boxed"),
        "{}",
        logs.body
    );
}

/// A rule of the test's own about containers of a server, and what is done against it.
fn policy(server: &str, rule: &str, figure: &str, step: &str) -> String {
    format!(
        "[[rule]]\nname = \"{rule}\"\n{figure}\nfor = \"1s\"\nmatch = [\"server=\\\"{server}\\\"\"]\n\
         [policy]\nmode = \"enforce\"\n[policy.ladders]\n{rule} = [{{ step = \"{step}\", check_after = \"60s\" }}]\n"
    )
}

pub(super) fn the_policy_restarts_a_container(dockerd: &Dockerd) {
    let world = world(dockerd);
    let id = dockerd.run_detached(&["--name", "hub-1", "--init"], &["sleep", "600"]);
    let bystander = dockerd.run_detached(&["--name", "hub-2", "--init"], &["sleep", "600"]);
    let started = |id: &str| dockerd.docker(&["inspect", "-f", "{{.State.StartedAt}}", id]);
    let (before, other) = (started(&id), started(&bystander));
    let rules = policy(
        "hub",
        "tasks_of_hub",
        "metric = \"container_pids\"\nabove = { critical = 0 }",
        "restart_container",
    );
    let server = "[[server]]\nname = \"hub\"\ncontainer = \"hub-1\"\n";
    let daemon = start(&world, &format!("{rules}{server}"));
    let end = ended(&world, &daemon, "restart_container");
    assert_eq!(
        end["outcome"], "done: container hub-1 was restarted",
        "{end:#}"
    );
    assert_eq!(
        (&end["actor"], &end["target"]),
        (&"policy".into(), &"container hub-1".into())
    );
    assert_eq!(end["data"]["rule"], "tasks_of_hub");
    let begin = &audit(&daemon, "restart_container")[0];
    assert_eq!(begin["phase"], "begin");
    assert!(
        begin["data"]["evidence"].to_string().contains("hub"),
        "{begin:#}"
    );
    assert_ne!(started(&id), before);
    assert_eq!(started(&bystander), other, "and no other");
    for id in [id, bystander] {
        dockerd.docker(&["rm", "-f", &id]);
    }
}

pub(super) fn the_policy_cleans_a_container(dockerd: &Dockerd) {
    let world = world(dockerd);
    let mut client = Client::start(
        dockerd,
        "leaving",
        &["-l", "docker-mcp=true", "-l", "docker-mcp-name=fetch"],
    );
    world.json(&["doctor", "--json"]);
    client.kill();
    world.json(&["doctor", "--json"]);
    two_hours_pass(&world);
    let ladder =
        "[policy]\nmode = \"enforce\"\n[policy.ladders]\ncontainer_orphan = [\"clean_orphans\"]\n";
    let daemon = start(&world, ladder);
    let end = ended(&world, &daemon, "clean_orphans");
    assert!(
        end["outcome"]
            .as_str()
            .unwrap()
            .starts_with("done: 1 containers removed"),
        "{end:#}"
    );
    wait_until("it is gone", SOON, || {
        dockerd.docker(&["ps", "-aq"]).is_empty()
    })
    .unwrap();
    let audit = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    assert!(
        audit.contains(&client.id) && audit.contains("\"actor\":\"policy\""),
        "{audit}"
    );
}

pub(super) fn an_engine_that_hangs_keeps_nobody_waiting(dockerd: &Dockerd) {
    let world = world(dockerd);
    let daemon = start(&world, "");
    let is_hung = |daemon: &Daemon| {
        let findings = daemon.get("/api/v1/findings");
        super::findings(&findings, "container_engine").len() == 1
    };
    assert!(!is_hung(&daemon));
    dockerd.freeze();
    wait_until("it is said", SOON, || is_hung(&daemon)).unwrap();
    let looks = daemon.get("/api/v1/status")["looks"].as_u64().unwrap();
    wait_until("looks go on", SOON, || {
        daemon.get("/api/v1/status")["looks"].as_u64().unwrap() > looks + 2
    })
    .unwrap();
    let body = json!({"only": ["container_orphan"]}).to_string();
    assert_eq!(daemon.ask("POST", "/api/v1/clean", &body).status, 200);
    dockerd.thaw();
    wait_until("it is back", SOON, || !is_hung(&daemon)).unwrap();
}
