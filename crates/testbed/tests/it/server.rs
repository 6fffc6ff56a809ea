//! Each misbehaviour of `mcp-server`, and that it behaves without it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;
use testbed::process::Process;
use testbed::wait::{wait_for, wait_until};
use testbed::{Spawned, programs};

use crate::{SOON, server};

#[test]
fn answers_what_every_client_asks_first() {
    let mut server = server(&["--name", "memory"]);
    let mut session = server.conversation().unwrap();
    let hello = session.initialize("test").unwrap();
    assert_eq!(hello["serverInfo"]["name"], "memory");
    assert_eq!(hello["protocolVersion"], testbed::conversation::REVISION);
    let tools = session.request("tools/list", &json!({})).unwrap();
    assert_eq!(tools["tools"][0]["name"], "echo");
    let arguments = json!({"name": "echo", "arguments": {"a": 1}});
    let echo = session.request("tools/call", &arguments).unwrap();
    assert_eq!(echo["content"][0]["text"], r#"{"a":1}"#);
    let refusal = session.request("no/such", &json!({})).unwrap_err();
    assert!(
        refusal.to_string().contains("unknown method no/such"),
        "{refusal}"
    );
}

#[test]
fn a_good_server_heeds_eof_and_term() {
    let mut leaves = server(&[]);
    drop(leaves.take_stdin());
    assert!(leaves.wait(SOON).unwrap().success());
    let mut killed = server(&[]);
    assert!(killed.signal(Signal::TERM));
    assert!(!killed.wait(SOON).unwrap().success());
}

#[test]
fn deaf_to_eof_and_term_but_still_talking() {
    let mut deaf = server(&["--ignore-eof", "--ignore-term"]);
    let mut session = deaf.conversation().unwrap();
    session.initialize("test").unwrap();
    assert!(deaf.signal(Signal::TERM) && deaf.signal(Signal::HUP));
    session.request("ping", &json!({})).unwrap();
    drop(session);
    assert!(deaf.wait(Duration::from_millis(300)).is_err(), "it ended");
    assert!(deaf.is_running());
}

#[test]
fn heeding_one_of_both_is_possible() {
    let mut deaf = server(&["--ignore-term"]);
    let session = {
        let mut session = deaf.conversation().unwrap();
        session.initialize("test").unwrap();
        session
    };
    assert!(deaf.signal(Signal::TERM));
    drop(session);
    assert!(deaf.wait(SOON).unwrap().success());
}

#[test]
fn leaks_memory_at_about_the_rate_asked_for() {
    let leaky = server(&["--leak-rss", "50000000"]);
    let first = resident_bytes(leaky.pid());
    wait_until("20 MB more", SOON, || {
        resident_bytes(leaky.pid()) > first + 20_000_000
    })
    .unwrap();
}

#[test]
fn leaks_descriptors() {
    let leaky = server(&["--leak-fds", "200"]);
    let first = descriptors(leaky.pid());
    wait_until("30 more descriptors", SOON, || {
        descriptors(leaky.pid()) > first + 30
    })
    .unwrap();
}

#[test]
fn has_the_threads_asked_for() {
    let plain = server(&[]);
    let threaded = server(&["--threads", "7"]);
    let threads = |spawned: &Spawned| Process::read(spawned.pid()).map(|process| process.threads);
    // The main thread, the one that reads, the one that counts the lifetime.
    wait_until("3 threads", SOON, || threads(&plain) == Some(3)).unwrap();
    wait_until("10 threads", SOON, || threads(&threaded) == Some(10)).unwrap();
}

#[test]
fn spins() {
    let hot = server(&["--spin"]);
    wait_until("a tenth of a second of processor time", SOON, || {
        processor_ticks(hot.pid()) >= 10
    })
    .unwrap();
}

#[test]
fn has_children_a_stray_and_a_zombie() {
    let mut parent = server(&["--children", "2", "--setsid-child", "--zombie"]);
    let children = wait_for("two children, a stray, a zombie", SOON, || {
        let children = parent.note_descendants();
        let strays = children
            .iter()
            .filter(|child| child.sid == child.pid)
            .count();
        let zombies = children.iter().filter(|child| child.state == 'Z').count();
        (children.len() == 4 && strays == 1 && zombies == 1).then_some(children)
    })
    .unwrap();
    assert!(children.iter().all(|child| child.ppid == parent.pid()));
    parent.kill_alone().unwrap();
    assert_eq!(parent.survivors().len(), 3, "they outlive the server");
}

#[test]
fn children_can_end_with_the_server() {
    let mut parent = server(&["--children=2", "--children-end-too"]);
    // The thread that counts the lifetime starts after the child has bound itself.
    wait_until("two children past their start", SOON, || {
        let children = parent.note_descendants();
        children.len() == 2 && children.iter().all(|child| child.threads == 2)
    })
    .unwrap();
    parent.kill_alone().unwrap();
    wait_until("the end of the children", SOON, || {
        parent.survivors().is_empty()
    })
    .unwrap();
}

#[test]
fn holds_a_file_and_a_port() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lock");
    let mut holder = Command::new(programs::mcp_server().unwrap());
    holder.args(["--listen=0", "--hold-file"]).arg(&file);
    let mut holder = holder
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stderr.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port: u16 = line
        .trim()
        .trim_start_matches(r#"{"listening":"#)
        .trim_end_matches('}')
        .parse()
        .unwrap_or_else(|error| panic!("{line:?}: {error}"));
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert!(is_locked(&file));
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert!(!is_locked(&file));
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn ends_by_itself() {
    let mut short = server(&["--exit-after=0.05", "--ignore-eof"]);
    assert!(short.wait(SOON).unwrap().success());
    let mut bounded = server(&["--max-lifetime=0.05", "--ignore-eof", "--ignore-term"]);
    assert!(bounded.wait(SOON).unwrap().success());
}

fn is_locked(path: &Path) -> bool {
    fs::File::open(path).unwrap().try_lock().is_err()
}

fn resident_bytes(pid: u32) -> u64 {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size() as u64
}

fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

fn processor_ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let after_name = stat.rsplit_once(") ").unwrap().1;
    after_name.split(' ').nth(11).unwrap().parse().unwrap()
}
