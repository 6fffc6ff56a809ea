//! The guard: nothing is left, and nothing else is touched.

use std::process::{Command, Stdio};

use rustix::process::Signal;
use testbed::wait::wait_until;
use testbed::{Identity, Spawned};

use crate::{SOON, server};

#[test]
fn a_dropped_guard_leaves_no_descendant() {
    let mut parent = server(&["--children=3", "--setsid-child", "--ignore-term"]);
    wait_until("four children", SOON, || {
        parent.note_descendants().len() == 4
    })
    .unwrap();
    let all: Vec<Identity> = parent.survivors();
    assert_eq!(all.len(), 4);
    drop(parent);
    assert!(all.iter().all(|identity| !identity.is_running()));
}

#[test]
fn orphans_that_were_seen_end_with_the_guard() {
    let mut parent = server(&["--children=2"]);
    wait_until("two children", SOON, || {
        parent.note_descendants().len() == 2
    })
    .unwrap();
    parent.kill_alone().unwrap();
    let orphans = parent.survivors();
    assert_eq!(orphans.len(), 2);
    drop(parent);
    assert!(orphans.iter().all(|orphan| !orphan.is_running()));
}

#[test]
fn another_start_time_is_another_process() {
    let running = server(&[]);
    let real = running.identity();
    let stale = Identity {
        start_time: real.start_time + 1,
        ..real
    };
    assert!(!stale.is_listed());
    assert!(
        !stale.signal(Signal::KILL),
        "a stale identity was signalled"
    );
    assert!(real.is_running());
}

#[test]
fn a_zombie_is_listed_but_does_not_run() {
    let mut child = Command::new("true").stdin(Stdio::null()).spawn().unwrap();
    let identity = Identity::of(child.id()).unwrap();
    wait_until("its end", SOON, || !identity.is_running()).unwrap();
    assert!(identity.is_listed());
    child.wait().unwrap();
    assert!(!identity.is_listed());
}

#[test]
fn a_program_that_is_missing_is_named() {
    let error = Spawned::start(&mut Command::new("/no/such/program")).unwrap_err();
    assert!(
        format!("{error:#}").contains("/no/such/program"),
        "{error:#}"
    );
}

#[test]
fn a_silent_server_fails_the_wait_with_what_was_missing() {
    let error = wait_until("snow", std::time::Duration::from_millis(5), || false).unwrap_err();
    assert!(error.to_string().contains("in vain for: snow"), "{error}");
}
