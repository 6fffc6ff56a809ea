//! Names and arguments chosen to break a table, a terminal or JSON, or to give a secret away.

use std::process::{Command, Stdio};

use testbed::{Spawned, programs};

use crate::support::{World, instance_of};

fn start(arguments: &[&str]) -> (World, Spawned) {
    let world = World::new();
    // The name makes it an MCP server; the arguments are what is tested.
    let program = programs::named(
        world.folder.path(),
        &programs::mcp_server().unwrap(),
        "evil-mcp-server",
    )
    .unwrap();
    let spawned = Spawned::start(
        Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )
    .unwrap();
    (world, spawned)
}

#[test]
fn escapes_reach_neither_terminal_nor_break_json() {
    let (world, server) = start(&["--name", "\x1b]0;owned\x07\x1b[2J\n) (\u{202e}fdp.\u{200b}"]);
    let report = world.ps();
    let (found, _) = instance_of(&report, server.pid()).expect("listed");
    assert_eq!(found["name"], "evil-mcp-server");
    for arguments in [
        vec!["ps"],
        vec!["ps", "--tree"],
        vec!["ps", "--all"],
        vec!["doctor"],
        vec!["clean"],
    ] {
        let page = String::from_utf8(world.run(&arguments).stdout).unwrap();
        for c in ['\x1b', '\x07', '\u{202e}', '\u{200b}'] {
            assert!(
                !page.contains(c),
                "{arguments:?} lets {c:?} through: {page}"
            );
        }
    }
    let pid = server.pid().to_string();
    let page = String::from_utf8(world.run(&["explain", &pid]).stdout).unwrap();
    assert!(page.contains("\\x1b") && !page.contains('\x1b'), "{page}");
}

#[test]
fn secrets_are_in_no_output() {
    let secret = "hunter2-0123456789abcdef";
    let (world, server) = start(&[
        "--name",
        &format!("https://user:{secret}@host/mcp?api_key={secret}"),
    ]);
    let pid = server.pid().to_string();
    std::fs::write(
        world.home().join(".claude.json"),
        format!(r#"{{"mcpServers":{{"x":{{"command":"npx","args":["-y","x","--api-key","{secret}"],"env":{{"TOKEN":"{secret}"}}}}}}}}"#),
    )
    .unwrap();
    for arguments in [
        vec!["ps", "--json", "--all"],
        vec!["ps", "--tree"],
        vec!["ps", "--all"],
        vec!["doctor", "--json"],
        vec!["clean", "--json"],
        vec!["explain", &pid, "--json"],
        vec!["explain", &pid],
        vec!["support", "--json"],
    ] {
        let output = world.run(&arguments);
        let all = [output.stdout, output.stderr].concat();
        assert!(
            !String::from_utf8_lossy(&all).contains("hunter2"),
            "{arguments:?}"
        );
    }
    let seen = std::fs::read_to_string(world.state().join("seen.json")).unwrap();
    assert!(!seen.contains("hunter2"), "{seen}");
}

#[test]
fn huge_command_lines_are_cut() {
    let long = "x".repeat(100_000);
    let arguments: Vec<&str> = std::iter::once("--name").chain([long.as_str()]).collect();
    let (world, server) = start(&arguments);
    let report = world.ps();
    let (_, instance) = instance_of(&report, server.pid()).expect("listed");
    assert!(instance["processes"][0]["cmdline"].as_str().unwrap().len() < 64 << 10);
}

#[test]
fn broken_client_files_are_named_and_the_rest_goes_on() {
    let world = World::new();
    let home = world.home();
    std::fs::write(
        home.join(".claude.json"),
        "{\"mcpServers\": {\n  \"a\": {\"command\": }\n}}",
    )
    .unwrap();
    std::fs::create_dir_all(home.join(".cursor")).unwrap();
    std::fs::write(
        home.join(".cursor/mcp.json"),
        r#"{"mcpServers":{"b":{"command":"npx","args":["-y","b"]}}}"#,
    )
    .unwrap();
    let (doctor, code) = world.json(&["doctor", "--json"]);
    assert!(code >= 1);
    let bad = doctor["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|finding| finding["kind"] == "bad_configuration")
        .unwrap_or_else(|| panic!("{:#}", doctor["findings"]));
    assert!(
        bad["title"]
            .as_str()
            .unwrap()
            .contains(".claude.json, line 2"),
        "{bad:#}"
    );
    let servers = doctor["servers"].as_array().unwrap();
    assert!(
        servers
            .iter()
            .any(|server| server["name"] == "b" && server["state"] == "not_running")
    );
}
