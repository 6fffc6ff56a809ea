//! `rules`: a list, one rule in full, and what came of tests.

use std::path::Path;

use alerting::rule::Scope;
use model::units;

use super::style::Style;
use super::table::{layout, safe, words};
use crate::api::RuleReport;
use crate::commands::rules::RuleShown;
use crate::output::Output;
use crate::rule_tests::{CheckReport, RuleTestsReport, TestedAlert};

/// One line for each rule.
pub fn list(rules: &[RuleReport], output: &Output) -> String {
    let columns = [
        words("NAME", 24),
        words("TYPE", 16),
        words("OF", 9),
        words("STATE", 8),
        words("CONDITION", 0),
    ];
    let rows = rules.iter().map(|rule| {
        vec![
            safe(&rule.name),
            safe(&rule.kind),
            rule.scope.name().to_owned(),
            state(rule).to_owned(),
            condition(rule),
        ]
    });
    layout(&columns, rows.collect(), output.width)
}

fn state(rule: &RuleReport) -> &str {
    if rule.state == "unknown" {
        "-"
    } else {
        &rule.state
    }
}

/// `resident memory: above 300 MB (warning)`.
fn condition(rule: &RuleReport) -> String {
    if rule.what.is_empty() || rule.metric == "finding" {
        return safe(&rule.condition);
    }
    safe(&format!("{}: {}", rule.what, rule.condition))
}

/// All about one rule. `path`: where a configuration would be.
pub fn show(shown: &RuleShown, path: Option<&Path>, output: &Output) -> String {
    let RuleShown { rule, toml } = shown;
    let style = Style::new(output.colour);
    let mut page = format!("{}\n\n", style.heading(&safe(&rule.name)));
    let mut line = |name: &str, text: &str| {
        if !text.is_empty() {
            page.push_str(&format!("{name:<12}{}\n", safe(text)));
        }
    };
    line("judges", &judged(rule));
    line("condition", &rule.condition);
    line("ends", &ends(rule));
    let matchers: Vec<String> = rule.matchers.iter().map(ToString::to_string).collect();
    line("only", &matchers.join(", "));
    if rule.keep_firing_seconds > 0.0 {
        line(
            "goes on",
            &format!(
                "for {} after it was so last",
                units::seconds(rule.keep_firing_seconds)
            ),
        );
    }
    line("type", &rule.kind);
    match rule.state.as_str() {
        "unknown" => line("state", "not known: no daemon runs"),
        state if rule.alerts > 0 => line("state", &format!("{state}, {} alerts", rule.alerts)),
        state => line("state", state),
    }
    line("why", &rule.why);
    line("what to do", &rule.advice);
    if let Some(toml) = toml {
        let place = path.map_or_else(
            || "the configuration".to_owned(),
            |path| path.display().to_string(),
        );
        page.push_str(&format!(
            "\nTo change it, write what is to be different into {place}:\n\n"
        ));
        page.push_str(&safe_lines(toml));
    }
    page
}

fn judged(rule: &RuleReport) -> String {
    let of = match rule.scope {
        Scope::Process => "the worst process of each server",
        Scope::Server => "each server",
        Scope::Owner => "each owner",
        Scope::Container => "all containers",
        Scope::Gateway => "each gateway",
        Scope::Machine => "this machine",
    };
    match rule.metric.as_str() {
        "finding" => format!("findings of {of}"),
        metric => format!("{} ({metric}) of {of}", rule.what),
    }
}

/// Where it ends, if that is not where it begins.
fn ends(rule: &RuleReport) -> String {
    let shares = rule.thresholds.iter().filter_map(|(name, level)| {
        let share = format!(
            "at {:.0} % of the threshold",
            level.clear / level.value * 100.0
        );
        (share != "at 100 % of the threshold" && level.value != 0.0).then_some((name, share))
    });
    let shares: Vec<(&String, String)> = shares.collect();
    match shares.split_first() {
        Some(((_, first), rest)) if rest.iter().all(|(_, share)| share == first) => first.clone(),
        _ => {
            let each = shares
                .iter()
                .map(|(name, share)| format!("{share} ({name})"));
            each.collect::<Vec<_>>().join(", ")
        }
    }
}

fn safe_lines(text: &str) -> String {
    let lines = text.lines().map(|line| format!("{}\n", safe(line)));
    lines.collect()
}

