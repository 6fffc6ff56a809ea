//! Painting a state: header, table, panes, footer, and what lies over them.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Focus;
use super::{State, details, findings, footer, header, overlay, paint, table};

/// Paints the whole screen.
pub fn draw(state: &State, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    let areas = state.areas(area);
    header::draw(state, buffer, areas.header);
    if state.picture.is_none() {
        let text = "Looking at the machine ...";
        paint::put(
            buffer,
            (areas.servers.x, areas.servers.y),
            areas.servers.width,
            text,
            state.look.dim(),
            state.look,
        );
    } else {
        table::draw(state, buffer, areas.servers);
        if let Some(area) = areas.details {
            let area = beside(state, buffer, area, areas.servers);
            details::draw(state, buffer, area, state.panes.focus == Focus::Details);
        }
        if let Some(area) = areas.findings {
            findings::draw(state, buffer, area, state.panes.focus == Focus::Findings);
        }
    }
    footer::draw(state, buffer, areas.footer);
    overlay::draw(state, buffer, area);
}

/// A line between two panes that stand side by side; the area that is left.
fn beside(state: &State, buffer: &mut Buffer, area: Rect, servers: Rect) -> Rect {
    if area.x == servers.x || area.width < 2 {
        return area;
    }
    for y in area.top()..area.bottom() {
        buffer.set_string(area.x, y, state.look.wall(), state.look.dim());
    }
    Rect {
        x: area.x + 1,
        width: area.width - 1,
        ..area
    }
}
