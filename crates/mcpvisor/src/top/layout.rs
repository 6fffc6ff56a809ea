//! How the screen is divided.
//!
//! A narrow terminal shows servers and at most one pane more: details below, or findings in their
//! place. A wide one has details at the right and findings below the servers.

use ratatui::layout::Rect;

/// Terminals from this width on are wide, columns.
pub const WIDE: u16 = 150;
/// Findings are shown without being asked for from this height on, in a wide terminal, rows.
pub const TALL: u16 = 30;
/// Below this height the header is a single line.
const LOW: u16 = 12;

/// Who has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The table of servers.
    #[default]
    Servers,
    /// The details of what is selected.
    Details,
    /// The findings.
    Findings,
}

/// What is to be shown.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Rows of the header in a terminal that is high enough.
    pub header: u16,
    /// The details pane.
    pub details: bool,
    /// The findings pane.
    pub findings: bool,
    /// Who has the keys.
    pub focus: Focus,
}

/// Where everything is. Panes begin with a title line, the table with the column titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Areas {
    /// Totals.
    pub header: Rect,
    /// The table; empty while findings have its place.
    pub servers: Rect,
    /// Details.
    pub details: Option<Rect>,
    /// Findings.
    pub findings: Option<Rect>,
    /// Keys and messages.
    pub footer: Rect,
}

/// Is a terminal of this width wide?
pub fn is_wide(columns: u16) -> bool {
    columns >= WIDE
}

/// Divides the screen.
pub fn divide(area: Rect, wanted: Wanted) -> Areas {
    let header_rows = if area.height < LOW {
        1.min(area.height)
    } else {
        wanted.header
    };
    let footer_rows = 1.min(area.height - header_rows);
    let body_rows = area.height - header_rows - footer_rows;
    let header = Rect {
        height: header_rows,
        ..area
    };
    let body = Rect {
        y: area.y + header_rows,
        height: body_rows,
        ..area
    };
    let footer = Rect {
        y: area.y + header_rows + body_rows,
        height: footer_rows,
        ..area
    };
    let (servers, details, findings) = if is_wide(area.width) {
        wide(body, wanted)
    } else {
        narrow(body, wanted)
    };
    Areas {
        header,
        servers,
        details,
        findings,
        footer,
    }
}

fn wide(body: Rect, wanted: Wanted) -> (Rect, Option<Rect>, Option<Rect>) {
    let right = if wanted.details {
        (body.width * 2 / 5).clamp(56, 90)
    } else {
        0
    };
    let left = Rect {
        width: body.width - right,
        ..body
    };
    let details = wanted.details.then_some(Rect {
        x: body.x + left.width,
        width: right,
        ..body
    });
    if !wanted.findings {
        return (left, details, None);
    }
    let share = if wanted.focus == Focus::Findings {
        body.height / 2
    } else {
        body.height / 3
    };
    let (servers, findings) = below(left, share);
    (servers, details, Some(findings))
}

fn narrow(body: Rect, wanted: Wanted) -> (Rect, Option<Rect>, Option<Rect>) {
    if wanted.findings {
        return (Rect { height: 0, ..body }, None, Some(body));
    }
    if !wanted.details {
        return (body, None, None);
    }
    let share = if wanted.focus == Focus::Details {
        body.height * 3 / 4
    } else {
        body.height * 11 / 20
    };
    let (servers, details) = below(body, share);
    (servers, Some(details), None)
}

/// The area without its last rows, and these.
fn below(area: Rect, rows: u16) -> (Rect, Rect) {
    let above = area.height - rows.min(area.height);
    (
        Rect {
            height: above,
            ..area
        },
        Rect {
            y: area.y + above,
            height: area.height - above,
            ..area
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_is_too_small_and_nothing_overlaps() {
        for (width, height) in [
            (0, 0),
            (1, 1),
            (10, 2),
            (80, 3),
            (80, 24),
            (149, 11),
            (150, 12),
            (200, 50),
        ] {
            for focus in [Focus::Servers, Focus::Details, Focus::Findings] {
                for (details, findings) in
                    [(false, false), (true, false), (false, true), (true, true)]
                {
                    let area = Rect::new(0, 0, width, height);
                    let areas = divide(
                        area,
                        Wanted {
                            header: 3,
                            details,
                            findings,
                            focus,
                        },
                    );
                    let all = [
                        Some(areas.header),
                        Some(areas.servers),
                        areas.details,
                        areas.findings,
                        Some(areas.footer),
                    ];
                    let all: Vec<Rect> = all
                        .into_iter()
                        .flatten()
                        .filter(|rect| !rect.is_empty())
                        .collect();
                    let covered: u32 = all.iter().map(|rect| rect.area()).sum();
                    assert_eq!(covered, area.area(), "{width}x{height} {areas:?}");
                    for rect in &all {
                        assert_eq!(area.intersection(*rect), *rect);
                    }
                }
            }
        }
    }
}
