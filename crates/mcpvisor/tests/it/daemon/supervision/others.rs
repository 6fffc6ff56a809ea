//! Servers of others, limited in `enforce`.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testbed::wait::{wait_for, wait_until};
use testbed::{Spawned, programs};

use super::policy::{ladder, steps};
use super::{SOON, start};
use crate::daemon::running::Daemon;
use crate::support::World;

#[test]
fn a_server_of_others_that_forks_is_stopped() {
    let world = World::new();
    let steps_of_it = "[{ step = \"notify\", check_after = \"1s\" }, { step = \"stop_largest\", check_after = \"20s\" }]";
    let rules = ladder(
        "forks_of_ours",
        "forker",
        "metric = \"server_processes\"",
        "15",
        steps_of_it,
        "enforce",
    );
    // A client with two servers: one has twenty children, the other none.
    let program = programs::mcp_traffic().unwrap();
    let claude = programs::named(world.folder.path(), &program, "claude").unwrap();
    let command = programs::mcp_server().unwrap();
    let plan = json!({
        "forker": {"command": command, "args": ["--children=20", "--children-end-too", "--max-lifetime=120"]},
        "calm": {"command": command, "args": ["--max-lifetime=120"]},
    });
    let file = world.folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    let declared = json!({"mcpServers": plan});
    std::fs::write(world.home().join(".claude.json"), declared.to_string()).unwrap();
    let daemon = start(&world, &rules);
    let mut client = Command::new(claude);
    client.arg("--plan").arg(&file);
    client
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let client = Spawned::start(&mut client).unwrap();
    wait_until("it is stopped", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end stop_largest done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    let audit = daemon.policy_audit();
    let stopped = audit
        .iter()
        .find(|entry| entry["command"] == "stop_largest")
        .unwrap();
    assert!(
        stopped["target"].as_str().unwrap().contains("forker"),
        "{stopped}"
    );
    assert!(client.is_running(), "only the server was stopped");
    let left = testbed::process::descendants(client.pid());
    let is_calm = |process: &testbed::process::Process| {
        !process
            .arguments()
            .iter()
            .any(|word| word.contains("children"))
    };
    assert!(left.iter().all(is_calm), "{left:?}");
    assert!(!left.is_empty(), "the calm one runs on");
    // It is in the audit file, too.
    let file = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    assert!(file.contains("\"actor\":\"policy\""), "{file}");
}

/// `instances` of one server under one owner: a ladder ends the larger one, and leaves the other.
#[test]
fn too_many_instances_are_ended_by_a_ladder() {
    let world = World::new();
    let program = programs::mcp_traffic().unwrap();
    let claude = programs::named(world.folder.path(), &program, "claude").unwrap();
    let server = programs::mcp_server().unwrap();
    let twin = programs::named(world.folder.path(), &server, "twin-mcp-server").unwrap();
    let plan = json!({
        "first": {"command": twin, "args": ["--max-lifetime=120"]},
        "second": {"command": twin, "args": ["--max-lifetime=120", "--children=3", "--children-end-too"]},
    });
    let file = world.folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    // Only this server has a limit on this machine, so the rule is about no other.
    let daemon = start(
        &world,
        "[limits.twin-mcp-server]\ninstances = 1\n\
         [[rule]]\nname = \"over_limit\"\nfor = \"1s\"\n\
         [policy]\nmode = \"enforce\"\n[policy.ladders]\nover_limit = [{ step = \"stop_largest\", least = \"warning\" }]\n",
    );
    let mut client = Command::new(claude);
    client.arg("--plan").arg(&file);
    client
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    let client = Spawned::start(&mut client).unwrap();
    wait_until("one is stopped", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end stop_largest done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}\n{}",
            daemon.policy_audit(),
            daemon.get("/api/v1/servers"),
            Daemon::log(&world)
        )
    });
    // The client has not waited for the other yet, perhaps.
    let mut left = testbed::process::descendants(client.pid());
    left.retain(|process| process.state != 'Z');
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(
        left[0]
            .arguments()
            .iter()
            .all(|word| !word.contains("children")),
        "the larger one was ended: {left:?}"
    );
    assert!(client.is_running());
}

/// A client that runs one server, which it declares under this name.
fn client(world: &World, name: &str, command: &str, arguments: &[&str]) -> Spawned {
    let program = programs::mcp_traffic().unwrap();
    let claude = programs::named(world.folder.path(), &program, "claude").unwrap();
    let plan = json!({ name: {"command": command, "args": arguments} });
    let file = world.folder.path().join("plan.json");
    std::fs::write(&file, plan.to_string()).unwrap();
    let mut client = Command::new(claude);
    client.arg("--plan").arg(&file).env("HOME", world.home());
    client
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null());
    Spawned::start(&mut client).unwrap()
}

