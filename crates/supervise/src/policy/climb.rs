//! How far an alert has come on its ladder.

use serde::{Deserialize, Serialize};

use super::{Case, Hold, Step};

/// What happens on its step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// It may be taken.
    Ready,
    /// It was ordered, and whoever does it has not answered.
    Doing {
        /// Number of the act.
        act: u64,
        /// What.
        step: Step,
        /// Of what.
        object: String,
        /// Since when, ns.
        since: u64,
    },
    /// It was done, and its effect is awaited.
    Checking {
        /// What.
        step: Step,
        /// Of what; `None` for a notice.
        object: Option<String>,
        /// Until when, ns.
        until: u64,
    },
    /// There is none left.
    Exhausted,
}

impl Stage {
    /// Number of the act that is not answered.
    pub(super) fn act(&self) -> Option<u64> {
        match self {
            Self::Doing { act, .. } => Some(*act),
            _ => None,
        }
    }
}

/// An alert on its ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Climb {
    /// Never used twice, whatever the alert is called.
    pub(super) number: u64,
    pub(super) case: Case,
    /// Place of the step on the ladder.
    pub(super) at: usize,
    pub(super) stage: Stage,
    /// Why the step waits, as it was told.
    pub(super) held: Option<Hold>,
    /// The last step that was really done for it, but for notices.
    pub(super) last: Option<Step>,
    /// The alert is over; what was ordered for it is not.
    pub(super) is_over: bool,
}

impl Climb {
    pub(super) fn new(number: u64, case: Case) -> Self {
        Self {
            number,
            case,
            at: 0,
            stage: Stage::Ready,
            held: None,
            last: None,
            is_over: false,
        }
    }

    /// The alert is over, and nothing is being done for it.
    pub(super) fn has_ended(&self) -> bool {
        self.is_over && self.stage.act().is_none()
    }

    /// The next step may be taken.
    pub(super) fn climb(&mut self) {
        self.at = self.at.saturating_add(1);
        self.stage = Stage::Ready;
        self.held = None;
    }

    /// Begins at the foot of the ladder, unless something is being done for it.
    pub(super) fn begin_anew(&mut self) {
        if self.stage.act().is_none() {
            self.at = 0;
            self.stage = Stage::Ready;
            self.held = None;
        }
    }

    /// What something is being done to, or was done to so shortly ago that its effect is awaited.
    pub(super) fn busy_with(&self) -> Option<&str> {
        match &self.stage {
            Stage::Doing { object, .. } => Some(object),
            Stage::Checking { object, .. } => object.as_deref(),
            Stage::Ready | Stage::Exhausted => None,
        }
    }
}
