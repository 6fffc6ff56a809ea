//! As somebody who is not root: everything that the kernel allows works, and what it does not is said.

use std::process::{Command, Stdio};

use testbed::{Spawned, programs};

use crate::support::{World, instance_of};

/// `nobody` on Debian and most others.
const NOBODY: &str = "65534";

#[test]
fn an_ordinary_user_sees_and_is_told_what_not() {
    if !rustix::process::geteuid().is_root() {
        // Every other test has run without root then.
        return;
    }
    let world = World::new();
    let open = |path: &std::path::Path| {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o777)).unwrap();
    };
    open(world.folder.path());
    // The build folder may be closed to others.
    let program = world.folder.path().join("mcpvisor");
    std::fs::copy(env!("CARGO_BIN_EXE_mcpvisor"), &program).unwrap();
    let server = world.folder.path().join("their-mcp-server");
    std::fs::copy(programs::mcp_server().unwrap(), &server).unwrap();
    let as_nobody = |program: &std::path::Path| {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"])
            .arg(program);
        command.env("HOME", "/nonexistent").current_dir("/");
        command
    };
    let theirs = Spawned::start(
        as_nobody(&server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )
    .unwrap();
    let ours = Spawned::start(
        Command::new(&server)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )
    .unwrap();
    let state = world.folder.path().join("their-state");
    testbed::wait::wait_until(
        "their server runs",
        std::time::Duration::from_secs(10),
        || {
            std::fs::read_to_string(format!("/proc/{}/comm", theirs.pid()))
                .is_ok_and(|comm| comm.starts_with("their"))
        },
    )
    .unwrap();
    let output = as_nobody(&program)
        .args(["doctor", "--json", "--state-dir"])
        .arg(&state)
        .output()
        .unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let (_, own) = instance_of(&report, theirs.pid()).expect("their own server is listed");
    assert!(own["processes"][0]["pss_bytes"].is_number(), "{own:#}");
    assert!(own["processes"][0]["fds"]["by_kind"].is_object());
    let (_, other) =
        instance_of(&report, ours.pid()).expect("root's server is listed by its command line");
    let other = &other["processes"][0];
    assert!(
        other["rss_bytes"].as_u64().unwrap() > 0,
        "memory is there for everybody's processes"
    );
    for missing in ["pss_bytes", "io", "exe"] {
        assert!(
            other[missing].is_null(),
            "{missing} is not known, and that is no zero: {other:#}"
        );
    }
    assert!(
        !report["unavailable"].as_array().unwrap().is_empty(),
        "what is missing is said"
    );

    // And root's server is never in their plan.
    let output = as_nobody(&program)
        .args(["clean", "--json", "--grace=0s", "--state-dir"])
        .arg(&state)
        .arg(format!("--only={}", ours.pid()))
        .output()
        .unwrap();
    let plan: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(plan["plan"]["removals"].as_array().unwrap().len(), 0);
}
