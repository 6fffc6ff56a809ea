//! Holding, comparing, signalling and waiting for one process.

use std::time::Duration;

use linux::control::{
    Difference, Ending, Expected, Forbidden, OpenError, SignalError, Target, ancestors_of_self,
};
use rustix::process::Signal;

use super::{hold, root, session, spawn, until};

#[test]
fn a_recorded_process_is_opened_again() {
    let kid = spawn("sleep", &["1000"]);
    let expected = Expected::observe(&root(), kid.pid()).unwrap();
    let stored = serde_json::to_string(&expected).unwrap();
    let read: Expected = serde_json::from_str(&stored).unwrap();
    let target = Target::open(&root(), &read).unwrap();
    assert_eq!(target.id().pid, kid.pid());
    assert_eq!(target.ending().unwrap(), None);
    assert_eq!(target.wait_gone(Duration::from_millis(1)).unwrap(), None);
}

#[test]
fn a_zombie_has_ended_and_a_reaped_process_is_gone() {
    let mut kid = spawn("sleep", &["1000"]);
    let (target, expected) = hold(kid.pid());
    target.signal(Signal::TERM).unwrap();
    let patience = Duration::from_secs(10);
    assert_eq!(target.wait_gone(patience).unwrap(), Some(Ending::Zombie));
    let again = Target::open(&root(), &expected).unwrap_err();
    assert!(
        matches!(
            again,
            OpenError::Gone {
                ending: Ending::Zombie,
                ..
            }
        ),
        "{again}"
    );
    kid.0.wait().unwrap();
    assert_eq!(target.wait_gone(patience).unwrap(), Some(Ending::Reaped));
    assert!(matches!(
        target.signal(Signal::TERM),
        Err(SignalError::Gone)
    ));
    assert!(matches!(
        Target::open(&root(), &expected),
        Err(OpenError::Gone { .. })
    ));
}

#[test]
fn another_program_under_the_same_identity_is_a_change() {
    let kid = spawn("sh", &["-c", "read line; exec sleep 1000"]);
    drop(kid);
    let (read, write) = std::io::pipe().unwrap();
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "read line; exec sleep 1000"])
        .stdin(read);
    let kid = super::Kid(command.spawn().unwrap());
    let expected = Expected::observe(&root(), kid.pid()).unwrap();
    drop(write);
    let differences = until(
        "the shell to become another program",
        || match Target::open(&root(), &expected) {
            Err(OpenError::Changed { differences, .. }) => Some(differences),
            Err(OpenError::Unproven { .. }) | Ok(_) => None,
            Err(error) => panic!("{error}"),
        },
    );
    assert!(
        differences.contains(&Difference::Program),
        "{differences:?}"
    );
    assert!(!differences.contains(&Difference::Process));
}

#[test]
fn a_new_session_is_a_change_and_a_new_parent_is_none() {
    // The shell ends and leaves a child, whose new parent is init or a subreaper.
    let kid = session("sleep 1000 & echo $! >&2; exec sleep 1000");
    let child = until("the child", || {
        let listed = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", kid.pid()));
        listed.ok()?.trim().parse::<u32>().ok()
    });
    let mut expected = until("a tick to pass", || {
        let seen = Expected::observe(&root(), child).unwrap();
        let sleeps = seen.exe.as_deref().is_some_and(|exe| exe.contains("sleep"));
        (seen.settled && sleeps).then_some(seen)
    });
    assert_eq!(expected.ppid, kid.pid());
    let parent = kid.pid();
    drop(kid);
    for inode in [expected.pidfs_inode, None] {
        expected.pidfs_inode = inode;
        let target = Target::open(&root(), &expected).unwrap();
        let now = Expected::observe(&root(), child).unwrap();
        assert_ne!(now.ppid, parent);
        drop(target);
    }
    expected.sid += 1;
    let changed = Target::open(&root(), &expected).unwrap_err();
    let OpenError::Changed { differences, .. } = changed else {
        panic!("{changed}");
    };
    assert_eq!(differences, [Difference::Session]);
    let (target, _) = hold(child);
    target.signal(Signal::KILL).unwrap();
    target.wait_gone(Duration::from_secs(10)).unwrap();
}

#[test]
fn what_must_not_be_signalled_cannot_even_be_held() {
    let refused = |pid| match Target::hold(&root(), pid) {
        Err(OpenError::Forbidden(why)) => Some(why),
        _ => None,
    };
    assert_eq!(refused(0), Some(Forbidden::NoProcess(0)));
    assert_eq!(refused(1), Some(Forbidden::Init));
    assert_eq!(refused(u32::MAX), Some(Forbidden::NoProcess(-1)));
    let own = std::process::id();
    assert_eq!(refused(own), Some(Forbidden::Ourselves(own)));
    let ancestors = ancestors_of_self(&root());
    for ancestor in ancestors.iter().filter(|ancestor| ancestor.pid != 1) {
        assert_eq!(
            refused(ancestor.pid),
            Some(Forbidden::Ancestor(ancestor.pid))
        );
    }
}

#[test]
fn a_thread_is_no_process() {
    let (send, receive) = std::sync::mpsc::channel();
    let (release, hang) = std::sync::mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        send.send(rustix::thread::gettid().as_raw_nonzero().get())
            .unwrap();
        hang.recv().ok()
    });
    let tid = u32::try_from(receive.recv().unwrap()).unwrap();
    let error = Target::hold(&root(), tid).unwrap_err();
    assert!(matches!(error, OpenError::Gone { .. }), "{error}");
    drop(release);
    thread.join().unwrap();
}

#[test]
fn another_namespace_is_noticed() {
    // A `/proc` in which we do not appear under the pid that we use.
    let folder = tempfile::tempdir().unwrap();
    let kid = spawn("sleep", &["1000"]);
    let root = linux::ProcRoot::open(folder.path()).unwrap();
    let error = Target::hold(&root, kid.pid()).unwrap_err();
    assert!(matches!(error, OpenError::ForeignProc(_)), "{error}");
}
