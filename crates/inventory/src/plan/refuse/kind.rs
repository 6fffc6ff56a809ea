//! Reasons to leave an instance alone, as people and programs read them.

use serde::{Deserialize, Serialize};

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusalKind {
    /// Its owner lives.
    OwnerAlive,
    /// Its owner has not been gone for long enough, or not seen gone for long enough.
    Grace,
    /// It has not run as long as `--older-than` asks for.
    Younger,
    /// A living process is at the other end of its standard input or output.
    StdioInUse,
    /// A living process is connected to a port or socket that it listens on.
    PeersConnected,
    /// A living sibling uses a lock or port that it holds.
    SharedWithSibling,
    /// It listens and was not started over stdio: it may be meant to run by itself.
    MayBeDaemon,
    /// It runs in a container.
    InContainer,
    /// It belongs to a system service.
    SystemService,
    /// A terminal multiplexer, a login or a person's shell is part of it.
    SessionKeeper,
    /// mcpvisor itself runs below it.
    OurAncestor,
    /// It belongs to another user.
    OtherUser,
    /// The configuration says never to touch it.
    NeverTouch,
    /// It is watched by its pid: then it is only looked at.
    Watched,
    /// Not sure enough that it is an MCP server.
    NotSure,
    /// Its descriptors cannot be read, so who uses it cannot be told.
    CannotJudge,
}

impl RefusalKind {
    /// Refuses even somebody who insists.
    pub fn is_absolute(self) -> bool {
        matches!(
            self,
            Self::InContainer
                | Self::SystemService
                | Self::SessionKeeper
                | Self::OurAncestor
                | Self::OtherUser
                | Self::NeverTouch
                | Self::Watched
        )
    }
}

/// One reason, with what was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Refusal {
    /// Which rule.
    pub kind: RefusalKind,
    /// What was seen, for people.
    pub detail: String,
    /// Seconds until the rule would not refuse any more, where waiting helps.
    pub wait_seconds: Option<f64>,
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            wait_seconds: None,
        }
    }
}
