//! What the `OpenAPI` document says, and whether the daemon keeps to it.

use std::process::Command;

use testbed::real::{self, or_skip};

use super::running::Daemon;
use crate::support::World;

#[test]
fn the_committed_document_is_what_the_daemon_says() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let said = daemon.get("/openapi.json");
    let committed = include_str!("../../../../../schema/openapi.json");
    let committed: serde_json::Value = serde_json::from_str(committed).unwrap();
    assert!(
        said == committed,
        "`cargo xtask schemas` writes schema/openapi.json"
    );
}

#[test]
fn schemathesis_finds_no_breach() {
    let Some(program) = or_skip(real::schemathesis()) else {
        return;
    };
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let output = Command::new(program)
        .args(["run", "--max-examples=12", "--workers=1", "--seed=1", "--no-color"])
        .args(["--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,ignored_auth,unsupported_method"])
        .args(["--phases=examples,coverage,fuzzing"])
        .arg("--header")
        .arg(format!("Authorization: Bearer {}", daemon.token))
        // A stream of events never ends.
        .args(["--exclude-path=/api/v1/events"])
        // Answers 503 on a machine that is not well, as this one is beside tests that make it so.
        .args(["--exclude-path=/api/health"])
        .arg(format!("http://{}/openapi.json", daemon.address))
        .current_dir(world.folder.path())
        .output()
        .unwrap();
    let log = Daemon::log(&world);
    assert!(!log.contains("panicked"), "{log}");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{words}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(daemon.ask("GET", "/api/v1/status", "").status, 200);
    let health = daemon.ask("GET", "/api/health", "");
    let is_well = ["green", "yellow"].contains(&health.json()["level"].as_str().unwrap());
    assert_eq!(health.status, if is_well { 200 } else { 503 }, "{health:?}");
}
