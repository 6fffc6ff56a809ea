//! What a user without rights sees, and what is said about the rest.

use linux::become_user::as_user;
use linux::{Collector, Options, Pass, ProcRoot, Wants, clock};

use super::processes::Started;

/// A user that owns nothing.
const NOBODY: u32 = 65_534;

fn as_nobody(work: impl FnOnce() -> Pass + Send) -> Option<Pass> {
    match as_user(NOBODY, NOBODY, &[], work) {
        Ok(pass) => Some(pass),
        Err(error) => {
            println!("skipped: cannot become another user: {error}");
            None
        }
    }
}

#[test]
fn other_users_processes_lose_fields_but_stay() {
    let seen = as_nobody(|| {
        let root = ProcRoot::system().unwrap();
        let mut collector = Collector::new(root, Options::one_shot());
        collector.pass(
            clock::now(),
            &Wants {
                all_now: true,
                ..Wants::default()
            },
        );
        collector.pass(
            clock::now(),
            &Wants {
                all_now: true,
                ..Wants::default()
            },
        )
    });
    let Some(pass) = seen else { return };
    let init = &pass.samples[0];
    if init.id.pid != 1 || init.facts.uid != Some(0) {
        return println!("skipped: PID 1 is not root's here");
    }
    assert!(init.counters.rss_bytes > 0 && init.counters.threads > 0);
    assert!(
        init.facts
            .cmdline
            .as_ref()
            .is_some_and(|line| !line.is_empty())
    );
    assert!(init.facts.cgroup.is_some() && init.facts.fd_limit.is_some());
    assert_eq!(
        (init.facts.exe.as_ref(), init.facts.cwd.as_ref()),
        (None, None)
    );
    assert_eq!(init.counters.io, None);
    assert_eq!(init.memory.as_ref().map(|r| r.value), Some(None));
    assert!(init.files.as_ref().is_some_and(|r| r.value.is_none()));
    let told = pass
        .unavailable
        .iter()
        .find(|u| u.what.contains("of other users"));
    let told = told.unwrap();
    assert!(
        told.what.contains("PSS") && told.what.contains(" processes"),
        "{told:?}"
    );
    assert_eq!(told.remedy, "run as root");
}

#[test]
fn the_number_of_descriptors_needs_no_permission() {
    let size = std::fs::metadata("/proc/self/fd").unwrap().len();
    if size == 0 {
        return println!("skipped: before kernel 6.2 descriptors are counted by listing them");
    }
    let child = Started::new("cat", &[]).settled();
    let pid = child.pid();
    let seen = as_nobody(|| {
        let root = ProcRoot::system().unwrap();
        Collector::new(root, Options::one_shot()).pass(clock::now(), &Wants::cheap())
    });
    let Some(seen) = seen else { return };
    let counters = seen
        .samples
        .iter()
        .find(|s| s.id.pid == pid)
        .unwrap()
        .counters;
    let truth = std::fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .count();
    assert_eq!(counters.fd_total.map(|fds| fds as usize), Some(truth));
    assert_eq!(counters.io, None, "it is another user's");
}

#[test]
fn refusals_cost_nothing_at_the_next_pass() {
    let tries = |passes: usize| {
        as_nobody(move || {
            let root = ProcRoot::system().unwrap();
            let mut collector = Collector::new(root, Options::one_shot());
            let mut last = collector.pass(clock::now(), &Wants::cheap());
            for _ in 1..passes {
                last = collector.pass(clock::now(), &Wants::cheap());
            }
            last
        })
    };
    let Some(pass) = tries(5) else { return };
    // Still told at a pass in which nothing was tried.
    assert!(
        pass.unavailable
            .iter()
            .any(|u| u.what.contains("of other users"))
            || pass.samples[0].facts.uid != Some(0)
    );
}
