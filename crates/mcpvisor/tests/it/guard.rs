//! The guard in front of a server, on real processes.

use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testbed::process::{Process, descendants};
use testbed::real::{Skipped, or_skip};
use testbed::wait::{wait_for, wait_until};
use testbed::{Conversation, Owner, OwnerPlan, Spawned, programs};

use crate::support::World;

const SOON: Duration = Duration::from_secs(20);

/// A guard in front of a test server.
fn guarded(world: &World, flags: &[&str], server: &[&str]) -> Command {
    let mut command = world.command(&["run"]);
    // The world's own options come last, and belong to us.
    let server = programs::server_command(server).unwrap();
    command.args(flags).arg("--").args(server);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A guard in front of a shell.
fn script(world: &World, flags: &[&str], text: &str) -> Command {
    let mut command = world.command(&["run"]);
    command.args(flags).args(["--", "sh", "-c", text]);
    command
}

fn tree(guard: &mut Spawned, count: usize) -> Vec<Process> {
    wait_for("the whole tree", SOON, || {
        let all = guard.note_descendants();
        (all.len() == count).then_some(all)
    })
    .unwrap()
}

fn all_gone(guard: &Spawned) {
    wait_until("the end of everything", SOON, || {
        guard.survivors().is_empty()
    })
    .unwrap_or_else(|error| panic!("{error}: {:?}", guard.survivors()));
}

#[test]
fn streams_exit_codes_and_signals_are_the_servers_own() {
    let world = World::new();
    let mut command = script(&world, &[], "cat; printf 'said' >&2; exit 37");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
    let mut input = child.stdin.take().unwrap();
    let sent = bytes.clone();
    let writer = std::thread::spawn(move || input.write_all(&sent));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.stdout == bytes, "not a byte is changed");
    assert_eq!(output.stderr, b"said");
    assert_eq!(output.status.code(), Some(37));

    let status = script(&world, &[], "kill -USR2 $$").status().unwrap();
    assert_eq!(status.signal(), Some(Signal::USR2.as_raw()), "{status:?}");
    let status = script(&world, &[], "kill -KILL $$").status().unwrap();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status:?}");
    let status = world.run(&["run", "--", "/nowhere/at-all"]).status;
    assert_eq!(status.code(), Some(127));
    let status = world.run(&["run", "--", "/etc/passwd"]).status;
    assert_eq!(status.code(), Some(126));
    assert_eq!(world.run(&["run"]).status.code(), Some(64));
}

#[test]
fn a_conversation_passes_and_the_guard_is_one_thread() {
    let world = World::new();
    let mut guard = Spawned::start(&mut guarded(&world, &[], &["--name=quiet"])).unwrap();
    let (output, input) = (guard.take_stdout().unwrap(), guard.take_stdin().unwrap());
    let mut conversation = Conversation::new(output, input);
    let hello = conversation.initialize("test").unwrap();
    assert_eq!(hello["serverInfo"]["name"], "quiet");
    let list = conversation.request("tools/list", &json!({})).unwrap();
    assert_eq!(list["tools"][0]["name"], "echo");
    let server = tree(&mut guard, 1).remove(0);
    let us = Process::read(guard.pid()).unwrap();
    assert_eq!(us.threads, 1, "what dies with us is bound to our thread");
    assert_eq!((server.sid, server.pgid), (server.pid, server.pid));
    // It reads what the client writes, and nobody else does.
    let link = |pid: u32, fd: u32| std::fs::read_link(format!("/proc/{pid}/fd/{fd}")).unwrap();
    assert_eq!(link(server.pid, 0), link(guard.pid(), 0));
    assert_eq!(link(guard.pid(), 1), std::path::Path::new("/dev/null"));

    let (mut output, input) = conversation.into_streams();
    drop(input);
    let mut rest = Vec::new();
    output.read_to_end(&mut rest).unwrap();
    assert_eq!(guard.wait(SOON).unwrap().code(), Some(0));
}

