//! Owners that start too many, forget some, or die.

use serde_json::Value;
use testbed::{Owner, OwnerPlan, Stdio, programs};

use crate::support::{World, apply, declare, instance_of, only, planned, refusals};

fn claude(world: &World, plan: OwnerPlan, flags: &[&str]) -> Owner {
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..plan
    };
    let command = programs::server_command(flags).unwrap();
    Owner::start(world.folder.path(), &plan, &command).unwrap()
}

#[test]
fn ten_of_the_same_are_surplus_and_stay() {
    let world = World::new();
    declare(&world, &[]);
    let owner = claude(
        &world,
        OwnerPlan {
            count: 10,
            ..OwnerPlan::default()
        },
        &[],
    );
    let report = world.ps();
    let (server, _) = instance_of(&report, owner.servers[0].pid).expect("listed");
    assert_eq!(server["name"], "notes");
    assert_eq!(server["owner"]["name"], "Claude Code");
    assert_eq!(server["state"], "surplus", "{server:#}");
    let surplus = server["instances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|i| i["state"] == "surplus")
        .count();
    assert_eq!(
        (server["instances"].as_array().unwrap().len(), surplus),
        (10, 9)
    );
    let (doctor, code) = world.json(&["doctor", "--json"]);
    let found = doctor["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["kind"] == "surplus" && finding["server"] == server["id"])
        .unwrap_or_else(|| panic!("no surplus in {doctor:#}"));
    assert_eq!(found["pids"].as_array().unwrap().len(), 9);
    assert!(code >= 1);

    // Their owner lives and holds their pipes: even asked for by pid they stay.
    let pids: Vec<u32> = owner.servers.iter().map(|server| server.pid).collect();
    let (done, code) = apply(&world, &pids);
    assert_eq!(
        (code, done["outcome"].as_str()),
        (1, Some("nothing_to_do")),
        "{done:#}"
    );
    assert!(owner.servers.iter().all(|server| server.is_running()));
    for pid in pids {
        assert!(refusals(&done["plan"], pid).contains(&"owner_alive".to_owned()));
    }
}

#[test]
fn two_at_once_are_a_duplicate() {
    let world = World::new();
    declare(&world, &[]);
    let owner = claude(
        &world,
        OwnerPlan {
            count: 2,
            ..OwnerPlan::default()
        },
        &[],
    );
    let report = world.ps();
    let (server, _) = instance_of(&report, owner.servers[0].pid).expect("listed");
    assert_eq!(server["state"], "duplicate", "{server:#}");
}

/// An owner that dies leaves its deaf servers behind, whatever they talk over and whether they
/// lead groups or sessions of their own.
#[test]
fn a_dead_client_leaves_orphans() {
    for (stdio, own_group, setsid) in [
        (Stdio::Pipe, false, false),
        (Stdio::SocketPair, false, false),
        (Stdio::Pipe, true, false),
        (Stdio::SocketPair, false, true),
    ] {
        let world = World::new();
        let flags = ["--ignore-eof", "--ignore-term"];
        declare(&world, &flags);
        let plan = OwnerPlan {
            stdio,
            own_group,
            setsid,
            lead_session: true,
            ..OwnerPlan::default()
        };
        let mut owner = claude(&world, plan, &flags);
        let pid = owner.servers[0].pid;
        // Seen alive, so that a later run can name the owner.
        let report = world.ps();
        assert_eq!(
            instance_of(&report, pid).expect("listed").0["state"],
            "running"
        );
        assert!(!planned(&world.plan(&[])).contains(&pid));
        owner.crash().unwrap();

        let report = world.ps();
        let (server, instance) = instance_of(&report, pid).expect("still listed");
        assert_eq!(
            server["state"], "orphan",
            "{stdio:?} {own_group} {setsid}: {server:#}"
        );
        assert_eq!(server["owner"]["name"], "Claude Code");
        assert!(instance["owner_gone_since"].is_string());
        let (done, code) = apply(&world, &[pid]);
        assert_eq!(
            (code, done["outcome"].as_str()),
            (0, Some("done")),
            "{done:#}"
        );
        assert!(!owner.servers[0].is_running());
    }
}

/// The grace: an owner that died a moment ago may be restarting.
#[test]
fn the_grace_is_kept() {
    let world = World::new();
    let flags = ["--ignore-eof"];
    declare(&world, &flags);
    let mut owner = claude(&world, OwnerPlan::default(), &flags);
    owner.crash().unwrap();
    let pid = owner.servers[0].pid;
    let (document, code) = world.json(&["clean", "--json", &only(&[pid])[0]]);
    assert_eq!(
        (code, document["outcome"].as_str()),
        (0, Some("nothing_to_do"))
    );
    assert_eq!(refusals(&document["plan"], pid), ["grace"], "{document:#}");
    let wait = document["plan"]["refused"][0]["reasons"][0]["wait_seconds"]
        .as_f64()
        .unwrap();
    assert!((50.0..=60.0).contains(&wait), "{wait}");

    // With a short grace it is waited out, with progress, and then cleaned.
    let output = world.run(&[
        "clean",
        "--apply",
        "--yes",
        "--grace=2s",
        "--kill-after=1s",
        &only(&[pid])[0],
    ]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    assert!(!owner.servers[0].is_running());
}

/// A plan that was shown is carried out only while it stands.
#[test]
fn a_plan_id_is_a_promise() {
    let world = World::new();
    let flags = ["--ignore-eof"];
    declare(&world, &flags);
    let mut owner = claude(
        &world,
        OwnerPlan {
            count: 2,
            ..OwnerPlan::default()
        },
        &flags,
    );
    owner.crash().unwrap();
    let pids: Vec<u32> = owner.servers.iter().map(|server| server.pid).collect();
    let chosen = only(&pids);
    let chosen: Vec<&str> = chosen.iter().map(String::as_str).collect();
    let plan = world.plan(&chosen);
    let id = format!("--plan-id={}", plan["plan_id"].as_str().unwrap());
    assert_eq!(planned(&plan).len(), 2);

    // One of the two goes by itself: another world.
    assert!(owner.servers[0].signal(rustix::process::Signal::KILL));
    testbed::wait::wait_until(
        "the first is gone",
        std::time::Duration::from_secs(10),
        || !owner.servers[0].is_listed(),
    )
    .unwrap();
    let arguments = [
        &["clean", "--apply", "--json", "--grace=0s", id.as_str()],
        chosen.as_slice(),
    ]
    .concat();
    let (document, code): (Value, i32) = world.json(&arguments);
    assert_eq!(
        (code, document["outcome"].as_str()),
        (2, Some("changed")),
        "{document:#}"
    );
    assert!(owner.servers[1].is_running());
    assert!(
        !world.state().join("audit.jsonl").exists(),
        "nothing was done, so nothing was written"
    );

    let plan = world.plan(&chosen);
    let id = format!("--plan-id={}", plan["plan_id"].as_str().unwrap());
    let arguments = [
        &["clean", "--apply", "--json", "--grace=0s", id.as_str()],
        chosen.as_slice(),
    ]
    .concat();
    assert_eq!(world.json(&arguments).1, 0);
    assert!(!owner.servers[1].is_running());
}
