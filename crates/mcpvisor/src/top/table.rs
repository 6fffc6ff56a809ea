//! The table of servers, instances and processes. Only rows on the screen are put into words.

use inventory::{Instance, Server, ServerState};
use model::{Process, ProcessState, units};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::columns::{self, Column};
use super::confirm::role_name;
use super::figures::{self, Totals};
use super::layout::Focus;
use super::rows::Row;
use super::{State, paint, shown};
use crate::picture::Picture;

/// A row with everything that its cells need.
struct Line<'a> {
    state: &'a State,
    picture: &'a Picture,
    row: Row,
    /// The row after this one is inside it.
    is_open: bool,
    server: &'a Server,
    instance: Option<&'a Instance>,
    process: Option<&'a Process>,
    totals: Totals,
}

/// Paints the table.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let Some(picture) = &state.picture else {
        return;
    };
    if area.is_empty() {
        return;
    }
    let columns = columns::choose(area.width, state.arrangement.flat);
    titles(state, buffer, area, &columns);
    let body = Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    };
    if state.rows.is_empty() {
        let text = if state.arrangement.filter.is_empty() {
            "No MCP servers here: none runs, and none is declared."
        } else {
            "Nothing fits the filter. Esc clears it."
        };
        paint::put(
            buffer,
            (body.x, body.y),
            if body.is_empty() { 0 } else { body.width },
            text,
            state.look.dim(),
            state.look,
        );
        return;
    }
    let mut view = state.selection;
    view.settle(state.rows.len(), usize::from(body.height));
    for (at, y) in (view.offset..state.rows.len()).zip(body.top()..body.bottom()) {
        let place = Rect {
            y,
            height: 1,
            ..body
        };
        if let Some(line) = Line::new(state, picture, at) {
            line.draw(buffer, place, &columns);
        }
        if at == view.index {
            buffer.set_style(
                place,
                state.look.selected(state.panes.focus == Focus::Servers),
            );
        }
    }
}

fn titles(state: &State, buffer: &mut Buffer, area: Rect, columns: &[(Column, u16)]) {
    let how = &state.arrangement;
    let mut x = area.x;
    for (column, width) in columns {
        let mut title = match (how.flat, column) {
            (true, Column::Name) => "PROCESS",
            (true, Column::Owner) => "SERVER",
            _ => column.title(),
        }
        .to_owned();
        if column.is_sorted_by(how.key) {
            title.push(state.look.sorted(how.key.descends() != how.reversed));
        }
        cell(
            buffer,
            (x, area.y),
            *width,
            &title,
            column.is_figure(),
            state.look.label(),
            state,
        );
        x += width + 1;
    }
}

fn cell(
    buffer: &mut Buffer,
    at: (u16, u16),
    width: u16,
    text: &str,
    right: bool,
    style: Style,
    state: &State,
) {
    let indent = if right {
        usize::from(width).saturating_sub(shown::width(text))
    } else {
        0
    };
    let indent = u16::try_from(indent).unwrap_or(0);
    paint::put(
        buffer,
        (at.0 + indent, at.1),
        width - indent,
        text,
        style,
        state.look,
    );
}

impl<'a> Line<'a> {
    fn new(state: &'a State, picture: &'a Picture, at: usize) -> Option<Self> {
        let row = *state.rows.get(at)?;
        let is_open = state.rows.get(at + 1).is_some_and(|next| row.holds(*next));
        let server = row.server(&picture.inventory)?;
        let instance = row.instance(&picture.inventory);
        let member = row.member(&picture.inventory);
        let process = member.and_then(|member| {
            picture
                .table
                .get(member.id.pid)
                .filter(|process| process.id() == member.id)
        });
        let totals = match (row, instance) {
            (Row::Server(at), _) => state.totals.get(at).copied().unwrap_or_default(),
            (Row::Instance(..), Some(instance)) => Totals::of_instance(&picture.table, instance),
            _ => Totals::of_process(process),
        };
        Some(Self {
            state,
            picture,
            row,
            is_open,
            server,
            instance,
            process,
            totals,
        })
    }

    fn draw(&self, buffer: &mut Buffer, area: Rect, columns: &[(Column, u16)]) {
        let mut x = area.x;
        for (column, width) in columns {
            let (text, style) = self.cell(*column, usize::from(*width));
            cell(
                buffer,
                (x, area.y),
                *width,
                &text,
                column.is_figure(),
                style,
                self.state,
            );
            x += width + 1;
        }
    }

    fn cell(&self, column: Column, width: usize) -> (String, Style) {
        let totals = &self.totals;
        let is_process = matches!(self.row, Row::Process(..));
        let runs = totals.processes > 0;
        let figure = |text: String| (if runs { text } else { "-".to_owned() }, Style::new());
        match column {
            Column::Name => self.name(width),
            Column::Owner => self.owner(),
            Column::State => self.state(),
            Column::Instances if matches!(self.row, Row::Server(_)) => {
                figure(self.server.instances.len().to_string())
            }
            Column::Processes if !is_process => figure(totals.processes.to_string()),
            Column::Instances | Column::Processes => Default::default(),
            Column::Cpu => figure(totals.cpu_percent.shown(figures::percent)),
            Column::Rss => figure(totals.rss_bytes.shown(figures::bytes)),
            Column::Pss => figure(totals.pss_bytes.shown(figures::bytes)),
            Column::Threads => figure(totals.threads.shown(figures::count)),
            Column::Fds => figure(totals.fds.shown(figures::count)),
            Column::Read => figure(totals.read_rate.shown(figures::bytes)),
            Column::Write => figure(totals.write_rate.shown(figures::bytes)),
            Column::Uptime => figure(self.uptime()),
            Column::Command => (self.command(), self.state.look.dim()),
        }
    }

