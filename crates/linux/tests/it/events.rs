//! Kernel process events of real processes.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use linux::{
    ProcRoot,
    become_user::as_user,
    events::{ProcessEvent, ProcessEvents},
};

fn open() -> Option<ProcessEvents> {
    match ProcessEvents::open() {
        Ok(events) => Some(events),
        Err(error) => {
            println!("skipped: {error}");
            None
        }
    }
}

fn quiet(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// Reads until `found` or ten seconds are over.
fn until(events: &mut ProcessEvents, found: impl Fn(&ProcessEvent) -> bool) -> bool {
    let mut seen = Vec::new();
    for _ in 0..200 {
        events.wait(Duration::from_millis(50)).unwrap();
        events.read(&mut seen).unwrap();
        if seen.iter().any(&found) {
            return true;
        }
        seen.clear();
    }
    false
}

#[test]
fn a_child_is_seen_from_fork_to_exit() {
    let Some(mut events) = open() else { return };
    let mut kid = quiet("sh").args(["-c", "exit 7"]).spawn().unwrap();
    let pid = kid.id();
    kid.wait().unwrap();
    let mut seen = Vec::new();
    let end = ProcessEvent::Exit {
        pid,
        code: Some(7),
        signal: None,
    };
    for _ in 0..200 {
        events.wait(Duration::from_millis(50)).unwrap();
        events.read(&mut seen).unwrap();
        if seen.contains(&end) {
            break;
        }
    }
    let own = |event: &&ProcessEvent| match event {
        ProcessEvent::Fork { child, .. } => *child == pid,
        ProcessEvent::Exec { pid: known } | ProcessEvent::Exit { pid: known, .. } => *known == pid,
        _ => false,
    };
    let own: Vec<_> = seen.iter().filter(own).copied().collect();
    let parent = std::process::id();
    let born = ProcessEvent::Fork { parent, child: pid };
    assert_eq!(own, [born, ProcessEvent::Exec { pid }, end]);
}

#[test]
fn a_signal_is_told_from_a_code() {
    let Some(mut events) = open() else { return };
    let mut kid = quiet("sleep").arg("1000").spawn().unwrap();
    let pid = kid.id();
    kid.kill().unwrap();
    kid.wait().unwrap();
    let end = ProcessEvent::Exit {
        pid,
        code: None,
        signal: Some(9),
    };
    assert!(until(&mut events, |event| *event == end));
}

#[test]
fn events_come_within_a_tenth_of_a_second() {
    let Some(mut events) = open() else { return };
    // The best of some: a busy machine may delay one, not all.
    let best = (0..20)
        .map(|_| {
            let mut kid = quiet("sleep").arg("1000").spawn().unwrap();
            let pid = kid.id();
            kid.kill().unwrap();
            let killed = Instant::now();
            let is_end = |event: &ProcessEvent| matches!(event, ProcessEvent::Exit { pid: known, .. } if *known == pid);
            assert!(until(&mut events, is_end));
            kid.wait().unwrap();
            killed.elapsed()
        })
        .min();
    println!("an exit was known after {best:?}");
    assert!(best < Some(Duration::from_millis(100)));
}

#[test]
fn threads_are_no_processes() {
    let Some(mut events) = open() else { return };
    let tid = std::thread::spawn(|| rustix::thread::gettid().as_raw_nonzero().get());
    let tid = u32::try_from(tid.join().unwrap()).unwrap();
    let mut kid = quiet("true").spawn().unwrap();
    let last = kid.id();
    kid.wait().unwrap();
    let mut seen = Vec::new();
    for _ in 0..200 {
        events.wait(Duration::from_millis(50)).unwrap();
        events.read(&mut seen).unwrap();
        if seen
            .iter()
            .any(|event| matches!(event, ProcessEvent::Exit { pid, .. } if *pid == last))
        {
            break;
        }
    }
    assert!(!seen.iter().any(|event| match event {
        ProcessEvent::Fork { child, .. } => *child == tid,
        ProcessEvent::Exit { pid, .. } => *pid == tid,
        _ => false,
    }));
}

#[test]
fn an_unprivileged_user_hears_them_since_kernel_six_six() {
    let opened = as_user(65_534, 65_534, &[], ProcessEvents::open);
    let Ok(opened) = opened else {
        println!("skipped: only root can become another user");
        return;
    };
    if open().is_none() {
        return;
    }
    let root = ProcRoot::system().unwrap();
    let kernel = linux::host::read(&root).kernel;
    let mut parts = kernel
        .split(['.', '-'])
        .map(|part| part.parse::<u32>().unwrap_or(0));
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if version >= (6, 6) {
        let mut events = opened.unwrap();
        let mut kid = quiet("true").spawn().unwrap();
        let pid = kid.id();
        kid.wait().unwrap();
        let is_end = |event: &ProcessEvent| matches!(event, ProcessEvent::Exit { pid: known, .. } if *known == pid);
        assert!(until(&mut events, is_end));
    } else {
        assert!(opened.unwrap_err().why.contains("CAP_NET_ADMIN"));
    }
}

#[test]
fn a_reader_that_is_too_slow_is_told() {
    let Ok(mut events) = ProcessEvents::open_with(32 << 10) else {
        open();
        return;
    };
    let script = "i=0; while [ $i -lt 300 ]; do (:); i=$((i+1)); done";
    assert!(quiet("sh").args(["-c", script]).status().unwrap().success());
    let mut seen = Vec::new();
    while events.read(&mut seen).unwrap() {}
    assert!(seen.contains(&ProcessEvent::Lost), "{} events", seen.len());
    assert!(events.times_lost() > 0);
}

const INSIDE: &str = "MCPVISOR_TEST_INSIDE_NAMESPACE";

#[test]
fn other_namespaces_have_none_and_say_why() {
    if std::env::var_os(INSIDE).is_some() {
        match ProcessEvents::open() {
            Ok(_) => println!("answer: events"),
            Err(error) => println!("answer: {error}"),
        }
        return;
    }
    for (flags, word) in [("-Ur", "user"), ("-Urpf", "PID"), ("-Urn", "network")] {
        let output = Command::new("unshare")
            .arg(flags)
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "events::other_namespaces_have_none_and_say_why",
                "--nocapture",
            ])
            .env(INSIDE, "1")
            .output();
        let said = output.map(|output| output.stdout).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let Some(answer) = said
            .lines()
            .find_map(|line| Some(line.split_once("answer: ")?.1))
        else {
            println!("skipped: no namespaces can be made here (`unshare {flags}`)");
            continue;
        };
        assert!(
            answer.contains(&format!("initial {word} namespace")),
            "{flags}: {answer}"
        );
    }
}
