//! Removal of a container that is left over: stop, then remove, then look.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::report::{Outcome, Patience, Progress, Report, Try, persist};
use super::target::Target;
use crate::engine::{Engine, encoded};
use crate::orphan::{Certainty, Judged, Verdict};

/// How long the container gets to end by itself (SIGTERM), by try, seconds. The engine kills it then.
const GRACE_SECONDS: [u32; 2] = [5, 2];

/// Between two looks whether it is gone.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// A removal that was decided: only an orphan can be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    target: Target,
    certainty: Certainty,
    evidence: Vec<String>,
}

impl Planned {
    /// Nothing if the verdict is anything but orphan: what is served, kept, young or unknown stays.
    pub fn of(judged: &Judged) -> Option<Self> {
        let Verdict::Orphan {
            certainty,
            evidence,
            ..
        } = &judged.verdict
        else {
            return None;
        };
        Some(Self {
            target: Target::from(&*judged.owned.container),
            certainty: *certainty,
            evidence: evidence.clone(),
        })
    }

    /// The container.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How sure it is an orphan: only a person may have a likely one removed.
    pub fn certainty(&self) -> Certainty {
        self.certainty
    }

    /// Why, for the audit.
    pub fn evidence(&self) -> &[String] {
        &self.evidence
    }
}

/// Removes it. Its volumes stay.
pub async fn remove(engine: &Engine, planned: &Planned, patience: &Patience) -> Report {
    let target = &planned.target;
    persist(
        "remove",
        (&target.id, &target.name),
        patience,
        async |one| remove_once(engine, target, one).await,
    )
    .await
}

async fn remove_once(engine: &Engine, target: &Target, one: &mut Try) -> Progress {
    let container = match target.look(engine, one).await {
        Ok(container) => container,
        Err(progress) => return gone(progress, one),
    };
    if let Some(difference) = target.difference_of_run(&container) {
        return Progress::Finished(Outcome::Refused(difference));
    }
    let mut trouble = None;
    if container.state.is_alive()
        && let Some(seconds) = GRACE_SECONDS.get(one.number - 1)
    {
        let query = format!("?t={seconds}");
        if let Err(error) = target.order(engine, one, ("stop", &query)).await
            && !error.is_not_found()
        {
            trouble = Some(error.to_string());
        }
    }
    // The first try only removes what has stopped; later ones insist.
    let force = one.number > 1;
    let path = format!("/containers/{}?force={force}&v=false", encoded(&target.id));
    let call = engine.order(Method::DELETE, &path, None, one.left());
    let removed = one
        .step("remove", call, |(status, _)| status.to_string())
        .await;
    match removed {
        Ok(_) => {}
        // Gone, or (409) being removed already, which `--rm` does after a stop.
        Err(error) if error.is_not_found() => {}
        Err(error) if error.status() == Some(StatusCode::CONFLICT.as_u16()) => {
            trouble.get_or_insert(error.to_string());
        }
        Err(error) => return Progress::Again(trouble.unwrap_or(error.to_string())),
    }
    wait_until_gone(engine, target, one, trouble).await
}

async fn wait_until_gone(
    engine: &Engine,
    target: &Target,
    one: &mut Try,
    trouble: Option<String>,
) -> Progress {
    // A refused removal is not waited for as long as one that is under way.
    let until = tokio::time::Instant::now() + one.left().min(Duration::from_secs(5));
    loop {
        match target.look(engine, one).await {
            Err(progress) => return gone(progress, one),
            Ok(_) if tokio::time::Instant::now() >= until => {
                let why =
                    trouble.unwrap_or_else(|| "it is still there after its removal".to_owned());
                return Progress::Again(why);
            }
            Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Gone before anything was asked of it, or because of that.
fn gone(progress: Progress, one: &Try) -> Progress {
    match progress {
        Progress::Finished(Outcome::AlreadyGone) if one.number > 1 || one.has_acted() => {
            Progress::Finished(Outcome::Done)
        }
        other => other,
    }
}