fn declare(world: &World, name: &str, command: &str, arguments: &[&str]) {
    let declared = json!({"mcpServers": { name: {"command": command, "args": arguments} }});
    std::fs::write(world.home().join(".claude.json"), declared.to_string()).unwrap();
}

#[test]
fn a_server_of_others_is_moved_into_a_group_with_its_limits() {
    let world = World::new();
    let command = programs::mcp_server().unwrap().display().to_string();
    let arguments = ["--children=3", "--children-end-too", "--max-lifetime=120"];
    declare(&world, "guest", &command, &arguments);
    let limits =
        "[policy]\nmode = \"enforce\"\n[limits.guest]\npids_max = 40\nmemory_max = \"300MiB\"\n";
    let daemon = start(&world, limits);
    let client = client(&world, "guest", &command, &arguments);
    let confined = wait_for("it is confined", SOON, || {
        let all = daemon.get("/api/v1/supervision");
        all["confined"].as_array().unwrap().first().cloned()
    })
    .unwrap_or_else(|error| panic!("{error}: {}", Daemon::log(&world)));
    assert_eq!(confined["server"], "guest");
    let limits = confined["limits"].as_array().unwrap();
    if limits.iter().any(|limit| limit["enforced"] == true) {
        let groups =
            |pid: u32| std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let tree = testbed::process::descendants(client.pid());
        assert_eq!(tree.len(), 4);
        for process in tree {
            let of_it = groups(process.pid);
            assert!(
                of_it.contains("mcpvisor-limit.guest-"),
                "{process:?}: {of_it}"
            );
        }
        assert!(
            !groups(client.pid()).contains("mcpvisor-limit."),
            "its client is not limited"
        );
        let text = String::from_utf8(world.run(&["limits"]).stdout).unwrap();
        assert!(
            text.contains("guest of Claude Code") && text.contains("pids_max"),
            "{text}"
        );
    } else {
        eprintln!("skipped: no group with limits can be made here: {confined}");
    }
    // It runs on when the daemon is gone.
    let mut daemon = daemon;
    assert!(daemon.process.signal(Signal::TERM));
    wait_until("the end of the daemon", SOON, || {
        !daemon.process.is_running()
    })
    .unwrap();
    assert_eq!(testbed::process::descendants(client.pid()).len(), 4);
}

#[test]
fn an_explosion_of_a_server_of_others_is_contained() {
    if let Err(error) = linux::events::ProcessEvents::open() {
        eprintln!("skipped: {error}");
        return;
    }
    let world = World::new();
    let go = world.folder.path().join("go");
    let script = format!(
        "while [ ! -e {} ]; do sleep 0.1; done; i=0; while [ $i -lt 406 ]; do sleep 100 & i=$((i+1)); done; wait",
        go.display()
    );
    let arguments = ["-c", script.as_str()];
    declare(&world, "bomb", "sh", &arguments);
    let daemon = start(
        &world,
        "[policy]\nmode = \"enforce\"\n[limits.bomb]\nprocesses = 15\n",
    );
    let client = client(&world, "bomb", "sh", &arguments);
    wait_until("it is seen", SOON, || {
        daemon.get("/api/v1/servers")["servers"]
            .as_array()
            .unwrap()
            .iter()
            .any(|server| server["name"] == "bomb" && server["state"] == "running")
    })
    .unwrap();
    std::thread::sleep(Duration::from_secs(1));
    std::fs::write(&go, "").unwrap();
    let entry = wait_for("it is contained", SOON, || {
        daemon
            .policy_audit()
            .into_iter()
            .find(|entry| entry["command"] == "contain")
    })
    .unwrap_or_else(|error| panic!("{error}: {}", Daemon::log(&world)));
    assert!(
        entry["outcome"].as_str().unwrap().starts_with("done: "),
        "{entry}"
    );
    assert!(
        entry["data"]["evidence"]
            .to_string()
            .contains("its limit is 15"),
        "{entry}"
    );
    eprintln!("{}", entry["outcome"]);
    // Not only those that are still below it.
    let is_of_it = |process: &testbed::process::Process| {
        let environment =
            std::fs::read(format!("/proc/{}/environ", process.pid)).unwrap_or_default();
        let home = format!("HOME={}", world.home().display());
        process.pid != client.pid()
            && process
                .arguments()
                .first()
                .is_some_and(|word| word == "sleep" || word == "sh")
            && environment
                .split(|byte| *byte == 0)
                .any(|part| part == home.as_bytes())
    };
    wait_until("nothing of it is left", SOON, || {
        !testbed::process::all().iter().any(is_of_it)
    })
    .unwrap();
    assert!(client.is_running());
}
