//! `replay`: what would have fired, and how often each rule.

use jiff::Timestamp;
use model::units;

use super::style::Style;
use super::table::{figure, layout, safe, words};
use crate::output::Output;
use crate::replaying::{ReplayReport, ReplayedAlert, ReplayedRule};

/// Alerts that are listed; the JSON has more.
const MOST: usize = 200;

/// The alerts, then the rules.
pub fn render(report: &ReplayReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = heading(report);
    if report.alerts.is_empty() {
        page.push_str(&style.good("Nothing would have fired."));
        page.push('\n');
    } else {
        page.push_str(&alerts(report, output));
        page.push_str(&rules(report, output));
    }
    page.push_str(&policy(report, output));
    for (data, title) in [
        ("judged", "Quiet"),
        ("no_data", "Nothing was measured for"),
        ("not_kept", "Not in the history, so not judged"),
    ] {
        let quiet = report
            .rules
            .iter()
            .filter(|rule| rule.fired == 0 && rule.data == *data);
        let quiet: Vec<String> = quiet.map(named).collect();
        if !quiet.is_empty() {
            page.push_str(&style.dim(&format!("\n{title}: {}.", quiet.join(", "))));
            page.push('\n');
        }
    }
    page
}

/// A quiet rule, with how often it nearly fired.
fn named(rule: &ReplayedRule) -> String {
    match rule.too_short {
        0 => safe(&rule.name),
        1 => format!("{} (once over, too short)", safe(&rule.name)),
        more => format!("{} ({more} times over, too short)", safe(&rule.name)),
    }
}

