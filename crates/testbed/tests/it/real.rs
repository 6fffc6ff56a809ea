//! The real programs, where `cargo xtask test` has installed them.

use serde_json::json;
use std::process::{Command, Stdio};

use testbed::real::{self, or_skip};
use testbed::{Spawned, process};

#[test]
fn the_reference_servers_answer() {
    for (name, arguments) in [
        ("mcp-server-everything", vec!["stdio".to_owned()]),
        ("mcp-server-memory", vec![]),
        ("mcp-server-filesystem", vec!["/tmp".to_owned()]),
    ] {
        let Some(script) = or_skip(real::npm_script(name)) else {
            continue;
        };
        let mut command = Command::new("node");
        command.arg(script).args(arguments);
        check(&mut command, name);
    }
    for name in ["mcp-server-time", "mcp-server-git"] {
        let Some(program) = or_skip(real::python(name)) else {
            continue;
        };
        check(&mut Command::new(program), name);
    }
}

fn check(command: &mut Command, name: &str) {
    let folder = tempfile::tempdir().unwrap();
    command
        .current_dir(folder.path())
        .env("MEMORY_FILE_PATH", folder.path().join("memory.jsonl"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = Spawned::start(command).unwrap();
    let mut session = server.conversation().unwrap();
    let hello = session
        .initialize("test")
        .unwrap_or_else(|error| panic!("{name}: {error:#}"));
    assert!(hello["serverInfo"]["name"].is_string(), "{name}: {hello}");
    let tools = session.request("tools/list", &json!({})).unwrap();
    assert!(
        !tools["tools"].as_array().unwrap().is_empty(),
        "{name} has no tools"
    );
}

#[test]
fn a_hub_runs_its_servers_through_npx_and_directly() {
    let folder = tempfile::tempdir().unwrap();
    let Some(time) = or_skip(real::python("mcp-server-time")) else {
        return;
    };
    let servers = json!({
        "memory": {
            "command": "npx",
            "args": ["-y", "@modelcontextprotocol/server-memory"],
            "env": {"MEMORY_FILE_PATH": folder.path().join("memory.jsonl")},
        },
        "time": {"command": time, "args": ["--local-timezone", "UTC"]},
    });
    let Some(hub) = or_skip(real::hub(folder.path(), &servers)) else {
        return;
    };
    let hub = hub.unwrap();
    assert_eq!(hub.health().unwrap()["state"], "ready");
    let tree = process::descendants(hub.process.pid());
    let has = |word: &str| {
        tree.iter()
            .any(|process| process.arguments().join(" ").contains(word))
    };
    assert!(has("npm exec") && has("mcp-server-time"), "{tree:?}");
    let state = hub.home.join(".local/state/mcp-hub/workspaces.json");
    assert!(state.exists(), "no state at {}", state.display());
    let all = hub.process.survivors();
    drop(hub);
    assert!(all.iter().all(|identity| !identity.is_running()));
}
