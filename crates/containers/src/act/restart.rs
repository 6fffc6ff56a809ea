//! Restart and stop of a container, a gateway's above all, when it is the last thing that helps.
//!
//! The first try asks the engine to restart it in good order, later ones kill it and start it. A call that
//! timed out may still have worked, or work later: what counts is whether it runs and since when.

use std::time::Duration;

use super::report::{Outcome, Patience, Progress, Report, Try, persist};
use super::target::Target;
use crate::container::{Container, State};
use crate::engine::Engine;

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How long a look waits for the engine to have done what it has accepted.
const SETTLE: Duration = Duration::from_secs(5);

/// Restarts it: it runs afterwards, and was started later than before.
pub async fn restart(engine: &Engine, target: &Target, patience: &Patience) -> Report {
    persist(
        "restart",
        (&target.id, &target.name),
        patience,
        async |one| {
            let was_restarted =
                |now: &Container| now.state == State::Running && now.started > target.started;
            if let Some(progress) = before(engine, target, one, was_restarted).await {
                return progress;
            }
            let mut trouble = None;
            if one.number == 1 {
                // Half of the time is for its own end, the rest for its start.
                let query = format!("?t={}", one.left().as_secs() / 2);
                trouble = target.order(engine, one, ("restart", &query)).await.err();
            } else {
                // Killing what is dead is refused; then starting it says what is wrong.
                for (verb, query) in [("kill", ""), ("start", "")] {
                    trouble = target.order(engine, one, (verb, query)).await.err();
                }
            }
            after(
                engine,
                target,
                one,
                trouble.map(|error| error.to_string()),
                was_restarted,
            )
            .await
        },
    )
    .await
}

/// Stops it: it has no processes afterwards. With `--rm` it is gone then.
pub async fn stop(engine: &Engine, target: &Target, patience: &Patience) -> Report {
    persist("stop", (&target.id, &target.name), patience, async |one| {
        let has_stopped = |now: &Container| !now.state.is_alive() && now.state != State::Unknown;
        if let Some(progress) = before(engine, target, one, has_stopped).await {
            return progress;
        }
        let query = format!("?t={}", one.left().as_secs() / 2);
        let order = if one.number < 3 {
            ("stop", query.as_str())
        } else {
            ("kill", "")
        };
        let trouble = target.order(engine, one, order).await.err();
        match after(
            engine,
            target,
            one,
            trouble.map(|error| error.to_string()),
            has_stopped,
        )
        .await
        {
            Progress::Finished(Outcome::AlreadyGone) => Progress::Finished(Outcome::Done),
            other => other,
        }
    })
    .await
}

/// Is it the one that was meant, and is it not as wanted already?
async fn before(
    engine: &Engine,
    target: &Target,
    one: &mut Try,
    is_wanted: impl Fn(&Container) -> bool,
) -> Option<Progress> {
    let container = match target.look(engine, one).await {
        Ok(container) => container,
        Err(progress) => return Some(progress),
    };
    if let Some(difference) = target.difference(&container) {
        return Some(Progress::Finished(Outcome::Refused(difference)));
    }
    is_wanted(&container).then_some(Progress::Finished(Outcome::Done))
}

async fn after(
    engine: &Engine,
    target: &Target,
    one: &mut Try,
    trouble: Option<String>,
    is_wanted: impl Fn(&Container) -> bool,
) -> Progress {
    let until = tokio::time::Instant::now() + one.left().min(SETTLE);
    loop {
        match target.look(engine, one).await {
            Err(progress) => return progress,
            Ok(container) if is_wanted(&container) => return Progress::Finished(Outcome::Done),
            Ok(container) if tokio::time::Instant::now() >= until => {
                let state = container.state.name();
                return Progress::Again(trouble.unwrap_or(format!("it is {state} afterwards")));
            }
            Ok(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}
