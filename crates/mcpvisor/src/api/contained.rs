//! Containers: what engines tell of them, and orders to those that the configuration names.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Problem, Query};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::TaskReport;
use crate::daemon::Daemon;
use crate::daemon::containers::limits;
use crate::daemon::containers::orders::Verb;
use crate::report::ContainersReport;

/// Which containers.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    /// Look now, instead of telling what the last look saw.
    fresh: bool,
    /// Those that have nothing to do with MCP too.
    all: bool,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/v1/containers", "Containers of MCP servers")
            .about(
                "What Docker and Podman tell, whose each is, and whether it still serves somebody. \
                 Without an engine there are none, and `notes` says so.",
            )
            .tag("containers")
            .query::<Which>()
            .answer::<ContainersReport>(200, "Engines and containers.")
            .problem(422, "The query is not as it should be."),
        get(all),
    )
}

async fn all(
    State(shared): State<Shared>,
    Query(which): Query<Which>,
) -> Result<Json<ContainersReport>, Problem> {
    let snapshot = shared.look(which.fresh).await?;
    let picture = &snapshot.picture;
    let (Some(look), Some(containers)) = (&picture.engines, shared.containers()) else {
        return Err(Problem::unavailable("container engines are not watched yet").retry_after(1));
    };
    let config = shared.config();
    let limits = |judged: &_| limits::report(containers.limited(), &config, look, judged);
    let taken_at = picture.table.moment.wall;
    Ok(Json(ContainersReport::of(
        look, taken_at, which.all, limits,
    )))
}

/// Carries out an order to a server that is a container, and waits for its end.
pub(super) async fn ordered(
    shared: Shared,
    server: String,
    container: String,
    verb: Verb,
    actor: String,
    wait: Duration,
) -> Result<Response, Problem> {
    shared.begin(&actor, verb.name(), &server);
    let task = shared.begin_container_order(&server, verb);
    // It is followed to its end whether anybody waits for that or not: the audit is to have it.
    let follower = Arc::clone(&shared);
    let ended = follower
        .order_container((task, server), container, verb, actor)
        .map_err(Problem::internal)?;
    let ended = tokio::time::timeout(wait, ended).await;
    let report =
        report(&shared, task).ok_or_else(|| Problem::internal("the order was forgotten"))?;
    match ended {
        Err(_) => {
            let location = [("location", format!("/api/v1/tasks/{task}"))];
            Ok((StatusCode::ACCEPTED, location, Json(report)).into_response())
        }
        Ok(Ok(Ok(()))) => Ok(Json(report).into_response()),
        Ok(Ok(Err(why))) => Err(Problem::new(StatusCode::BAD_GATEWAY, why).with("task", task)),
        Ok(Err(_)) => Err(Problem::internal("the order could not be followed")),
    }
}

fn report(shared: &Daemon, id: u64) -> Option<TaskReport> {
    let tasks = shared
        .tasks()
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Some(TaskReport::of(tasks.get(id)?, None))
}