/// Everything that a server may do to get away: ignore the end of its input and SIGTERM, start children
/// in its group and in a session of their own.
const NASTY: [&str; 4] = [
    "--ignore-eof",
    "--ignore-term",
    "--children=2",
    "--setsid-child",
];

#[test]
fn a_killed_client_takes_all_of_the_tree_with_it() {
    for stdio in [testbed::Stdio::Pipe, testbed::Stdio::SocketPair] {
        let world = World::new();
        let mut command = vec![
            env!("CARGO_BIN_EXE_mcpvisor").into(),
            "run".into(),
            "--".into(),
        ];
        command.extend(programs::server_command(&NASTY).unwrap());
        let plan = OwnerPlan {
            stdio,
            ..OwnerPlan::default()
        };
        let mut owner = Owner::start(world.folder.path(), &plan, &command).unwrap();
        // The guard, the server, its three children.
        wait_for("the whole tree", SOON, || {
            (owner.process.note_descendants().len() == 5).then_some(())
        })
        .unwrap();
        owner.crash().unwrap();
        all_gone(&owner.process);
    }
}

/// The client is gone, but somebody else still holds the other end of the server's input.
#[test]
fn a_client_that_leaks_its_end_of_the_pipe_is_missed_all_the_same() {
    let world = World::new();
    let mut keeper = Command::new("sleep");
    let (reader, writer) = std::io::pipe().unwrap();
    keeper
        .arg("100")
        .stdin(Stdio::null())
        .stdout(writer.try_clone().unwrap());
    let _keeper = Spawned::start(&mut keeper).unwrap();
    drop(keeper);
    let inner = format!(
        // A shell gives what it starts in the background no input, unless it is told to.
        "exec 3<&0; \"$0\" run -- \"$1\" {} <&3 & wait",
        NASTY.join(" ")
    );
    let mut client = Command::new("sh");
    client.args(["-c", &inner, env!("CARGO_BIN_EXE_mcpvisor")]);
    client.arg(programs::mcp_server().unwrap());
    client
        .env("HOME", world.home())
        .stdin(reader)
        .stdout(Stdio::null());
    let mut client = Spawned::start(&mut client).unwrap();
    drop(writer);
    wait_for("the whole tree", SOON, || {
        (client.note_descendants().len() == 5).then_some(())
    })
    .unwrap();
    client.kill_alone().unwrap();
    all_gone(&client);
}

#[test]
fn the_end_of_input_ends_what_goes_on() {
    let world = World::new();
    let mut guard = Spawned::start(&mut guarded(
        &world,
        &["--grace=200ms", "--kill-after=200ms"],
        &NASTY,
    ))
    .unwrap();
    tree(&mut guard, 4);
    drop(guard.take_stdin());
    let status = guard.wait(SOON).unwrap();
    assert_eq!(status.signal(), Some(Signal::KILL.as_raw()), "{status:?}");
    assert!(guard.survivors().is_empty(), "{:?}", guard.survivors());
}

#[test]
fn sigterm_passes_and_ends_what_goes_on() {
    let world = World::new();
    // One that listens ends by itself, and says so.
    let mut command = script(
        &world,
        &[],
        "trap 'exit 9' TERM; echo ready; while :; do sleep 0.01; done",
    );
    command.stdout(Stdio::piped());
    let mut guard = Spawned::start(&mut command).unwrap();
    guard
        .take_stdout()
        .unwrap()
        .read_exact(&mut [0; 6])
        .unwrap();
    assert!(guard.signal(Signal::TERM));
    assert_eq!(guard.wait(SOON).unwrap().code(), Some(9));

    let mut guard = Spawned::start(&mut guarded(&world, &["--kill-after=200ms"], &NASTY)).unwrap();
    tree(&mut guard, 4);
    assert!(guard.signal(Signal::TERM));
    guard.wait(SOON).unwrap();
    assert!(guard.survivors().is_empty(), "{:?}", guard.survivors());
}

