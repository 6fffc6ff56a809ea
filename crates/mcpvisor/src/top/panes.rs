//! Which panes are open, what fits into them, and who has the keys.

use ratatui::layout::Rect;

use super::layout::{self, Areas, Focus, Wanted};
use super::selection::Selection;
use super::{State, header};

/// Panes beside the table. `None` means: as the size of the terminal suggests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Panes {
    /// Details are open.
    pub details: Option<bool>,
    /// First visible line of the details.
    pub details_offset: usize,
    /// Findings are open.
    pub findings: Option<bool>,
    /// Selected finding.
    pub finding: Selection,
    /// Who has the keys.
    pub focus: Focus,
}

impl State {
    /// Is the details pane on the screen?
    pub fn shows_details(&self) -> bool {
        let wide = layout::is_wide(self.size.0);
        self.panes.details.unwrap_or(wide) && (wide || !self.shows_findings())
    }

    /// Is the findings pane on the screen?
    pub fn shows_findings(&self) -> bool {
        if !layout::is_wide(self.size.0) {
            return self.panes.focus == Focus::Findings;
        }
        let some = self
            .picture
            .as_ref()
            .is_some_and(|picture| !picture.findings.is_empty());
        self.panes
            .findings
            .unwrap_or(some && self.size.1 >= layout::TALL)
    }

    /// Where everything is on a screen of this size.
    pub fn areas(&self, area: Rect) -> Areas {
        layout::divide(
            area,
            Wanted {
                header: header::rows(self),
                details: self.shows_details(),
                findings: self.shows_findings(),
                focus: self.panes.focus,
            },
        )
    }

    /// Where everything is on the screen as it was last said to be.
    pub fn own_areas(&self) -> Areas {
        self.areas(Rect::new(0, 0, self.size.0, self.size.1))
    }

    /// Rows of the table that are visible.
    pub fn visible_rows(&self) -> usize {
        usize::from(self.own_areas().servers.height.saturating_sub(1))
    }

    /// Gives the keys to the next pane that is open; findings are always within reach.
    pub fn next_pane(&mut self) {
        let focus = match self.panes.focus {
            Focus::Servers if self.shows_details() => Focus::Details,
            Focus::Servers | Focus::Details => Focus::Findings,
            Focus::Findings => Focus::Servers,
        };
        self.give_keys(focus);
    }

    /// Gives the keys to a pane and opens it.
    pub fn give_keys(&mut self, focus: Focus) {
        self.panes.focus = focus;
        match focus {
            Focus::Details => self.panes.details = Some(true),
            Focus::Findings if layout::is_wide(self.size.0) => self.panes.findings = Some(true),
            Focus::Findings | Focus::Servers => {}
        }
        self.settle();
    }

    /// Opens or closes the details.
    pub fn toggle_details(&mut self) {
        let open = !self.shows_details();
        self.panes.details = Some(open);
        self.panes.details_offset = 0;
        if !layout::is_wide(self.size.0) && open {
            self.panes.focus = Focus::Servers;
        }
        self.settle();
    }

    /// Opens the findings and gives them the keys, or closes them.
    pub fn toggle_findings(&mut self) {
        if self.panes.focus == Focus::Findings {
            self.panes.findings = Some(false);
            self.give_keys(Focus::Servers);
        } else {
            self.give_keys(Focus::Findings);
        }
    }

    /// Brings selections into lists and views that may have changed.
    pub fn settle(&mut self) {
        let closed = match self.panes.focus {
            Focus::Servers => false,
            Focus::Details => !self.shows_details(),
            Focus::Findings => !self.shows_findings(),
        };
        if closed {
            self.panes.focus = Focus::Servers;
        }
        let visible = self.visible_rows();
        self.selection.settle(self.rows.len(), visible);
        let findings = self
            .picture
            .as_ref()
            .map_or(0, |picture| picture.findings.len());
        let room = self
            .own_areas()
            .findings
            .map_or(1, |area| super::findings::list_rows(area, findings));
        self.panes.finding.settle(findings, room);
    }
}
