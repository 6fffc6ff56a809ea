//! Files of tests, among them the one of the guide.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::PathBuf;

use alerting::rule::{Wishes, pack};

use super::*;
use crate::output::Output;

const GUIDE: &str = include_str!("../../../../docs/guide/rules-tests.md");

/// Writes files into a folder and tests the first.
fn tested(files: &[(&str, &str)]) -> (RuleTestsReport, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let path: PathBuf = folder.path().join(files[0].0);
    let mut report = run(&[path], &pack(&Wishes::default()));
    let place = format!("{}/", folder.path().display());
    for error in &mut report.errors {
        error.file = error.file.replace(&place, "");
        error.message = error.message.replace(&place, "");
    }
    for test in &mut report.tests {
        test.file = test.file.replace(&place, "");
    }
    let output = Output {
        colour: false,
        width: Some(100),
        logs: false,
    };
    let page = crate::render::rules::tests(&report, &output);
    (report, page)
}

/// The first block of the guide in a language.
fn block(language: &str) -> &'static str {
    let begin = format!("```{language}\n");
    let rest = GUIDE.split_once(&begin).unwrap().1;
    rest.split_once("```").unwrap().0
}

#[test]
fn the_guides_tests_pass() {
    let (report, page) = tested(&[("tests.yaml", block("yaml")), ("rules.toml", block("toml"))]);
    assert_eq!(
        (report.passed, report.failed, report.errors),
        (3, 0, vec![]),
        "{page}"
    );
}

