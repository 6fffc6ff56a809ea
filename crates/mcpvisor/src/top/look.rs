//! Colours and signs of the screen: one place, so that a terminal without colours or without
//! Unicode still shows everything.

use inventory::ServerState;
use model::Severity;
use ratatui::style::{Color, Modifier, Style};

/// What the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Colours may be used; otherwise only bold, dim and reverse.
    pub colour: bool,
    /// Characters beyond ASCII may be used for lines and bars.
    pub unicode: bool,
}

impl Look {
    /// Column titles and labels.
    pub fn label(self) -> Style {
        self.tinted(Color::Cyan, Modifier::empty())
    }

    /// Titles of panes.
    pub fn title(self) -> Style {
        self.tinted(Color::Cyan, Modifier::BOLD)
    }

    /// What matters less.
    pub fn dim(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What matters more.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The selected line; weaker while another pane has the keys.
    pub fn selected(self, focused: bool) -> Style {
        let style = Style::new().add_modifier(Modifier::REVERSED);
        if focused {
            style
        } else {
            style.add_modifier(Modifier::DIM)
        }
    }

    /// A key that can be pressed.
    pub fn key(self) -> Style {
        self.tinted(Color::Yellow, Modifier::BOLD)
    }

    /// Something good.
    pub fn good(self) -> Style {
        self.tinted(Color::Green, Modifier::empty())
    }

    /// Bars of a history.
    pub fn bar(self) -> Style {
        self.tinted(Color::Green, Modifier::empty())
    }

    /// By severity.
    pub fn severity(self, severity: Severity) -> Style {
        match severity {
            Severity::Info => self.tinted(Color::Blue, Modifier::empty()),
            Severity::Warning => self.tinted(Color::Yellow, Modifier::empty()),
            Severity::Error => self.tinted(Color::Red, Modifier::empty()),
            Severity::Critical => self.tinted(Color::Red, Modifier::BOLD),
        }
    }

    /// By state.
    pub fn state(self, state: ServerState) -> Style {
        match state {
            ServerState::NotRunning | ServerState::Disabled => self.dim(),
            ServerState::Running => self.good(),
            ServerState::Duplicate | ServerState::Surplus => self.severity(Severity::Warning),
            ServerState::Stopped | ServerState::Zombie | ServerState::Orphan => {
                self.severity(Severity::Error)
            }
        }
    }

    fn tinted(self, colour: Color, modifier: Modifier) -> Style {
        let style = Style::new().add_modifier(modifier);
        if self.colour { style.fg(colour) } else { style }
    }

    /// Between two facts on one line.
    pub fn dot(self) -> &'static str {
        if self.unicode { " · " } else { ", " }
    }

    /// A row that can be opened, or closed.
    pub fn fold(self, open: bool) -> &'static str {
        match (self.unicode, open) {
            (true, true) => "▾ ",
            (true, false) => "▸ ",
            (false, true) => "- ",
            (false, false) => "+ ",
        }
    }

    /// Beside the title of the column that rows are sorted by.
    pub fn sorted(self, descending: bool) -> char {
        match (self.unicode, descending) {
            (true, true) => '▼',
            (true, false) => '▲',
            (false, true) => 'v',
            (false, false) => '^',
        }
    }

    /// What stands for the rest of a text that was cut.
    pub fn ellipsis(self) -> &'static str {
        if self.unicode { "…" } else { "~" }
    }

    /// Number of the server's instances.
    pub fn times(self) -> &'static str {
        if self.unicode { "×" } else { "x" }
    }

    /// Heights of a bar, the lowest first.
    pub fn bars(self) -> [char; 8] {
        if self.unicode {
            ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
        } else {
            ['_', '.', ':', '-', '=', '+', '*', '#']
        }
    }

    /// A line across the screen.
    pub fn rule(self) -> &'static str {
        if self.unicode { "─" } else { "-" }
    }

    /// A line down the screen.
    pub fn wall(self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }
}
