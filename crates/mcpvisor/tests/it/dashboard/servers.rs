//! What a person sees of servers: they appear, end, and are restarted.

use serde_json::{Value, json};
use testbed::Owner;

use super::scene::{Scene, declare, kept, memory_server, start_claude};
use crate::support::World;

#[test]
fn a_server_appears_and_ends() {
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    declare(&world, &[("browser-notes", &words)]);
    let Some(mut scene) = Scene::open(world, "") else {
        return;
    };
    let mut owner: Option<Owner> = None;
    let stage = json!({"server": "browser-notes"});
    scene.play("a_server_appears_and_ends", &stage, |scene, cue, _| {
        if cue == "end" {
            owner.take().unwrap().leave().unwrap();
            return Value::Null;
        }
        let started = start_claude(&scene.world, &words);
        let pid = started.servers[0].pid;
        owner = Some(started);
        json!({ "pid": pid })
    });
}

#[test]
fn a_kept_server_is_restarted() {
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    let Some(mut scene) = Scene::open(world, &kept("browser-kept", &words)) else {
        return;
    };
    let stage = json!({"server": "browser-kept"});
    scene.play("restarts_a_kept_server", &stage, |scene, _, _| {
        let kept = scene
            .daemon()
            .wait_kept("browser-kept", "running", |kept| kept["state"] == "running");
        json!({ "pid": kept["pid"] })
    });
}

#[test]
fn charts_and_long_tables() {
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    let absent = ["browser-absent".to_owned()];
    let names: Vec<String> = (0..120).map(|number| format!("absent-{number}")).collect();
    let all: Vec<(&str, &[String])> = names.iter().map(|name| (&**name, &absent[..])).collect();
    declare(&world, &all);
    let Some(mut scene) = Scene::open(world, &kept("browser-drawn", &words)) else {
        return;
    };
    let stage = json!({"server": "browser-drawn", "servers": names.len() + 1});
    scene.watch("charts_and_long_tables", &stage);
}
