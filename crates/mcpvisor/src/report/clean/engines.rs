//! The parts of plans and results that are about containers and files.

use containers::act::{Attempt, Outcome, Report};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlanReport;
use crate::engines::plan::{Plan, Refused, Removal};
use crate::engines::removal::Removed;
use crate::report::Word;

/// A container to be removed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ContainerRemoval {
    /// Its id.
    pub container: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Socket of its engine.
    pub engine: String,
    /// The owner that is gone.
    pub owner: String,
    /// The server in it, where a label tells it.
    pub server: Option<String>,
    /// How sure it is left over: `proven`, or `likely` where a person has named it.
    pub certainty: Word,
    /// Memory that it holds, bytes.
    pub memory_bytes: Option<u64>,
    /// Why.
    pub reasons: Vec<String>,
}

/// A container that is left alone.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ContainerRefused {
    /// Its id.
    pub container: String,
    /// Its name.
    pub name: String,
    /// `served`, `kept`, `waiting`, `orphan`, `unknown` or `not_running`.
    pub verdict: Word,
    /// Why.
    pub reason: String,
    /// Seconds until it would not be, where waiting helps.
    pub wait_seconds: Option<f64>,
}

/// A file to be removed.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct FileRemoval {
    /// Where.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What became of a container.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct ContainerResult {
    /// Its id.
    pub container: String,
    /// Its name.
    pub name: String,
    /// `removed`, `already_gone`, `changed` or `failed`.
    pub outcome: Word,
    /// Why it is still there.
    pub detail: Option<String>,
    /// Every try.
    pub attempts: Vec<AttemptReport>,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct AttemptReport {
    /// From 1.
    pub number: usize,
    /// How long it might take, seconds.
    pub deadline_seconds: f64,
    /// Its calls in their order.
    pub steps: Vec<StepReport>,
}

/// One call of an engine.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
pub struct StepReport {
    /// `connect`, `inspect`, `stop`, `remove`, `restart`, `kill`, `start`.
    pub call: String,
    /// How long it took, seconds.
    pub seconds: f64,
    /// It did what was asked.
    pub ok: bool,
    /// What was answered.
    pub answer: String,
}

/// What became of a file.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub struct FileResult {
    /// Where it was.
    pub path: String,
    /// `removed` or `failed`.
    pub outcome: Word,
    /// Why it is still there.
    pub detail: Option<String>,
}

impl PlanReport {
    /// The plan with what it says of containers and files.
    #[must_use]
    pub fn with(mut self, plan: Option<&Plan>) -> Self {
        let Some(plan) = plan else {
            return self;
        };
        self.containers = plan.removals.iter().map(ContainerRemoval::of).collect();
        let files = plan.files.iter().map(|file| FileRemoval {
            path: file.file.path().display().to_string(),
            reason: file.reason.clone(),
        });
        self.files = files.collect();
        self.containers_refused = plan.refused.iter().map(ContainerRefused::of).collect();
        self
    }

    /// Nothing would be removed.
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty() && self.containers.is_empty() && self.files.is_empty()
    }

    /// Something that might have been removed is left alone.
    pub fn leaves_something(&self) -> bool {
        !self.refused.is_empty() || !self.containers_refused.is_empty()
    }
}

impl ContainerRemoval {
    fn of(removal: &Removal) -> Self {
        use containers::orphan::Certainty;

        let target = removal.planned.target();
        Self {
            container: target.id.clone(),
            name: target.name.clone(),
            image: target.image.clone(),
            engine: removal.socket.display().to_string(),
            owner: removal.owner.clone(),
            server: removal.server.clone(),
            certainty: match removal.planned.certainty() {
                Certainty::Proven => "proven".into(),
                Certainty::Likely => "likely".into(),
            },
            memory_bytes: removal.memory_bytes,
            reasons: removal.planned.evidence().to_vec(),
        }
    }
}

impl ContainerRefused {
    fn of(refused: &Refused) -> Self {
        Self {
            container: refused.container.clone(),
            name: refused.name.clone(),
            verdict: refused.verdict.into(),
            reason: refused.detail.clone(),
            wait_seconds: refused.wait_seconds,
        }
    }
}

impl ContainerResult {
    /// Of all that were to be removed.
    pub fn all(removed: &Removed) -> Vec<Self> {
        removed.containers.iter().map(Self::of).collect()
    }

    fn of(report: &Report) -> Self {
        let (outcome, detail) = match &report.outcome {
            Outcome::Done => ("removed", None),
            Outcome::AlreadyGone => ("already_gone", None),
            Outcome::Refused(why) => ("changed", Some(why.clone())),
            Outcome::Failed(why) => ("failed", Some(why.clone())),
        };
        Self {
            container: report.container.clone(),
            name: report.name.clone(),
            outcome: outcome.into(),
            detail,
            attempts: report.attempts.iter().map(AttemptReport::of).collect(),
        }
    }
}

impl AttemptReport {
    fn of(attempt: &Attempt) -> Self {
        let steps = attempt.steps.iter().map(|step| StepReport {
            call: step.call.clone(),
            seconds: crate::report::rounded(step.seconds),
            ok: step.is_ok,
            answer: step.answer.clone(),
        });
        Self {
            number: attempt.number,
            deadline_seconds: attempt.deadline_seconds,
            steps: steps.collect(),
        }
    }
}

impl FileResult {
    /// Of all that were to be removed.
    pub fn all(removed: &Removed) -> Vec<Self> {
        let files = removed.files.iter().map(|(path, how)| Self {
            path: path.display().to_string(),
            outcome: if how.is_ok() { "removed" } else { "failed" }.into(),
            detail: how.as_ref().err().cloned(),
        });
        files.collect()
    }
}
