//! Everything that the screen shows, and how it changes: `on(input, now) -> effects`.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use model::Finding;

use super::figures::Totals;
use super::history::History;
use super::input::{Effect, Input, Outcome};
use super::modal::{Confirmation, Modal};
use super::panes::Panes;
use super::rows::{self, Arrangement, Row, RowKey};
use super::selection::Selection;
use super::{Look, keys};
use crate::picture::Picture;

/// How long a message stays, nanoseconds.
const MESSAGE_NS: u64 = 4_000_000_000;

/// How to begin.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two looks at the machine.
    pub interval: Duration,
    /// What the terminal can show.
    pub look: Look,
    /// For the time of day.
    pub zone: TimeZone,
}

/// A line for people that goes away by itself.
#[derive(Clone, Debug)]
pub struct Message {
    /// The line.
    pub text: String,
    /// Something went wrong.
    pub is_problem: bool,
    until_ns: u64,
}

/// The screen's state.
#[derive(Clone, Debug)]
pub struct State {
    /// What the terminal can show.
    pub look: Look,
    /// For the time of day.
    pub zone: TimeZone,
    /// Time between two looks at the machine.
    pub interval: Duration,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The last picture; `None` before the first.
    pub picture: Option<Arc<Picture>>,
    /// Figures of each server of the picture.
    pub totals: Vec<Totals>,
    /// Figures of all of them.
    pub whole: Totals,
    /// The last two minutes.
    pub history: History,
    /// Which rows, in which order.
    pub arrangement: Arrangement,
    /// The rows.
    pub rows: Vec<Row>,
    /// Selected row.
    pub selection: Selection,
    /// What the selected row stands for.
    pub selected: Option<RowKey>,
    /// Somebody chose the selected row, so the selection goes where that goes. Until then it is
    /// the first row, whatever that is.
    pub follows: bool,
    /// Findings as places in the picture, the worst first.
    pub findings: Vec<usize>,
    /// The filter is being typed.
    pub typing: bool,
    /// Panes beside the table.
    pub panes: Panes,
    /// What lies over the screen, and its first visible line.
    pub modal: Option<(Modal, usize)>,
    /// No new pictures are wanted.
    pub paused: bool,
    /// A line at the bottom.
    pub message: Option<Message>,
}

impl State {
    /// Before the first picture.
    pub fn new(options: &Options) -> Self {
        Self {
            look: options.look,
            zone: options.zone.clone(),
            interval: options.interval,
            size: (80, 24),
            picture: None,
            totals: Vec::new(),
            whole: Totals::default(),
            history: History::default(),
            arrangement: Arrangement::default(),
            rows: Vec::new(),
            selection: Selection::default(),
            selected: None,
            follows: false,
            findings: Vec::new(),
            typing: false,
            panes: Panes::default(),
            modal: None,
            paused: false,
            message: None,
        }
    }

    /// Takes in what happened at `now_ns` (nanoseconds since boot), and says what is to be done.
    pub fn on(&mut self, input: Input, now_ns: u64) -> Vec<Effect> {
        match input {
            Input::Key(key) => keys::press(self, key, now_ns),
            Input::Resize(columns, rows) => {
                self.size = (columns, rows);
                self.settle();
                vec![Effect::Redraw]
            }
            Input::Picture(picture) => {
                self.show(picture);
                vec![Effect::Redraw]
            }
            Input::Failed(why) => {
                self.complain(format!("Cannot look at the machine: {why}"), now_ns);
                vec![Effect::Redraw]
            }
            Input::Tick => self.tick(now_ns),
            Input::Result(outcome) => self.learn(outcome, now_ns),
        }
    }

    /// When the next [`Input::Tick`] is wanted, nanoseconds since boot.
    pub fn wakes_at(&self) -> Option<u64> {
        self.message.as_ref().map(|message| message.until_ns)
    }

    /// The finding at a place of the list.
    pub fn finding(&self, at: usize) -> Option<&Finding> {
        self.picture.as_ref()?.findings.get(*self.findings.get(at)?)
    }

    /// The selected row.
    pub fn row(&self) -> Option<Row> {
        self.rows.get(self.selection.index).copied()
    }

    /// Tells people something for a while.
    pub fn say(&mut self, text: impl Into<String>, now_ns: u64) {
        let until_ns = now_ns + MESSAGE_NS;
        self.message = Some(Message {
            text: text.into(),
            is_problem: false,
            until_ns,
        });
    }