#[test]
fn a_server_that_ends_takes_its_children_with_it_and_a_killed_guard_its_server() {
    let world = World::new();
    let mut guard = Spawned::start(&mut guarded(
        &world,
        &[],
        &["--exit-after=1", "--children=2", "--setsid-child"],
    ))
    .unwrap();
    tree(&mut guard, 4);
    assert_eq!(guard.wait(SOON).unwrap().code(), Some(0));
    assert!(guard.survivors().is_empty(), "{:?}", guard.survivors());

    let mut guard = Spawned::start(&mut guarded(
        &world,
        &[],
        &["--ignore-eof", "--ignore-term"],
    ))
    .unwrap();
    tree(&mut guard, 1);
    guard.kill_alone().unwrap();
    all_gone(&guard);
}

#[test]
fn run_time_and_open_files_are_limited() {
    let world = World::new();
    let output = script(
        &world,
        &["--timeout=300ms", "--kill-after=100ms"],
        "trap '' TERM; while :; do sleep 0.05; done",
    )
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(124));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("had run for 0.3 s"), "{said}");

    let output = script(&world, &["--nofile=64"], "ulimit -n; ulimit -Hn")
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"64\n64\n");
    assert_eq!(
        descendants(std::process::id())
            .iter()
            .filter(|one| one.comm == "mcpvisor")
            .count(),
        0
    );
}

/// A group below our own, or the reason why none can be made here.
fn can_limit(limit: &str) -> Result<(), Skipped> {
    let world = World::new();
    let output = script(&world, &[limit], "exit 0").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("not enforced") || said.contains("no limit but") {
        return Err(Skipped::because(said.trim().to_owned()));
    }
    Ok(())
}

#[test]
fn an_explosion_is_contained_and_gone() {
    let Some(()) = or_skip(can_limit("--pids=15")) else {
        return;
    };
    let world = World::new();
    // Each goes on in a session of its own, and its parent does not wait for it. The inner shell ends when a
    // fork is refused; the outer one stays for a while, so that it can be seen how many there are.
    let text = "sh -c 'i=0; while [ $i -lt 406 ]; do setsid sleep 100 & i=$((i+1)); done; wait'; exec sleep 1";
    let mut command = script(
        &world,
        &["--pids=15", "--name=explosion", "--timeout=2s"],
        text,
    );
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let mut guard = Spawned::start(&mut command).unwrap();
    let mut most = 0;
    let status = wait_for("its end", SOON, || {
        most = most.max(guard.note_descendants().len());
        guard.wait(Duration::ZERO).ok()
    });
    assert!(status.unwrap().code().is_some());
    assert!((2..=15).contains(&most), "{most} processes at once");
    assert!(guard.survivors().is_empty(), "{:?}", guard.survivors());
}

#[test]
fn a_memory_limit_kills_only_the_server_and_says_so() {
    let Some(()) = or_skip(can_limit("--memory=64MiB")) else {
        return;
    };
    let world = World::new();
    let mut command = guarded(&world, &["--memory=64MiB"], &["--leak-rss=500000000"]);
    command.stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let input = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(input);
    assert_eq!(
        output.status.signal(),
        Some(Signal::KILL.as_raw()),
        "{output:?}"
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("its memory limit was reached"), "{said}");
}

#[test]
fn what_a_killed_guard_left_in_its_group_is_ended_by_the_next() {
    let Some(()) = or_skip(can_limit("--pids=50")) else {
        return;
    };
    let world = World::new();
    let flags = ["--pids=50", "--name=left"];
    let mut guard = Spawned::start(&mut guarded(
        &world,
        &flags,
        &["--children=2", "--setsid-child"],
    ))
    .unwrap();
    tree(&mut guard, 4);
    guard.kill_alone().unwrap();
    // The server dies with its guard; its children have lost their parent.
    wait_for("the server's end", SOON, || {
        (guard.survivors().len() == 3).then_some(())
    })
    .unwrap();
    let status = script(&world, &flags, "exit 0").status().unwrap();
    assert_eq!(status.code(), Some(0));
    all_gone(&guard);
}
