//! Tables: figures to the right, words to the left, one line a row, cut to the width.

use model::text;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Heading.
    pub name: &'static str,
    /// Figures are aligned to the right.
    pub figure: bool,
    /// Widest that it may become, characters; 0 for as wide as there is room.
    pub widest: u16,
}

/// A column of words of at most so many characters.
pub const fn words(name: &'static str, widest: u16) -> Column {
    Column {
        name,
        figure: false,
        widest,
    }
}

/// A column of figures.
pub const fn figure(name: &'static str) -> Column {
    Column {
        name,
        figure: true,
        widest: 12,
    }
}

/// Lays rows out. Text from other programs must have been made safe; every line ends in a newline.
///
/// Columns are as wide as what is in them, up to their bound; the last one gets what is left.
pub fn layout(columns: &[Column], rows: Vec<Vec<String>>, width: Option<u16>) -> String {
    let header: Vec<String> = columns
        .iter()
        .map(|column| column.name.to_owned())
        .collect();
    let rows: Vec<Vec<String>> = std::iter::once(header)
        .chain(rows)
        .map(|row| {
            let cells = row.into_iter().zip(columns);
            cells
                .map(|(cell, column)| shorten(&cell, usize::from(column.widest)))
                .collect()
        })
        .collect();
    let mut widths = vec![0; columns.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP).sum();
    if let (Some(last), Some(width)) = (widths.last_mut(), width) {
        *last = (*last).min(usize::from(width).saturating_sub(before).max(LEAST));
    }
    let mut page = String::new();
    for row in &rows {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(columns).zip(&widths) {
            let cell = shorten(cell, *width);
            let room = " ".repeat(width.saturating_sub(cell.width()));
            let (left, right) = if column.figure {
                (room.as_str(), "")
            } else {
                ("", room.as_str())
            };
            line.extend([left, &cell, right, "  "]);
        }
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}

/// Characters between columns.
const GAP: usize = 2;
/// The last column stays at least this wide, even if lines then pass the width.
const LEAST: usize = 8;

/// At most so many columns wide, with an ellipsis where something is missing; 0 for no bound.
pub fn shorten(text: &str, widest: usize) -> String {
    if widest == 0 || text.width() <= widest {
        return text.to_owned();
    }
    let mut room = widest.saturating_sub(1);
    let mut short = String::new();
    for c in text.chars() {
        let Some(rest) = room.checked_sub(c.width().unwrap_or(0)) else {
            break;
        };
        room = rest;
        short.push(c);
    }
    short.push('…');
    short
}

/// Text from another program, safe to show.
pub fn safe(text: &str) -> String {
    text::safe(text).into_owned()
}

/// Bytes, or `-` if they are not known.
pub fn bytes(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), model::units::bytes)
}

/// A percentage with one decimal, or `-`.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

/// A count, or `-`.
pub fn count<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::{figure, layout, shorten, words};

    #[test]
    fn columns_line_up_and_the_last_gives_way() {
        let columns = [words("NAME", 6), figure("CPU"), words("COMMAND", 0)];
        let rows = vec![
            vec![
                "memory-server".to_owned(),
                "0.1".to_owned(),
                "node /a/very/long/path/indeed".to_owned(),
            ],
            vec!["日本語".to_owned(), "100.0".to_owned(), "x".to_owned()],
        ];
        let text = layout(&columns, rows, Some(30));
        assert_eq!(
            text,
            "NAME      CPU  COMMAND\nmemor…    0.1  node /a/very/l…\n日本語  100.0  x\n"
        );
        assert!(
            text.lines()
                .all(|line| unicode_width::UnicodeWidthStr::width(line) <= 30)
        );
    }

    #[test]
    fn wide_characters_are_not_halved() {
        assert_eq!(shorten("日本語", 4), "日…");
        assert_eq!(shorten("abc", 3), "abc");
    }
}
