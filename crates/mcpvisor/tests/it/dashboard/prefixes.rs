//! The page below a path of its own.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::json;
use testbed::wait::wait_until;

use super::scene::{Scene, declare};
use crate::daemon::running::{Daemon, ask};
use crate::support::World;

fn world() -> World {
    let world = World::new();
    declare(
        &world,
        &[("browser-prefix", &["browser-absent".to_owned()])],
    );
    world
}

#[test]
fn behind_a_proxy_that_takes_the_prefix_off() {
    // Free now; nobody else on this machine asks for a port by its number.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = format!("allowed_hosts = [\"127.0.0.1:{port}\"]\n");
    let Some(mut scene) = Scene::open(world(), &config) else {
        return;
    };
    let target = format!("http://{}", scene.daemon().address);
    let prefix = "/tools/mcpvisor";
    let public = format!("http://127.0.0.1:{port}{prefix}");
    let stage = json!({
        "server": "browser-prefix",
        "prefix": prefix,
        "proxy": {"port": port, "target": target},
        "address": format!("{public}/"),
        "link": scene.daemon().link.replace(&target, &public),
    });
    scene.watch("works_below_a_prefix", &stage);
}

#[test]
fn below_the_base_path_of_the_daemon() {
    let config = "base_path = \"/watch\"\n";
    let Some(mut scene) = Scene::prepare(world(), config) else {
        return;
    };
    let daemon = Daemon::spawn(&scene.world, &["--config", scene.config()]);
    let address = daemon.address.clone();
    wait_until("the first look", Duration::from_mins(1), || {
        ask(&address, "GET", "/watch/api/health", &[], "")
            .is_some_and(|answer| answer.json()["taken_at"].is_string())
    })
    .unwrap();
    scene.daemon = Some(daemon);
    let stage = json!({"server": "browser-prefix", "prefix": "/watch"});
    scene.watch("works_below_a_prefix", &stage);
}
