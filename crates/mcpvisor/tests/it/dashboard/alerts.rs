//! An alert from the rule to the history, with what a person does about it.

use serde_json::{Value, json};

use super::scene::Scene;
use crate::support::World;

/// A rule about one watched process, this one, which is beyond it at once.
const RULE: &str = "[[rule]]\nname = \"browser-big\"\nmetric = \"resident_memory_bytes\"\n\
    match = [\"server=browser-watched\"]\nabove = { warning = \"1KB\" }\n";

#[test]
fn an_alert_fires_is_silenced_and_resolves() {
    let Some(mut scene) = Scene::open(World::new(), RULE) else {
        return;
    };
    let stage = json!({"server": "browser-watched", "rule": "browser-big"});
    scene.play("an_alert_fires_and_resolves", &stage, |scene, cue, _| {
        let daemon = scene.daemon();
        let watch = "/api/v1/watches/browser-watched";
        match cue {
            "cross the threshold" => {
                let body = json!({ "pid": std::process::id() }).to_string();
                assert_eq!(daemon.ask("PUT", watch, &body).status, 201);
                Value::Null
            }
            "end it" => {
                assert_eq!(daemon.ask("DELETE", watch, "").status, 204);
                Value::Null
            }
            _ => daemon.get("/api/v1/alerts?rule=browser-big")["alerts"][0].clone(),
        }
    });
}
