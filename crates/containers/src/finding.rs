//! What is wrong with containers, as plain values that a caller turns into its own findings.

mod judgement;

use model::Severity;
use serde::Serialize;

pub use judgement::{Wrong, findings};

/// The names of what can be wrong: part of the interface, as labels and for `clean --only`.
pub mod kind {
    /// Left over.
    pub const ORPHAN: &str = "container_orphan";
    /// More files with ids than a running gateway needs.
    pub const CIDFILES: &str = "container_cidfiles";
    /// Credentials of the host are mounted.
    pub const CREDENTIALS: &str = "container_credentials";
    /// More than one daemon of a kind.
    pub const BACKENDS: &str = "container_backends";
    /// A process inside was killed for want of memory.
    pub const OOM: &str = "container_oom";
    /// Its own health check fails.
    pub const UNHEALTHY: &str = "container_unhealthy";
    /// The engine hangs or has gone away.
    pub const ENGINE: &str = "container_engine";
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// Stable while the thing itself stays: `container_orphan-1f2e3d4c`.
    pub id: String,
    /// What is wrong: one of [`kind`].
    pub kind: &'static str,
    /// How bad.
    pub severity: Severity,
    /// One line for people.
    pub title: String,
    /// The container's id, if it is about one.
    pub container: Option<String>,
    /// The MCP server's name, where a label tells it.
    pub server: Option<String>,
    /// What was seen, one fact a line.
    pub evidence: Vec<String>,
    /// Memory that it holds, bytes, where that was read.
    pub memory_bytes: Option<u64>,
    /// What to do.
    pub advice: String,
    /// The command that does it, if there is one.
    pub command: Option<String>,
}

impl Finding {
    /// `parts` tell the thing itself from others of its kind.
    fn new<'a>(
        kind: &'static str,
        severity: Severity,
        parts: impl IntoIterator<Item = &'a str>,
        title: &str,
    ) -> Self {
        Self {
            id: format!("{kind}-{}", model::identity::fingerprint(parts)),
            kind,
            severity,
            title: model::text::safe(title).into_owned(),
            container: None,
            server: None,
            evidence: Vec::new(),
            memory_bytes: None,
            advice: String::new(),
            command: None,
        }
    }

    fn with(mut self, evidence: impl IntoIterator<Item = String>, advice: &str) -> Self {
        let safe = evidence
            .into_iter()
            .map(|line| model::text::safe(&line).into_owned());
        self.evidence = safe.collect();
        advice.clone_into(&mut self.advice);
        self
    }
}
