//! Pictures for the documentation: a hub, a client, servers that are kept, one that fails, one that was left
//! behind, and a day behind them. `cargo xtask screenshots` runs this where nothing else is to be seen.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use testbed::real::{self, or_skip};
use testbed::wait::wait_for;
use testbed::{Owner, programs};

use super::scene::{Scene, declare, kept, memory_server, start_claude};
use crate::support::World;

const RULES: &str = "[clean]\ngrace = \"0s\"\n\
    [[rule]]\nname = \"LargeHub\"\nmetric = \"server_resident_memory_bytes\"\n\
    match = [\"server=everything\"]\nabove = { warning = \"100MiB\" }\n\
    advice = \"A server that only answers questions needs less\"\n";

#[test]
fn pictures_of_every_view() {
    let Some(folder) = std::env::var_os("MCPVISOR_SCREENSHOTS").map(PathBuf::from) else {
        eprintln!("skipped: `cargo xtask screenshots` says where pictures go");
        return;
    };
    let world = World::new();
    let Some(words) = memory_server(&world) else {
        return;
    };
    let servers = json!({
        "everything": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-everything"]},
        "memory": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-memory"]},
        "files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/usr/share"]},
    });
    let Some(hub) = or_skip(real::hub(world.folder.path(), &servers)) else {
        return;
    };
    let _hub = hub.unwrap();
    let (_client, mut left) = clients(&world, &words);
    let fails = [
        "sh",
        "-c",
        "sleep 1; echo 'cannot open its database' >&2; exit 3",
    ];
    let notes = [words[0].clone(), words[1].clone(), "kept".to_owned()];
    let config = format!(
        "{RULES}{}limits = {{ pids_max = 64, nofile = 4096 }}\n{}",
        kept("notes", &notes),
        kept("tickets", &fails.map(str::to_owned)),
    );
    let Some(mut scene) = Scene::open(world, &config) else {
        return;
    };
    wait_for("the alert", Duration::from_mins(2), || {
        let all = scene
            .daemon()
            .get("/api/v1/alerts?state=firing&rule=LargeHub");
        all["alerts"].as_array()?.first().cloned()
    })
    .unwrap();
    // The daemon has seen whose it is.
    left.crash().unwrap();
    if let Some(program) = std::env::var_os("MCPVISOR_FILL_HISTORY") {
        with_a_day(&mut scene, Path::new(&program));
    }
    let stage = json!({"server": "everything", "folder": folder});
    scene.watch("pictures_of_every_view", &stage);
}

/// A client with a server, and one that is going to leave a server behind.
fn clients(world: &World, words: &[String]) -> (Owner, Owner) {
    let server = programs::mcp_server().unwrap();
    let server = programs::named(world.folder.path(), &server, "mcp-server-search").unwrap();
    let left = [
        server.display().to_string(),
        "--ignore-eof".to_owned(),
        "--max-lifetime=900".to_owned(),
    ];
    declare(world, &[("notebook", words), ("search", &left)]);
    let leaves = start_claude(world, &left);
    (start_claude(world, words), leaves)
}

/// Puts a day behind what runs now.
fn with_a_day(scene: &mut Scene, program: &Path) {
    // Proportional memory is read now and then only; without it the day would have none.
    let page = wait_for("all series", Duration::from_mins(1), || {
        let page = scene.daemon().ask("GET", "/metrics", "").body;
        page.contains("mcpvisor_server_proportional_memory_bytes{")
            .then_some(page)
    })
    .unwrap();
    let address = scene.daemon().address.clone();
    let mut daemon = scene.daemon.take().unwrap();
    assert!(daemon.process.signal(Signal::TERM));
    daemon.process.wait(Duration::from_secs(40)).unwrap();
    let file = scene.world.folder.path().join("page.txt");
    std::fs::write(&file, page).unwrap();
    let history = scene.world.state().join("history.db");
    for end in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{end}", history.display())));
    }
    let mut fill = Command::new(program);
    let filled = fill.arg(&file).arg(&history).status().unwrap();
    assert!(filled.success());
    scene.start_again(&address);
    wait_for("the kept server", Duration::from_secs(40), || {
        let kept: Value = scene.daemon().get("/api/v1/supervision");
        kept.to_string().contains("\"running\"").then_some(())
    })
    .unwrap();
}
