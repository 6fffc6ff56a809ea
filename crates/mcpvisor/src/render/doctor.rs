//! `doctor`: what is wrong by severity, what cannot be seen, what could be freed.

use model::{Severity, units};

use super::style::Style;
use super::table::{bytes, safe};
use crate::output::Output;
use crate::report::{FindingReport, Report};

/// Findings of one kind that are told one by one; more are counted.
const MOST_OF_A_KIND: usize = 12;

/// The page.
pub fn render(report: &Report, output: &Output) -> String {
    let style = Style::new(output.colour);
    let width = usize::from(output.width.unwrap_or(200)).min(110);
    let summary = &report.summary;
    let mut page = format!(
        "{} MCP {} in {} {} of {} {}: {}\n",
        summary.servers,
        if summary.servers == 1 {
            "server"
        } else {
            "servers"
        },
        summary.totals.processes,
        if summary.totals.processes == 1 {
            "process"
        } else {
            "processes"
        },
        summary.owners.len(),
        if summary.owners.len() == 1 {
            "owner"
        } else {
            "owners"
        },
        bytes(summary.totals.pss_bytes.or(Some(summary.totals.rss_bytes))),
    );
    for severity in [
        Severity::Critical,
        Severity::Error,
        Severity::Warning,
        Severity::Info,
    ] {
        let found: Vec<&FindingReport> = report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .collect();
        if found.is_empty() {
            continue;
        }
        let name = format!(
            "{} ({})",
            crate::report::summary_severity(severity),
            found.len()
        );
        page.push_str(&format!(
            "\n{}\n",
            style.heading(&style.severity(severity, &name))
        ));
        let mut told = 0;
        let mut kind = None;
        for finding in &found {
            told = if kind == Some(finding.kind) {
                told + 1
            } else {
                1
            };
            kind = Some(finding.kind);
            if told <= MOST_OF_A_KIND {
                one(&mut page, finding, style, width);
            } else if told == MOST_OF_A_KIND + 1 {
                let more = found
                    .iter()
                    .filter(|other| other.kind == finding.kind)
                    .count()
                    - MOST_OF_A_KIND;
                page.push_str(&style.dim(&format!(
                    "  … and {more} more {}; `--json` lists all\n",
                    finding.kind.name()
                )));
            }
        }
    }
    if report.findings.is_empty() {
        page.push_str(&format!("\n{}\n", style.good("Nothing is wrong.")));
    }
    page.push_str(&closing(report, style, width));
    page
}

/// What could be freed, and what cannot be seen.
fn closing(report: &Report, style: Style, width: usize) -> String {
    let mut page = String::new();
    let summary = &report.summary;
    let freed = &summary.reclaimable;
    if freed.processes > 0 {
        let noun = if freed.processes == 1 {
            "process"
        } else {
            "processes"
        };
        let fds = freed.fds.map(|fds| format!(", {fds} descriptors"));
        page.push_str(&format!(
            "\nReclaimable: {} in {} {noun}{}. To see what would be done:\n  {}\n",
            bytes(freed.pss_bytes.or(Some(freed.rss_bytes))),
            freed.processes,
            fds.unwrap_or_default(),
            style.command("mcpvisor clean"),
        ));
    }
    if !report.unavailable.is_empty() {
        page.push_str(&format!("\n{}\n", style.heading("Not visible here")));
        for missing in &report.unavailable {
            wrapped(
                &mut page,
                &format!("{}: {}", safe(&missing.what), safe(&missing.why)),
                "  ",
                width,
            );
            if !missing.remedy.is_empty() {
                wrapped(&mut page, &safe(&missing.remedy), "    ", width);
            }
        }
    }
    page
}

fn one(page: &mut String, finding: &FindingReport, style: Style, width: usize) {
    let mark = style.severity(finding.severity, "●");
    let mut title = String::new();
    wrapped(&mut title, &safe(&finding.title), "    ", width);
    page.push_str(&format!("  {mark} {}", title.trim_start()));
    for line in &finding.evidence {
        let mut text = String::new();
        wrapped(&mut text, &safe(line), "      ", width);
        page.push_str(&style.dim(text.trim_end()));
        page.push('\n');
    }
    let mut cost = Vec::new();
    if let Some(cpu) = finding.cost.cpu_percent.filter(|&cpu| cpu >= 1.0) {
        cost.push(format!("{cpu:.0} % of a processor"));
    }
    if let Some(fds) = finding.cost.fds.filter(|_| finding.cost.processes > 0) {
        cost.push(format!("{fds} descriptors"));
    }
    if finding.cost.rss_bytes > 0 {
        cost.push(format!("{} resident", units::bytes(finding.cost.rss_bytes)));
    }
    if !cost.is_empty() {
        page.push_str(&style.dim(&format!("      costs {}\n", cost.join(", "))));
    }
    wrapped(page, &finding.advice, "      ", width);
    if let Some(command) = &finding.command {
        page.push_str(&format!("      {}\n", style.command(command)));
    }
}

/// A word that is longer than a line, such as a path, in parts that fit.
fn pieces(word: &str, room: usize) -> Vec<String> {
    use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
    if word.width() <= room {
        return vec![word.to_owned()];
    }
    let mut parts = vec![String::new()];
    let mut left = room;
    for c in word.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            parts.push(String::new());
            left = room;
        }
        left -= wide.min(left);
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    parts
}

/// Breaks text at spaces, each line behind the same indent.
pub(super) fn wrapped(page: &mut String, text: &str, indent: &str, width: usize) {
    use unicode_width::UnicodeWidthStr;
    let mut line = String::new();
    let room = width.saturating_sub(indent.len()).max(8);
    for word in text.split(' ').flat_map(|word| pieces(word, room)) {
        if !line.is_empty() && indent.len() + line.width() + 1 + word.width() > width {
            page.push_str(indent);
            page.push_str(&line);
            page.push('\n');
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    page.push_str(indent);
    page.push_str(&line);
    page.push('\n');
}
