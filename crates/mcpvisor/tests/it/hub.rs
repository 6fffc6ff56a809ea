//! A real mcp-hub with real servers: named, owned, left behind, cleaned.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use testbed::real::{self, or_skip};
use testbed::wait::wait_for;
use testbed::{Identity, programs};

use crate::support::{World, apply, instance_of, pids, planned};

fn servers() -> Option<Value> {
    let time = or_skip(real::python("mcp-server-time"))?;
    let deaf = programs::mcp_server().unwrap();
    Some(json!({
        "memory": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"]},
        "time": {"command": time, "args": ["--local-timezone", "UTC"]},
        "deaf": {"command": "sh", "args": [
            "-c", format!("{} --ignore-eof --ignore-term; true", deaf.display())
        ]},
    }))
}

fn server<'a>(report: &'a Value, name: &str, hub: u32) -> &'a Value {
    report["servers"]
        .as_array()
        .unwrap()
        .iter()
        .find(|server| server["name"] == name && server["owner"]["pid"] == hub)
        .unwrap_or_else(|| panic!("no {name} of hub {hub} in {report:#}"))
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story from start to end, and starting a hub takes seconds"
)]
fn a_real_hub_is_seen_left_behind_and_cleaned() {
    let Some(servers) = servers() else { return };
    let world = World::new();
    let Some(hub) = or_skip(real::hub(world.folder.path(), &servers)) else {
        return;
    };
    let mut hub = hub.expect("mcp-hub starts");
    let hub_pid = hub.process.pid();

    let report = world.ps();
    for (name, roles) in [
        ("memory", vec!["wrapper", "wrapper", "server"]),
        ("time", vec!["server"]),
        ("deaf", vec!["wrapper", "server"]),
    ] {
        let server = server(&report, name, hub_pid);
        assert_eq!(
            server["owner"],
            json!({"name": "mcp-hub", "kind": "gateway", "pid": hub_pid, "alive": true})
        );
        assert_eq!(server["state"], "running", "{server:#}");
        assert_eq!(server["transport"], "stdio");
        assert_eq!(
            server["declared_in"][0]["file"],
            hub.config.display().to_string()
        );
        let all = server["instances"][0]["processes"].as_array().unwrap();
        let found: Vec<&str> = all
            .iter()
            .map(|process| process["role"].as_str().unwrap())
            .collect();
        assert_eq!(found, roles, "{server:#}");
        for process in all {
            for figure in [
                "cpu_percent",
                "rss_bytes",
                "pss_bytes",
                "threads",
                "uptime_seconds",
                "start_time",
            ] {
                assert!(process[figure].is_number(), "{figure} of {process:#}");
            }
            assert!(process["fds"]["total"].as_u64().unwrap() > 0);
            assert!(process["fds"]["by_kind"].is_object() && process["io"].is_object());
        }
    }
    // Nothing of a living hub is ever planned.
    let own: Vec<u32> = hub
        .process
        .note_descendants()
        .iter()
        .map(|process| process.identity().pid)
        .collect();
    assert!(
        planned(&world.plan(&[]))
            .iter()
            .all(|pid| !own.contains(pid))
    );

    // One hangs, one is deaf, and the hub dies.
    let leaf = u32::try_from(
        server(&report, "memory", hub_pid)["instances"][0]["server_pid"]
            .as_u64()
            .unwrap(),
    )
    .unwrap();
    assert!(Identity::of(leaf).unwrap().signal(Signal::STOP));
    hub.process.kill_alone().unwrap();
    let left = wait_for(
        "only the stopped and the deaf server are left",
        Duration::from_secs(20),
        || {
            let left = hub.process.survivors();
            (left.len() == 5).then_some(left)
        },
    )
    .unwrap();
    let mut left: Vec<u32> = left.iter().map(|identity| identity.pid).collect();
    left.sort_unstable();

    let report = world.ps();
    for name in ["memory", "deaf"] {
        let (server, instance) = left
            .iter()
            .filter_map(|&pid| instance_of(&report, pid))
            .find(|(server, _)| server["name"] == name)
            .unwrap_or_else(|| panic!("{name} is not listed: {report:#}"));
        assert_eq!(server["state"], "orphan", "{server:#}");
        assert_eq!(server["owner"]["name"], "mcp-hub", "{server:#}");
        assert_eq!(server["owner"]["alive"], false);
        assert!(!instance["evidence"].as_array().unwrap().is_empty());
    }
    let (doctor, code) = world.json(&["doctor", "--json"]);
    assert!(code >= 1, "orphans are a warning at least");
    let stale = doctor["findings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| {
            finding["kind"] == "stale_state"
                && finding["evidence"]
                    .to_string()
                    .contains(&hub_pid.to_string())
        });
    assert!(
        stale,
        "the hub's state file still lists it: {:#}",
        doctor["findings"]
    );

    // The plan has exactly what is left of this hub, and does exactly that.
    let mut ours: Vec<u32> = planned(&world.plan(&[]))
        .into_iter()
        .filter(|pid| own.contains(pid))
        .collect();
    ours.sort_unstable();
    assert_eq!(ours, left);
    let (done, code) = apply(&world, &left);
    assert_eq!(
        (code, done["outcome"].as_str()),
        (0, Some("done")),
        "{done:#}"
    );
    assert_eq!(done["after"]["processes"], 0);
    assert_eq!(done["freed"]["processes"], 5);
    assert!(
        done["freed"]["pss_bytes"].as_u64().unwrap() > 10_000_000,
        "{done:#}"
    );
    assert!(hub.process.survivors().is_empty());
    let mut ended: Vec<u32> = pids(&Value::Array(
        done["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|result| result["pid"].clone())
            .collect(),
    ));
    ended.sort_unstable();
    assert_eq!(ended, left, "nothing else was touched");

    let audit = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    let phases: Vec<Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(phases.len(), 2, "one entry before, one after");
    assert_eq!(
        (&phases[0]["phase"], &phases[1]["phase"]),
        (&json!("begin"), &json!("end"))
    );
}
