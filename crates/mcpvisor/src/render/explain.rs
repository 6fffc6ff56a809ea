//! `explain`: one process in sentences.

use model::units;

use super::doctor::wrapped;
use super::style::Style;
use super::table::{bytes, safe};
use crate::output::Output;
use crate::report::ExplainReport;

/// The page.
pub fn render(report: &ExplainReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let width = usize::from(output.width.unwrap_or(200)).min(110);
    let process = &report.process;
    let mut page = String::new();
    page.push_str(&style.heading(&format!("PID {}  {}\n", process.pid, safe(&process.name))));
    wrapped(&mut page, &safe(&process.cmdline), "  ", width);
    page.push_str(&format!(
        "  runs for {}, {} resident, {} proportional, {} threads\n\n",
        units::seconds(process.uptime_seconds),
        bytes(Some(process.rss_bytes)),
        bytes(process.pss_bytes),
        process.threads
    ));
    let role = process.role.map(|role| format!("{role:?}").to_lowercase());
    match (&report.server, &report.owner) {
        (Some(server), Some(owner)) => {
            let pid = owner
                .pid
                .map(|pid| format!(" (PID {pid})"))
                .unwrap_or_default();
            let life = if owner.alive {
                "which runs"
            } else {
                "which is gone"
            };
            page.push_str(&format!(
                "It is a {} of the MCP server {}, started by {}{pid}, {life}.\n",
                role.unwrap_or_else(|| "process".to_owned()),
                style.heading(&safe(server)),
                safe(&owner.name)
            ));
        }
        _ if report.what == "owner" => page.push_str("It starts MCP servers.\n"),
        _ => page.push_str("It is no part of an MCP server.\n"),
    }
    if let Some(confidence) = report.confidence {
        page.push_str(&format!("Confidence {confidence:.2}, because:\n"));
    }
    for line in &report.evidence {
        wrapped(&mut page, &safe(line), "  ", width);
    }
    if !report.orphaned.is_empty() {
        page.push_str("Its owner is gone, because:\n");
        for line in &report.orphaned {
            wrapped(&mut page, &safe(line), "  ", width);
        }
    }
    page.push('\n');
    if report.verdict == "cleaned" {
        page.push_str(&format!(
            "{} would end it.\n",
            style.command("mcpvisor clean --apply")
        ));
    } else if report.reasons.is_empty() {
        page.push_str("`mcpvisor clean` leaves it alone.\n");
    } else {
        page.push_str("`mcpvisor clean` leaves it alone, because:\n");
        for reason in &report.reasons {
            wrapped(&mut page, &safe(&reason.detail), "  ", width);
        }
    }
    if !report.ancestors.is_empty() {
        page.push_str("\nIts parents, nearest first:\n");
        for parent in &report.ancestors {
            let owner = parent
                .owner
                .as_deref()
                .map(|owner| format!(" [{owner}]"))
                .unwrap_or_default();
            let line = format!("  {:>7}  {}{owner}", parent.pid, safe(&parent.cmdline));
            page.push_str(&super::table::shorten(&line, width));
            page.push('\n');
        }
    }
    page
}
