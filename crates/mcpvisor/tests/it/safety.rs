//! What must not be cleaned, on real processes.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use testbed::{Owner, OwnerPlan, Spawned, programs};

use crate::support::{World, apply, declare, planned, refusals};

/// A declared server that is left behind by a dead owner.
fn orphan(world: &World, flags: &[&str]) -> Owner {
    declare(world, flags);
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        ..OwnerPlan::default()
    };
    let command = programs::server_command(flags).unwrap();
    let mut owner = Owner::start(world.folder.path(), &plan, &command).unwrap();
    owner.crash().unwrap();
    owner
}

#[test]
fn whoever_is_still_connected_keeps_it() {
    let world = World::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let flags = [
        "--ignore-eof",
        "--ignore-term",
        "--listen",
        &port.to_string(),
    ];
    let owner = orphan(&world, &flags);
    let pid = owner.servers[0].pid;
    let client = testbed::wait::wait_for(
        "the server listens",
        std::time::Duration::from_secs(10),
        || std::net::TcpStream::connect(("127.0.0.1", port)).ok(),
    )
    .unwrap();
    let plan = world.plan(&[&format!("--only={pid}")]);
    assert_eq!(refusals(&plan, pid), ["peers_connected"], "{plan:#}");
    assert_eq!(apply(&world, &[pid]).1, 1);
    assert!(owner.servers[0].is_running());

    drop(client);
    testbed::wait::wait_until(
        "the plan has it",
        std::time::Duration::from_secs(10),
        || planned(&world.plan(&[&format!("--only={pid}")])) == [pid],
    )
    .unwrap();
    let (done, code) = apply(&world, &[pid]);
    assert_eq!(code, 0, "{done:#}");
    assert_eq!(done["before"]["ports"][0], port, "{done:#}");
    assert_eq!(done["freed"]["ports"][0], port);
}

#[test]
fn an_orphans_port_and_lock_are_found() {
    let world = World::new();
    let lock = world.folder.path().join("store.lock");
    let flags = ["--ignore-eof", "--hold-file", lock.to_str().unwrap()];
    let owner = orphan(&world, &flags);
    let (doctor, _) = world.json(&["doctor", "--json"]);
    let held = doctor["findings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| {
            finding["kind"] == "lock_held"
                && finding["pids"][0] == owner.servers[0].pid
                && finding["evidence"].to_string().contains("store.lock")
        });
    assert!(held, "{:#}", doctor["findings"]);
}

#[test]
fn the_never_touch_list_is_kept() {
    let world = World::new();
    let owner = orphan(&world, &["--ignore-eof"]);
    let pid = owner.servers[0].pid;
    let folder = world.home().join(".config/mcpvisor");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("mcpvisor.toml"),
        "[clean]\nnever_touch = [\"notes\"]\n",
    )
    .unwrap();
    let (done, code) = apply(&world, &[pid]);
    assert_eq!(code, 1);
    assert_eq!(refusals(&done["plan"], pid), ["never_touch"], "{done:#}");
    assert!(owner.servers[0].is_running());
}

/// A server whose wrapper's parent is gone, but whose input a living process of another tree
/// still writes to.
#[test]
fn a_held_pipe_keeps_it() {
    let world = World::new();
    declare(&world, &["--ignore-eof"]);
    let server = programs::mcp_server().unwrap();
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).unwrap();
    // The shell starts the server in the background and ends: the server is init's from then on,
    // and we still hold the other end of its input.
    let line = format!(
        "exec 3<&0; {} --ignore-eof <&3 >/dev/null 2>&1 & echo $!",
        server.display()
    );
    let mut shell = Spawned::start(
        Command::new("sh")
            .args(["-c", &line])
            .stdin(Stdio::from(reader))
            .stdout(Stdio::piped()),
    )
    .unwrap();
    let mut answer = String::new();
    BufReader::new(shell.take_stdout().unwrap())
        .read_line(&mut answer)
        .unwrap();
    let pid: u32 = answer.trim().parse().unwrap();
    let server = testbed::Identity::of(pid).unwrap();
    shell.note(server);
    shell.wait(std::time::Duration::from_secs(10)).unwrap();
    let plan = world.plan(&[]);
    assert!(!planned(&plan).contains(&pid), "{plan:#}");
    let (done, _) = apply(&world, &[pid]);
    assert!(server.is_running(), "{done:#}");

    drop(writer);
    testbed::wait::wait_until(
        "the plan has it",
        std::time::Duration::from_secs(10),
        || planned(&world.plan(&[])).contains(&pid),
    )
    .unwrap();
}

#[test]
fn without_an_audit_nothing_is_done() {
    let world = World::new();
    let owner = orphan(&world, &["--ignore-eof"]);
    let pid = owner.servers[0].pid;
    std::fs::write(world.state(), "a file where the folder should be").unwrap();
    let only = format!("--only={pid}");
    let output = world.run(&["clean", "--apply", "--yes", "--grace=0s", &only]);
    assert_eq!(output.status.code(), Some(73), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was done"));
    assert!(owner.servers[0].is_running());
}