/// What came of tests: a line for each, and what differs.
pub fn tests(report: &RuleTestsReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = String::new();
    for test in &report.tests {
        let verdict = if test.passed {
            style.good("pass")
        } else {
            style.severity(model::Severity::Error, "FAIL")
        };
        let (file, name) = (safe(&test.file), safe(&test.name));
        page.push_str(&format!("{verdict}  {file}: {name}\n"));
        for check in test.checks.iter().filter(|check| !check.passed) {
            page.push_str(&difference(&file, check));
        }
    }
    for error in &report.errors {
        let place = error
            .line
            .map_or_else(String::new, |line| format!(":{line}"));
        let key = if error.key.is_empty() {
            String::new()
        } else {
            format!("key `{}`: ", safe(&error.key))
        };
        let words = format!(
            "{}{place}: {key}{}",
            safe(&error.file),
            safe(&error.message)
        );
        page.push_str(&format!(
            "{}\n",
            style.severity(model::Severity::Error, &words)
        ));
    }
    let total = report.passed + report.failed;
    let failed = match report.failed {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    let wrong = if report.errors.is_empty() {
        ""
    } else {
        "; something is wrong with the files"
    };
    page.push_str(&format!(
        "\n{} of {total} tests passed{failed}{wrong}.\n",
        report.passed
    ));
    page
}

fn difference(file: &str, check: &CheckReport) -> String {
    let at = units::seconds(check.at_seconds);
    let mut text = format!(
        "      {file}:{}: `{}` after {at}\n",
        check.line,
        safe(&check.rule)
    );
    for (sign, word, alerts) in [
        ("-", "expected", &check.missing),
        ("+", "fires", &check.unexpected),
    ] {
        for alert in alerts {
            text.push_str(&format!("        {sign} {word} {}\n", labels(alert)));
            for (name, value) in &alert.annotations {
                text.push_str(&format!("            {}: {}\n", safe(name), safe(value)));
            }
        }
    }
    text
}

fn labels(alert: &TestedAlert) -> String {
    let labels = alert
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"));
    safe(&format!("{{{}}}", labels.collect::<Vec<_>>().join(", ")))
}

#[cfg(test)]
mod tests {
    use alerting::rule::{Wishes, pack};

    use super::*;

    fn output() -> Output {
        Output {
            colour: false,
            width: Some(110),
            logs: false,
        }
    }

    fn report(name: &str) -> Option<RuleShown> {
        let rules = pack(&Wishes::default());
        let rule = rules.iter().find(|rule| rule.name == name)?;
        Some(RuleShown {
            rule: RuleReport::of(rule, &[]),
            toml: Some("[[rule]]\nname = \"x\"\n".to_owned()),
        })
    }

    #[test]
    fn a_line_for_each_rule() {
        let rules = ["high_memory", "low_success_rate", "disk_space", "orphan"];
        let rules = rules.iter().filter_map(|name| Some(report(name)?.rule));
        let rules: Vec<RuleReport> = rules.collect();
        insta::assert_snapshot!(list(&rules, &output()), @r##"
        NAME              TYPE            OF       STATE     CONDITION
        high_memory       high_memory     server   inactive  resident memory: above 300 MB for 15s (warning), 500 MB …
        low_success_rate  process_health  server   inactive  successful operations: below 95 % (warning), 90 % (criti…
        disk_space        resource_limit  machine  inactive  free space: below 20 % for 15s (warning), 10 % for 15s (…
        orphan            orphan          server   inactive  found, warning or worse for 15s
        "##);
    }

    #[test]
    fn all_about_a_rule() {
        let shown =
            report("high_cpu").map(|shown| show(&shown, Some(Path::new("/x.toml")), &output()));
        insta::assert_snapshot!(shown.unwrap_or_default(), @r##"
        high_cpu

        judges      processor time (mcpvisor_server_cpu_seconds_total) of each server
        condition   above 50 % for 5m 00s (warning), 80 % for 1m 00s (critical)
        ends        at 90 % of the threshold
        goes on     for 15s after it was so last
        type        high_cpu
        state       inactive
        why         A server answers in milliseconds and waits the rest of the time: half a processor for five minutes is work that nobody asked for. 100 % is one processor, over all processes of the server.
        what to do  See which process it is with `mcpvisor top`. A server that spins for nobody can be restarted by its client; an orphan is removed with `mcpvisor clean`.

        To change it, write what is to be different into /x.toml:

        [[rule]]
        name = "x"
        "##);
        let unknown = report("orphan").map(|mut shown| {
            shown.rule.state = "unknown".to_owned();
            shown.toml = None;
            show(&shown, None, &output())
        });
        insta::assert_snapshot!(unknown.unwrap_or_default(), @r##"
        orphan

        judges      findings of each server
        condition   found, warning or worse for 15s
        type        orphan
        state       not known: no daemon runs
        why         `mcpvisor doctor` reports `orphan`; findings that are only worth knowing raise no alert.
        "##);
    }
}
