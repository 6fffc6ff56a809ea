//! What is known of all engines at one moment: immutable, and shared by whoever asks.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::container::Container;
use crate::engine::{EngineKind, Version};
use crate::stats::{Rates, Stats};

/// How it is with an engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineState {
    /// Not asked yet.
    Connecting,
    /// Answers.
    Up,
    /// Takes connections and does not answer.
    Hangs {
        /// Since then.
        since: Timestamp,
    },
    /// Nobody listens, or it breaks off.
    Down {
        /// Since then.
        since: Timestamp,
        /// What was said last.
        why: String,
    },
    /// We may not ask, or do not understand it.
    Refused {
        /// What helps.
        why: String,
    },
}

impl EngineState {
    /// A word for tables and labels.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "up",
            Self::Hangs { .. } => "hangs",
            Self::Down { .. } => "down",
            Self::Refused { .. } => "refused",
        }
    }
}

impl fmt::Display for EngineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting | Self::Up => f.write_str(self.name()),
            Self::Hangs { since } => write!(f, "engine: hangs since {since}"),
            Self::Down { since, why } => write!(f, "engine: down since {since} ({why})"),
            Self::Refused { why } => write!(f, "engine: {why}"),
        }
    }
}

/// A container with its figures.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The container.
    pub container: Arc<Container>,
    /// The last reading; `None` if it does not run or was never read.
    pub stats: Option<Stats>,
    /// Rates between the last two readings of this run.
    pub rates: Rates,
    /// Times that the engine told of a process killed for want of memory, since it is watched.
    pub oom_kills: u64,
}

/// One engine.
#[derive(Clone, Debug)]
pub struct EngineView {
    /// Its socket.
    pub socket: PathBuf,
    /// What it says of itself; `None` before it first answered.
    pub version: Option<Version>,
    /// How it is now. If it is not [`EngineState::Up`], what follows is from its last good look.
    pub state: EngineState,
    /// When the containers were last listed; `None` if never.
    pub taken: Option<Timestamp>,
    /// Containers that were inspected.
    pub containers: Vec<Seen>,
    /// How many there are.
    pub total: usize,
    /// How many of them were never inspected.
    pub not_inspected: usize,
    /// Running containers whose figures are missing or older than the last look.
    pub not_read: usize,
    /// What did not work in the last look, each reason once.
    pub problems: Vec<String>,
    /// Good looks so far.
    pub looks: u64,
}

impl EngineView {
    pub(crate) fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            version: None,
            state: EngineState::Connecting,
            taken: None,
            containers: Vec::new(),
            total: 0,
            not_inspected: 0,
            not_read: 0,
            problems: Vec::new(),
            looks: 0,
        }
    }

    /// Whose engine.
    pub fn kind(&self) -> Option<EngineKind> {
        self.version.as_ref().map(|version| version.kind)
    }
}

/// All engines.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Engines whose socket was seen, in the order of looking.
    pub engines: Vec<Arc<EngineView>>,
    /// What is to be said once: that there is no engine, or that one is elsewhere.
    pub notes: Vec<String>,
}

impl View {
    /// A container by its id.
    pub fn container(&self, id: &str) -> Option<&Seen> {
        let all = self.engines.iter().flat_map(|engine| &engine.containers);
        all.into_iter().find(|seen| seen.container.id == id)
    }

    /// All containers of engines that answer, each once though two sockets may lead to one engine.
    pub fn containers(&self) -> Vec<Arc<Container>> {
        let mut known = std::collections::HashSet::new();
        let up = self
            .engines
            .iter()
            .filter(|engine| engine.state == EngineState::Up);
        let all = up.flat_map(|engine| &engine.containers);
        all.filter(|seen| known.insert(seen.container.id.clone()))
            .map(|seen| Arc::clone(&seen.container))
            .collect()
    }

    /// Every engine that was found answers, and has told of all its containers.
    pub fn is_complete(&self) -> bool {
        self.engines
            .iter()
            .all(|engine| engine.state == EngineState::Up && engine.not_inspected == 0)
    }
}
