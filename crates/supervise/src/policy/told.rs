//! What ladders want done, and what they have to say.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Step, Target};

/// Something that is to be done, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Its number, which is never used twice.
    pub number: u64,
    /// What.
    pub step: Step,
    /// To what.
    pub target: Target,
    /// Id of the alert.
    pub alert: String,
    /// The rule that it comes from.
    pub rule: String,
    /// Why, one fact a line.
    pub evidence: Vec<String>,
}

/// Why a step waits. It is looked at again with every event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hold {
    /// The alert is not bad enough for it.
    NotBadEnough,
    /// What it is about cannot be measured now.
    Unknown,
    /// Quiet hours.
    Quiet,
    /// Something is being done to the object for another alert, or its effect is awaited.
    Busy,
    /// Something was done to the object for another alert a short while ago.
    Cooldown,
    /// Enough was done to the object within the hour.
    LimitOfObject,
    /// Enough was done within the hour in all.
    LimitOfAll,
}

impl Hold {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotBadEnough => "the alert is not bad enough for it",
            Self::Unknown => "what it is about cannot be measured now",
            Self::Quiet => "it is a quiet time",
            Self::Busy => "something is being done to it for another alert",
            Self::Cooldown => "something was done to it a short while ago",
            Self::LimitOfObject => "as much as is allowed in an hour was done to it",
            Self::LimitOfAll => "as much as is allowed in an hour was done in all",
        }
    }
}

/// Why a step is passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// There is nothing that it could be done to.
    NoTarget,
    /// It would be done to a process that is only watched.
    OnlyWatched,
}

impl Skip {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoTarget => "there is nothing that it could be done to",
            Self::OnlyWatched => "what it would be done to is only watched by its pid",
        }
    }
}

/// What is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Do this, and tell with [`Event::Done`](super::Event::Done).
    Act(Act),
    /// For receivers, the log, the history and the audit.
    Tell(Told),
}

/// What is said about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its id.
    pub alert: String,
    /// Its rule.
    pub rule: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened on its ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// People are to be told; this is a step of the ladder.
    Notice {
        /// Why, one fact a line.
        evidence: Vec<String>,
    },
    /// In `enforce` this would have been done.
    WouldAct {
        /// What.
        act: Act,
    },
    /// The next step waits.
    Held {
        /// Which.
        step: Step,
        /// Why.
        why: Hold,
    },
    /// A step is passed over.
    Skipped {
        /// Which.
        step: Step,
        /// Why.
        why: Skip,
    },
    /// What was to be done has been done.
    Done {
        /// The number of the act.
        number: u64,
        /// Which step.
        step: Step,
        /// What whoever did it says.
        said: String,
    },
    /// What was to be done could not be done: the next step is tried.
    Failed {
        /// The number of the act.
        number: u64,
        /// Which step.
        step: Step,
        /// What whoever tried says.
        said: String,
    },
    /// Nobody has said for too long whether it was done: the next step is tried.
    Overdue {
        /// The number of the act.
        number: u64,
        /// Which step.
        step: Step,
    },
    /// The alert still fires after the time in which the effect should show: the next step is tried.
    NoEffect {
        /// Which step.
        step: Step,
    },
    /// The alert is over after this step.
    Helped {
        /// Which.
        step: Step,
    },
    /// There is no further step. It is left to people until the alert is over.
    Exhausted,
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Notice { evidence } => match evidence.first() {
                Some(first) => write!(f, "people are told: {first}"),
                None => f.write_str("people are told"),
            },
            Self::WouldAct { act } => {
                let (step, object) = (act.step.name(), &act.target.object);
                write!(f, "`{step}` would have been done to {object}")
            }
            Self::Held { step, why } => write!(f, "`{}` waits: {}", step.name(), why.words()),
            Self::Skipped { step, why } => {
                write!(f, "`{}` is passed over: {}", step.name(), why.words())
            }
            Self::Done { step, said, .. } => write!(f, "`{}` was done: {said}", step.name()),
            Self::Failed { step, said, .. } => write!(f, "`{}` failed: {said}", step.name()),
            Self::Overdue { step, .. } => {
                write!(f, "`{}` has not been answered for too long", step.name())
            }
            Self::NoEffect { step } => write!(f, "`{}` has not helped", step.name()),
            Self::Helped { step } => write!(f, "the alert is over after `{}`", step.name()),
            Self::Exhausted => f.write_str("no step is left; this is for people now"),
        }
    }
}
