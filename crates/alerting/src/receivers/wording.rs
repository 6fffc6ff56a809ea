//! The words that all receivers share: what, where, since when, what was seen, and what to do. Each
//! receiver escapes them in its own way.

use jiff::Timestamp;

use super::text;
use crate::{Alert, Notice, Occasion, Reason};

/// Characters of a title at most; what is longer is cut.
const MOST_TITLE: usize = 200;

/// One line about the whole notice: `[FIRING:2] high_memory memory on HOST`.
pub(super) fn title(notice: &Notice) -> String {
    let firing = notice
        .alerts
        .iter()
        .filter(|alert| !alert.is_over())
        .count();
    let state = match &notice.occasion {
        Occasion::Heartbeat => "[ALIVE]".to_owned(),
        Occasion::Test => "[TEST]".to_owned(),
        Occasion::Digest => format!("[DIGEST:{}]", notice.alerts.len() + notice.truncated),
        Occasion::Escalation { .. } => format!("[UNACKNOWLEDGED:{firing}]"),
        Occasion::Change | Occasion::Repeat if firing > 0 => format!("[FIRING:{firing}]"),
        Occasion::Change | Occasion::Repeat => "[RESOLVED]".to_owned(),
    };
    let mut title = state;
    let subject = subject(notice);
    if !subject.is_empty() {
        title = format!("{title} {subject}");
    }
    if !notice.host.is_empty() {
        title = format!("{title} on {}", notice.host);
    }
    text::line(&title, MOST_TITLE)
}

/// What the alerts have in common: their rule and server, as far as these are the same.
fn subject(notice: &Notice) -> String {
    let rule = shared(notice, |alert| Some(alert.rule.as_str()));
    let server = shared(notice, |alert| {
        alert.labels.get("server").map(String::as_str)
    });
    let words: Vec<&str> = [rule, server].into_iter().flatten().collect();
    if !words.is_empty() {
        return words.join(" ");
    }
    match notice.alerts.len() + notice.truncated {
        0 => String::new(),
        count => format!("{count} alerts"),
    }
}

/// What is the same for all alerts of a notice.
pub(super) fn shared<'a>(
    notice: &'a Notice,
    field: impl Fn(&'a Alert) -> Option<&'a str>,
) -> Option<&'a str> {
    let mut values = notice.alerts.iter().map(field);
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// Why people are told now, where the title does not say it; `None` for a plain change.
pub(super) fn occasion(notice: &Notice) -> Option<String> {
    match &notice.occasion {
        Occasion::Change => None,
        Occasion::Repeat => Some("This goes on since it was last told.".to_owned()),
        Occasion::Digest => Some("What was collected since the last digest.".to_owned()),
        Occasion::Escalation {
            unacknowledged_seconds,
        } => Some(format!(
            "Nobody has acknowledged this for {}.",
            duration(*unacknowledged_seconds)
        )),
        Occasion::Heartbeat => {
            Some("mcpvisor is alive. If these messages cease, look after it.".to_owned())
        }
        Occasion::Test => Some("This is a test: notices arrive here.".to_owned()),
    }
}

/// The name of the occasion, for programs.
pub(super) fn occasion_name(notice: &Notice) -> &'static str {
    match &notice.occasion {
        Occasion::Change => "change",
        Occasion::Repeat => "repeat",
        Occasion::Digest => "digest",
        Occasion::Escalation { .. } => "escalation",
        Occasion::Heartbeat => "heartbeat",
        Occasion::Test => "test",
    }
}

/// What was seen, one fact a line; also that nothing could be seen lately.
pub(super) fn evidence(alert: &Alert) -> Vec<String> {
    let mut lines = alert.evidence.clone();
    if alert.unknown {
        lines.push("It cannot be measured now; this is what was known last.".to_owned());
    }
    lines
}

/// The value as people read it, and as it is where nothing better is known.
pub(super) fn value(alert: &Alert) -> Option<String> {
    let plain = || alert.value.map(|value| value.to_string());
    alert.shown.clone().or_else(plain)
}

/// Since when the condition holds: to the second, in UTC, so that machines can be compared.
pub(super) fn since(alert: &Alert) -> String {
    seconds(alert.active_at)
}

/// Since when, and if it is over, until when.
pub(super) fn span(alert: &Alert) -> String {
    match alert.ends_at {
        Some(end) if alert.is_over() => format!("{} until {}", since(alert), seconds(end)),
        _ => since(alert),
    }
}

/// A time to the second.
fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Why it is over.
pub(super) fn reason(alert: &Alert) -> Option<&'static str> {
    if !alert.is_over() {
        return None;
    }
    alert.reason.map(|reason| match reason {
        Reason::Recovered => "the condition holds no more",
        Reason::Ended => "what it was about has ended",
        Reason::Cleared => "somebody cleared it",
        Reason::RuleGone => "its rule is gone or was changed",
    })
}

/// Where it is: the server, its owner, whatever else the labels name, and the machine.
pub(super) fn place(notice: &Notice, alert: &Alert) -> String {
    let mut parts = Vec::new();
    for (name, value) in &alert.labels {
        if !matches!(name.as_str(), "alertname" | "severity" | "host") && !value.is_empty() {
            parts.push(format!("{name} {value}"));
        }
    }
    // The server is what people look for first.
    parts.sort_by_key(|part| !part.starts_with("server "));
    let host = alert.labels.get("host").unwrap_or(&notice.host);
    if !host.is_empty() {
        parts.push(format!("host {host}"));
    }
    parts.join(", ")
}

/// Where to find out more about an alert.
pub(super) fn link(notice: &Notice, alert: &Alert) -> String {
    let base = notice.external_url.trim_end_matches('/');
    // Ids are ours, but what comes over the network of a test may be anything.
    let id: String = alert
        .id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .collect();
    format!("{base}/#/alerts/{id}")
}

/// `45 s`, `12 min`, `3 h 20 min`, `2 d`.
fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 if seconds % 3_600 >= 60 => {
            format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60)
        }
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receivers::samples;

    #[test]
    fn titles() {
        let mut notice = samples::notice();
        assert_eq!(title(&notice), "[FIRING:2] memory on build-7");
        notice.alerts.pop();
        notice.alerts.pop();
        assert_eq!(title(&notice), "[FIRING:1] high_memory memory on build-7");
        notice.occasion = Occasion::Escalation {
            unacknowledged_seconds: 900,
        };
        assert_eq!(
            title(&notice),
            "[UNACKNOWLEDGED:1] high_memory memory on build-7"
        );
        notice.occasion = Occasion::Test;
        notice.alerts.clear();
        assert_eq!(title(&notice), "[TEST] on build-7");
    }

    #[test]
    fn durations() {
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_600, "1 h"),
            (12_000, "3 h 20 min"),
            (172_800, "2 d"),
        ] {
            assert_eq!(duration(seconds), shown);
        }
    }
}
