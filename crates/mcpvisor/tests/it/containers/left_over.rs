//! What is left over is found and cleaned, what is kept is not.

use std::time::{Duration, SystemTime};

use testbed::docker::{Client, Dockerd};

use super::{findings, listed, planned, temporary, two_hours_pass, world};

pub(super) fn a_container_whose_client_was_killed_is_cleaned(dockerd: &Dockerd) {
    let world = world(dockerd);
    let mut client = Client::start(dockerd, "time", &[]);
    let other = Client::start(dockerd, "other", &["--name", "other"]);
    let id = client.id.clone();
    let seen = listed(&world, &id);
    assert_eq!(seen["verdict"]["verdict"], "served", "{seen:#}");
    assert!(
        seen["client_pid"].is_u64() && seen["mcp"] == true,
        "{seen:#}"
    );
    assert!(
        seen["usage"]["memory_bytes"].as_u64().unwrap() > 0,
        "{seen:#}"
    );
    assert_eq!(seen["server"], "demo");

    client.kill();
    let waiting = listed(&world, &id);
    assert_eq!(waiting["verdict"]["verdict"], "waiting", "{waiting:#}");
    let (early, _) = world.json(&["clean", "--json", "--only", &id]);
    assert!(planned(&early["plan"]).is_empty(), "{early:#}");
    let refused = &early["plan"]["containers_refused"][0];
    assert_eq!(refused["container"], *id, "{early:#}");

    two_hours_pass(&world);
    let (doctor, code) = world.json(&["doctor", "--json"]);
    let found = findings(&doctor, "container_orphan");
    let found = found
        .iter()
        .find(|one| one["title"].as_str().unwrap().contains(&id[..12]));
    let found = found.unwrap_or_else(|| panic!("{doctor:#}"));
    assert_eq!(found["severity"], "warning");
    assert!(
        found["evidence"]
            .to_string()
            .contains("was seen and is gone"),
        "{found:#}"
    );
    assert_eq!(found["command"], "mcpvisor clean --only container_orphan");
    assert!(code >= 1);

    let (dry, code) = world.json(&["clean", "--json"]);
    assert_eq!(code, 0);
    assert_eq!(planned(&dry["plan"]), [&*id], "{dry:#}");
    assert_eq!(dry["plan"]["containers"][0]["certainty"], "proven");
    assert_eq!(
        listed(&world, &id)["state"],
        "running",
        "a plan changes nothing"
    );

    let (done, code) = world.json(&[
        "clean",
        "--apply",
        "--yes",
        "--json",
        "--only",
        "container_orphan",
    ]);
    assert_eq!((&done["outcome"], code), (&"done".into(), 0), "{done:#}");
    let result = &done["containers"][0];
    assert_eq!(result["outcome"], "removed", "{done:#}");
    assert_eq!(result["attempts"][0]["deadline_seconds"], 10.0);
    assert_eq!(done["freed"]["containers"], 1);
    assert!(
        done["freed"]["container_memory_bytes"].as_u64().unwrap() > 0,
        "{done:#}"
    );
    let left = dockerd.docker(&["ps", "-aq", "--no-trunc"]);
    assert_eq!(left, other.id, "and nobody else's");
    let audit = std::fs::read_to_string(world.state().join("audit.jsonl")).unwrap();
    let entries: Vec<serde_json::Value> = audit
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(entries[0]["phase"], "begin");
    assert_eq!(entries[0]["plan"]["containers"][0]["container"], *id);
    assert_eq!(entries[1]["phase"], "end");
    assert_eq!(entries[1]["containers"][0]["outcome"], "removed");

    let (again, code) = world.json(&[
        "clean",
        "--apply",
        "--yes",
        "--json",
        "--only",
        "container_orphan",
    ]);
    assert_eq!((&again["outcome"], code), (&"nothing_to_do".into(), 0));
}

pub(super) fn what_compose_keeps_stays(dockerd: &Dockerd) {
    let world = world(dockerd);
    let label = ["-l", "com.docker.compose.project=shop", "--name", "shop-1"];
    let id = dockerd.run_detached(&label, &["sleep", "600"]);
    let seen = listed(&world, &id);
    assert_eq!(seen["verdict"]["verdict"], "kept", "{seen:#}");
    assert_eq!(seen["owner"], "compose");
    let (all, _) = world.json(&["clean", "--json"]);
    assert!(planned(&all["plan"]).is_empty(), "{all:#}");
    let named = ["clean", "--apply", "--yes", "--json", "--only", "shop-1"];
    let (done, code) = world.json(&named);
    assert_eq!(code, 1, "{done:#}");
    let refused = &done["plan"]["containers_refused"][0];
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("compose keeps it"),
        "{done:#}"
    );
    assert_eq!(listed(&world, &id)["state"], "running");
    dockerd.docker(&["rm", "-f", &id]);
}

pub(super) fn stale_files_with_ids_are_cleaned(dockerd: &Dockerd) {
    let world = world(dockerd);
    let at = |number: u32| temporary(&world).join(format!("mcpproxy-cid-{number}.txt"));
    let live = at(1);
    let id = dockerd.run_detached(&["--cidfile", live.to_str().unwrap()], &["sleep", "600"]);
    for number in 2..8 {
        std::fs::write(at(number), "ab".repeat(32)).unwrap();
    }
    let earlier = SystemTime::now() - Duration::from_hours(2);
    for number in 1..7 {
        let file = std::fs::File::options()
            .write(true)
            .open(at(number))
            .unwrap();
        file.set_modified(earlier).unwrap();
    }
    let (doctor, _) = world.json(&["doctor", "--json"]);
    let found = findings(&doctor, "container_cidfiles");
    assert!(
        found[0]["title"]
            .as_str()
            .unwrap()
            .starts_with("7 files with container ids, 5 of them"),
        "{found:#?}"
    );
    let (done, code) = world.json(&[
        "clean",
        "--apply",
        "--yes",
        "--json",
        "--only",
        "container_cidfiles",
    ]);
    assert_eq!((&done["outcome"], code), (&"done".into(), 0), "{done:#}");
    assert_eq!(done["freed"]["files"], 5, "{done:#}");
    let left: Vec<bool> = (1..8).map(|number| at(number).exists()).collect();
    assert_eq!(
        left,
        [true, false, false, false, false, false, true],
        "{done:#}"
    );
    dockerd.docker(&["rm", "-f", &id]);
}
