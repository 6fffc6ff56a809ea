//! The details pane: all about what is selected, the last two minutes first.

use inventory::{Instance, OwnerKind, Server, Transport};
use model::units;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::figures::{self, Sum, Totals};
use super::history::Figure;
use super::paint::{self, Sheet};
use super::rows::Row;
use super::{State, shown, spark};
use crate::picture::Picture;

mod process;

/// Columns of the figures behind the bars.
const BEHIND_BARS: usize = 26;

/// Paints the pane.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect, focused: bool) {
    let lines = lines(state, area.width);
    let below = usize::from(area.height.saturating_sub(1));
    let hidden = lines
        .len()
        .saturating_sub(state.panes.details_offset + below);
    let mut title = title(state);
    if hidden > 0 {
        title = format!("{title} ({hidden} more lines)");
    }
    let inner = paint::titled(buffer, area, &title, focused, state.look);
    let offset = state
        .panes
        .details_offset
        .min(lines.len().saturating_sub(below));
    paint::lines(buffer, inner, &lines, offset);
}

fn title(state: &State) -> String {
    let selected = state
        .picture
        .as_ref()
        .zip(state.row())
        .and_then(|(picture, row)| {
            let server = row.server(&picture.inventory)?;
            let name = shown::text(&server.name);
            Some(
                match (
                    row,
                    row.instance(&picture.inventory),
                    row.member(&picture.inventory),
                ) {
                    (_, _, Some(member)) => format!("{name}, process {}", member.id.pid),
                    (Row::Instance(..), Some(instance), _) => {
                        format!("{name}, instance {}", instance.root.pid)
                    }
                    _ => name,
                },
            )
        });
    selected.map_or_else(|| "Details".to_owned(), |name| format!("Details: {name}"))
}

/// The pane's text for so many columns.
pub fn lines(state: &State, columns: u16) -> Vec<Line<'static>> {
    let mut sheet = Sheet::new(usize::from(columns), state.look);
    let (Some(picture), Some(row)) = (&state.picture, state.row()) else {
        sheet.line("Nothing is selected.", state.look.dim());
        return sheet.lines;
    };
    let inventory = &picture.inventory;
    let Some(server) = row.server(inventory) else {
        return sheet.lines;
    };
    let instance = row.instance(inventory);
    owner(&mut sheet, state, server);
    if !server.instances.is_empty() {
        histories(&mut sheet, state, row, server);
        past(&mut sheet, picture, server);
    }
    let member = row.member(inventory).map(|member| member.id);
    let shown_process = member.or_else(|| instance.map(|instance| instance.leaf));
    let process = shown_process.and_then(|id| {
        picture
            .table
            .get(id.pid)
            .filter(|process| process.id() == id)
    });
    if let Some(process) = process {
        process::facts(&mut sheet, state, &picture.table, process);
    } else if shown_process.is_some() {
        sheet.fact("process", "has ended");
    } else if server.instances.len() > 1 {
        sheet.fact(
            "instances",
            "several: open the server and choose one for its processes",
        );
    }
    declared(&mut sheet, state, server);
    if let Some(instance) = instance {
        life(&mut sheet, state, picture, instance);
    }
    for (number, fact) in server.evidence.iter().enumerate() {
        sheet.fact(
            if number == 0 { "evidence" } else { "" },
            &shown::text(fact),
        );
    }
    sheet.fact("id", &shown::text(&server.id));
    sheet.lines
}

/// What a daemon's history tells.
fn past(sheet: &mut Sheet, picture: &Picture, server: &Server) {
    let key = (server.name.clone(), server.owner.name.clone());
    let Some(past) = picture.pasts.get(&key) else {
        return;
    };
    let mut words = Vec::new();
    if let (Some(peak), Some(average)) = (past.peak_rss_bytes, past.average_rss_bytes) {
        let (peak, average) = (units::whole_bytes(peak), units::whole_bytes(average));
        words.push(format!("RSS at most {peak}, on average {average}"));
    }
    if let Some(growth) = past.rss_bytes_per_hour.filter(|by| by.abs() >= 1_048_576.0) {
        let way = if growth > 0.0 { "growing" } else { "shrinking" };
        let amount = units::whole_bytes(growth.abs());
        words.push(format!("{way} by {amount} an hour"));
    }
    if let Some(cpu) = past.average_cpu_percent {
        words.push(format!("CPU {cpu:.1} %"));
    }
    if let Some(restarts) = past.restarts.filter(|count| *count > 0.0) {
        words.push(format!("{restarts:.0} restarts"));
    }
    let label = format!("last {}", units::seconds(past.window_seconds));
    sheet.fact(&label, &words.join("; "));
}

