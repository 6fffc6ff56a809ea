//! Clients that listen to live events, all read by one thread, and what each of them has missed.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};

use crate::bench::http::Connection;

/// Between two rounds over all listeners.
const PACE: Duration = Duration::from_millis(50);

/// Listeners that listen.
#[derive(Debug)]
pub(super) struct Crowd {
    enough: Arc<AtomicBool>,
    reader: JoinHandle<Vec<Listener>>,
}

/// What all of them heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) listeners: usize,
    /// Of those, how many were still connected at the end.
    pub(super) held: usize,
    /// Events that each should have heard, added up.
    pub(super) events: u64,
    /// Of those, how many did not come.
    pub(super) missed: u64,
}

#[derive(Debug)]
struct Listener {
    stream: TcpStream,
    open: bool,
    text: Lines,
}

/// The numbers of the events in a stream that comes in pieces.
#[derive(Debug, Default)]
struct Lines {
    line: Vec<u8>,
    first: Option<u64>,
    last: Option<u64>,
    count: u64,
    lagged: u64,
}

impl Crowd {
    /// Connects all of them; returns when each has been answered.
    pub(super) fn gather(port: u16, bearer: &str, count: usize) -> Result<Self> {
        let mut listeners = Vec::with_capacity(count);
        for number in 1..=count {
            let listener = Listener::open(port, bearer)
                .with_context(|| format!("listener {number} of {count}"))?;
            listeners.push(listener);
        }
        let enough = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&enough);
        let reader = thread::spawn(move || {
            while !told.load(Ordering::Relaxed) {
                for listener in &mut listeners {
                    listener.read();
                }
                thread::sleep(PACE);
            }
            listeners
        });
        Ok(Self { enough, reader })
    }

    /// Ends it.
    pub(super) fn dismiss(self) -> Result<Heard> {
        self.enough.store(true, Ordering::Relaxed);
        let listeners = self.reader.join();
        let listeners = listeners.map_err(|_| anyhow!("the listeners failed"))?;
        let heard = listeners.iter().map(|listener| &listener.text);
        let mut heard = heard_by(&heard.collect::<Vec<_>>());
        heard.held = listeners.iter().filter(|listener| listener.open).count();
        ensure!(heard.events > 0, "no event was heard");
        Ok(heard)
    }
}

/// Events have numbers without a gap, and each listener has heard the last one that any has heard,
/// but for those that were on their way when it ended.
fn heard_by(listeners: &[&Lines]) -> Heard {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for last in listeners.iter().filter_map(|lines| lines.last) {
        *counts.entry(last).or_default() += 1;
    }
    // The last one that most have: later ones were still being sent.
    let last = counts.into_iter().max_by_key(|(_, count)| *count);
    let last = last.map_or(0, |(last, _)| last);
    let mut heard = Heard {
        listeners: listeners.len(),
        ..Heard::default()
    };
    for lines in listeners {
        let Some(first) = lines.first else {
            continue;
        };
        let due = (last.max(lines.last.unwrap_or(0)) + 1).saturating_sub(first);
        heard.events += due;
        heard.missed += due.saturating_sub(lines.count).max(lines.lagged);
    }
    heard
}

impl Listener {
    fn open(port: u16, bearer: &str) -> Result<Self> {
        let mut connection = Connection::open(port)?;
        let headers = [("Authorization", bearer), ("Accept", "text/event-stream")];
        connection.begin("GET", "/api/v1/events", &headers)?;
        let head = connection.head()?;
        ensure!(head.status == 200, "refused with {}", head.status);
        let (stream, rest) = connection.into_stream();
        stream.set_nonblocking(true)?;
        let mut text = Lines::default();
        text.take(&rest);
        Ok(Self {
            stream,
            open: true,
            text,
        })
    }

    /// Reads what is there.
    fn read(&mut self) {
        let mut buffer = [0; 16 << 10];
        while self.open {
            match self.stream.read(&mut buffer) {
                Ok(0) => self.open = false,
                Ok(length) => self.text.take(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => self.open = false,
            }
        }
    }
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line();
                self.line.clear();
            } else if self.line.len() < 64 {
                // What is looked for stands at the beginning of short lines.
                self.line.push(*byte);
            }
        }
    }

    fn end_line(&mut self) {
        if self.line.starts_with(b"event: lagged") {
            self.lagged += 1;
        }
        let Some(id) = self.line.strip_prefix(b"id: ") else {
            return;
        };
        let id = std::str::from_utf8(id).ok();
        let number = id.and_then(|id| id.rsplit_once('-')?.1.trim().parse().ok());
        if let Some(number) = number {
            self.first.get_or_insert(number);
            self.last = Some(number);
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Lines {
        let mut lines = Lines::default();
        // Cut anywhere, as the network does.
        for piece in text.as_bytes().chunks(7) {
            lines.take(piece);
        }
        lines
    }

    #[test]
    fn events_are_counted_and_gaps_are_missed() {
        let all = lines(
            "retry: 2000\n\nevent: snapshot\ndata: {}\n\nid: e-7\nevent: a\ndata: id: x-9\n\nid: e-8\n\nid: e-9\n\n",
        );
        assert_eq!((all.first, all.last, all.count), (Some(7), Some(9), 3));
        let gap = lines("id: e-7\n\nid: e-9\n\n");
        let behind = lines("id: e-8\n\n");
        let late = lines(":\n\n");
        let told = lines("event: lagged\ndata: {\"missed\":null}\n\nid: e-9\n\n");
        let heard = heard_by(&[&all, &gap, &behind, &late, &told]);
        assert_eq!(
            heard,
            Heard {
                listeners: 5,
                held: 0,
                events: 3 + 3 + 2 + 1,
                missed: 1 + 1 + 1,
            }
        );
    }
}
