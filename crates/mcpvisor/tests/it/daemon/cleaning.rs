//! Cleaning through the daemon: the plan that was shown, or nothing.

use serde_json::{Value, json};
use testbed::{Owner, OwnerPlan, programs};

use super::running::Daemon;
use crate::support::{World, apply, declare, planned, refusals};

/// An owner that has died and left a server that hears no end of input.
fn left_behind(world: &World) -> Owner {
    declare(world, &["--ignore-eof"]);
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..OwnerPlan::default()
    };
    let command = programs::server_command(&["--ignore-eof"]).unwrap();
    let mut owner = Owner::start(world.folder.path(), &plan, &command).unwrap();
    owner.crash().unwrap();
    owner
}

fn ask_plan(daemon: &Daemon, pid: u32) -> Value {
    let body = json!({"only": [pid.to_string()], "grace_seconds": 0}).to_string();
    let answer = daemon.ask("POST", "/api/v1/clean", &body);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[test]
fn a_plan_is_carried_out_once_and_audited() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let owner = left_behind(&world);
    let orphan = owner.servers[0];
    let document = ask_plan(&daemon, orphan.pid);
    assert_eq!(document["outcome"], "planned", "{document:#}");
    assert!(
        planned(&document["plan"]).contains(&orphan.pid),
        "{document:#}"
    );
    assert!(orphan.is_running(), "a plan changes nothing");

    let wrong = json!({"apply": true, "plan_id": "00000000", "only": [orphan.pid.to_string()], "grace_seconds": 0});
    let answer = daemon.ask("POST", "/api/v1/clean", &wrong.to_string());
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(orphan.is_running());

    let right = json!({
        "apply": true, "plan_id": document["plan"]["plan_id"], "grace_seconds": 0,
        "only": [orphan.pid.to_string()], "kill_after_seconds": 1,
    });
    let answer = daemon.ask("POST", "/api/v1/clean", &right.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["outcome"], "done", "{}", answer.body);
    assert!(!orphan.is_running());
    let again = daemon.ask("POST", "/api/v1/clean", &right.to_string());
    assert_eq!(
        again.status, 409,
        "a plan is carried out once: {}",
        again.body
    );

    let entries = daemon.get("/api/v1/audit")["entries"].clone();
    let done = entries
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["outcome"] == "done");
    let done = done.unwrap_or_else(|| panic!("{entries:#}"));
    assert_eq!(done["command"], "clean");
    assert!(
        done["actor"]
            .as_str()
            .unwrap()
            .starts_with("token from 127.0.0.1"),
        "{done}"
    );
    let file = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    assert!(
        file.lines().count() >= 2 && file.contains("token from"),
        "{file}"
    );
}

#[test]
fn the_command_line_cleans_through_the_daemon() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let owner = left_behind(&world);
    let orphan = owner.servers[0];
    let (done, code) = apply(&world, &[orphan.pid]);
    assert_eq!(
        (code, done["outcome"].as_str()),
        (0, Some("done")),
        "{done:#}"
    );
    assert!(!orphan.is_running());
    let entries = daemon.get("/api/v1/audit")["entries"].to_string();
    assert!(
        entries.contains("\"clean\"") && entries.contains("uid"),
        "{entries}"
    );
}

#[test]
fn what_is_watched_is_not_cleaned() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let owner = left_behind(&world);
    let orphan = owner.servers[0];
    let answer = daemon.ask(
        "PUT",
        "/api/v1/watches/kept",
        &format!("{{\"pid\":{}}}", orphan.pid),
    );
    assert_eq!(answer.status, 201, "{}", answer.body);
    let plan = ask_plan(&daemon, orphan.pid)["plan"].clone();
    assert!(!planned(&plan).contains(&orphan.pid), "{plan:#}");
    let all: Vec<String> = plan["refused"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|refused| {
            refusals(
                &plan,
                u32::try_from(refused["root_pid"].as_u64().unwrap()).unwrap(),
            )
        })
        .collect();
    assert!(all.contains(&"watched".to_owned()), "{plan:#}");
    assert!(orphan.is_running());
}
