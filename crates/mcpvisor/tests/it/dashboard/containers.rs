//! Containers of a real engine on the page: one that a client has left behind, files with ids that nobody
//! needs, limits that hold, and what the policy has done about another one.

use std::time::{Duration, SystemTime};

use serde_json::json;
use testbed::docker::{Client, Dockerd};
use testbed::wait::wait_for;

use super::scene::Scene;
use crate::containers::{engine, temporary, two_hours_pass, world};
use crate::support::World;

const SOON: Duration = Duration::from_mins(1);

const CONFIG: &str = "[limits.containers]\nmemory_max = \"64MiB\"\npids_max = 50\n\
    [[server]]\nname = \"hub\"\ncontainer = \"hub-1\"\n\
    [[rule]]\nname = \"tasks_of_hub\"\nmetric = \"container_pids\"\nabove = { critical = 0 }\n\
    for = \"1s\"\nmatch = [\"server=\\\"hub\\\"\"]\n\
    [policy]\nmode = \"enforce\"\n[policy.ladders]\n\
    tasks_of_hub = [{ step = \"restart_container\", check_after = \"60s\" }]\n";

#[test]
fn containers_and_what_the_policy_did() {
    let Some(dockerd) = engine() else {
        return;
    };
    let world = world(&dockerd);
    let left = leave_one(&world, &dockerd);
    leave_files(&world);
    let hub = dockerd.run_detached(&["--name", "hub-1", "--init"], &["sleep", "600"]);
    let Some(mut scene) = Scene::open(world, CONFIG) else {
        return;
    };
    wait_for("the policy", SOON, || {
        let all = scene.daemon().get("/api/v1/audit?limit=1000");
        let mut all = all["entries"].as_array()?.iter();
        all.find(|entry| entry["command"] == "restart_container" && entry["phase"] == "end")
            .cloned()
    })
    .unwrap();
    let stage = json!({"left": left.id});
    scene.watch("containers_and_what_the_policy_did", &stage);
    let rest = dockerd.docker(&["ps", "-q", "--no-trunc"]);
    assert_eq!(rest, hub, "only what was left behind is gone");
}

/// A container whose client was killed two hours ago.
fn leave_one(world: &World, dockerd: &Dockerd) -> Client {
    let labels = ["-l", "docker-mcp=true", "-l", "docker-mcp-name=fetch"];
    let mut client = Client::start(dockerd, "leaving", &labels);
    world.json(&["doctor", "--json"]);
    client.kill();
    world.json(&["doctor", "--json"]);
    two_hours_pass(world);
    client
}

/// Files with ids of containers that are gone, as a gateway leaves them.
fn leave_files(world: &World) {
    let earlier = SystemTime::now() - Duration::from_hours(2);
    for number in 1..7 {
        let path = temporary(world).join(format!("mcpproxy-cid-{number}.txt"));
        std::fs::write(&path, "ab".repeat(32)).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(earlier).unwrap();
    }
}
