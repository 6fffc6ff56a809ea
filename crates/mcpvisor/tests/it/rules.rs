//! Rules: listed, shown, tested on written series, and replayed over what a daemon has recorded.

use serde_json::Value;
use testbed::wait::wait_for;

use crate::daemon::running::Daemon;
use crate::support::World;

const PASSES: &str = r#"
tests:
  - input_series:
      - series: 'resident_memory_bytes{server="memory", owner="Cursor"}'
        values: '400e6x9'
    alert_rule_test:
      - eval_time: 30s
        alertname: high_memory
        exp_alerts:
          - exp_labels: {severity: warning, server: memory, owner: Cursor}
"#;

fn rule<'a>(document: &'a Value, name: &str) -> &'a Value {
    let rules = document["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["name"] == name).unwrap()
}

#[test]
fn rules_are_listed_and_shown_without_a_daemon() {
    let world = World::new();
    let (all, code) = world.json(&["rules", "list", "--json"]);
    assert_eq!(code, 0);
    assert_eq!(rule(&all, "high_memory")["state"], "unknown");
    let (shown, _) = world.json(&["rules", "show", "high_memory", "--json"]);
    assert_eq!(shown["thresholds"]["warning"]["shown"], "300 MB");

    // What is shown is a configuration that makes the same rule.
    let config = world.folder.path().join("own.toml");
    let text = shown["toml"].as_str().unwrap().replace("300MB", "350MB");
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let (own, _) = world.json(&["rules", "show", "high_memory", "--json", "--config", config]);
    assert_eq!(own["thresholds"]["warning"]["shown"], "350 MB");

    let unknown = world.run(&["rules", "show", "high_memry"]);
    assert_eq!(unknown.status.code(), Some(64));
    let said = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(said.contains("did you mean `high_memory`?"), "{said}");
}

#[test]
fn tests_of_rules_have_their_exit_codes() {
    let world = World::new();
    for (text, code, passed, failed) in [
        (PASSES.to_owned(), 0, 1, 0),
        (PASSES.replace("warning", "critical"), 1, 0, 1),
        (PASSES.replace("eval_time", "eval_tme"), 65, 0, 0),
    ] {
        std::fs::write(world.folder.path().join("tests.yaml"), text).unwrap();
        let (report, exit) = world.json(&["rules", "test", "tests.yaml", "--json"]);
        assert_eq!(
            (exit, &report["passed"], &report["failed"]),
            (code, &passed.into(), &failed.into()),
            "{report}"
        );
    }
    let page = world.run(&["rules", "test", "tests.yaml"]);
    let page = String::from_utf8_lossy(&page.stdout).into_owned();
    assert!(page.contains("tests.yaml:7: key `tests[0].alert_rule_test[0].eval_tme`: there is no such key; did you mean `eval_time`?"), "{page}");
}

#[test]
fn what_a_daemon_has_recorded_is_replayed_with_it_and_without() {
    let world = World::new();
    let none = world.run(&["replay"]);
    assert_eq!(none.status.code(), Some(69), "{none:?}");
    let config = world.folder.path().join("quick.toml");
    std::fs::write(&config, "[daemon]\ninterval = \"1s\"\n").unwrap();
    let config = config.to_str().unwrap();
    // Its own processes are above this.
    let own = "[[rule]]\nname = \"own\"\nmetric = \"process_open_fds\"\nat_least = 1\n";
    let rules = world.folder.path().join("rules.toml");
    std::fs::write(&rules, own).unwrap();
    let rules = rules.to_str().unwrap();
    let replay = || {
        world
            .json(&[
                "replay",
                "--from=-5m",
                "--rule=own",
                "--json",
                "--config",
                rules,
            ])
            .0
    };
    let looks = |report: &Value| report["looks"]["raw"].as_u64().unwrap_or(0);

    let daemon = Daemon::start(&world, &["--config", config]);
    let with = wait_for("three looks", std::time::Duration::from_mins(1), || {
        Some(replay()).filter(|report| looks(report) >= 3)
    });
    let with = with.unwrap();
    assert_eq!(with["alerts"][0]["rule"], "own", "{with}");
    assert_eq!(with["alerts"][0]["to"], Value::Null);
    let other = world.json(&[
        "replay",
        "--from=-5m",
        "--rule=own",
        "--set=own.warning=100000",
        "--json",
        "--config",
        rules,
    ]);
    assert_eq!(other.0["alerts"], serde_json::json!([]));
    drop(daemon);

    let without = replay();
    assert!(looks(&without) >= looks(&with), "{without}");
    assert_eq!(without["rules"][0]["fired"], 1, "{without}");
    let page = world.run(&["replay", "--from=-5m", "--config", rules]);
    assert!(
        String::from_utf8_lossy(&page.stdout).contains("this machine"),
        "{page:?}"
    );
}
