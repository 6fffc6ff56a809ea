//! Programs that are told: what they get, what their end means, and that nothing of them stays.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use alerting::receivers::{Delivered, Failure, Kind, WebhookBody, settings};
use alerting::{Notice, Occasion};

use super::{LONG, SHORT, large_notice, notice, receiver, secret};

fn tell(script: &str, notice: &Notice, timeout: Duration) -> Result<Delivered, Failure> {
    let command = settings::Command {
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        environment: BTreeMap::from([("TEAM_TOKEN".to_owned(), secret("hunter2"))]),
    };
    receiver(Kind::Command(command)).deliver(notice, timeout)
}

#[test]
fn it_reads_the_body_and_its_environment() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let script = format!("cat > '{}'; env -0 > '{}'", place("body"), place("env"));
    tell(&script, &large_notice(), LONG).unwrap();
    let body: WebhookBody = serde_json::from_slice(&fs::read(place("body")).unwrap()).unwrap();
    assert_eq!(body, WebhookBody::new(&large_notice()));
    let environment = fs::read_to_string(place("env")).unwrap();
    let environment: BTreeMap<&str, &str> = environment
        .split_terminator('\0')
        .map(|pair| pair.split_once('=').unwrap())
        .collect();
    assert_eq!(environment["TEAM_TOKEN"], "hunter2");
    assert_eq!(environment["MCPVISOR_STATUS"], "firing");
    assert_eq!(environment["MCPVISOR_SEVERITY"], "critical");
    assert_eq!(environment["MCPVISOR_RULE"], "high_memory");
    assert_eq!(environment["MCPVISOR_SERVER"], "memory");
    assert_eq!(environment["MCPVISOR_HOST"], "build-7");
    assert_eq!(environment["MCPVISOR_NOTICE_ID"], "n-42");
    assert_eq!(
        environment["MCPVISOR_SUMMARY"],
        "memory uses 612 MiB, over 500 MB for 5 min"
    );
    // The shell adds some of its own. Cargo's would be here if ours were inherited.
    let known = [
        "PATH",
        "HOME",
        "LANG",
        "PWD",
        "OLDPWD",
        "SHLVL",
        "_",
        "TEAM_TOKEN",
    ];
    for name in environment.keys() {
        assert!(
            known.contains(name) || name.starts_with("MCPVISOR_"),
            "{name}"
        );
    }
}

#[test]
fn no_shell_reads_what_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let mut hostile = notice();
    hostile.host = format!(
        "$(touch {}); `id`\n'",
        folder.path().join("pwned").display()
    );
    hostile.occasion = Occasion::Test;
    let script = format!("printf %s \"$MCPVISOR_HOST\" > '{}'", seen.display());
    tell(&script, &hostile, LONG).unwrap();
    let seen = fs::read_to_string(seen).unwrap();
    assert!(
        seen.starts_with("$(touch ") && seen.ends_with("`id`\\n'"),
        "{seen}"
    );
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn exit_codes() {
    assert_eq!(
        tell("exit 0", &notice(), LONG).unwrap().answer,
        "/bin/sh exited with 0"
    );
    for code in [1, 7, 75, 126, 127] {
        let failure = tell(&format!("exit {code}"), &notice(), LONG).unwrap_err();
        assert!(failure.is_temporary(), "{failure}");
        assert_eq!(failure.message, format!("/bin/sh exited with {code}"));
    }
    for code in [64, 65, 77, 78] {
        let failure = tell(&format!("exit {code}"), &notice(), LONG).unwrap_err();
        assert!(!failure.is_temporary(), "{failure}");
    }
    let failure = tell("kill -9 $$", &notice(), LONG).unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.contains("signal 9"), "{failure}");
}

#[test]
fn the_end_of_its_complaints_is_quoted() {
    let script = "head -c 100000 /dev/zero | tr '\\0' x >&2; printf '\\nno\\033[2J %s' $TEAM_TOKEN >&2; exit 1";
    let failure = tell(script, &notice(), LONG).unwrap_err();
    assert!(
        failure.message.ends_with("xxx no\\x1b[2J <redacted>"),
        "{failure}"
    );
    assert!(failure.message.chars().count() <= 300);
}

#[test]
fn a_program_that_is_missing() {
    let command = settings::Command {
        argv: vec!["/no/such/program".to_owned()],
        environment: BTreeMap::new(),
    };
    let failure = receiver(Kind::Command(command))
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(failure.is_temporary(), "somebody may install it: {failure}");
    assert!(
        failure.message.starts_with("cannot run /no/such/program: "),
        "{failure}"
    );
}

#[test]
fn one_that_reads_nothing_is_no_hindrance() {
    tell("exec <&-; exit 0", &large_notice(), LONG).unwrap();
}

/// Whether a process is there and no zombie.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest.as_bytes()[0]);
    state.is_some_and(|state| state != b'Z')
}

fn ends(pid: &str) {
    let started = Instant::now();
    while runs(pid) {
        assert!(started.elapsed() < LONG, "process {pid} was left behind");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn pid_in(path: &Path) -> String {
    fs::read_to_string(path).unwrap().trim().to_owned()
}

#[test]
fn when_its_time_is_over_all_of_it_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let script = format!(
        "trap '' TERM; echo waiting >&2; (sleep 600) & echo $! > '{}'; wait",
        file.display()
    );
    let started = Instant::now();
    let failure = tell(&script, &notice(), SHORT).unwrap_err();
    assert!(failure.is_temporary());
    assert!(
        failure
            .message
            .ends_with("within 0.7 s and was killed: waiting"),
        "{failure}"
    );
    assert!(started.elapsed() < SHORT + Duration::from_secs(5));
    ends(&pid_in(&file));
}

#[test]
fn what_it_leaves_behind_is_killed_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    // It keeps the standard error open, which must not be waited for.
    let script = format!("sleep 600 & echo $! > '{}'; exit 0", file.display());
    let started = Instant::now();
    tell(&script, &notice(), LONG).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    ends(&pid_in(&file));
}

#[test]
fn what_has_left_its_group_is_not_waited_for() {
    let started = Instant::now();
    tell("setsid sleep 15 & exit 0", &notice(), LONG).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn one_that_only_talks() {
    let failure = tell("while :; do echo no end >&2; done", &notice(), SHORT).unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.chars().count() <= 300, "{failure}");
}