#[test]
fn what_differs_is_shown_with_its_line() {
    let (report, page) = tested(&[(
        "tests.yaml",
        r#"
tests:
  - name: too high an expectation
    input_series:
      - series: 'resident_memory_bytes{server="memory", owner="Cursor"}'
        values: '400e6x9'
      - series: 'resident_memory_bytes{server="time", owner="Cursor"}'
        values: '400e6x9'
    alert_rule_test:
      - eval_time: 10s
        alertname: high_memory
      - eval_time: 30s
        alertname: high_memory
        exp_alerts:
          - exp_labels: {severity: critical, server: memory, owner: Cursor}
          - exp_labels: {severity: warning, server: time, owner: Cursor}
            exp_annotations: {value: 300 MB}
  - alert_rule_test: [{eval_time: 1m, alertname: orphan}]
"#,
    )]);
    assert_eq!((report.passed, report.failed), (1, 1));
    insta::assert_snapshot!(page, @r##"
    FAIL  tests.yaml: too high an expectation
          tests.yaml:12: `high_memory` after 30s
            - expected {owner="Cursor", server="memory", severity="critical"}
            - expected {owner="Cursor", server="time", severity="warning"}
                value: 300 MB
            + fires {owner="Cursor", server="memory", severity="warning"}
                summary: resident memory of memory (Cursor): 400 MB, above 300 MB
                value: 400 MB
            + fires {owner="Cursor", server="time", severity="warning"}
                summary: resident memory of time (Cursor): 400 MB, above 300 MB
                value: 400 MB
    pass  tests.yaml: test 2

    1 of 2 tests passed, 1 failed.
    "##);
}

#[test]
fn all_that_is_wrong_is_told_with_line_and_key() {
    let (report, page) = tested(&[
        (
            "tests.yaml",
            r#"
rule_file: none.toml
evaluation_intervall: 5s
tests:
  - interval: soon
    input_series:
      - series: 'resident_memory_bytes{server="memory"}'
        values: '1 2 many'
      - values: 1
        sereis: x
    findings:
      - {kind: orphn, severity: bad}
      - just text
    input_file: recorded.jsonl
    alert_rule_test:
      - alertname: high_memry
        exp_alerts: {severity: warning}
      - eval_time: 400d
        alertname: high_memory
        exp_alerts: [{exp_labels: [1]}]
  - interval: 0s
"#,
        ),
        ("recorded.jsonl", "{\"metric\":\"mcpvisor_server_up\"\n"),
    ]);
    assert!(report.tests.is_empty());
    insta::assert_snapshot!(page, @r##"
    tests.yaml:2: key `rule_file`: `none.toml`: it cannot be read: No such file or directory (os error 2)
    tests.yaml:3: key `evaluation_intervall`: there is no such key; did you mean `evaluation_interval`?
    tests.yaml:5: key `tests[0].interval`: `soon` is no duration; write `5s`, `1m30s`, `2h` or `1d`
    tests.yaml:7: key `tests[0].input_series[0].series`: `mcpvisor_server_resident_memory_bytes` needs the label `owner` too; it has `server`, `owner`
    tests.yaml:8: key `tests[0].input_series[0].values`: `many` is no value; write `1`, `1+2x3` (1 and three more, each 2 higher), `5x3`, `_`, `_x3` or `stale`
    tests.yaml:9: key `tests[0].input_series[1].series`: this is missing
    tests.yaml:10: key `tests[0].input_series[1].sereis`: there is no such key; did you mean `series`?
    tests.yaml:12: key `tests[0].findings[0].kind`: there is no `orphn`; did you mean `orphan`?
    tests.yaml:12: key `tests[0].findings[0].severity`: there is no `bad`; it is one of info, warning, error, critical
    tests.yaml:13: key `tests[0].findings[1]`: here are keys with values wanted, not a single value
    tests.yaml:14: key `tests[0].input_file`: recorded.jsonl:1: this is no line of `mcpvisor history export --format jsonl`: EOF while parsing an object at line 1 column 30
    tests.yaml:16: key `tests[0].alert_rule_test[0].eval_time`: this is missing
    tests.yaml:16: key `tests[0].alert_rule_test[0].alertname`: there is no rule `high_memry`; did you mean `high_memory`?
    tests.yaml:17: key `tests[0].alert_rule_test[0].exp_alerts`: here is a list wanted, not keys with values
    tests.yaml:18: key `tests[0].alert_rule_test[1].eval_time`: that is more than 1000000 looks; raise `evaluation_interval`
    tests.yaml:20: key `tests[0].alert_rule_test[1].exp_alerts[0].exp_labels`: here are keys with values wanted, not a list
    tests.yaml:21: key `tests[1].interval`: an interval is at least `1ms`
    tests.yaml:21: key `tests[1].alert_rule_test`: this is missing: what should fire, and when?

    0 of 0 tests passed; something is wrong with the files.
    "##);
}

#[test]
fn what_is_no_yaml_is_said_to_be_none() {
    for (text, line, words) in [
        ("tests: [", 2, "this is no YAML"),
        ("tests:\n  - a: 1\n    a: 2\n", 3, "`a` is here twice"),
        ("just text", 1, "here are keys with values wanted"),
        ("tests: []\n", 1, "there are no tests"),
        (
            "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b]\nd: &d [*c, *c, *c, *c, *c, *c, *c]\ne: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]\nf: &f [*e, *e, *e, *e, *e, *e, *e, *e]\n",
            6,
            "there is too much",
        ),
    ] {
        let (report, page) = tested(&[("tests.yaml", text)]);
        assert!(page.contains(words), "{text}: {page}");
        assert_eq!(report.errors[0].line, Some(line), "{text}: {page}");
    }
    let report = run(&["/nowhere/tests.yaml".into()], &[]);
    assert!(
        report.errors[0].message.contains("cannot be read"),
        "{report:?}"
    );
}

#[test]
fn aliases_share_what_is_written_once() {
    let (report, page) = tested(&[(
        "tests.yaml",
        r#"
tests:
  - input_series: &series
      - series: 'resident_memory_bytes{server="memory", owner="Cursor"}'
        values: '400e6x9'
    alert_rule_test: &checks
      - eval_time: 30s
        alertname: high_memory
        exp_alerts: [{exp_labels: {severity: warning, server: memory, owner: Cursor}}]
  - input_series: *series
    alert_rule_test: *checks
"#,
    )]);
    assert_eq!((report.passed, report.failed), (2, 0), "{page}");
}

#[test]
fn a_recording_is_judged_at_its_own_times() {
    let line = |second: i64, value: f64| {
        let at = jiff::Timestamp::from_second(1_800_000_000 + second).unwrap();
        format!(
            "{{\"metric\":\"mcpvisor_server_resident_memory_bytes\",\"labels\":{{\"server\":\"memory\",\"owner\":\"Cursor\"}},\"at\":\"{at:.3}\",\"value\":{value:?},\"after_gap\":false}}\n"
        )
    };
    let recorded: String = (0..30)
        .map(|at| line(at * 10, if at < 10 { 1e8 } else { 6e8 }))
        .collect();
    let (report, page) = tested(&[
        (
            "tests.yaml",
            r"
tests:
  - input_file: recorded.jsonl
    alert_rule_test:
      - {eval_time: 1m50s, alertname: high_memory}
      - eval_time: 2m
        alertname: high_memory
        exp_alerts: [{exp_labels: {severity: critical, server: memory, owner: Cursor}}]
",
        ),
        ("recorded.jsonl", &recorded),
    ]);
    assert_eq!((report.passed, report.failed), (1, 0), "{page}");
}
