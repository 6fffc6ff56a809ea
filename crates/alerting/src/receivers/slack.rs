//! Slack, by an incoming webhook.
//!
//! Everything that comes from alerts is in `plain_text` objects, in which Slack knows no formatting, no
//! mentions and no emoji; `&`, `<` and `>` are escaped besides, as Slack asks of all texts. Each alert is an
//! attachment, because only these have a colour, with one block that says what, and one that says where.

use std::time::Duration;

use http::HeaderMap;
use model::Severity;
use serde::Serialize;

use super::post::{Post, Target};
use super::{Delivered, Failure, settings, text, webhook, wording};
use crate::{Alert, Notice};

/// Alerts in a message at most; Slack advises against more attachments.
const MOST_ALERTS: usize = 20;

/// Characters of a text object at most, by Slack's documentation.
const MOST_TEXT: usize = 3_000;

/// Characters of one line of an alert: some of them and what to do fit into [`MOST_TEXT`].
const MOST_LINE: usize = 400;

/// Lines of evidence of one alert at most.
const MOST_EVIDENCE: usize = 10;

/// Characters of the overriding names at most.
const MOST_NAME: usize = 80;

/// A message to an incoming webhook.
#[derive(Debug, Serialize)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// Shown above the attachments, and in notifications.
    text: String,
    /// Whether `text` is formatted.
    mrkdwn: bool,
    attachments: Vec<Attachment>,
}

#[derive(Debug, Serialize)]
struct Attachment {
    color: &'static str,
    fallback: String,
    blocks: Vec<Block>,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block {
    Section { text: Plain },
    Context { elements: [Plain; 1] },
}

/// A text without any formatting.
#[derive(Debug, Serialize)]
struct Plain {
    #[serde(rename = "type")]
    kind: &'static str,
    text: String,
    emoji: bool,
}

/// Sends a notice to a channel.
pub(super) fn deliver(
    slack: &settings::Slack,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let url = webhook::read("url", &slack.url)?;
    let target =
        Target::new(url.expose()).map_err(|error| Failure::permanent(format!("`url`: {error}")))?;
    let body = serde_json::to_vec(&message(slack, notice))
        .map_err(|error| Failure::permanent(format!("the notice is no JSON: {error}")))?;
    let post = Post {
        target: &target,
        headers: HeaderMap::new(),
        body,
        ca_file: None,
        secrets: &[url],
    };
    post.send(timeout)
}

fn message(slack: &settings::Slack, notice: &Notice) -> Message {
    let mut headline = wording::title(notice);
    if let Some(occasion) = wording::occasion(notice) {
        headline = format!("{headline}: {occasion}");
    }
    let shown = notice.alerts.iter().take(MOST_ALERTS);
    let mut attachments: Vec<Attachment> = shown.map(|alert| attachment(notice, alert)).collect();
    let more = notice.alerts.len().saturating_sub(MOST_ALERTS) + notice.truncated;
    if more > 0 {
        let rest = format!("and {more} more");
        attachments.push(Attachment {
            color: colour(None),
            blocks: vec![context(&rest)],
            fallback: rest,
        });
    }
    let name = |name: &Option<String>| name.as_ref().map(|name| escaped(name, MOST_NAME));
    Message {
        channel: name(&slack.channel),
        username: name(&slack.username),
        text: escaped(&headline, MOST_TEXT),
        mrkdwn: false,
        attachments,
    }
}

fn attachment(notice: &Notice, alert: &Alert) -> Attachment {
    let state = if alert.is_over() {
        "resolved"
    } else {
        alert.severity.name()
    };
    let headline = text::line(
        &format!("{} ({state}): {}", alert.rule, alert.summary),
        MOST_LINE,
    );
    let mut lines = vec![headline.clone()];
    let evidence = wording::evidence(alert);
    for fact in evidence.iter().take(MOST_EVIDENCE) {
        lines.push(format!("• {}", text::line(fact, MOST_LINE)));
    }
    if evidence.len() > MOST_EVIDENCE {
        lines.push(format!("• and {} more", evidence.len() - MOST_EVIDENCE));
    }
    if let Some(reason) = wording::reason(alert) {
        lines.push(format!("Over: {reason}"));
    } else if !alert.advice.is_empty() {
        lines.push(format!(
            "What to do: {}",
            text::line(&alert.advice, MOST_LINE)
        ));
    }
    let place = text::line(&wording::place(notice, alert), MOST_LINE);
    let place = format!("{place}, since {}", wording::span(alert));
    Attachment {
        color: colour((!alert.is_over()).then_some(alert.severity)),
        fallback: escaped(&headline, MOST_TEXT),
        blocks: vec![
            Block::Section {
                text: plain(&lines.join("\n")),
            },
            context(&place),
        ],
    }
}

fn context(said: &str) -> Block {
    Block::Context {
        elements: [plain(said)],
    }
}

fn plain(said: &str) -> Plain {
    Plain {
        kind: "plain_text",
        text: escaped(said, MOST_TEXT),
        emoji: false,
    }
}

/// The bar beside an alert: by severity, green if it is over, grey for what is none.
fn colour(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "#a30200",
        Some(Severity::Error) => "#e8590c",
        Some(Severity::Warning) => "#daa038",
        Some(Severity::Info) => "#439fe0",
        None => "#2eb67d",
    }
}

