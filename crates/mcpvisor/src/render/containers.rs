//! `ps --containers`: containers of MCP servers as a table, and engines that do not answer.

use model::{Severity, units};

use super::style::Style;
use super::table::{bytes, count, figure, layout, percent, safe, words};
use crate::output::Output;
use crate::report::{ContainerReport, ContainersReport, VerdictReport};

/// Width from which on further columns are shown.
const MEDIUM: u16 = 100;

/// The page.
pub fn render(report: &ContainersReport, output: &Output) -> String {
    let style = Style::new(output.colour);
    let mut page = String::new();
    if !report.containers.is_empty() {
        page.push_str(&table(report, output.width));
    } else if report.engines.iter().any(|engine| engine.state == "up") {
        page.push_str("No container of an MCP server. `--all` lists the others too.\n");
    }
    for note in &report.notes {
        page.push_str(&format!("{}\n", safe(note)));
    }
    for engine in &report.engines {
        if let Some(why) = &engine.why {
            let line = format!("{}: {}", safe(&engine.socket), safe(why));
            page.push_str(&style.severity(Severity::Warning, &line));
            page.push('\n');
        }
        for problem in &engine.problems {
            page.push_str(&format!("{}: {}\n", safe(&engine.socket), safe(problem)));
        }
    }
    page
}

fn table(report: &ContainersReport, width: Option<u16>) -> String {
    let is_wide = width.is_none_or(|width| width >= MEDIUM);
    let mut columns = vec![
        words("CONTAINER", 28),
        words("SERVER", 18),
        words("OWNER", 18),
        words("STATE", 10),
        figure("CPU %"),
        figure("MEMORY"),
        figure("LIMIT"),
        figure("PIDS"),
    ];
    if is_wide {
        columns.extend([figure("STARTS"), figure("UPTIME")]);
    }
    columns.push(words("USE", 0));
    let rows = report
        .containers
        .iter()
        .map(|container| row(container, report.taken_at, is_wide));
    layout(&columns, rows.collect(), width)
}

fn row(container: &ContainerReport, now: jiff::Timestamp, is_wide: bool) -> Vec<String> {
    let state = match &container.health {
        Some(health) if *health != "healthy" => format!("{} ({health})", container.state),
        _ => container.state.to_string(),
    };
    let mut row = vec![
        safe(&container.name),
        safe(&container.server),
        safe(&container.owner),
        state,
        percent(container.usage.cpu_percent),
        bytes(container.usage.memory_bytes),
        bytes(container.bounds.memory_bytes),
        count(container.usage.pids),
    ];
    if is_wide {
        let started = container.started_at.filter(|_| container.pid.is_some());
        let age = started.map(|at| now.duration_since(at).as_secs_f64().max(0.0));
        row.push(count(container.restarts));
        row.push(age.map_or_else(|| "-".to_owned(), units::seconds));
    }
    row.push(in_use(&container.verdict));
    row
}

fn in_use(verdict: &VerdictReport) -> String {
    let word = match (&*verdict.verdict, verdict.certainty.as_deref()) {
        ("orphan", Some("likely")) => "seems left over".to_owned(),
        ("orphan", _) => "left over".to_owned(),
        ("waiting", _) => "left over?".to_owned(),
        ("not_running", _) => return String::new(),
        (other, _) => other.to_owned(),
    };
    match verdict.evidence.first() {
        Some(evidence) => format!("{word}: {}", safe(evidence)),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(word: &'static str, certainty: Option<&'static str>) -> VerdictReport {
        VerdictReport {
            verdict: word.into(),
            certainty: certainty.map(Into::into),
            since: None,
            wait_seconds: None,
            evidence: vec!["its client\u{7} is gone".to_owned()],
        }
    }

    #[test]
    fn how_sure_it_is_shows() {
        assert_eq!(
            in_use(&verdict("orphan", Some("proven"))),
            r"left over: its client\x07 is gone"
        );
        assert!(in_use(&verdict("orphan", Some("likely"))).starts_with("seems left over"));
        assert_eq!(in_use(&verdict("not_running", None)), "");
    }
}
