//! A container as this crate knows it: what the engine's list and inspection say, without its
//! environment and without its arguments, which hold secrets too often.
//!
//! What the engine did not say is `None`. A limit of "none" is `None` as well: that is what both engines
//! write as 0 or -1.

mod labels;
mod parse;
pub(crate) mod podman;
mod raw;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use labels::Labels;
pub(crate) use parse::{Listed, inspected, listed};

/// What it is doing; the words of the Engine API (`State.Status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Made, never started.
    Created,
    /// Runs.
    Running,
    /// Frozen.
    Paused,
    /// Ended, and the engine is about to start it again.
    Restarting,
    /// Being removed.
    Removing,
    /// Ended.
    Exited,
    /// Could not be removed.
    Dead,
    /// A word that this version does not know.
    Unknown,
}

impl State {
    pub(crate) fn of(word: &str) -> Self {
        match word {
            // Podman: `configured` is made, `initialized` prepared to start, `stopping` on its way out.
            "created" | "configured" | "initialized" => Self::Created,
            "running" | "stopping" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "removing" => Self::Removing,
            "exited" | "stopped" => Self::Exited,
            "dead" => Self::Dead,
            _ => Self::Unknown,
        }
    }

    /// It has processes.
    pub fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }

    /// The word, as the engines write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }
}

/// The verdict of its own health check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Its first checks have not ended.
    Starting,
    /// Passes.
    Healthy,
    /// Fails.
    Unhealthy,
}

impl Health {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "starting" => Some(Self::Starting),
            "healthy" => Some(Self::Healthy),
            "unhealthy" => Some(Self::Unhealthy),
            _ => None,
        }
    }
}

/// Upper bounds that the engine was told; `None` for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory, bytes.
    pub memory_bytes: Option<u64>,
    /// Memory and swap together, bytes.
    pub memory_swap_bytes: Option<u64>,
    /// Tasks: processes and their threads.
    pub pids: Option<u64>,
    /// Processors: 0.5 is half of one.
    pub cpus: Option<f64>,
    /// Open files of each process, soft limit.
    pub nofile: Option<u64>,
}

/// Something of the host (or a volume) that is visible inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// `bind`, `volume`, `tmpfs`, ..
    pub kind: String,
    /// Path on the host; for a volume its folder, or its name.
    pub source: String,
    /// Path inside.
    pub destination: String,
    /// May it be written to; `None` if the engine does not say.
    pub writable: Option<bool>,
}

/// A port of the host that leads inside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    /// Inside, with its protocol: `8080/tcp`.
    pub inside: String,
    /// Address on the host; empty for all.
    pub address: String,
    /// On the host.
    pub port: u16,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// Exit code; 128 and more for a signal.
    pub code: i64,
    /// When.
    pub at: Option<Timestamp>,
}

/// How it was meant to be used, by the one who made it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of `docker run`, and they go in all combinations"
)]
pub struct Manner {
    /// Its standard input is kept open (`-i`).
    pub open_stdin: bool,
    /// Its standard input is closed when the first client leaves: what `docker run -i` without `-d` sets.
    pub stdin_once: bool,
    /// It has a terminal (`-t`).
    pub tty: bool,
    /// It was made to be attached to (no `-d`); `None` if the engine does not say.
    pub attached: Option<bool>,
    /// It is removed when it ends (`--rm`).
    pub auto_remove: bool,
    /// The engine starts it again by itself (a restart policy other than `no`).
    pub restarts_itself: bool,
}

/// A container.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Without the slash.
    pub name: String,
    /// As it was asked for: `mcp/time:latest`.
    pub image: String,
    /// Labels that tell whose it is.
    pub labels: Labels,
    /// What it is doing.
    pub state: State,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was started last.
    pub started: Option<Timestamp>,
    /// Its main process, as the engine's machine numbers it; `None` if it does not run.
    pub pid: Option<u32>,
    /// Verdict of its health check; `None` without one.
    pub health: Option<Health>,
    /// Checks that failed in a row; `None` without a check.
    pub failing_streak: Option<u64>,
    /// How often the engine has started it again; `None` if it does not say.
    pub restarts: Option<u64>,
    /// How it ended last; `None` if it never did.
    pub exit: Option<Exit>,
    /// The kernel killed a process of it for want of memory.
    pub oom_killed: Option<bool>,
    /// What of the host is visible inside.
    pub mounts: Vec<Mount>,
    /// Ports of the host that lead inside.
    pub ports: Vec<Port>,
    /// Networks that it is in; `host` is the machine's own.
    pub networks: Vec<String>,
    /// Upper bounds.
    pub limits: Limits,
    /// How it was meant to be used.
    pub manner: Manner,
    /// Name of the program that it runs, without its path and arguments.
    pub program: String,
    /// Its arguments name MCP. That is all that is kept of them.
    pub speaks_of_mcp: bool,
    /// The file that its maker asked the id to be written to.
    pub cidfile: Option<String>,
    /// A helper of the engine (a pod's `pause` container), nobody's server.
    pub is_infrastructure: bool,
}

impl Container {
    /// First 12 digits of the id: what the engines' own clients show.
    pub fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// Name and short id for people.
    pub fn title(&self) -> String {
        format!("{} ({})", model::text::safe(&self.name), self.short_id())
    }

    /// It was made like `docker run -i --rm IMAGE`, and nothing else was asked of it: what a client
    /// does for a stdio server.
    pub fn is_like_a_stdio_server(&self) -> bool {
        let manner = self.manner;
        manner.open_stdin
            && manner.attached == Some(true)
            && manner.auto_remove
            && !manner.tty
            && !manner.restarts_itself
            && self.ports.is_empty()
    }

    /// Image, name or arguments look like those of an MCP server.
    pub fn looks_like_mcp(&self) -> bool {
        speaks_of_mcp(&self.image) || speaks_of_mcp(&self.name) || self.speaks_of_mcp
    }
}

/// `mcp` as a word of its own, or the protocol's full name.
pub(crate) fn speaks_of_mcp(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if text.contains("modelcontextprotocol") {
        return true;
    }
    let is_border = |byte: Option<&u8>| byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let bytes = text.as_bytes();
    text.match_indices("mcp").any(|(at, word)| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        is_border(before) && is_border(bytes.get(at + word.len()))
    })
}

/// Labels with their values, by key.
pub(crate) type LabelMap = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mcp_servers() {
        for name in [
            "mcp/time",
            "ghcr.io/github/github-mcp-server",
            "x_mcp",
            "mcp",
            "a/modelcontextprotocol-x",
        ] {
            assert!(speaks_of_mcp(name), "{name}");
        }
        for name in ["postgres:16", "tmcpx", "mcpherson/blog", ""] {
            assert!(!speaks_of_mcp(name), "{name}");
        }
    }

    #[test]
    fn words_of_both_engines() {
        for (word, state) in [
            ("running", State::Running),
            ("configured", State::Created),
            ("stopped", State::Exited),
            ("hatching", State::Unknown),
        ] {
            assert_eq!(State::of(word), state, "{word}");
        }
        assert!(State::Paused.is_alive() && !State::Unknown.is_alive());
    }
}