/// A text with Slack's three control characters escaped, of at most `most` characters after that. It is
/// never cut within an escape.
fn escaped(said: &str, most: usize) -> String {
    let mut escaped = String::with_capacity(said.len());
    let mut length = 0;
    for c in said.chars() {
        let one = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        let takes = one.len().max(1);
        if length + takes > most.saturating_sub(1) {
            escaped.push('…');
            break;
        }
        if one.is_empty() {
            escaped.push(c);
        } else {
            escaped.push_str(one);
        }
        length += takes;
    }
    escaped
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::Value;

    use super::super::{Secret, SecretSource, samples};
    use super::*;

    fn made(notice: &Notice) -> Message {
        let slack = settings::Slack {
            url: SecretSource::Value(Secret::new("https://hooks.example.org/services/T/B/x")),
            channel: Some("#mcp <ops>".to_owned()),
            username: None,
        };
        message(&slack, notice)
    }

    fn sent(notice: &Notice) -> Value {
        serde_json::to_value(made(notice)).unwrap()
    }

    #[test]
    fn what_is_sent() {
        let sent = serde_json::to_string_pretty(&made(&samples::notice())).unwrap();
        insta::assert_snapshot!("slack", sent);
    }

    #[test]
    fn hostile_names_format_nothing_and_call_nobody() {
        let sent = sent(&samples::hostile());
        let mut texts = Vec::new();
        collect(&sent, &mut texts);
        assert!(texts.iter().any(|text| text.contains("&lt;!channel&gt;")));
        for text in texts {
            assert!(!text.contains(['<', '>']), "{text}");
            let controls = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(controls), "{text:?}");
        }
        assert!(!sent.to_string().contains("\"mrkdwn\":true"));
        assert!(!sent.to_string().contains("\"type\":\"mrkdwn\""));
    }

    fn collect<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
        match value {
            Value::String(text) => texts.push(text),
            Value::Array(values) => values.iter().for_each(|value| collect(value, texts)),
            Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
            _ => {}
        }
    }

    #[test]
    fn twenty_alerts_and_how_many_more() {
        let mut notice = samples::many(23);
        notice.truncated = 100;
        let sent = sent(&notice);
        let attachments = sent["attachments"].as_array().unwrap();
        assert_eq!(attachments.len(), MOST_ALERTS + 1);
        assert_eq!(attachments[MOST_ALERTS]["fallback"], "and 103 more");
    }

    #[test]
    fn long_texts_stay_within_slacks_limits() {
        let mut notice = samples::notice();
        notice.alerts[0].evidence = vec!["&".repeat(5_000); 500];
        notice.alerts[0].advice = "<".repeat(5_000);
        let sent = sent(&notice);
        let shown = sent["attachments"][0]["blocks"][0]["text"]["text"].as_str();
        let shown = shown.unwrap();
        assert!(shown.chars().count() <= MOST_TEXT);
        assert!(
            shown.ends_with("&amp;…"),
            "cut between two characters: {shown}"
        );
    }

    #[test]
    fn escapes_are_never_cut() {
        assert_eq!(escaped("a<b", 20), "a&lt;b");
        assert_eq!(escaped("abc&", 8), "abc…");
        assert_eq!(escaped("abc&", 9), "abc&amp;");
    }
}
