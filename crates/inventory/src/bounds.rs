//! What servers that others started may take: watched here, since nobody else does.

use std::collections::BTreeMap;

/// Bounds by name of the server.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bounds {
    /// For those that have none of their own.
    pub usual: Bound,
    /// For those of this name, whatever holds for others.
    pub named: BTreeMap<String, Bound>,
}

/// What one server may take; what is `None` is not bounded.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bound {
    /// Processes of one instance.
    pub processes: Option<u32>,
    /// Tasks of one instance: processes and their threads.
    pub tasks: Option<u64>,
    /// Instances under one owner.
    pub instances: Option<u32>,
    /// Memory of one instance, bytes.
    pub memory: Option<u64>,
}

impl Bounds {
    /// What holds for a server.
    pub fn of(&self, server: &str) -> Bound {
        self.named.get(server).copied().unwrap_or(self.usual)
    }

    /// Nothing is bounded.
    pub fn is_empty(&self) -> bool {
        self.usual == Bound::default() && self.named.is_empty()
    }
}