    /// Tells people for a while what went wrong, or why something is not done.
    pub fn complain(&mut self, text: impl Into<String>, now_ns: u64) {
        self.say(text, now_ns);
        if let Some(message) = &mut self.message {
            message.is_problem = true;
        }
    }

    /// Makes the rows again after the arrangement or the picture changed; the same thing stays
    /// selected, or what took its place.
    pub fn rearrange(&mut self) {
        let Some(picture) = self.picture.clone() else {
            return;
        };
        self.rows = rows::arrange(&picture, &self.totals, &self.arrangement);
        let inventory = &picture.inventory;
        if let Some(wanted) = self.selected.as_ref().filter(|_| self.follows) {
            let found = self
                .rows
                .iter()
                .position(|row| row.key(inventory).as_ref() == Some(wanted));
            self.selection.index = found.unwrap_or(self.selection.index);
        } else {
            self.selection.index = 0;
        }
        self.settle();
        self.note_selected();
    }

    /// Remembers what is selected now.
    pub fn note_selected(&mut self) {
        let inventory = self.picture.as_ref().map(|picture| &picture.inventory);
        let key = self
            .row()
            .zip(inventory)
            .and_then(|(row, inventory)| row.key(inventory));
        if key != self.selected {
            self.panes.details_offset = 0;
            self.selected = key;
        }
    }

    fn show(&mut self, picture: Arc<Picture>) {
        let table = &picture.table;
        let servers = &picture.inventory.servers;
        self.totals.clear();
        self.totals.extend(
            servers
                .iter()
                .map(|server| Totals::of_server(table, server)),
        );
        self.whole = Totals::default();
        for totals in &self.totals {
            self.whole.join(totals);
        }
        let interval_ns = u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX);
        let figures = servers
            .iter()
            .map(|server| server.id.as_str())
            .zip(&self.totals);
        self.history
            .push(table.moment.boot_ns, interval_ns, figures);
        self.forget_closed(&picture);
        let finding = self
            .finding(self.panes.finding.index)
            .map(|finding| finding.id.clone());
        self.findings = super::findings::order(&picture.findings);
        self.picture = Some(picture);
        let same = (0..self.findings.len()).find(|at| {
            finding.is_some() && self.finding(*at).map(|found| &found.id) == finding.as_ref()
        });
        self.panes.finding.index = same.unwrap_or(self.panes.finding.index);
        self.rearrange();
    }

    /// What is gone is not open any more: the sets hold no more than the picture.
    fn forget_closed(&mut self, picture: &Picture) {
        let how = &mut self.arrangement;
        if !how.open_servers.is_empty() {
            let ids: HashSet<&str> = picture
                .inventory
                .servers
                .iter()
                .map(|server| server.id.as_str())
                .collect();
            how.open_servers.retain(|id| ids.contains(id.as_str()));
        }
        if !how.open_instances.is_empty() {
            let roots: HashSet<_> = picture
                .inventory
                .instances()
                .map(|(_, instance)| instance.root)
                .collect();
            how.open_instances.retain(|root| roots.contains(root));
        }
    }

    fn tick(&mut self, now_ns: u64) -> Vec<Effect> {
        if self
            .message
            .as_ref()
            .is_some_and(|message| now_ns >= message.until_ns)
        {
            self.message = None;
            return vec![Effect::Redraw];
        }
        Vec::new()
    }

    fn learn(&mut self, outcome: Outcome, now_ns: u64) -> Vec<Effect> {
        match (outcome, self.modal.take()) {
            (Outcome::Planned(Ok(plan)), Some((Modal::Planning(wish), _))) => {
                let confirmation = Confirmation {
                    wish,
                    plan: Arc::new(plan),
                    since_ns: now_ns,
                };
                self.modal = Some((Modal::Confirm(confirmation), 0));
            }
            (Outcome::Planned(Err(why)), Some((Modal::Planning(_), _))) => {
                self.complain(format!("No plan could be made: {why}"), now_ns);
            }
            (Outcome::Applied(Ok(lines)), Some((Modal::Working(_), _))) => {
                self.modal = Some((Modal::Report(lines), 0));
            }
            (Outcome::Applied(Err(why)), Some((Modal::Working(_), _))) => {
                self.modal = Some((Modal::Report(vec!["Not done.".to_owned(), why]), 0));
            }
            // Nobody waits for it any more.
            (_, other) => self.modal = other,
        }
        vec![Effect::Redraw]
    }
}
