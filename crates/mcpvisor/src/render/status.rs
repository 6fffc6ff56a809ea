//! `status`: the daemon in a few lines, then the servers.

use model::units;

use super::style::Style;
use super::table::{bytes, percent};
use crate::api::{HistoryStats, Status};
use crate::commands::status::StatusReport;
use crate::daemon::Level;
use crate::output::Output;
use crate::state::State;

/// The page.
pub fn render(document: &StatusReport, state: &State, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = match &document.daemon {
        Some(status) => daemon(status, style),
        None => format!(
            "{} for {}\n  start one: {}\n",
            style.heading("No daemon runs"),
            state.folder().display(),
            style.command("mcpvisor serve")
        ),
    };
    page.push_str(&super::supervision::servers(
        &document.kept,
        linux::clock::now().wall,
        output,
    ));
    page.push('\n');
    page.push_str(&super::ps::servers(&document.servers, output.width));
    page
}

fn daemon(status: &Status, style: Style) -> String {
    let own = &status.own;
    let mut lines = vec![
        (
            "",
            format!(
                "{} {} PID {}, {}",
                style.heading("mcpvisor"),
                status.version,
                status.pid,
                level(status.level, style)
            ),
        ),
        (
            "running",
            format!(
                "{}, {} looks, one each {:.0} s, the last took {:.0} ms",
                units::seconds(status.uptime_seconds),
                status.looks,
                status.interval_seconds,
                status.look_seconds * 1e3
            ),
        ),
        ("answers at", status.url.clone()),
        (
            "costs",
            format!(
                "{} % of a processor (budget {} %), {} (budget {})",
                percent(own.cpu_percent),
                own.cpu_budget_percent,
                bytes(own.rss_bytes),
                units::bytes(own.memory_budget_bytes)
            ),
        ),
        (
            "history",
            status
                .history
                .as_ref()
                .map_or_else(|| "cannot be read".to_owned(), history),
        ),
        ("state in", status.state_dir.clone()),
    ];
    if let Some(config) = &status.config {
        lines.push(("configured by", config.clone()));
    }
    let wrong = [
        ("given up", own.shed.clone()),
        ("not in force", status.config_error.clone()),
        (
            "history",
            status
                .history
                .as_ref()
                .and_then(|stats| stats.last_error.clone().filter(|_| stats.failing)),
        ),
    ];
    let mut page = String::new();
    for (name, text) in lines {
        if name.is_empty() {
            page.push_str(&format!("{text}\n"));
        } else {
            page.push_str(&format!("  {name:<14}{text}\n"));
        }
    }
    for (name, text) in wrong {
        if let Some(text) = text {
            let text = style.severity(model::Severity::Warning, &text);
            page.push_str(&format!("  {name:<14}{text}\n"));
        }
    }
    page
}

fn history(stats: &HistoryStats) -> String {
    let since = stats
        .oldest
        .map(|oldest| format!(" since {}", oldest.strftime("%Y-%m-%d %H:%M UTC")))
        .unwrap_or_default();
    format!(
        "{} series, {} samples, {} events in {}{since}",
        stats.series,
        stats.samples,
        stats.events,
        units::bytes(stats.bytes)
    )
}

fn level(level: Level, style: Style) -> String {
    use model::Severity;
    match level {
        Level::Green => style.good(level.name()),
        Level::Yellow => style.severity(Severity::Warning, level.name()),
        Level::Orange => style.severity(Severity::Error, level.name()),
        Level::Red => style.severity(Severity::Critical, level.name()),
        Level::Unknown => style.dim(level.name()),
    }
}
