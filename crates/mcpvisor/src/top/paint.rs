//! Putting text on the screen and into lines.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Look, shown};

/// Columns of a label in front of a fact.
const LABEL: usize = 11;

/// Writes into at most so many columns; cuts what does not fit.
pub fn put(
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    columns: u16,
    text: &str,
    style: Style,
    look: Look,
) {
    if columns > 0 {
        let text = shown::fit(text, usize::from(columns), look);
        buffer.set_stringn(x, y, text, usize::from(columns), style);
    }
}

/// A title on a line across the area's first row; the rest of the area.
pub fn titled(buffer: &mut Buffer, area: Rect, title: &str, focused: bool, look: Look) -> Rect {
    if area.is_empty() {
        return area;
    }
    let style = if focused { look.title() } else { look.dim() };
    let rule = look.rule();
    let title = shown::fit(title, usize::from(area.width.saturating_sub(6)), look);
    let filled = usize::from(area.width).saturating_sub(shown::width(&title) + 4);
    let line = format!("{rule}{rule} {title} {}", rule.repeat(filled));
    put(buffer, (area.x, area.y), area.width, &line, style, look);
    Rect {
        y: area.y + 1,
        height: area.height - 1,
        ..area
    }
}

/// Writes lines into an area, from the one at `offset` on.
pub fn lines(buffer: &mut Buffer, area: Rect, lines: &[Line<'_>], offset: usize) {
    for (line, y) in lines.iter().skip(offset).zip(area.top()..area.bottom()) {
        buffer.set_line(area.x, y, line, area.width);
    }
}

/// Facts that stand side by side as long as each fits as a whole.
#[derive(Debug)]
pub struct Row {
    spans: Vec<Span<'static>>,
    taken: usize,
    columns: usize,
}

impl Row {
    /// With room for so many columns.
    pub fn new(columns: u16) -> Self {
        Self {
            spans: Vec::new(),
            taken: 0,
            columns: usize::from(columns),
        }
    }

    /// Adds a fact if there is room for all of it, after a gap of so many columns.
    pub fn add(&mut self, gap: usize, parts: impl IntoIterator<Item = (String, Style)>) {
        let gap = if self.spans.is_empty() { 0 } else { gap };
        let parts: Vec<(String, Style)> = parts.into_iter().collect();
        let wide: usize = parts.iter().map(|(text, _)| shown::width(text)).sum();
        if self.taken + gap + wide > self.columns {
            return;
        }
        self.taken += gap + wide;
        if gap > 0 {
            self.spans.push(Span::raw(" ".repeat(gap)));
        }
        self.spans.extend(
            parts
                .into_iter()
                .map(|(text, style)| Span::styled(text, style)),
        );
    }

    /// Columns that are left.
    pub fn left(&self) -> usize {
        self.columns - self.taken
    }

    /// The line.
    pub fn line(self) -> Line<'static> {
        Line::from(self.spans)
    }
}

/// Labelled facts, one below the other.
#[derive(Debug)]
pub struct Sheet {
    /// The lines.
    pub lines: Vec<Line<'static>>,
    columns: usize,
    look: Look,
}

impl Sheet {
    /// For so many columns.
    pub fn new(columns: usize, look: Look) -> Self {
        Self {
            lines: Vec::new(),
            columns,
            look,
        }
    }

    /// Columns beside a label.
    pub fn room(&self) -> usize {
        self.columns.saturating_sub(LABEL + 1)
    }

    /// A fact with its label, over as many lines as it takes.
    pub fn fact(&mut self, label: &str, text: &str) {
        self.styled_fact(label, text, Style::new());
    }

    /// As [`Self::fact`], in a style.
    pub fn styled_fact(&mut self, label: &str, text: &str, style: Style) {
        for (number, line) in shown::wrap(text, self.room()).into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            self.lines.push(Line::from(vec![
                Span::styled(format!("{label:<LABEL$} "), self.look.label()),
                Span::styled(line, style),
            ]));
        }
    }

    /// A line of its own, cut where the room ends.
    pub fn line(&mut self, text: &str, style: Style) {
        let text = shown::fit(text, self.columns, self.look).into_owned();
        self.lines.push(Line::styled(text, style));
    }

    /// A paragraph that starts further right.
    pub fn paragraph(&mut self, indent: usize, text: &str, style: Style) {
        for line in shown::wrap(text, self.columns.saturating_sub(indent)) {
            self.lines
                .push(Line::styled(format!("{:indent$}{line}", ""), style));
        }
    }

    /// An empty line, unless it would be the first.
    pub fn gap(&mut self) {
        if !self.lines.is_empty() {
            self.lines.push(Line::default());
        }
    }
}
