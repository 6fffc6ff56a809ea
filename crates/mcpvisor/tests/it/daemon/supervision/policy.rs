//! Servers that leak or spin, and what the policy does about them.

use serde_json::Value;
use testbed::wait::wait_until;

use super::{SOON, server, start};
use crate::daemon::running::Daemon;
use crate::support::World;

/// A rule of the test's own about one server that fires after a second, and its ladder. Only about that
/// one: other tests have servers on this machine, and nothing may happen to them.
pub(super) fn ladder(
    rule: &str,
    server: &str,
    figure: &str,
    above: &str,
    steps: &str,
    mode: &str,
) -> String {
    format!(
        "[[rule]]\nname = \"{rule}\"\n{figure}\nonly = [\"server={server}\"]\nabove = {{ critical = {above} }}\nfor = \"1s\"\n\
         [policy]\nmode = \"{mode}\"\n[policy.ladders]\n{rule} = {steps}\n"
    )
}

const STEPS: &str = "[{ step = \"notify\", check_after = \"1s\" }, { step = \"restart_server\", check_after = \"20s\" }]";

/// Steps of the policy that were begun and ended, in order.
pub(super) fn steps(audit: &[Value]) -> Vec<String> {
    let of = |entry: &Value| {
        let phase = entry["phase"].as_str().unwrap();
        let outcome = entry["outcome"]
            .as_str()
            .unwrap()
            .split(':')
            .next()
            .unwrap();
        let outcome = if phase == "begin" { "" } else { outcome };
        format!("{phase} {} {outcome}", entry["command"].as_str().unwrap())
    };
    audit
        .iter()
        .map(|entry| of(entry).trim().to_owned())
        .collect()
}

#[test]
fn a_server_that_leaks_is_restarted_step_by_step() {
    let world = World::new();
    let leaky = server("leaky", &["--leak-rss=60000000"], "");
    let rules = ladder(
        "leak_of_ours",
        "leaky",
        "metric = \"server_resident_memory_bytes\"",
        "\"150MB\"",
        STEPS,
        "enforce",
    );
    let daemon = start(&world, &format!("{leaky}{rules}"));
    let first = daemon.wait_running("leaky");
    wait_until("the restart", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end restart_server done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(!first.is_running());
    let audit = daemon.policy_audit();
    assert_eq!(
        steps(&audit)[..3],
        [
            "end notify done",
            "begin restart_server",
            "end restart_server done"
        ],
        "{audit:#?}"
    );
    let restart = &audit[1];
    assert_eq!(restart["target"], "kept server leaky");
    assert_eq!(restart["data"]["rule"], "leak_of_ours");
    assert_eq!(restart["data"]["processes"][0]["pid"], first.pid);
    assert!(
        restart["data"]["evidence"].to_string().contains("leaky"),
        "{restart}"
    );
    daemon.wait_running("leaky");
}

#[test]
fn a_server_that_spins_is_only_told_of_where_nothing_may_be_done() {
    let world = World::new();
    let spinner = server("spinner", &["--spin=1"], "");
    let rules = ladder(
        "spin_of_ours",
        "spinner",
        "metric = \"server_cpu_seconds_total\"\nrate = \"5s\"",
        "\"5%\"",
        STEPS,
        "observe",
    );
    let daemon = start(&world, &format!("{spinner}{rules}"));
    let first = daemon.wait_running("spinner");
    wait_until("what would be done", SOON, || {
        steps(&daemon.policy_audit()).contains(
            &"dry_run restart_server would have been done; `policy.mode` is \"observe\"".to_owned(),
        )
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(first.is_running());
    assert!(
        !steps(&daemon.policy_audit())
            .iter()
            .any(|step| step.starts_with("begin restart"))
    );
}

#[test]
fn a_server_that_spins_is_restarted() {
    let world = World::new();
    let spinner = server("spinner", &["--spin=1"], "");
    let figure = "metric = \"server_cpu_seconds_total\"\nrate = \"5s\"";
    let rules = ladder(
        "spin_of_ours",
        "spinner",
        figure,
        "\"5%\"",
        STEPS,
        "enforce",
    );
    let daemon = start(&world, &format!("{spinner}{rules}"));
    let first = daemon.wait_running("spinner");
    wait_until("the restart", SOON, || {
        steps(&daemon.policy_audit()).contains(&"end restart_server done".to_owned())
    })
    .unwrap_or_else(|error| {
        panic!(
            "{error}: {:#?}\n{}",
            daemon.policy_audit(),
            Daemon::log(&world)
        )
    });
    assert!(!first.is_running());
}
