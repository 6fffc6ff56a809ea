//! The HTML of a mail: one table for each alert. All that comes from alerts is escaped; nothing is loaded
//! from anywhere, and the only links lead to the daemon's own page.

use model::Severity;

use super::super::{text, wording};
use super::message::{MOST_ALERTS, MOST_EVIDENCE, MOST_LINE, headline, more};
use crate::{Alert, Notice};

/// The page for a notice.
pub(super) fn page(notice: &Notice) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{0}</title></head>\n\
         <body style=\"font-family:sans-serif;font-size:14px;color:#1d1c1d\">\n\
         <h1 style=\"font-size:18px\">{0}</h1>\n",
        text::html(&wording::title(notice))
    );
    if let Some(occasion) = wording::occasion(notice) {
        page.push_str(&format!("<p>{}</p>\n", text::html(&occasion)));
    }
    for alert in notice.alerts.iter().take(MOST_ALERTS) {
        page.push_str(&table(notice, alert));
    }
    if let Some(more) = more(notice) {
        page.push_str(&format!("<p>{more}</p>\n"));
    }
    let address = text::line(&notice.external_url, MOST_LINE);
    page.push_str(&format!(
        "<p style=\"color:#616061\">mcpvisor at {}</p>\n</body>\n</html>\n",
        link(&address, &address)
    ));
    page
}

fn table(notice: &Notice, alert: &Alert) -> String {
    let mut table = format!(
        "<table style=\"border-left:4px solid {};margin:0 0 16px;padding-left:8px\">\n\
         <tr><th colspan=\"2\" align=\"left\">{}</th></tr>\n",
        colour(alert),
        text::html(&headline(alert))
    );
    let mut row = |name: &str, cell: &str| {
        table.push_str(&format!(
            "<tr><td valign=\"top\" style=\"color:#616061\">{name}</td><td>{cell}</td></tr>\n"
        ));
    };
    let escaped = |said: &str| text::html(&text::line(said, MOST_LINE));
    row("where", &escaped(&wording::place(notice, alert)));
    row("since", &wording::span(alert));
    if let Some(value) = wording::value(alert) {
        row("value", &escaped(&value));
    }
    let evidence = wording::evidence(alert);
    let facts: Vec<String> = evidence
        .iter()
        .take(MOST_EVIDENCE)
        .map(|fact| escaped(fact))
        .collect();
    if !facts.is_empty() {
        row("seen", &facts.join("<br>"));
    }
    if let Some(reason) = wording::reason(alert) {
        row("over", reason);
    } else if !alert.advice.is_empty() {
        row("what to do", &escaped(&alert.advice));
    }
    row(
        "more",
        &link(
            &text::line(&wording::link(notice, alert), MOST_LINE),
            "on the page",
        ),
    );
    table.push_str("</table>\n");
    table
}

/// A link, if the address is one for browsers; otherwise only the words.
fn link(address: &str, words: &str) -> String {
    let words = text::html(words);
    if address.starts_with("http://") || address.starts_with("https://") {
        format!("<a href=\"{}\">{words}</a>", text::html(address))
    } else {
        words
    }
}

fn colour(alert: &Alert) -> &'static str {
    if alert.is_over() {
        return "#2eb67d";
    }
    match alert.severity {
        Severity::Critical => "#a30200",
        Severity::Error => "#e8590c",
        Severity::Warning => "#daa038",
        Severity::Info => "#439fe0",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receivers::samples;

    #[test]
    fn hostile_names_are_only_text() {
        let page = page(&samples::hostile());
        assert!(
            page.contains("&lt;img src=x onerror=alert(1)&gt;"),
            "{page}"
        );
        assert!(!page.contains("<img"), "{page}");
        assert!(!page.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn only_addresses_for_browsers_are_links() {
        assert_eq!(link("javascript:alert(1)", "x"), "x");
        assert_eq!(
            link("https://a/\"onclick=\"x", "<b>"),
            "<a href=\"https://a/&quot;onclick=&quot;x\">&lt;b&gt;</a>"
        );
    }
}
