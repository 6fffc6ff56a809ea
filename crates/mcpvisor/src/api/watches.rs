//! Watching a process under a name.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use http::StatusCode;
use inventory::watches::Watch;
use web::{Actor, Path, Problem};

use super::describe::{Api, Operation};
use super::documents::{WatchReport, WatchRequest, Watches};
use super::{Shared, current};
use crate::daemon::Snapshot;
use crate::daemon::orders::{Order, Refused};

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let path = "/api/v1/watches/{name}";
    api.route(
        Operation::new("get", "/api/v1/watches", "Processes that are watched")
            .tag("watches")
            .answer::<Watches>(200, "All watches."),
        get(all),
    )
    .route(
        Operation::new("put", path, "Watch a process under a name")
            .about(
                "The process is only looked at, never stopped. The name has 1 to 64 letters, digits, \
                 dots, dashes and underscores.",
            )
            .tag("watches")
            .body::<WatchRequest>()
            .answer::<WatchReport>(200, "It is watched so already.")
            .answer::<WatchReport>(201, "It is watched from now on.")
            .problem(404, "There is no such process.")
            .problem(409, "The name watches another process, or there are too many.")
            .problem(413, "The body is too long.")
            .problem(415, "The body is not JSON.")
            .problem(422, "The body or the name is not as it should be."),
        put(watch).delete(unwatch),
    )
    .describe_only(
        Operation::new("delete", path, "Watch it no longer")
            .tag("watches")
            .nothing(204, "It is no longer watched.")
            .problem(404, "Nothing is watched under this name."),
    )
}

async fn all(State(shared): State<Shared>) -> Result<Json<Watches>, Problem> {
    let snapshot = current(&shared)?;
    let watched = &snapshot.picture.inventory.watched;
    let watches = shared.state().watches();
    Ok(Json(Watches {
        watches: watches
            .iter()
            .filter(|watch| watched.iter().any(|server| server.name == watch.name))
            .map(|watch| described(watch, &snapshot))
            .collect(),
    }))
}

fn described(watch: &Watch, snapshot: &Snapshot) -> WatchReport {
    let table = &snapshot.picture.table;
    let process = table.get(watch.id.pid);
    WatchReport {
        name: watch.name.clone(),
        server: format!("watch-{}", watch.name),
        pid: watch.id.pid,
        since: watch.since,
        alive: watch.boot_id == table.host.boot_id
            && process.is_some_and(|process| process.id() == watch.id),
    }
}

async fn watch(
    State(shared): State<Shared>,
    actor: Actor,
    Path(name): Path<String>,
    web::Json(request): web::Json<WatchRequest>,
) -> Result<Response, Problem> {
    let (watch, new) = shared
        .order(|reply| Order::Watch {
            name,
            pid: request.pid,
            actor: actor.to_string(),
            reply,
        })
        .await?
        .map_err(|refused| problem(&refused))?;
    let snapshot = current(&shared)?;
    let status = if new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(described(&watch, &snapshot))).into_response())
}

async fn unwatch(
    State(shared): State<Shared>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    shared
        .order(|reply| Order::Unwatch {
            name,
            actor: actor.to_string(),
            reply,
        })
        .await?
        .map_err(|refused| problem(&refused))?;
    Ok(StatusCode::NO_CONTENT)
}

fn problem(refused: &Refused) -> Problem {
    let detail = refused.to_string();
    match refused {
        Refused::BadName(_) => Problem::unprocessable(detail),
        Refused::NoProcess { .. } | Refused::NoWatch { .. } => Problem::not_found(detail),
        Refused::Taken { .. } | Refused::TooMany { .. } => Problem::conflict(detail),
        Refused::NotStored(_) => Problem::internal(detail),
    }
}
