//! Cleaning by hand, alone in a pid namespace: other tests have orphans too.

use serde_json::json;
use testbed::real::or_skip;
use testbed::{Owner, namespace, programs};

use super::scene::{Scene, declare, start_claude};
use crate::support::World;

#[test]
fn an_orphan_is_cleaned() {
    if or_skip(namespace::available()).is_none() {
        return;
    }
    let alone = namespace::alone("dashboard::cleaning::an_orphan_is_cleaned", || {
        clean();
        Ok(())
    });
    alone.unwrap();
}

fn clean() {
    let world = World::new();
    let server = programs::mcp_server().unwrap().display().to_string();
    let words = [server, "--ignore-eof".to_owned()];
    declare(&world, &[("browser-left", &words)]);
    let Some(mut scene) = Scene::open(world, "[clean]\ngrace = \"0s\"\n") else {
        return;
    };
    let mut owner: Option<Owner> = None;
    let stage = json!({"server": "browser-left"});
    scene.play("an_orphan_is_cleaned", &stage, |scene, cue, _| {
        if cue == "leave one behind" {
            let mut started = start_claude(&scene.world, &words);
            started.crash().unwrap();
            owner = Some(started);
        }
        let orphan = owner.as_ref().unwrap().servers[0];
        json!({ "pid": orphan.pid, "runs": orphan.is_running() })
    });
}