fn heading(report: &ReplayReport) -> String {
    let (Some(first), Some(last)) = (report.first_look, report.last_look) else {
        let (from, to) = (time(report.from), time(report.to));
        return format!(
            "Nothing is known of {from} to {to} UTC. `mcpvisor history stats` says what there is.\n"
        );
    };
    let looks: u64 = report.looks.values().sum();
    let mut page = format!("{} to {} UTC, {looks} looks\n", time(first), time(last));
    let coarse = |name: &str| report.looks.get(name).copied().unwrap_or_default();
    let (minutes, hours) = (coarse("five_minutes"), coarse("hours"));
    if minutes + hours > 0 {
        let each =
            |count: u64, what: &str| (count > 0).then(|| format!("{count} of them are {what}"));
        let parts = [
            each(minutes, "five minutes each"),
            each(hours, "an hour each"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        page.push_str(&format!(
            "{}: what was shorter is not seen there, because samples are kept no more.\n",
            parts.join(", ")
        ));
    }
    if report.incomplete {
        page.push_str("There is more than could be read: some series were not judged.\n");
    }
    page.push('\n');
    page
}

fn alerts(report: &ReplayReport, output: &Output) -> String {
    let columns = [
        words("RULE", 24),
        words("OF", 30),
        words("SEVERITY", 8),
        words("FROM", 14),
        words("TO", 14),
        figure("LASTED"),
        figure("PEAK"),
    ];
    let shown = report.alerts.iter().take(MOST);
    let mut page = layout(&columns, shown.map(row).collect(), output.width);
    let more = report.alerts.len().saturating_sub(MOST) as u64 + report.alerts_left_out;
    if more > 0 {
        page.push_str(&format!(
            "and {more} more: ask for one rule with --rule, or for less time.\n"
        ));
    }
    page.push('\n');
    page
}

/// What the policy would have decided; nothing without ladders.
fn policy(report: &ReplayReport, output: &Output) -> String {
    if report.policy.is_empty() {
        return String::new();
    }
    let style = Style::new(output.colour);
    let columns = [words("AT", 14), words("RULE", 24), words("THE POLICY", 0)];
    let shown = report.policy.iter().take(MOST);
    let rows = shown.map(|step| vec![day(step.at), safe(&step.rule), safe(&step.text)]);
    let table = layout(&columns, rows.collect(), output.width);
    let mut page = format!(
        "\n{}\n{table}",
        style.heading("What the policy would have done")
    );
    let more = report.policy.len().saturating_sub(MOST) as u64 + report.policy_left_out;
    if more > 0 {
        page.push_str(&format!(
            "and {more} decisions more: ask for one rule, or for less time.\n"
        ));
    }
    page
}

fn row(alert: &ReplayedAlert) -> Vec<String> {
    vec![
        safe(&alert.rule),
        object(alert),
        alert.severity.name().to_owned(),
        day(alert.from),
        alert.to.map_or_else(|| "still".to_owned(), day),
        units::seconds(alert.seconds),
        alert.peak_shown.clone().unwrap_or_else(|| "-".to_owned()),
    ]
}

fn object(alert: &ReplayedAlert) -> String {
    let label = |name: &str| alert.labels.get(name).map(|value| safe(value));
    let text = if let (Some(server), Some(owner)) = (label("server"), label("owner")) {
        format!("{server} ({owner})")
    } else {
        let all: Vec<String> = alert.labels.values().map(|value| safe(value)).collect();
        all.join(", ")
    };
    if text.is_empty() {
        "this machine".to_owned()
    } else {
        text
    }
}

fn rules(report: &ReplayReport, output: &Output) -> String {
    let columns = [
        words("RULE", 24),
        figure("FIRED"),
        figure("IN ALL"),
        figure("LONGEST"),
        words("WORST", 8),
        words("CONDITION", 0),
    ];
    let mut fired: Vec<&ReplayedRule> = report.rules.iter().filter(|rule| rule.fired > 0).collect();
    fired.sort_by(|a, b| b.fired.cmp(&a.fired).then(a.name.cmp(&b.name)));
    let rows = fired.into_iter().map(|rule| {
        vec![
            safe(&rule.name),
            rule.fired.to_string(),
            units::seconds(rule.seconds),
            units::seconds(rule.longest_seconds),
            rule.worst.map_or("-", |worst| worst.name()).to_owned(),
            safe(&rule.condition),
        ]
    });
    layout(&columns, rows.collect(), output.width)
}

/// The year is in the heading.
fn day(at: Timestamp) -> String {
    at.strftime("%m-%d %H:%M:%S").to_string()
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use model::Severity;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap_or_default()
    }

    fn alert(rule: &str, server: &str, from: i64, to: Option<i64>) -> ReplayedAlert {
        ReplayedAlert {
            rule: rule.into(),
            severity: Severity::Warning,
            labels: BTreeMap::from([
                ("server".to_owned(), server.to_owned()),
                ("owner".to_owned(), "Claude\u{1b}[2J Code".to_owned()),
            ]),
            from: at(from),
            to: to.map(at),
            seconds: (to.unwrap_or(86_400) - from) as f64,
            peak: Some(412e6),
            peak_shown: Some("412 MB".into()),
            summary: String::new(),
        }
    }

    fn rule(name: &str, data: &'static str, fired: u64, too_short: u64) -> ReplayedRule {
        ReplayedRule {
            name: name.into(),
            condition: "above 300 MB for 15s (warning), 500 MB for 15s (critical)".into(),
            data: data.into(),
            fired,
            seconds: fired as f64 * 2_000.0,
            longest_seconds: 3_500.0,
            worst: (fired > 0).then_some(Severity::Warning),
            firing_at_end: 0,
            too_short,
        }
    }

    #[test]
    fn alerts_then_rules_then_what_was_quiet() {
        let report = ReplayReport {
            schema: "mcpvisor.replay.v1".into(),
            from: at(0),
            to: at(86_400),
            first_look: Some(at(3)),
            last_look: Some(at(86_398)),
            looks: BTreeMap::from([("raw", 8_640), ("five_minutes", 144)]),
            incomplete: false,
            alerts: vec![
                alert("high_memory", "memory", 600, Some(1_500)),
                alert("high_memory", "time", 80_000, None),
                ReplayedAlert {
                    labels: BTreeMap::new(),
                    peak_shown: None,
                    ..alert("total_memory", "", 700, Some(710))
                },
            ],
            alerts_left_out: 7,
            policy: Vec::new(),
            policy_left_out: 0,
            rules: vec![
                rule("high_cpu", "judged", 0, 2),
                rule("high_memory", "judged", 9, 0),
                rule("flapping", "judged", 0, 0),
                rule("queue_depth", "no_data", 0, 0),
                rule("mcpvisor_late", "not_kept", 0, 0),
            ],
        };
        let output = Output {
            colour: false,
            width: Some(120),
            logs: false,
        };
        insta::assert_snapshot!(render(&report, &output), @r##"
        2027-01-15 08:00:03 to 2027-01-16 07:59:58 UTC, 8784 looks
        144 of them are five minutes each: what was shorter is not seen there, because samples are kept no more.

        RULE          OF                           SEVERITY  FROM            TO               LASTED    PEAK
        high_memory   memory (Claude\x1b[2J Code)  warning   01-15 08:10:00  01-15 08:25:00  15m 00s  412 MB
        high_memory   time (Claude\x1b[2J Code)    warning   01-16 06:13:20  still            1h 46m  412 MB
        total_memory  this machine                 warning   01-15 08:11:40  01-15 08:11:50      10s       -
        and 7 more: ask for one rule with --rule, or for less time.

        RULE         FIRED  IN ALL  LONGEST  WORST    CONDITION
        high_memory      9  5h 00m  58m 20s  warning  above 300 MB for 15s (warning), 500 MB for 15s (critical)

        Quiet: high_cpu (2 times over, too short), flapping.

        Nothing was measured for: queue_depth.

        Not in the history, so not judged: mcpvisor_late.
        "##);
        let nothing = ReplayReport {
            first_look: None,
            alerts: Vec::new(),
            rules: Vec::new(),
            ..report
        };
        insta::assert_snapshot!(render(&nothing, &output), @r##"
        Nothing is known of 2027-01-15 08:00:00 to 2027-01-16 08:00:00 UTC. `mcpvisor history stats` says what there is.
        Nothing would have fired.
        "##);
    }
}
