//! The first lines: the machine, the totals, what is wrong, and what could be freed.

use model::Severity;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::figures::{self, Sum, counted};
use super::paint::{self, Row};
use super::{State, shown};
use crate::picture::Picture;

/// Rows of the header.
pub fn rows(state: &State) -> u16 {
    let shed = state
        .picture
        .as_ref()
        .is_some_and(|picture| picture.shed.is_some());
    if shed { 4 } else { 3 }
}

/// Paints the header.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let mut lines = vec![machine(state, area.width)];
    if let Some(picture) = &state.picture {
        lines.push(totals(state, picture, area.width));
        lines.push(judged(state, picture, area.width));
        if let Some(shed) = &picture.shed {
            let mut row = Row::new(area.width);
            let text = shown::fit(&shown::text(shed), row.left(), state.look).into_owned();
            row.add(0, [(text, state.look.severity(Severity::Warning))]);
            lines.push(row);
        }
    }
    let lines: Vec<_> = lines.into_iter().map(Row::line).collect();
    paint::lines(buffer, area, &lines, 0);
}

fn machine(state: &State, columns: u16) -> Row {
    let look = state.look;
    let mut row = Row::new(columns);
    row.add(0, [("mcpvisor top".to_owned(), look.title())]);
    let Some(picture) = &state.picture else {
        return row;
    };
    row.add(2, [(shown::text(&picture.table.host.name), look.strong())]);
    let time = picture.table.moment.wall.to_zoned(state.zone.clone());
    row.add(2, [plain(&time.strftime("%H:%M:%S").to_string())]);
    let pace = if state.paused {
        ("PAUSED".to_owned(), look.severity(Severity::Warning))
    } else {
        (
            format!("every {} s", state.interval.as_secs_f64()),
            look.dim(),
        )
    };
    row.add(2, [pace]);
    let cpu = figures::number(picture.own_cpu_percent.map(figures::percent));
    let rss = figures::number(picture.own_rss_bytes.map(model::units::bytes));
    let own = format!("mcpvisor itself {cpu} % {rss}");
    let gap = row.left().saturating_sub(shown::width(&own)).max(2);
    row.add(gap, [(own, look.dim())]);
    row
}

fn totals(state: &State, picture: &Picture, columns: u16) -> Row {
    let look = state.look;
    let whole = &state.whole;
    let servers = &picture.inventory.servers;
    let running = servers
        .iter()
        .filter(|server| !server.instances.is_empty())
        .count();
    let instances: usize = servers.iter().map(|server| server.instances.len()).sum();
    let mut row = Row::new(columns);
    let dot = look.dot();
    let processes = counted(whole.processes as usize, "process");
    let counts = format!(
        "{}{dot}{}{dot}{processes}",
        counted(running, "server"),
        counted(instances, "instance")
    );
    row.add(0, [(counts, look.strong())]);
    row.add(
        2,
        [
            label(state, "CPU "),
            plain(&whole.cpu_percent.shown(figures::percent_sign)),
        ],
    );
    row.add(
        2,
        [
            label(state, "PSS "),
            plain(&whole.pss_bytes.shown(figures::bytes)),
        ],
    );
    row.add(
        2,
        [
            label(state, "RSS "),
            plain(&whole.rss_bytes.shown(figures::bytes)),
        ],
    );
    let absent = servers.len() - running;
    if absent > 0 {
        row.add(2, [plain(&format!("{absent} declared but not running"))]);
    }
    row.add(
        2,
        [
            label(state, "threads "),
            plain(&whole.threads.shown(figures::count)),
        ],
    );
    row.add(
        2,
        [
            label(state, "open files "),
            plain(&whole.fds.shown(figures::count)),
        ],
    );
    if let Some(memory) = picture.table.host.memory_bytes {
        row.add(
            2,
            [
                label(state, "memory of the machine "),
                plain(&model::units::bytes(memory)),
            ],
        );
    }
    row
}

fn judged(state: &State, picture: &Picture, columns: u16) -> Row {
    let look = state.look;
    let mut row = Row::new(columns);
    if picture.findings.is_empty() {
        row.add(0, [("Nothing is wrong".to_owned(), look.good())]);
    } else {
        let mut parts = vec![label(state, "Findings")];
        for severity in [
            Severity::Critical,
            Severity::Error,
            Severity::Warning,
            Severity::Info,
        ] {
            let count = picture
                .findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .count();
            if count > 0 {
                parts.push((
                    format!(" {count} {}", name(severity)),
                    look.severity(severity),
                ));
            }
        }
        row.add(0, parts);
    }
    let removals = &picture.plan.removals;
    if !removals.is_empty() {
        let mut freed = Sum::default();
        for id in removals.iter().flat_map(|removal| &removal.processes) {
            let process = picture
                .table
                .get(id.pid)
                .filter(|process| process.id() == *id);
            freed.join(figures::Totals::of_process(process).pss_bytes);
        }
        let amount = freed.shown(figures::bytes);
        let of = counted(removals.len(), "instance");
        row.add(
            3,
            [
                label(state, "Reclaimable "),
                (amount, look.strong()),
                plain(&format!(" in {of} (x)")),
            ],
        );
    }
    if !state.arrangement.filter.is_empty() && !state.typing {
        row.add(
            3,
            [
                label(state, "Filter "),
                (state.arrangement.filter.clone(), look.strong()),
            ],
        );
    }
    row
}

/// The word for a severity.
pub fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Critical => "critical",
    }
}

fn label(state: &State, text: &str) -> (String, Style) {
    (text.to_owned(), state.look.label())
}

fn plain(text: &str) -> (String, Style) {
    (text.to_owned(), Style::new())
}
