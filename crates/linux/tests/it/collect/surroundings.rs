//! Passes in other surroundings: a PID namespace of our own, a `/proc` that hides processes, few
//! descriptors.
//!
//! Each test starts this very binary again, under unshare(1) or a shell, for just itself.

use std::process::{Command, Stdio};

use linux::become_user::as_user;
use linux::{Collector, Options, Pass, ProcRoot, Wants, clock};

use super::processes::Started;

const INSIDE: &str = "MCPVISOR_TEST_INSIDE";

/// Runs `body` in other surroundings, entered through `enter` with the test binary as its last arguments.
fn inside(test: &str, enter: &[&str], body: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some_and(|inside| inside.to_str() == Some(test)) {
        return body();
    }
    let run = |program: &std::ffi::OsStr, arguments: &[&str]| {
        let mut command = Command::new(enter[0]);
        command.args(&enter[1..]).arg(program).args(arguments);
        command.env(INSIDE, test).stdin(Stdio::null()).output()
    };
    match run("true".as_ref(), &[]) {
        Ok(output) if output.status.success() => {}
        refused => {
            return println!(
                "skipped: `{}` is not permitted here: {refused:?}",
                enter.join(" ")
            );
        }
    }
    let binary = std::env::current_exe().unwrap();
    let output = run(
        binary.as_os_str(),
        &["--exact", test, "--nocapture", "--test-threads=1"],
    )
    .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn two_passes() -> Pass {
    let mut collector = Collector::new(ProcRoot::system().unwrap(), Options::one_shot());
    collector.pass(clock::now(), &Wants::cheap());
    collector.pass(clock::now(), &Wants::cheap())
}

fn told<'a>(pass: &'a Pass, what: &str) -> Option<&'a str> {
    let found = pass.unavailable.iter().find(|u| u.what == what);
    found.map(|u| u.why.as_str())
}

#[test]
fn another_pid_namespace_is_told() {
    const WHAT: &str = "processes outside of this PID namespace";
    let name = "collect::surroundings::another_pid_namespace_is_told";
    inside(
        name,
        &["unshare", "-Urpf", "--mount-proc", "--kill-child", "--"],
        || {
            let pass = two_passes();
            assert!(told(&pass, WHAT).is_some(), "{:?}", pass.unavailable);
            // We are its first process, whose parent is outside.
            assert_eq!(
                (pass.samples[0].id.pid, pass.samples[0].counters.ppid),
                (1, 0)
            );
            assert_eq!(
                pass.samples[0].facts.comm.len().min(15),
                pass.samples[0].facts.comm.len()
            );
        },
    );
}

#[test]
fn hidden_processes_are_told() {
    let name = "collect::surroundings::hidden_processes_are_told";
    let enter = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        "mount -t proc -o hidepid=2 proc /proc && exec \"$@\"",
        "sh",
    ];
    inside(name, &enter, || {
        let nobody = as_user(65_534, 65_534, &[], two_passes);
        let Ok(pass) = nobody else {
            return println!("skipped: cannot become another user");
        };
        // Threads of one process see each other whoever they are.
        let shown = pass
            .samples
            .iter()
            .filter(|s| s.id.pid != std::process::id());
        let others: Vec<u32> = shown.map(|s| s.id.pid).collect();
        assert!(!others.contains(&1), "{others:?}");
        let why = told(&pass, "processes of other users").unwrap();
        assert!(why.contains("hidepid=invisible"), "{why}");
        // As root, nothing is hidden and nothing is said.
        let pass = two_passes();
        assert!(pass.samples.len() > 1 && told(&pass, "processes of other users").is_none());
    });
}

#[test]
fn without_descriptors_nobody_is_lost() {
    let name = "collect::surroundings::without_descriptors_nobody_is_lost";
    let enter = ["sh", "-c", "ulimit -n 300 && exec \"$@\"", "sh"];
    inside(name, &enter, || {
        let options = Options {
            raise_descriptor_limit: false,
            ..Options::one_shot()
        };
        // Enough processes that not all of their files fit.
        let children: Vec<Started> = (0..20).map(|_| Started::new("cat", &[])).collect();
        let mut collector = Collector::new(ProcRoot::system().unwrap(), options);
        let pids = |collector: &mut Collector| -> Vec<u32> {
            let pass = collector.pass(clock::now(), &Wants::cheap());
            let all = pass.samples.iter().map(|s| s.id.pid);
            all.filter(|pid| children.iter().any(|child| child.pid() == *pid))
                .collect()
        };
        assert_eq!(pids(&mut collector).len(), 20);
        let mut taken = Vec::new();
        while let Ok(file) = std::fs::File::open("/dev/null") {
            taken.push(file);
        }
        assert_eq!(
            pids(&mut collector).len(),
            20,
            "no descriptor is left, but all are known"
        );
        // What was kept open has been closed, so the rest of the program can go on.
        assert!(std::fs::File::open("/dev/null").is_ok());
        assert_eq!(pids(&mut collector).len(), 20);
    });
}