    fn name(&self, width: usize) -> (String, Style) {
        let look = self.state.look;
        let several = self.server.instances.len() > 1;
        match self.row {
            Row::Server(_) => {
                let name = shown::text(&self.server.name);
                let count = self.server.instances.len();
                let fold = match count {
                    0 => "  ",
                    _ => look.fold(self.is_open),
                };
                let times = if several {
                    format!(" {}{count}", look.times())
                } else {
                    String::new()
                };
                let style = if count == 0 {
                    look.dim()
                } else {
                    look.strong()
                };
                // How many there are stays in sight when a long name is cut.
                let beside = shown::width(fold) + shown::width(&times);
                let name = shown::fit(&name, width.saturating_sub(beside), look);
                (format!("{fold}{name}{times}"), style)
            }
            Row::Instance(..) => {
                let root = self.instance.map(|instance| instance.root);
                let pid = figures::number(root.map(|root| root.pid));
                (
                    format!("  {}pid {pid}", look.fold(self.is_open)),
                    Style::new(),
                )
            }
            Row::Process(.., branch) => {
                let indent = if several { "    " } else { "  " };
                let prefix = branch
                    .map(|branch| format!("{indent}{}", branch.prefix(look)))
                    .unwrap_or_default();
                let text = match self.process {
                    Some(process) => {
                        format!("{prefix}{} {}", process.pid(), shown::text(process.comm()))
                    }
                    None => format!("{prefix}has ended"),
                };
                (text, Style::new())
            }
        }
    }

    fn owner(&self) -> (String, Style) {
        let look = self.state.look;
        match self.row {
            Row::Server(_) => {
                let style = if self.server.owner.alive {
                    Style::new()
                } else {
                    look.dim()
                };
                (shown::text(&self.server.owner.name), style)
            }
            Row::Instance(..) => Default::default(),
            Row::Process(.., None) => (shown::text(&self.server.name), Style::new()),
            Row::Process(..) => {
                let member = self.row.member(&self.picture.inventory);
                let role = member
                    .map(|member| role_name(member.role))
                    .unwrap_or_default();
                (role.to_owned(), look.dim())
            }
        }
    }

    fn state(&self) -> (String, Style) {
        let look = self.state.look;
        let (state, is_stray) = match self.row {
            Row::Server(_) => (self.server.state, false),
            Row::Instance(..) => (
                self.instance
                    .map_or(self.server.state, |instance| instance.state),
                false,
            ),
            Row::Process(..) => {
                let member = self.row.member(&self.picture.inventory);
                (
                    ServerState::Running,
                    member.is_some_and(|member| member.stray),
                )
            }
        };
        match self.process {
            _ if is_stray => ("stray".to_owned(), look.severity(model::Severity::Warning)),
            Some(process) => {
                let state = process.sample.counters.state;
                (
                    process_state(state).to_owned(),
                    process_style(self.state, state),
                )
            }
            None if matches!(self.row, Row::Process(..)) => ("-".to_owned(), look.dim()),
            None => (state.name().replace('_', " "), look.state(state)),
        }
    }

    fn uptime(&self) -> String {
        let table = &self.picture.table;
        let age = self
            .totals
            .oldest_ticks
            .map(|ticks| table.moment.age_of(ticks, &table.host));
        figures::number(age.map(units::seconds))
    }

    fn command(&self) -> String {
        if let Some(process) = self.process {
            return shown::command_line(process);
        }
        let instance = self.instance.or(self.server.instances.first());
        let leaf = instance.and_then(|instance| self.picture.table.get(instance.leaf.pid));
        match (leaf, self.server.declared_in.first()) {
            (Some(process), _) => shown::command_line(process),
            (None, Some(declared)) => format!("declared in {}", shown::text(&declared.file)),
            (None, None) => String::new(),
        }
    }
}

/// The word for a process state.
pub fn process_state(state: ProcessState) -> &'static str {
    match state {
        ProcessState::Running => "running",
        ProcessState::Sleeping => "sleeping",
        ProcessState::DiskSleep => "disk wait",
        ProcessState::Stopped => "stopped",
        ProcessState::Traced => "traced",
        ProcessState::Zombie => "zombie",
        ProcessState::Idle => "idle",
        ProcessState::Dead => "ended",
        ProcessState::Unknown => "-",
    }
}

fn process_style(state: &State, process: ProcessState) -> Style {
    match process {
        ProcessState::Running => state.look.good(),
        ProcessState::Stopped
        | ProcessState::Traced
        | ProcessState::Zombie
        | ProcessState::DiskSleep => state.look.severity(model::Severity::Warning),
        _ => state.look.dim(),
    }
}
