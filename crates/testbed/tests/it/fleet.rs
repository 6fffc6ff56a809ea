//! The idle fleet: as many as asked for, as idle as promised, gone with its parent.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use testbed::process::Process;
use testbed::wait::wait_until;
use testbed::{Identity, Spawned, programs};

use crate::SOON;

fn fleet(count: u32) -> (Spawned, Vec<Process>) {
    let mut fleet = Spawned::start(
        Command::new(programs::idle_fleet().unwrap())
            .arg(format!("--count={count}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped()),
    )
    .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(fleet.take_stdout().unwrap());
    output.read_line(&mut line).unwrap();
    assert_eq!(line.trim(), format!(r#"{{"ready":{count}}}"#));
    let members = fleet.note_descendants();
    (fleet, members)
}

#[test]
fn has_the_processes_threads_and_descriptors_asked_for() {
    let (_fleet, members) = fleet(5);
    assert_eq!(members.len(), 5);
    for member in members {
        assert_eq!(member.threads, 4);
        let folder = format!("/proc/{}/fd", member.pid);
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 13);
    }
}

#[test]
fn dies_with_its_parent_and_with_its_input() {
    let gone = |identities: &[Identity]| identities.iter().all(|member| !member.is_running());
    let (mut killed, members) = fleet(3);
    let identities: Vec<Identity> = members.iter().map(Process::identity).collect();
    killed.kill_alone().unwrap();
    wait_until("the end of a killed fleet", SOON, || gone(&identities)).unwrap();

    let (mut closed, members) = fleet(3);
    let identities: Vec<Identity> = members.iter().map(Process::identity).collect();
    drop(closed.take_stdin());
    assert!(closed.wait(SOON).unwrap().success());
    assert!(gone(&identities), "the parent left before its fleet");
}
