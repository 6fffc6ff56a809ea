//! The findings pane: what is wrong, the worst first, and the evidence of the selected one.

use model::Finding;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::figures;
use super::paint::{self, Sheet};
use super::{State, header, shown};

/// Columns of the severity.
const SEVERITY: u16 = 9;
/// Columns of the cost.
const COST: u16 = 10;

/// Places of the findings, the worst first, else in the order they came in.
pub fn order(findings: &[Finding]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..findings.len()).collect();
    places.sort_by_key(|at| std::cmp::Reverse(findings[*at].severity));
    places
}

/// Rows of the list in a pane: what is left shows the selected finding.
pub fn list_rows(area: Rect, findings: usize) -> usize {
    let rows = usize::from(area.height.saturating_sub(1));
    findings.min(if rows < 6 { rows } else { (rows / 2).max(3) })
}

/// Paints the pane.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect, focused: bool) {
    let look = state.look;
    let count = state.findings.len();
    let inner = paint::titled(buffer, area, &format!("Findings: {count}"), focused, look);
    if count == 0 {
        paint::put(
            buffer,
            (inner.x, inner.y),
            inner.width,
            "Nothing is wrong.",
            look.good(),
            look,
        );
        return;
    }
    let visible = list_rows(area, count);
    let selection = state.panes.finding;
    let rows = inner.top()..inner.bottom();
    for (at, y) in (selection.offset..count).take(visible).zip(rows) {
        let Some(finding) = state.finding(at) else {
            continue;
        };
        row(
            state,
            buffer,
            Rect {
                y,
                height: 1,
                ..inner
            },
            finding,
        );
        if at == selection.index {
            buffer.set_style(
                Rect {
                    y,
                    height: 1,
                    ..inner
                },
                look.selected(focused),
            );
        }
    }
    let taken = u16::try_from(visible).unwrap_or(u16::MAX).saturating_add(1);
    let rest = inner.height.saturating_sub(taken);
    if let Some(finding) = state.finding(selection.index).filter(|_| rest > 0) {
        let below = Rect {
            y: inner.y + taken,
            height: rest,
            ..inner
        };
        let sheet = sheet(state, finding, usize::from(below.width));
        paint::lines(buffer, below, &sheet.lines, 0);
    }
}

fn row(state: &State, buffer: &mut Buffer, area: Rect, finding: &Finding) {
    let look = state.look;
    let severity = header::name(finding.severity);
    paint::put(
        buffer,
        (area.x, area.y),
        SEVERITY.min(area.width),
        severity,
        look.severity(finding.severity),
        look,
    );
    let cost = finding
        .cost
        .pss_bytes
        .filter(|bytes| *bytes > 0)
        .map(model::units::bytes)
        .unwrap_or_default();
    let has_room = area.width > SEVERITY + COST + 30;
    let room = area
        .width
        .saturating_sub(SEVERITY + 1 + if has_room { COST } else { 0 });
    paint::put(
        buffer,
        (area.x + SEVERITY + 1, area.y),
        room,
        &shown::text(&finding.title),
        Style::new(),
        look,
    );
    if has_room {
        let cost = format!("{cost:>width$}", width = usize::from(COST));
        paint::put(
            buffer,
            (area.right() - COST, area.y),
            COST,
            &cost,
            look.dim(),
            look,
        );
    }
}

fn sheet(state: &State, finding: &Finding, columns: usize) -> Sheet {
    let mut sheet = Sheet::new(columns, state.look);
    for (number, fact) in finding.evidence.iter().enumerate() {
        sheet.fact(
            if number == 0 { "evidence" } else { "" },
            &shown::text(fact),
        );
    }
    if !finding.advice.is_empty() {
        sheet.fact("advice", &shown::text(&finding.advice));
    }
    if let Some(command) = &finding.command {
        sheet.styled_fact("command", &shown::text(command), state.look.strong());
    }
    let cost = cost(finding);
    if !cost.is_empty() {
        sheet.fact("costs", &cost);
    }
    if !finding.processes.is_empty() {
        let pids: Vec<String> = finding
            .processes
            .iter()
            .take(12)
            .map(|id| id.pid.to_string())
            .collect();
        let more = finding.processes.len().saturating_sub(12);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        sheet.fact("pids", &format!("{}{more}", pids.join(" ")));
    }
    sheet
}

fn cost(finding: &Finding) -> String {
    let cost = &finding.cost;
    let mut parts = Vec::new();
    if cost.processes > 0 {
        parts.push(figures::counted(cost.processes as usize, "process"));
        parts.push(format!(
            "PSS {}",
            figures::number(cost.pss_bytes.map(model::units::bytes))
        ));
        parts.push(format!("RSS {}", model::units::bytes(cost.rss_bytes)));
        parts.push(format!(
            "CPU {} %",
            figures::number(cost.cpu_percent.map(figures::percent))
        ));
        parts.push(format!("{} open files", figures::number(cost.fds)));
    }
    if let Some(disk) = cost.disk_bytes {
        parts.push(format!("{} on disk", model::units::bytes(disk)));
    }
    parts.join(", ")
}
