//! What the edge counts about itself. Each counter only grows, but for those that say how many there
//! are right now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a request or a connection was not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The target is too long, or no path of ours.
    Target,
    /// Host missing, doubled, or foreign.
    Host,
    /// A web page of somebody else asks.
    Origin,
    /// Outside of the base path.
    Outside,
    /// No token, or a wrong one.
    Token,
    /// Too many wrong tokens.
    Rate,
    /// Another user at the unix socket.
    Peer,
    /// Too long, too slow, or of the wrong type.
    Body,
    /// Too many at a time.
    Connections,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Target,
        Self::Host,
        Self::Origin,
        Self::Outside,
        Self::Token,
        Self::Rate,
        Self::Peer,
        Self::Body,
        Self::Connections,
    ];

    /// The word for labels and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Target => "target",
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Outside => "outside",
            Self::Token => "token",
            Self::Rate => "rate",
            Self::Peer => "peer",
            Self::Body => "body",
            Self::Connections => "connections",
        }
    }
}

/// The live counters; clones share them.
#[derive(Debug, Clone, Default)]
pub struct Counters(Arc<Cells>);

#[derive(Debug, Default)]
struct Cells {
    /// By the first digit of the status, from 1 to 5.
    answers: [AtomicU64; 5],
    refused: [AtomicU64; Reason::ALL.len()],
    timeouts: AtomicU64,
    panics: AtomicU64,
    accept_errors: AtomicU64,
    handshake_errors: AtomicU64,
    malformed: AtomicU64,
    slow_heads: AtomicU64,
    connections: AtomicU64,
    connections_open: AtomicU64,
}

/// All counters at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Answers by status class: 1xx, 2xx, 3xx, 4xx, 5xx.
    pub answers: [u64; 5],
    /// Refusals by the word of their reason.
    pub refused: std::collections::BTreeMap<String, u64>,
    /// Handlers that did not answer in time.
    pub timeouts: u64,
    /// Handlers that panicked.
    pub panics: u64,
    /// Connections that could not be accepted, such as for want of file descriptors.
    pub accept_errors: u64,
    /// TLS handshakes that failed.
    pub handshake_errors: u64,
    /// Connections that ended because what came was no HTTP, or more than a head may have.
    pub malformed: u64,
    /// Connections that ended because the next request did not come in time, idle ones too.
    pub slow_heads: u64,
    /// Connections so far.
    pub connections: u64,
    /// Connections right now.
    pub connections_open: u64,
}

impl Counters {
    /// All values.
    pub fn read(&self) -> Counts {
        let cells = &self.0;
        let refused = Reason::ALL
            .iter()
            .zip(&cells.refused)
            .map(|(reason, cell)| (reason.name().to_owned(), load(cell)))
            .collect();
        Counts {
            answers: std::array::from_fn(|class| load(&cells.answers[class])),
            refused,
            timeouts: load(&cells.timeouts),
            panics: load(&cells.panics),
            accept_errors: load(&cells.accept_errors),
            handshake_errors: load(&cells.handshake_errors),
            malformed: load(&cells.malformed),
            slow_heads: load(&cells.slow_heads),
            connections: load(&cells.connections),
            connections_open: load(&cells.connections_open),
        }
    }

    pub(crate) fn answered(&self, status: StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1).min(4);
        add(&self.0.answers[class]);
    }

    pub(crate) fn refused(&self, reason: Reason) {
        let place = Reason::ALL.iter().position(|known| *known == reason);
        if let Some(cell) = place.and_then(|place| self.0.refused.get(place)) {
            add(cell);
        }
    }

    pub(crate) fn timed_out(&self) {
        add(&self.0.timeouts);
    }

    pub(crate) fn panicked(&self) {
        add(&self.0.panics);
    }

    pub(crate) fn accept_failed(&self) {
        add(&self.0.accept_errors);
    }

    pub(crate) fn handshake_failed(&self) {
        add(&self.0.handshake_errors);
    }

    /// Counts why hyper gave a connection up; clients that go away are nothing special.
    pub(crate) fn ended(&self, error: &hyper::Error) {
        if error.is_parse() {
            add(&self.0.malformed);
        } else if error.is_timeout() {
            add(&self.0.slow_heads);
        }
    }

    /// Counts a connection until the guard is dropped.
    pub(crate) fn connected(&self) -> Connected {
        add(&self.0.connections);
        add(&self.0.connections_open);
        Connected(self.clone())
    }
}

/// Stands for an open connection.
#[derive(Debug)]
pub(crate) struct Connected(Counters);

impl Drop for Connected {
    fn drop(&mut self) {
        let open = &self.0.0.connections_open;
        open.fetch_sub(1, Ordering::Relaxed);
    }
}

fn add(cell: &AtomicU64) {
    cell.fetch_add(1, Ordering::Relaxed);
}

fn load(cell: &AtomicU64) -> u64 {
    cell.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_each_thing_once() {
        let counters = Counters::default();
        let connection = counters.connected();
        counters.answered(StatusCode::OK);
        counters.answered(StatusCode::NOT_FOUND);
        counters.answered(StatusCode::FORBIDDEN);
        counters.refused(Reason::Host);
        let counts = counters.read();
        assert_eq!(counts.answers, [0, 1, 0, 2, 0]);
        assert_eq!(counts.refused["host"], 1);
        assert_eq!(counts.refused["token"], 0);
        assert_eq!((counts.connections, counts.connections_open), (1, 1));
        drop(connection);
        assert_eq!(counters.read().connections_open, 0);
    }

    #[test]
    fn each_reason_has_its_own_word() {
        let words: std::collections::BTreeSet<_> =
            Reason::ALL.iter().map(|reason| reason.name()).collect();
        assert_eq!(words.len(), Reason::ALL.len());
    }
}
