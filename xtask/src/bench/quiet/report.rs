//! What the servers did, and what was told of them.

use serde_json::{Value, json};

use super::{Arguments, Outcome};
use crate::bench::machine;
use crate::bench::paper::{Paper, Table};
use crate::bench::verdict::Verdict;

const LEAST_SERVERS: f64 = 10.0;

pub(super) fn fill(paper: &mut Paper, outcome: &Outcome, arguments: &Arguments) {
    paper.name = "quiet";
    paper.conditions = format!(
        "{}; {} minutes, a call to each server every {} ms on the average; the processors were busy for \
         {:.0} % of the time. {}",
        machine::words(),
        arguments.minutes,
        arguments.pause_ms,
        outcome.busy_percent,
        pending(&outcome.pending),
    );
    let mut table = Table::new(&[
        "server",
        "processes",
        "RSS MB",
        "open files",
        "calls",
        "errors",
        "slowest call, ms",
    ]);
    let traffic = outcome.traffic.as_object().into_iter().flatten();
    table.rows = traffic
        .map(|(name, did)| row(name, did, &outcome.servers))
        .collect();
    for alert in &outcome.alerts {
        eprintln!("alert: {alert:#}");
    }
    for notice in &outcome.notices {
        eprintln!("told: {notice}");
    }
    paper.verdicts = verdicts(outcome);
    paper.tables = vec![table];
    paper.figures = json!({
        "traffic": outcome.traffic,
        "alerts": outcome.alerts,
        "pending": outcome.pending,
        "notices": outcome.notices.len(),
        "busy_percent": outcome.busy_percent,
    });
}

fn pending(pending: &[String]) -> String {
    if pending.is_empty() {
        return "Nothing was even pending.".to_owned();
    }
    format!(
        "Pending for a while, and over before it became an alert: {}.",
        pending.join(", ")
    )
}

fn row(name: &str, did: &Value, servers: &[Value]) -> Vec<String> {
    let server = servers.iter().find(|server| server["name"] == name);
    let figure = |key: &str| server.and_then(|server| server["totals"][key].as_f64());
    let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
    let words = |key: &str| {
        did[key]
            .as_u64()
            .map_or("–".to_owned(), |number| number.to_string())
    };
    vec![
        name.to_owned(),
        or_unknown(figure("processes").map(|number| format!("{number:.0}"))),
        or_unknown(figure("rss_bytes").map(|bytes| format!("{:.0}", bytes / 1e6))),
        or_unknown(figure("fds").map(|number| format!("{number:.0}"))),
        words("calls"),
        words("errors"),
        words("slowest_ms"),
    ]
}

fn verdicts(outcome: &Outcome) -> Vec<Verdict> {
    let did = |key: &str| {
        let servers = outcome.traffic.as_object().into_iter().flatten();
        servers
            .filter_map(|(_, did)| did[key].as_f64())
            .sum::<f64>()
    };
    let working = outcome.traffic.as_object().into_iter().flatten();
    let working = working
        .filter(|(_, did)| did["calls"].as_u64() > Some(0))
        .count();
    vec![
        Verdict::most("alerts", outcome.alerts.len() as f64, 0.0, ""),
        Verdict::most("notices", outcome.notices.len() as f64, 0.0, ""),
        Verdict::least("servers that answered", working as f64, LEAST_SERVERS, ""),
        Verdict::most("calls that failed", did("errors"), 0.0, ""),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alert_is_one_too_many() {
        let mut outcome = Outcome {
            traffic: json!({"a": {"calls": 3, "errors": 0}, "b": {"failed": "no answer"}}),
            ..Outcome::default()
        };
        let met = |outcome: &Outcome| {
            verdicts(outcome)
                .iter()
                .map(Verdict::is_met)
                .collect::<Vec<_>>()
        };
        assert_eq!(met(&outcome), [true, true, false, true]);
        outcome.alerts.push(json!({}));
        assert!(!met(&outcome)[0]);
        assert_eq!(row("b", &outcome.traffic["b"], &[])[4], "–");
    }
}
