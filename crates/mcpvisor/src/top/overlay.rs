//! The box over the screen: help, questions and answers.

use inventory::plan::Plan;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Clear, Widget};

use super::modal::{Modal, Wish};
use super::paint::{self, Sheet};
use super::{Look, State, confirm, help, shown};
use crate::picture::Picture;

/// The box is no wider, columns.
const WIDEST: u16 = 110;
/// Left of the text, and right of it.
const MARGIN: u16 = 2;

/// A box with its text.
struct Content {
    title: String,
    lines: Vec<Line<'static>>,
    prompt: (String, Style),
}

/// Lines of the text in the box, and how many of them are visible.
pub fn extent(
    modal: &Modal,
    picture: Option<&Picture>,
    look: Look,
    size: (u16, u16),
) -> (usize, usize) {
    let screen = Rect::new(0, 0, size.0, size.1);
    let content = content(modal, picture, look, text_columns(screen));
    let length = content.lines.len();
    (
        length,
        usize::from(place(screen, length).height.saturating_sub(FRAME)),
    )
}

/// Paints the box, if there is one.
pub fn draw(state: &State, buffer: &mut Buffer, screen: Rect) {
    let Some((modal, offset)) = &state.modal else {
        return;
    };
    let look = state.look;
    let content = content(modal, state.picture.as_deref(), look, text_columns(screen));
    let area = place(screen, content.lines.len());
    if area.height < FRAME || area.width <= 2 * MARGIN {
        return;
    }
    Clear.render(area, buffer);
    let inner = paint::titled(buffer, area, &content.title, true, look);
    if area.width < screen.width {
        // What is beside the box is something else.
        for y in inner.top()..inner.bottom() {
            for x in [area.left(), area.right() - 1] {
                buffer.set_string(x, y, look.wall(), look.title());
            }
        }
    }
    let visible = usize::from(area.height - FRAME);
    let text = Rect {
        x: inner.x + MARGIN,
        width: inner.width - 2 * MARGIN,
        height: area.height - FRAME,
        ..inner
    };
    // The text may have become shorter since it was scrolled.
    let offset = (*offset).min(content.lines.len().saturating_sub(visible));
    paint::lines(buffer, text, &content.lines, offset);
    let below = content.lines.len().saturating_sub(offset + visible);
    if below > 0 {
        let more = format!("{below} more lines: Down, PgDn");
        paint::put(
            buffer,
            (text.x, area.bottom() - 3),
            text.width,
            &more,
            look.dim(),
            look,
        );
    }
    let (prompt, style) = content.prompt;
    paint::put(
        buffer,
        (text.x, area.bottom() - 2),
        text.width,
        &prompt,
        style,
        look,
    );
    let rule = look.rule().repeat(usize::from(area.width));
    paint::put(
        buffer,
        (area.x, area.bottom() - 1),
        area.width,
        &rule,
        look.title(),
        look,
    );
}

/// Rows beside the text: the title, what is below, the prompt, and the closing line.
const FRAME: u16 = 4;

fn text_columns(screen: Rect) -> usize {
    usize::from(screen.width.min(WIDEST).saturating_sub(2 * MARGIN))
}

fn place(screen: Rect, lines: usize) -> Rect {
    let width = screen.width.min(WIDEST);
    let wanted = u16::try_from(lines)
        .unwrap_or(u16::MAX)
        .saturating_add(FRAME);
    let height = wanted.min(screen.height);
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    }
}

fn content(modal: &Modal, picture: Option<&Picture>, look: Look, columns: usize) -> Content {
    let close = |text: &str| (text.to_owned(), look.key());
    match modal {
        Modal::Help => Content {
            title: "Keys".to_owned(),
            lines: help::sheet(columns, look).lines,
            prompt: close("Esc closes"),
        },
        Modal::Planning(wish) => Content {
            title: title(wish),
            lines: vec![Line::styled(
                "Finding out what would have to be done ...",
                look.dim(),
            )],
            prompt: close("Esc leaves it"),
        },
        Modal::Confirm(confirmation) => {
            let outdated = confirmation.is_outdated(picture);
            Content {
                title: title(&confirmation.wish),
                lines: confirm::sheet(confirmation, picture, columns, look).lines,
                prompt: prompt(&confirmation.plan, outdated, look),
            }
        }
        Modal::Working(wish) => Content {
            title: title(wish),
            lines: vec![Line::from(
                "Working: ends what was shown, and checks that it is gone ...",
            )],
            prompt: (String::new(), Style::new()),
        },
        Modal::Report(report) => {
            let mut sheet = Sheet::new(columns, look);
            for line in report {
                sheet.paragraph(0, &shown::text(line), Style::new());
            }
            Content {
                title: "Result".to_owned(),
                lines: sheet.lines,
                prompt: close("Esc closes"),
            }
        }
    }
}

fn title(wish: &Wish) -> String {
    match wish {
        Wish::Stop { name, root } => format!("Stop {} (pid {})", shown::text(name), root.pid),
        Wish::Clean => "Clean up".to_owned(),
    }
}

fn prompt(plan: &Plan, outdated: bool, look: Look) -> (String, Style) {
    let processes: usize = plan
        .removals
        .iter()
        .map(|removal| removal.processes.len())
        .sum();
    let warning = look.severity(model::Severity::Warning);
    if plan.removals.is_empty() {
        ("Nothing would be done. Esc closes".to_owned(), look.key())
    } else if outdated {
        (
            "This has changed since it was planned, so it cannot be done. Esc, then ask again"
                .to_owned(),
            warning,
        )
    } else {
        let what = if processes == 1 {
            "this process"
        } else {
            "these processes"
        };
        (
            format!("End {what} ({processes} in all)? y = yes, anything else leaves them [y/N]"),
            warning,
        )
    }
}
