//! Cleaning: a plan, and carrying out just that plan.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::routing::post;
use web::{Actor, Problem};

use super::Shared;
use super::describe::{Api, Operation};
use crate::daemon::orders::{CleanWishes, Order};
use crate::report::{CleanReport, CleanRequest};

/// Longest time of a wish, seconds.
const LONGEST: f64 = 1e9;
/// Longest time to SIGKILL over HTTP, seconds: the loop looks at nothing else meanwhile.
const LONGEST_KILL: f64 = 300.0;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new(
            "post",
            "/api/v1/clean",
            "Plan what to clean, or carry a plan out",
        )
        .about(
            "`{\"apply\":false}`, the default, answers a plan and changes nothing. \
                 `{\"apply\":true,\"plan_id\":..}` carries out just that plan; if the machine has \
                 changed since, nothing is done. Containers and files are in it too; an engine that \
                 hangs may take minutes, and the answer comes when all has been tried.",
        )
        .tag("cleaning")
        .body::<CleanRequest>()
        .answer::<CleanReport>(200, "The plan, or what became of it.")
        .problem(
            409,
            "The machine has changed since the plan was made; nothing was done.",
        )
        .problem(413, "The body is too long.")
        .problem(415, "The body is not JSON.")
        .problem(422, "The body is not as it should be."),
        post(clean),
    )
}

async fn clean(
    State(shared): State<Shared>,
    actor: Actor,
    web::Json(request): web::Json<CleanRequest>,
) -> Result<Json<CleanReport>, Problem> {
    let wishes = wishes(&request, &actor)?;
    if !request.apply {
        let plan = shared.order(|reply| Order::Plan { wishes, reply }).await?;
        return Ok(Json(plan));
    }
    let Some(plan_id) = request.plan_id else {
        return Err(Problem::unprocessable(
            "`apply` needs the `plan_id` of a plan that was answered before",
        ));
    };
    let actor = actor.to_string();
    let done = shared
        .order(|reply| Order::Clean {
            plan_id,
            wishes,
            actor,
            reply,
        })
        .await?
        .map_err(Problem::internal)?;
    if done.outcome == "changed" && !done.applied {
        return Err(Problem::conflict(
            "something changed since the plan was made, so nothing was done; ask for a new plan",
        )
        .with("plan_id", done.plan.plan_id));
    }
    Ok(Json(done))
}

fn wishes(request: &CleanRequest, actor: &Actor) -> Result<CleanWishes, Problem> {
    let seconds = |value: Option<f64>, name: &str, most: f64| match value {
        None => Ok(None),
        Some(value) if (0.0..=most).contains(&value) => Ok(Some(Duration::from_secs_f64(value))),
        Some(_) => Err(Problem::unprocessable(format!(
            "`{name}` is a number of seconds from 0 to {most}"
        ))),
    };
    Ok(CleanWishes {
        grace: seconds(request.grace_seconds, "grace_seconds", LONGEST)?,
        older_than: seconds(request.older_than_seconds, "older_than_seconds", LONGEST)?,
        kill_after: seconds(
            request.kill_after_seconds,
            "kill_after_seconds",
            LONGEST_KILL,
        )?,
        only: request.only.clone(),
        exclude: request.exclude.clone(),
        all_users: request.all_users,
        insist: false,
        caller: caller(actor),
    })
}

/// The process that asks, where it is on this machine's socket.
fn caller(actor: &Actor) -> Option<u32> {
    match actor {
        Actor::Socket { pid, .. } => u32::try_from(*pid).ok(),
        Actor::Token { .. } | Actor::SignIn { .. } => None,
    }
}
