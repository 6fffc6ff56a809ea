//! `mcpvisor service` where systemd is not init: the rest is tried in the virtual machine
//! (`cargo xtask vm`).

use std::path::Path;

use crate::support::World;

#[test]
fn the_unit_is_printed_anywhere() {
    let world = World::new();
    for (user, target) in [
        (None, "multi-user.target"),
        (Some("--user"), "default.target"),
    ] {
        let print = ["service", "install", "--print"].into_iter().chain(user);
        let output = world.run(&print.collect::<Vec<_>>());
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.starts_with("# Written by `mcpvisor service install`"),
            "{text}"
        );
        assert!(
            text.ends_with(&format!("\n[Install]\nWantedBy={target}\n")),
            "{text}"
        );
        // The world's own options are passed on.
        assert!(text.contains(" --state-dir "), "{text}");
    }
    let output = world.run(&["service", "install", "--print", "--json"]);
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "mcpvisor.service.v1");
    assert_eq!(document["action"], "print");
    assert!(document["text"].as_str().unwrap().contains("Type=notify"));
    assert!(document["state"].is_null());
}

#[test]
fn without_systemd_that_is_said() {
    if Path::new("/run/systemd/system").exists() {
        eprintln!("skipped: systemd runs here, and a test installs nothing");
        return;
    }
    let world = World::new();
    for verb in ["install", "uninstall"] {
        let output = world.run(&["service", verb, "--user"]);
        assert_eq!(output.status.code(), Some(69), "{output:?}");
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(words.contains("not booted by systemd"), "{words}");
    }
    let output = world.run(&["service", "status", "--user"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let words = String::from_utf8(output.stdout).unwrap();
    assert!(words.contains("not booted by systemd"), "{words}");
}
