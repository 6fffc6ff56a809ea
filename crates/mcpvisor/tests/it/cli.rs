//! The command line itself: help, usage errors, exit codes, documents.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::World;

#[test]
fn usage_errors_say_what_is_right() {
    let world = World::new();
    for (arguments, words) in [
        (vec!["clean", "--grace", "soon"], "60s"),
        (vec!["ps", "--watch", "1ms"], "100ms"),
        (vec!["ps", "--sort", "beauty"], "rss"),
        (vec!["clean", "--plan-id", "x"], "--apply"),
        (vec!["nonsense"], "Usage"),
    ] {
        let output = world.run(&arguments);
        assert_eq!(output.status.code(), Some(64), "{arguments:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
}

#[test]
fn a_process_that_does_not_exist_is_said() {
    let output = World::new().run(&["explain", "4194305"]);
    assert_eq!(output.status.code(), Some(66));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no process 4194305"));
}

#[test]
fn top_needs_a_terminal() {
    let output = World::new().run(&["top"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ps --watch"));
}

#[test]
fn bad_configurations_are_refused() {
    let world = World::new();
    let file = world.folder.path().join("mcpvisor.toml");
    let run = || world.run(&["ps", "--config", file.to_str().unwrap()]);
    assert_eq!(run().status.code(), Some(66), "a named file must exist");
    std::fs::write(&file, "[clean]\nnever_tuch = []\n").unwrap();
    let output = run();
    assert_eq!(output.status.code(), Some(78));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("line 2") && said.contains("did you mean `never_touch`"),
        "{said}"
    );
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(run().status.code(), Some(78), "others may write to it");
}

#[test]
fn watching_prints_a_document_a_line() {
    let world = World::new();
    let output = world.run(&["ps", "--all", "--watch", "200ms", "--count", "3", "--json"]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 3);
    for document in &lines {
        assert_eq!(document["schema"], "mcpvisor.report.v1");
        let own = document["processes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["pid"] == std::process::id());
        assert!(
            own.is_some_and(|own| own["cpu_percent"].is_number()),
            "this test is a process too"
        );
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let world = World::new();
    let mut child = world
        .command(&["ps", "--all", "--watch", "100ms", "--count", "50", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn lines_fit_the_width() {
    let world = World::new();
    for width in ["80", "200"] {
        for arguments in [vec!["ps"], vec!["ps", "--all"], vec!["doctor"]] {
            let output = world
                .command(&arguments)
                .env("COLUMNS", width)
                .output()
                .unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let most = text
                .lines()
                .map(|line| line.chars().count())
                .max()
                .unwrap_or(0);
            assert!(
                most <= width.parse().unwrap(),
                "{arguments:?} at {width}: {most}\n{text}"
            );
        }
    }
}
