//! What must be so on every view: it fits, everybody can use it, and it asks nobody but the daemon.

use serde_json::json;

use super::scene::{Scene, kept, memory_server};
use crate::support::World;

/// A daemon with a real server that it keeps, and one that cannot start.
fn everywhere(scenario: &str) {
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    let fails = ["sh", "-c", "echo 'cannot open its database' >&2; exit 3"].map(str::to_owned);
    let config = format!(
        "{}{}restart = {{ policy = \"on-failure\", failures = 2 }}\n",
        kept("browser-everywhere", &words),
        kept("browser-fails", &fails),
    );
    let Some(mut scene) = Scene::open(world, &config) else {
        return;
    };
    scene.watch(scenario, &json!({"server": "browser-everywhere"}));
}

#[test]
fn no_other_host_is_asked_and_what_comes_is_small() {
    everywhere("asks_no_other_host");
}

#[test]
fn every_view_fits_every_width() {
    everywhere("fits_every_width");
}

#[test]
fn axe_finds_nothing_serious() {
    everywhere("axe_finds_nothing_serious");
}
