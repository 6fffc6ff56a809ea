//! Owners: what they start, what they look like, and what they leave behind.

use testbed::process::Process;
use testbed::programs::server_command;
use testbed::wait::wait_until;
use testbed::{Owner, OwnerPlan, Stdio};

use crate::SOON;

fn start(plan: &OwnerPlan, flags: &[&str]) -> Owner {
    let folder = tempfile::tempdir().unwrap();
    Owner::start(folder.path(), plan, &server_command(flags).unwrap()).unwrap()
}

#[test]
fn starts_the_same_server_many_times() {
    for stdio in [Stdio::Pipe, Stdio::SocketPair] {
        let plan = OwnerPlan {
            count: 5,
            stdio,
            ..OwnerPlan::default()
        };
        let owner = start(&plan, &[]);
        assert_eq!(owner.servers.len(), 5);
        for server in &owner.servers {
            let process = Process::read(server.pid).unwrap();
            assert_eq!(process.ppid, owner.pid());
            let link = std::fs::read_link(format!("/proc/{}/fd/0", server.pid)).unwrap();
            let kind = if stdio == Stdio::Pipe {
                "pipe:"
            } else {
                "socket:"
            };
            assert!(
                link.to_string_lossy().starts_with(kind),
                "{}",
                link.display()
            );
        }
    }
}

#[test]
fn goes_by_another_name() {
    let plan = OwnerPlan {
        looks_like: Some("claude".to_owned()),
        decoration: vec!["--resume".to_owned()],
        ..OwnerPlan::default()
    };
    let owner = start(&plan, &[]);
    let process = Process::read(owner.pid()).unwrap();
    assert_eq!(process.comm, "claude");
    assert!(process.arguments()[0].ends_with("/claude"));
    assert!(
        process
            .arguments()
            .contains(&"--decoration=--resume".to_owned())
    );
}

#[test]
fn groups_and_sessions() {
    let group = OwnerPlan {
        own_group: true,
        ..OwnerPlan::default()
    };
    let owner = start(&group, &[]);
    let server = Process::read(owner.servers[0].pid).unwrap();
    assert_eq!(server.pgid, server.pid);
    assert_ne!(server.sid, server.pid);

    let session = OwnerPlan {
        setsid: true,
        lead_session: true,
        ..OwnerPlan::default()
    };
    let owner = start(&session, &[]);
    let leader = Process::read(owner.pid()).unwrap();
    assert_eq!(leader.sid, leader.pid);
    let server = Process::read(owner.servers[0].pid).unwrap();
    assert_eq!(server.sid, server.pid);
    assert_eq!(server.comm, "mcp-server", "setsid is still in between");
}

#[test]
fn a_crash_leaves_only_the_deaf() {
    let plan = OwnerPlan {
        count: 2,
        ..OwnerPlan::default()
    };
    let mut good = start(&plan, &[]);
    good.crash().unwrap();
    wait_until("servers that heed EOF", SOON, || {
        good.servers.iter().all(|server| !server.is_running())
    })
    .unwrap();

    let mut bad = start(&plan, &["--ignore-eof"]);
    bad.crash().unwrap();
    let orphans = bad.servers.clone();
    for orphan in &orphans {
        let process = Process::read(orphan.pid).unwrap();
        assert_ne!(process.ppid, bad.pid());
    }
    drop(bad);
    assert!(orphans.iter().all(|orphan| !orphan.is_running()));
}

#[test]
fn an_owner_that_leaves_closes_the_streams() {
    let mut owner = start(&OwnerPlan::default(), &[]);
    owner.leave().unwrap();
    wait_until("the server's end", SOON, || !owner.servers[0].is_running()).unwrap();
}

#[test]
fn a_command_that_is_missing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let command = ["/no/such/server".into()];
    assert!(Owner::start(folder.path(), &OwnerPlan::default(), &command).is_err());
}
