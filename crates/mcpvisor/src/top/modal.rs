//! What lies over the screen and has all keys until it is answered.

use std::sync::Arc;

use inventory::plan::Plan;
use model::ProcessId;

use crate::picture::Picture;

/// A `y` counts only when the question has been on the screen for this long, nanoseconds: keys
/// that were typed ahead or pasted confirm nothing.
pub const READING_TIME_NS: u64 = 300_000_000;

/// What a plan is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Stop one instance.
    Stop {
        /// Name of its server.
        name: String,
        /// Topmost process.
        root: ProcessId,
    },
    /// Clean up what is left over.
    Clean,
}

/// A plan that waits for a yes.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// What for.
    pub wish: Wish,
    /// What would be done: what is applied is what was shown.
    pub plan: Arc<Plan>,
    /// Since when it has been on the screen, nanoseconds since boot.
    pub since_ns: u64,
}

impl Confirmation {
    /// Has the world moved on, so that the plan is not what would be done now?
    pub fn is_outdated(&self, picture: Option<&Picture>) -> bool {
        let Some(picture) = picture else {
            return false;
        };
        match &self.wish {
            Wish::Clean => picture.plan.id != self.plan.id,
            Wish::Stop { root, .. } => picture
                .table
                .get(root.pid)
                .is_none_or(|process| process.id() != *root),
        }
    }
}

/// What lies over the screen.
#[derive(Clone, Debug)]
pub enum Modal {
    /// The keys.
    Help,
    /// A plan is being made.
    Planning(Wish),
    /// A plan waits for a yes.
    Confirm(Confirmation),
    /// A plan is being carried out.
    Working(Wish),
    /// What was done, one fact a line.
    Report(Vec<String>),
}
