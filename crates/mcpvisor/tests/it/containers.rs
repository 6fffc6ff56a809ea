//! Containers of a real engine that the test starts: seen, judged, cleaned, and those that are somebody's
//! left alone.

mod engine_gone;
mod left_over;
mod watched;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use testbed::docker::{self, Dockerd};
use testbed::real::{Skipped, or_skip};

use crate::support::World;

/// Far beyond what it takes anywhere.
const SOON: Duration = Duration::from_mins(1);

/// One engine for all that leaves it whole: starting one costs seconds.
#[test]
fn commands_beside_a_living_engine() {
    let Some(dockerd) = engine() else {
        return;
    };
    left_over::a_container_whose_client_was_killed_is_cleaned(&dockerd);
    left_over::what_compose_keeps_stays(&dockerd);
    left_over::stale_files_with_ids_are_cleaned(&dockerd);
    engine_gone::an_engine_that_hangs_is_said_and_the_rest_works(&dockerd);
}

#[test]
fn a_daemon_beside_a_living_engine() {
    let Some(dockerd) = engine() else {
        return;
    };
    watched::figures_findings_limits_and_orders(&dockerd);
    watched::an_engine_that_hangs_keeps_nobody_waiting(&dockerd);
}

#[test]
fn the_policy_beside_a_living_engine() {
    let Some(dockerd) = engine() else {
        return;
    };
    watched::the_policy_restarts_a_container(&dockerd);
    watched::the_policy_cleans_a_container(&dockerd);
}

/// An engine of our own, where nobody else's containers could come to harm.
pub(crate) fn engine() -> Option<Dockerd> {
    if docker::others_have_containers() {
        let why = "another engine of this machine has containers of its own";
        return or_skip(Err(Skipped::because(why)));
    }
    or_skip(Dockerd::start(false))
}

/// A world whose engine is this one, with a folder for temporary files of its own.
pub(crate) fn world(dockerd: &Dockerd) -> World {
    let mut world = World::new();
    let host = format!("unix://{}", dockerd.socket().display());
    let temporary = temporary(&world);
    std::fs::create_dir(&temporary).unwrap();
    world.environment = vec![
        ("DOCKER_HOST", host),
        ("TMPDIR", temporary.display().to_string()),
        ("XDG_RUNTIME_DIR", temporary.display().to_string()),
    ];
    world
}

pub(crate) fn temporary(world: &World) -> PathBuf {
    world.folder.path().join("tmp")
}

/// The entry about a container in `ps --containers`.
fn listed(world: &World, id: &str) -> Value {
    let (report, code) = world.json(&["ps", "--containers", "--all", "--json"]);
    assert_eq!(code, 0, "{report:#}");
    let all = report["containers"].as_array().unwrap();
    let found = all.iter().find(|container| container["id"] == id);
    found.unwrap_or_else(|| panic!("{id}: {report:#}")).clone()
}

/// As if what was seen of containers had been seen two hours ago.
pub(crate) fn two_hours_pass(world: &World) {
    let file = world.state().join("containers.json");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut memory: Value = serde_json::from_str(&text).unwrap();
    for (_, seen) in memory["memory"]["seen"].as_object_mut().unwrap() {
        if let Some(since) = seen["gone_since"].as_str() {
            let since: jiff::Timestamp = since.parse().unwrap();
            let earlier = since - jiff::SignedDuration::from_hours(2);
            seen["gone_since"] = earlier.to_string().into();
        }
    }
    std::fs::write(&file, memory.to_string()).unwrap();
}

/// Findings of a kind.
fn findings<'a>(report: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = report["findings"].as_array().unwrap();
    all.iter()
        .filter(|finding| finding["kind"] == kind)
        .collect()
}

/// Containers that a plan would remove, by id.
fn planned(plan: &Value) -> Vec<&str> {
    let containers = plan["containers"].as_array().unwrap();
    let ids = containers.iter();
    ids.map(|one| one["container"].as_str().unwrap()).collect()
}
