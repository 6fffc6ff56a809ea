//! Tests of the screen: what is painted at 80 by 24 and 200 by 50, and what keys do.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::{Effect, Input, Key, Look, Options, State, draw};
use crate::picture::Picture;

mod confirming;
mod moving;
pub(crate) mod sample;
mod screens;

const SECOND: u64 = 1_000_000_000;

/// A screen with its clock, as a person sees it.
struct Seat {
    state: State,
    now_ns: u64,
}

impl Seat {
    fn new(columns: u16, rows: u16) -> Self {
        let options = Options {
            interval: std::time::Duration::from_secs(1),
            look: Look {
                colour: false,
                unicode: true,
            },
            zone: TimeZone::UTC,
        };
        let mut seat = Self {
            state: State::new(&options),
            now_ns: sample::BOOT_NS,
        };
        seat.tell(Input::Resize(columns, rows));
        seat
    }

    /// With the sample picture.
    fn watching(columns: u16, rows: u16) -> Self {
        let mut seat = Self::new(columns, rows);
        seat.show(sample::picture());
        seat
    }

    fn tell(&mut self, input: Input) -> Vec<Effect> {
        self.state.on(input, self.now_ns)
    }

    fn show(&mut self, picture: Picture) {
        self.tell(Input::Picture(Arc::new(picture)));
    }

    /// Presses keys: characters, or names in angle brackets. Each takes a second.
    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut rest = keys;
        while let Some(first) = rest.chars().next() {
            let (key, length) = match rest.find('>').filter(|_| first == '<') {
                Some(end) => (named(&rest[1..end]), end + 1),
                None => (Key::Char(first), first.len_utf8()),
            };
            rest = &rest[length..];
            self.now_ns += SECOND;
            effects.extend(self.tell(Input::Key(key)));
        }
        effects
    }

    /// What is on the screen, without blanks at the ends of lines.
    fn screen(&self) -> String {
        let (columns, rows) = self.state.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(&self.state, frame)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut text = String::new();
        for row in 0..rows {
            let mut line = String::new();
            let mut column = 0;
            while column < columns {
                let symbol = buffer[(column, row)].symbol();
                line.push_str(symbol);
                column += u16::try_from(super::shown::width(symbol).max(1)).unwrap();
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The selected line of the screen, by its reversed colours.
    fn selected_line(&self) -> String {
        let row = self.state.row().unwrap();
        let key = row.key(&self.state.picture.as_ref().unwrap().inventory);
        format!("{:?}", key.unwrap())
    }
}

fn named(name: &str) -> Key {
    match name {
        "enter" => Key::Enter,
        "esc" => Key::Escape,
        "tab" => Key::Tab,
        "up" => Key::Up,
        "down" => Key::Down,
        "left" => Key::Left,
        "right" => Key::Right,
        "pgup" => Key::PageUp,
        "pgdn" => Key::PageDown,
        "home" => Key::Home,
        "end" => Key::End,
        "back" => Key::Backspace,
        _ => Key::Control('c'),
    }
}