fn owner(sheet: &mut Sheet, state: &State, server: &Server) {
    let owner = &server.owner;
    let mut text = shown::text(&owner.name);
    if let Some(kind) = owner_kind(owner.kind) {
        text = format!("{text}, {kind}");
    }
    if let Some(pid) = owner.pid {
        text = format!("{text}, pid {pid}");
    }
    if !owner.alive && !server.instances.is_empty() {
        text.push_str(", gone");
    }
    sheet.fact("owner", &text);
    let words = server.state.name().replace('_', " ");
    sheet.styled_fact("state", &words, state.look.state(server.state));
}

/// Label, which history, the sum of now, and how it is written.
type Course = (&'static str, Figure, Sum, fn(f64) -> String);

fn histories(sheet: &mut Sheet, state: &State, row: Row, server: &Server) {
    let (Row::Server(at) | Row::Instance(at, _) | Row::Process(at, ..)) = row;
    let totals = state.totals.get(at).copied().unwrap_or_default();
    let rows: [Course; 3] = [
        (
            "CPU",
            Figure::Cpu,
            totals.cpu_percent,
            figures::percent_sign,
        ),
        ("PSS", Figure::Pss, totals.pss_bytes, figures::bytes),
        ("RSS", Figure::Rss, totals.rss_bytes, figures::bytes),
    ];
    let room = sheet.room().saturating_sub(BEHIND_BARS).clamp(8, 60);
    for (label, figure, sum, format) in rows {
        let values = state.history.values(&server.id, figure, room);
        let bars = spark::line(&values, state.look);
        let peak = figures::number(spark::peak(&values).map(|value| format(f64::from(value))));
        sheet.lines.push(Line::from(vec![
            Span::styled(format!("{label:<11} "), state.look.label()),
            Span::styled(format!("{bars:>room$} "), state.look.bar()),
            Span::styled(sum.shown(format), state.look.strong()),
            Span::styled(format!(" peak {peak}"), state.look.dim()),
        ]));
    }
    let span = units::seconds(state.history.span_seconds());
    sheet.styled_fact(
        "",
        &format!("of the server, the last {span}; {}", counts(&totals)),
        state.look.dim(),
    );
}

fn counts(totals: &Totals) -> String {
    let threads = totals.threads.shown(figures::count);
    let fds = totals.fds.shown(figures::count);
    format!(
        "{}, {threads} threads, {fds} open files",
        figures::counted(totals.processes as usize, "process")
    )
}

fn declared(sheet: &mut Sheet, state: &State, server: &Server) {
    let transport = match server.transport {
        Transport::Stdio => "stdio",
        Transport::Http => "streamable HTTP",
        Transport::Sse => "HTTP with server-sent events",
        Transport::Unknown => "-",
    };
    sheet.fact("transport", transport);
    if server.declared_in.is_empty() {
        sheet.styled_fact(
            "declared in",
            "no configuration that is known",
            state.look.dim(),
        );
    }
    for (number, place) in server.declared_in.iter().enumerate() {
        let line = place
            .line
            .map(|line| format!(":{line}"))
            .unwrap_or_default();
        let text = format!("{}{line} ({}, {})", place.file, place.client, place.scope);
        sheet.fact(
            if number == 0 { "declared in" } else { "" },
            &shown::text(&text),
        );
    }
    sheet.fact("confidence", &format!("{:.0} %", server.confidence * 100.0));
}

fn life(sheet: &mut Sheet, state: &State, picture: &Picture, instance: &Instance) {
    let look = state.look;
    if let Some(orphaned) = &instance.orphaned {
        let since = orphaned.since.map_or_else(
            || "noticed only now".to_owned(),
            |since| {
                let seconds = picture
                    .table
                    .moment
                    .wall
                    .duration_since(since)
                    .as_secs_f64();
                format!("for {}", units::seconds(seconds))
            },
        );
        sheet.styled_fact("owner gone", &since, look.severity(model::Severity::Error));
        for fact in &orphaned.evidence {
            sheet.fact("", &shown::text(fact));
        }
    }
    if let Some(why) = &instance.unused {
        sheet.styled_fact(
            "unused",
            &shown::text(why),
            look.severity(model::Severity::Warning),
        );
    }
    let started = instance.started_at.to_zoned(state.zone.clone());
    sheet.styled_fact(
        "started",
        &started.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Style::new(),
    );
}

fn owner_kind(kind: OwnerKind) -> Option<&'static str> {
    Some(match kind {
        OwnerKind::Client => "client",
        OwnerKind::Gateway => "gateway",
        OwnerKind::Terminal => "terminal",
        OwnerKind::Mcpvisor => "mcpvisor itself",
        OwnerKind::Service => "service manager",
        OwnerKind::Program => "program",
        OwnerKind::Unknown => return None,
    })
}
