//! Names and command lines that want to be more than text.

use serde_json::{Value, json};
use testbed::{Owner, programs};

use super::scene::{Scene, declare, start_claude};
use crate::support::World;

/// In all of these names, so that they are found.
const MARK: &str = "zzstranger";

fn names() -> Vec<String> {
    [
        "<img src=x onerror=window.harmed=1>",
        "\"><script>window.harmed=2</script>",
        "</title><svg onload=window.harmed=3>",
        "\u{202e}gpj.exe \u{2066}a\u{200b}b",
        "\u{1b}[31mred\u{7} \u{85} tab\there",
        "javascript:window.harmed=4",
        "../../%2e%2e/?x#y&amp;",
    ]
    .map(|name| format!("{MARK} {name}"))
    .into_iter()
    .chain([format!("{MARK}{}", "W".repeat(4_000))])
    .collect()
}

#[test]
fn hostile_names_do_no_harm() {
    let world = World::new();
    let names = names();
    let evil = "<img src=x onerror=window.harmed=5> \u{202e}\u{1b}[2J";
    let server = programs::mcp_server().unwrap().display().to_string();
    let words = [server, "--name".to_owned(), evil.to_owned()];
    let absent = ["zzstranger-absent".to_owned()];
    let mut declared: Vec<(&str, &[String])> = names
        .iter()
        .map(|name| (name.as_str(), &absent[..]))
        .collect();
    // One of them runs.
    declared[0].1 = &words;
    declare(&world, &declared);
    let Some(mut scene) = Scene::open(world, "") else {
        return;
    };
    let mut owner: Option<Owner> = None;
    let stage = json!({"mark": MARK, "names": names});
    scene.play("hostile_names_do_no_harm", &stage, |scene, _, _| {
        owner = Some(start_claude(&scene.world, &words));
        Value::Null
    });
}
