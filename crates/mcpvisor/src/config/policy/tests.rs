//! What a policy puts in force.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::time::Duration;

use alerting::rule::{Condition, Rule};
use model::Severity;
use supervise::policy::{Ladder, Mode, Settings, Step};

use super::Profile;
use crate::config::alerts::rules_of;
use crate::config::{Config, OpenFiles, ServerLimits, parse};

fn read(text: &str) -> Config {
    let config = parse(text, Path::new("/etc/mcpvisor"));
    config.unwrap_or_else(|problems| panic!("{problems}\n{text}"))
}

fn steps(config: &Config, rule: &str) -> Vec<Step> {
    let ladder = config.policy.settings.ladders.get(rule);
    let rungs = ladder.map(Ladder::rungs).unwrap_or_default();
    rungs.iter().map(|rung| rung.step).collect()
}

fn warning(rules: &[Rule], name: &str) -> f64 {
    let rule = rules.iter().find(|rule| rule.name == name).unwrap();
    match &rule.condition {
        Condition::Threshold { levels, .. } => levels[1].unwrap().value,
        _ => panic!("{rule:?}"),
    }
}

#[test]
fn nothing_is_done_by_default() {
    let config = Config::default();
    assert_eq!(config.policy.settings, Settings::default());
    assert_eq!(config.policy.settings.mode, Mode::Observe);
    assert!(config.policy.settings.ladders.is_empty() && config.policy.quiet_hours.is_empty());
    assert_eq!(read("").policy, config.policy);
}

#[test]
fn a_step_by_its_name_is_that_of_the_usual_ladder() {
    let config = read(
        "[policy.ladders]\nhigh_cpu = [\"notify\", \"clean_orphans\", \"restart_server\", \"stop_largest\", \"restart_container\"]\n",
    );
    let ladder = config.policy.settings.ladders.get("high_cpu");
    assert_eq!(ladder, Some(&Ladder::default()));
    let config = read(
        "[policy.ladders]\nhigh_cpu = [{ step = \"stop_largest\", least = \"error\", check_after = \"5s\" }]\n",
    );
    let rungs = config.policy.settings.ladders["high_cpu"].rungs().to_vec();
    assert_eq!(
        (rungs[0].step, rungs[0].least, rungs[0].check_after),
        (Step::StopLargest, Severity::Error, Duration::from_secs(5))
    );
}

#[test]
fn what_may_be_done_in_all_bounds_what_is_done_to_one() {
    let config = read("[policy]\nper_hour = 2\n");
    let settings = &config.policy.settings;
    assert_eq!((settings.in_all, settings.per_object), (2, 2));
}

#[test]
fn quiet_hours_are_quiet() {
    let config = read(
        "[policy]\nquiet_hours = [{ days = [\"sun\"], zone = \"UTC\" }, { from = \"22:00\", to = \"07:00\", zone = \"UTC\" }]\n",
    );
    // The 22nd of November 2026 is a Sunday.
    for (time, is_quiet) in [
        ("2026-11-21T21:59:00Z", false),
        ("2026-11-21T22:00:00Z", true),
        ("2026-11-22T12:00:00Z", true),
        ("2026-11-23T06:59:00Z", true),
        ("2026-11-23T07:00:00Z", false),
    ] {
        assert_eq!(
            config.policy.is_quiet(time.parse().unwrap()),
            is_quiet,
            "{time}"
        );
    }
}

#[test]
fn one_word_protects_the_host_of_a_gateway() {
    let text = "[policy]\nprofile = \"gateway\"\n";
    let config = read(text);
    assert_eq!(config.policy.profile, Profile::Gateway);
    assert_eq!(
        config.policy.settings.mode,
        Mode::Observe,
        "acting is asked for apart"
    );
    assert_eq!(
        steps(&config, "process_count"),
        [
            Step::Notify,
            Step::CleanOrphans,
            Step::RestartServer,
            Step::StopLargest
        ]
    );
    assert_eq!(
        steps(&config, "gateway_down").last(),
        Some(&Step::RestartContainer)
    );
    let limits = config.limits_of_containers();
    assert_eq!(
        (limits.memory_max, limits.pids_max, limits.cpu),
        (Some(4 << 30), Some(50), Some(2.0))
    );
    assert_eq!(
        limits.nofile,
        Some(OpenFiles {
            soft: 1024,
            hard: 2048
        })
    );
    assert_eq!(
        config.limits_of("memory"),
        ServerLimits::default(),
        "of containers only"
    );
    for rules in [config.alerts.rules.clone(), rules_of(text).unwrap()] {
        for (name, value) in [
            ("high_cpu", 0.6),
            ("process_count", 12.0),
            ("total_memory", 3072.0 * 1_048_576.0),
        ] {
            let found = warning(&rules, name);
            assert!((found - value).abs() < 1e-9, "{name}: {found}");
        }
    }
    assert_eq!(read(&config.effective()), config);
}

#[test]
fn what_is_written_goes_before_the_profile() {
    let config = read(
        "[policy]\nprofile = \"gateway\"\n[policy.ladders]\nhigh_cpu = \"none\"\norphan = [\"notify\"]\n\
         [alerts]\nprofile = \"default\"\n[limits.containers]\npids_max = \"none\"\ncpu_max = 1\n",
    );
    assert!(!config.policy.settings.ladders.contains_key("high_cpu"));
    assert_eq!(steps(&config, "orphan"), [Step::Notify]);
    let cpu = warning(&config.alerts.rules, "high_cpu");
    assert!((cpu - 0.5).abs() < 1e-9, "{cpu}");
    let limits = config.limits_of_containers();
    assert_eq!(
        (limits.memory_max, limits.pids_max, limits.cpu),
        (Some(4 << 30), None, Some(1.0))
    );
    assert_eq!(read(&config.effective()), config);
}

#[test]
fn thresholds_alone_bring_no_policy() {
    let config = read("[alerts]\nprofile = \"gateway\"\n");
    assert!((warning(&config.alerts.rules, "high_cpu") - 0.6).abs() < 1e-9);
    assert_eq!(config.policy, Config::default().policy);
    assert!(config.limits.is_empty());
}
