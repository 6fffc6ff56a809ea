//! Alerts, silences and receivers for people.

use std::collections::BTreeSet;

use alerting::{Alert, State};
use jiff::Timestamp;
use model::{Severity, units};

use super::style::Style;
use super::table::{count, figure, layout, safe, words};
use crate::api::{ReceiverTest, SilenceReport};
use crate::daemon::alarm::ReceiverState;
use crate::output::Output;

/// Characters of an id that are shown, and enough to type.
const ID: usize = 8;

/// A list of alerts. `over`: those that were.
pub fn render(alerts: &[Alert], over: bool, now: Timestamp, output: &Output) -> String {
    let style = Style::new(output.colour);
    if alerts.is_empty() {
        let nothing = if over {
            "No alert is over yet.".to_owned()
        } else {
            style.good("No alert is pending or firing.")
        };
        return format!("{nothing}\n");
    }
    let columns = [
        words("ID", 8),
        words("SEVERITY", 8),
        words("STATE", 12),
        figure(if over { "LASTED" } else { "FOR" }),
        words("RULE", 24),
        words("WHAT", 0),
    ];
    let rows = alerts.iter().map(|alert| {
        vec![
            alert.id.chars().take(ID).collect(),
            alert.severity.name().to_owned(),
            state(alert),
            lasted(alert, now),
            safe(&alert.rule),
            safe(&alert.summary),
        ]
    });
    let page = layout(&columns, rows.collect(), output.width);
    let mut lines = page.lines();
    let mut out = format!("{}\n", style.heading(lines.next().unwrap_or_default()));
    for (line, alert) in lines.zip(alerts) {
        let line = match (alert.state, alert.is_muted()) {
            (State::Firing, false) => style.severity(alert.severity, line),
            (State::Firing, true) | (State::Pending | State::Resolved, _) => style.dim(line),
        };
        out.push_str(&format!("{line}\n"));
    }
    if over {
        return out;
    }
    let mut advised = BTreeSet::new();
    for alert in alerts
        .iter()
        .filter(|alert| alert.state == State::Firing && !alert.is_muted())
    {
        out.push_str(&format!("\n{}\n", style.heading(&safe(&alert.summary))));
        for line in &alert.evidence {
            out.push_str(&format!("  {}\n", safe(line)));
        }
        // Many of one rule need the same: said once.
        if !alert.advice.is_empty() && advised.insert((&alert.rule, &alert.advice)) {
            out.push_str(&format!("  {} {}\n", style.good("->"), safe(&alert.advice)));
        }
    }
    out
}

fn state(alert: &Alert) -> String {
    if alert.state != State::Firing {
        return match alert.reason {
            Some(alerting::Reason::Ended) => "ended".to_owned(),
            Some(alerting::Reason::Cleared) => "cleared".to_owned(),
            _ => alert.state.name().to_owned(),
        };
    }
    let muted = [
        (!alert.silenced_by.is_empty(), "silenced"),
        (!alert.muted_by.is_empty(), "muted"),
        (!alert.inhibited_by.is_empty(), "needless"),
        (alert.acknowledged.is_some(), "acknowledged"),
        (alert.unknown, "unknown"),
    ];
    let said = muted.into_iter().find(|(is, _)| *is).map(|(_, word)| word);
    said.unwrap_or(alert.state.name()).to_owned()
}

fn lasted(alert: &Alert, now: Timestamp) -> String {
    let from = alert.starts_at.unwrap_or(alert.active_at);
    let to = alert.ends_at.unwrap_or(now);
    units::seconds(to.duration_since(from).as_secs_f64().max(0.0))
}

/// A list of silences.
pub fn silences(silences: &[SilenceReport], now: Timestamp, output: &Output) -> String {
    if silences.is_empty() {
        return "No silence is in force. `mcpvisor silence add 'server=\"NAME\"' --for 2h` makes one.\n".to_owned();
    }
    let columns = [
        words("ID", 8),
        words("STATE", 8),
        figure("LEFT"),
        figure("ALERTS"),
        words("BY", 16),
        words("CONDITIONS", 48),
        words("COMMENT", 0),
    ];
    let rows = silences.iter().map(|report| {
        let silence = &report.silence;
        let left = silence.ends_at.duration_since(now).as_secs_f64();
        let matchers: Vec<String> = silence.matchers.iter().map(ToString::to_string).collect();
        vec![
            silence.id.clone(),
            report.state.clone(),
            if left > 0.0 {
                units::seconds(left)
            } else {
                "-".to_owned()
            },
            report.alerts.to_string(),
            safe(&silence.created_by),
            safe(&matchers.join(", ")),
            safe(&silence.comment),
        ]
    });
    layout(&columns, rows.collect(), output.width)
}

/// A list of receivers.
pub fn receivers(receivers: &[ReceiverState], output: &Output) -> String {
    if receivers.is_empty() {
        return "Nobody is told of alerts: there is no `[[receiver]]` in the configuration.\n"
            .to_owned();
    }
    let columns = [
        words("NAME", 24),
        words("KIND", 12),
        figure("WAITING"),
        figure("DELIVERED"),
        figure("RETRIED"),
        figure("DROPPED"),
        words("LAST FAILURE", 0),
    ];
    let rows = receivers.iter().map(|one| {
        vec![
            safe(&one.name),
            safe(&one.kind),
            count(Some(one.counts.waiting)),
            count(Some(one.counts.delivered)),
            count(Some(one.counts.retried)),
            count(Some(one.counts.dropped)),
            safe(one.failure.as_deref().unwrap_or("-")),
        ]
    });
    layout(&columns, rows.collect(), output.width)
}

/// What became of a test.
pub fn tested(test: &ReceiverTest, output: &Output) -> String {
    let style = Style::new(output.colour);
    let (word, answer) = (&test.receiver, safe(&test.answer));
    if test.delivered {
        format!("{} {}: {answer}\n", style.good("arrived"), safe(word))
    } else {
        let failed = style.severity(Severity::Error, "failed");
        format!("{failed}  {}: {answer}\n", safe(word))
    }
}
