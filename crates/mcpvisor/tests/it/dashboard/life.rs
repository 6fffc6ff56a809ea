//! Signing in and out, keys, and the end of the daemon under an open page.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::scene::{Scene, declare, kept, memory_server};
use crate::support::World;

#[test]
fn a_browser_signs_in_by_the_link() {
    let Some(mut scene) = Scene::open(World::new(), "") else {
        return;
    };
    scene.play("signs_in_by_the_link", &Value::Null, |scene, _, _| {
        let all = scene.daemon().get("/api/v1/sign-ins");
        for sign_in in all.as_array().unwrap() {
            let path = format!("/api/v1/sign-ins/{}", sign_in["id"].as_str().unwrap());
            assert_eq!(scene.daemon().ask("DELETE", &path, "").status, 204);
        }
        Value::Null
    });
}

#[test]
fn a_page_survives_a_restart_of_the_daemon() {
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    let Some(mut scene) = Scene::open(world, &kept("browser-stays", &words)) else {
        return;
    };
    let address = scene.daemon().address.clone();
    let stage = json!({"server": "browser-stays"});
    let scenario = "survives_a_restart_of_the_daemon";
    scene.play(scenario, &stage, |scene, cue, _| {
        if cue == "start the daemon" {
            scene.start_again(&address);
            return Value::Null;
        }
        let mut daemon = scene.daemon.take().unwrap();
        assert!(daemon.process.signal(Signal::TERM));
        daemon.process.wait(Duration::from_secs(40)).unwrap();
        Value::Null
    });
}

#[test]
fn keys_reach_everything() {
    let world = World::new();
    let words = ["browser-keys-absent".to_owned()];
    let names = ["browser-keys-a", "browser-keys-b", "browser-keys-c"];
    declare(&world, &names.map(|name| (name, &words[..])));
    let Some(mut scene) = Scene::open(world, "") else {
        return;
    };
    let stage = json!({"mark": "browser-keys", "servers": names});
    scene.watch("keys_reach_everything", &stage);
}

#[test]
fn a_page_tells_of_itself_and_of_failures() {
    let world = World::new();
    let paper = world.folder.path().join("notices.jsonl");
    let secret = "0123456789abcdef-of-the-hook";
    let config = format!(
        "[[receiver]]\nname = \"paper\"\nkind = \"file\"\npath = \"{}\"\n\
         [[receiver]]\nname = \"nobody\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\nsecret = \"{secret}\"\n",
        paper.display()
    );
    let Some(mut scene) = Scene::open(world, &config) else {
        return;
    };
    let stage = json!({ "secret": secret });
    scene.watch("tells_of_itself_and_of_failures", &stage);
    let told = std::fs::read_to_string(paper).unwrap();
    assert!(told.contains("test"), "{told}");
}
