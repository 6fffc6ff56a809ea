//! A notice as a mail: plain text and HTML alternatives, threaded by group.
//!
//! The same notice always makes the same mail, byte for byte, with the same `Message-ID`, so that a mail
//! server that gets it twice can tell. All mails about a group refer to one that was never sent, whose id is
//! made from the group: mail programs put them into one thread.

use std::fmt::Write as _;
use std::time::SystemTime;

use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, MultiPartBuilder, MultiPartKind, SinglePart};
use sha2::{Digest as _, Sha256};

use super::super::{Failure, text, wording};
use super::html;
use crate::{Alert, Notice};

/// Alerts in a mail at most.
pub(super) const MOST_ALERTS: usize = 100;

/// Lines of evidence of one alert at most.
pub(super) const MOST_EVIDENCE: usize = 50;

/// Characters of a line of text at most.
pub(super) const MOST_LINE: usize = 1_000;

/// The mail for a notice.
pub(super) fn message(from: &Mailbox, to: &[Mailbox], notice: &Notice) -> Result<Message, Failure> {
    let unfit = |error: &dyn std::fmt::Display| {
        Failure::permanent(format!("the notice cannot be made into a mail: {error}"))
    };
    let (plain, html) = (plain(notice), html::page(notice));
    let domain = domain(from);
    let thread = format!(
        "<group.{}@{domain}>",
        hash(&[&notice.host, &notice.group_key])
    );
    let id = format!("<notice.{}@{domain}>", hash(&[&notice.host, &notice.id]));
    let mut builder = Message::builder()
        .from(from.clone())
        .subject(wording::title(notice))
        .date(SystemTime::from(notice.made_at))
        .message_id(Some(id))
        .in_reply_to(thread.clone())
        .references(thread)
        // RFC 3834: nobody's vacation notice answers this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    // Nobody can put into a text the hash that is made from it.
    let boundary = hash(&[&plain, &html]);
    let parts: MultiPartBuilder = MultiPart::builder().kind(MultiPartKind::Alternative);
    let parts: MultiPart = parts
        .boundary(boundary)
        .singlepart(
            SinglePart::builder()
                .header(ContentType::TEXT_PLAIN)
                .body(plain),
        )
        .singlepart(
            SinglePart::builder()
                .header(ContentType::TEXT_HTML)
                .body(html),
        );
    builder.multipart(parts).map_err(|error| unfit(&error))
}

/// The domain of the sender; ids that end in it are the sender's to give.
fn domain(from: &Mailbox) -> String {
    let domain = from.email.domain();
    let fits = domain
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    if fits {
        domain.to_owned()
    } else {
        "mcpvisor.invalid".to_owned()
    }
}

/// 32 hexadecimal digits that differ where the texts do.
fn hash(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let digits = hash.finalize();
    let mut text = String::with_capacity(32);
    for byte in &digits[..16] {
        // Writing to a `String` cannot fail.
        write!(text, "{byte:02x}").ok();
    }
    text
}

/// The plain text.
fn plain(notice: &Notice) -> String {
    let mut lines = vec![wording::title(notice), String::new()];
    if let Some(occasion) = wording::occasion(notice) {
        lines.extend([occasion, String::new()]);
    }
    for alert in notice.alerts.iter().take(MOST_ALERTS) {
        lines.extend(facts(notice, alert));
        lines.push(String::new());
    }
    if let Some(more) = more(notice) {
        lines.extend([more, String::new()]);
    }
    lines.push(format!(
        "-- \nmcpvisor at {}",
        text::line(&notice.external_url, MOST_LINE)
    ));
    lines.join("\n")
}

fn facts(notice: &Notice, alert: &Alert) -> Vec<String> {
    let line = |text: &str| text::line(text, MOST_LINE);
    let mut facts = vec![
        headline(alert),
        format!("  where: {}", line(&wording::place(notice, alert))),
        format!("  since: {}", wording::span(alert)),
    ];
    if let Some(value) = wording::value(alert) {
        facts.push(format!("  value: {}", line(&value)));
    }
    let evidence = wording::evidence(alert);
    for fact in evidence.iter().take(MOST_EVIDENCE) {
        facts.push(format!("  seen: {}", line(fact)));
    }
    if let Some(reason) = wording::reason(alert) {
        facts.push(format!("  over: {reason}"));
    } else if !alert.advice.is_empty() {
        facts.push(format!("  what to do: {}", line(&alert.advice)));
    }
    facts.push(format!("  more: {}", line(&wording::link(notice, alert))));
    facts
}

/// `CRITICAL high_memory: ..`, `RESOLVED high_memory: ..`.
pub(super) fn headline(alert: &Alert) -> String {
    let state = if alert.is_over() {
        "resolved"
    } else {
        alert.severity.name()
    };
    let state = state.to_ascii_uppercase();
    text::line(
        &format!("{state} {}: {}", alert.rule, alert.summary),
        MOST_LINE,
    )
}

/// How many alerts did not fit.
pub(super) fn more(notice: &Notice) -> Option<String> {
    let more = notice.alerts.len().saturating_sub(MOST_ALERTS) + notice.truncated;
    (more > 0).then(|| format!("and {more} more"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::receivers::samples;

    fn mail(notice: &Notice) -> String {
        let from = "mcpvisor <mcpvisor@example.org>".parse().unwrap();
        let to = [
            "ops@example.org".parse().unwrap(),
            "Zoë <zoe@example.org>".parse().unwrap(),
        ];
        let mail = message(&from, &to, notice).unwrap();
        String::from_utf8(mail.formatted()).unwrap()
    }

    #[test]
    fn what_is_sent() {
        insta::assert_snapshot!("mail", mail(&samples::notice()).replace("\r\n", "\n"));
        assert_eq!(
            mail(&samples::notice()),
            mail(&samples::notice()),
            "the same when tried again"
        );
    }

    #[test]
    fn ids_hold_a_thread_together() {
        let header = |mail: &str, name: &str| {
            let mut lines = mail.lines().filter(|line| line.starts_with(name));
            lines.next().unwrap().to_owned()
        };
        let first = mail(&samples::notice());
        let mut next = samples::notice();
        next.id = "n-43".to_owned();
        let next = mail(&next);
        assert_ne!(header(&first, "Message-ID:"), header(&next, "Message-ID:"));
        assert_eq!(header(&first, "References:"), header(&next, "References:"));
        assert_eq!(
            header(&first, "In-Reply-To:"),
            header(&next, "In-Reply-To:")
        );
        let mut other = samples::notice();
        other.group_key.push('x');
        assert_ne!(
            header(&first, "References:"),
            header(&mail(&other), "References:")
        );
    }

    #[test]
    fn no_header_can_be_injected() {
        let hostile = mail(&samples::hostile());
        let (head, _) = hostile.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with([' ', '\t']))
            .map(|line| line.split(':').next().unwrap())
            .collect();
        let wanted = [
            "From",
            "Subject",
            "Date",
            "Message-ID",
            "In-Reply-To",
            "References",
            "Auto-Submitted",
            "To",
            "MIME-Version",
            "Content-Type",
        ];
        assert_eq!(names, wanted);
        assert!(hostile.is_ascii());
    }

    #[test]
    fn too_many_alerts_are_counted() {
        let mut notice = samples::many(MOST_ALERTS + 2);
        notice.truncated = 5;
        let text = plain(&notice);
        assert_eq!(text.matches("WARNING high_memory").count(), MOST_ALERTS);
        assert!(text.contains("and 7 more"), "{text}");
    }
}
