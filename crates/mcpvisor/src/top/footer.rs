//! The last line: the filter while it is typed, else a message, else the keys that help most.

use model::Severity;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Focus;
use super::paint::{self, Row};
use super::{State, shown};

/// Paints the footer.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let look = state.look;
    let mut row = Row::new(area.width);
    if state.typing {
        // The end of a long filter is what is being typed.
        let room = usize::from(area.width).saturating_sub(3);
        let mut filter = state.arrangement.filter.as_str();
        while shown::width(filter) > room {
            filter = filter
                .get(filter.chars().next().map_or(1, char::len_utf8)..)
                .unwrap_or("");
        }
        row.add(
            0,
            [
                ("/".to_owned(), look.key()),
                (filter.to_owned(), Style::new()),
                (" ".to_owned(), look.selected(true)),
            ],
        );
        row.add(
            3,
            [("Enter keeps it, Esc clears it".to_owned(), look.dim())],
        );
    } else if let Some(message) = &state.message {
        let style = if message.is_problem {
            look.severity(Severity::Error)
        } else {
            look.strong()
        };
        let text =
            shown::fit(&shown::text(&message.text), usize::from(area.width), look).into_owned();
        row.add(0, [(text, style)]);
    } else {
        for (key, does) in hints(state) {
            row.add(
                2,
                [
                    ((*key).to_owned(), look.key()),
                    (format!(" {does}"), look.dim()),
                ],
            );
        }
    }
    paint::lines(buffer, area, &[row.line()], 0);
}

fn hints(state: &State) -> &'static [(&'static str, &'static str)] {
    match state.panes.focus {
        Focus::Servers => &[
            ("q", "quit"),
            ("?", "help"),
            ("Enter", "open"),
            ("/", "filter"),
            ("k", "stop"),
            ("x", "clean"),
            ("d", "details"),
            ("f", "findings"),
            ("t", "tree"),
            ("s", "sort"),
            ("p", "pause"),
            ("+-", "interval"),
            ("Tab", "next pane"),
        ],
        Focus::Details => &[
            ("Up Down", "scroll"),
            ("Tab", "next pane"),
            ("d", "close"),
            ("?", "help"),
            ("q", "quit"),
        ],
        Focus::Findings => &[
            ("Up Down", "choose"),
            ("Enter", "show the server"),
            ("x", "clean"),
            ("Tab", "servers"),
            ("?", "help"),
            ("q", "quit"),
        ],
    }
}
