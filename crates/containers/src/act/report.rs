//! What was tried and what came of it: every call of every try, so that nothing that failed is lost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock;
use crate::engine::EngineError;

/// How long each try may take, and the pauses between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// One deadline for each try.
    pub tries: Vec<Duration>,
    /// Before the second try, the third, ..; the last is used for all further ones.
    pub pauses: Vec<Duration>,
}

impl Default for Patience {
    /// Three tries of 10, 20 and 30 s, with pauses of 1 and 2 s.
    fn default() -> Self {
        Self {
            tries: [10, 20, 30].map(Duration::from_secs).to_vec(),
            pauses: [1, 2].map(Duration::from_secs).to_vec(),
        }
    }
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// What was asked: `stop`, `remove`, `inspect`.
    pub call: String,
    /// How long it took, seconds.
    pub seconds: f64,
    /// Did it do what was asked.
    pub is_ok: bool,
    /// What was answered.
    pub answer: String,
}

/// One try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1.
    pub number: usize,
    /// How long it might take, seconds.
    pub deadline_seconds: f64,
    /// Its calls in their order.
    pub steps: Vec<Step>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome", content = "why")]
pub enum Outcome {
    /// Done, and an inspection shows it.
    Done,
    /// There was no such container any more.
    AlreadyGone,
    /// It is not what was decided about: left alone.
    Refused(String),
    /// All tries failed.
    Failed(String),
}

/// An order and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `remove`, `stop`, `restart`.
    pub order: String,
    /// The container.
    pub container: String,
    /// Its name.
    pub name: String,
    /// All tries.
    pub attempts: Vec<Attempt>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Report {
    /// What was wanted is so.
    pub fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done | Outcome::AlreadyGone)
    }
}

/// What one try came to.
pub(super) enum Progress {
    Finished(Outcome),
    Again(String),
}

/// A try under way: its calls, and what is left of its time.
pub(super) struct Try {
    pub(super) number: usize,
    until: tokio::time::Instant,
    deadline: Duration,
    steps: Vec<Step>,
}

impl Try {
    /// Time that is left; never zero, so that a call can be made and say that it was late.
    pub(super) fn left(&self) -> Duration {
        let left = self
            .until
            .saturating_duration_since(tokio::time::Instant::now());
        left.max(Duration::from_millis(1))
    }

    /// Something else than looking was done.
    pub(super) fn has_acted(&self) -> bool {
        self.steps.iter().any(|step| step.call != "inspect")
    }

    /// Makes a call and notes it, whatever it comes to.
    pub(super) async fn step<T>(
        &mut self,
        call: &str,
        answer: impl Future<Output = Result<T, EngineError>>,
        said: impl FnOnce(&T) -> String,
    ) -> Result<T, EngineError> {
        let begun = clock::instant();
        let answer = answer.await;
        self.steps.push(Step {
            call: call.to_owned(),
            seconds: begun.elapsed().as_secs_f64(),
            is_ok: answer.is_ok(),
            answer: match &answer {
                Ok(value) => said(value),
                Err(error) => error.to_string(),
            },
        });
        answer
    }
}

/// Tries until one finishes.
pub(super) async fn persist(
    order: &str,
    (container, name): (&str, &str),
    patience: &Patience,
    mut one: impl AsyncFnMut(&mut Try) -> Progress,
) -> Report {
    let mut attempts = Vec::new();
    let mut outcome = Outcome::Failed("there was no try".to_owned());
    for (at, deadline) in patience.tries.iter().enumerate() {
        if let Some(before) = at.checked_sub(1) {
            let pause = patience.pauses.get(before).or(patience.pauses.last());
            tokio::time::sleep(pause.copied().unwrap_or_default()).await;
        }
        let mut under_way = Try {
            number: at + 1,
            until: tokio::time::Instant::now() + *deadline,
            deadline: *deadline,
            steps: Vec::new(),
        };
        let progress = one(&mut under_way).await;
        attempts.push(Attempt {
            number: under_way.number,
            deadline_seconds: under_way.deadline.as_secs_f64(),
            steps: under_way.steps,
        });
        match progress {
            Progress::Finished(end) => {
                outcome = end;
                break;
            }
            Progress::Again(why) => outcome = Outcome::Failed(why),
        }
    }
    Report {
        order: order.to_owned(),
        container: container.to_owned(),
        name: name.to_owned(),
        attempts,
        outcome,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn run(ends: impl AsyncFnMut(&mut Try) -> Progress) -> Report {
        let patience = Patience {
            tries: vec![Duration::from_secs(1); 3],
            pauses: vec![Duration::ZERO],
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        runtime
            .unwrap()
            .block_on(persist("remove", ("id", "name"), &patience, ends))
    }

    #[test]
    fn every_try_that_failed_is_in_the_report() {
        let report = run(async |one| {
            let refused = EngineError::Api {
                call: "DELETE".to_owned(),
                status: 500,
                message: "busy".to_owned(),
            };
            let said = one
                .step("remove", async { Err::<(), _>(refused) }, |()| {
                    String::new()
                })
                .await;
            match said {
                Err(error) if one.number < 3 => Progress::Again(error.to_string()),
                _ => Progress::Finished(Outcome::Done),
            }
        });
        assert_eq!(report.outcome, Outcome::Done);
        let failed = report.attempts.iter().flat_map(|attempt| &attempt.steps);
        assert!(
            failed
                .clone()
                .all(|step| !step.is_ok && step.answer.contains("busy"))
        );
        assert_eq!(failed.count(), 3);
    }

    #[test]
    fn what_never_works_fails_with_the_last_reason() {
        let report = run(async |one| Progress::Again(format!("try {}", one.number)));
        assert_eq!(report.outcome, Outcome::Failed("try 3".to_owned()));
        assert!(report.attempts.len() == 3 && !report.is_done());
    }

    #[test]
    fn a_refusal_is_not_tried_again() {
        let report = run(async |_| Progress::Finished(Outcome::Refused("other".to_owned())));
        assert_eq!(report.attempts.len(), 1);
    }

    #[test]
    fn patience_grows() {
        let patience = Patience::default();
        let seconds: Vec<u64> = patience.tries.iter().map(Duration::as_secs).collect();
        assert_eq!(seconds, [10, 20, 30]);
        assert!(patience.pauses.iter().all(|pause| !pause.is_zero()));
    }
}
