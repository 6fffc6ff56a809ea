//! Servers that mcpvisor keeps: how they are, and orders to them.
//!
//! An order is answered when it is done: a start when the server runs, a stop when nothing of it is left.
//! What takes longer than the asker waits is answered with 202 and a task that can be asked for.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use keeper::{ServerView, View};
use schemars::JsonSchema;
use serde::Deserialize;
use supervise::lifecycle::State as Life;
use web::{Actor, Path, Problem, Query};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::{ServerLog, Supervision, TaskReport};
use crate::daemon::Daemon;
use crate::daemon::containers::orders::Verb;
use crate::daemon::keeping;
use crate::daemon::tasks::Task;
use crate::logs;

/// How long an asker waits if it does not say, seconds.
const WAIT: f64 = 20.0;
/// Longest wait, seconds: what proxies allow.
const LONGEST_WAIT: f64 = 300.0;
/// Lines of a log if it is not said.
const LINES: u32 = 100;
/// Lines of a log at most.
const MOST_LINES: u32 = 10_000;

/// How long to wait.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wait {
    /// Seconds until 202 is answered if it is not done; 20 if it is not said, at most 300.
    #[schemars(range(min = 0.0, max = 300.0))]
    wait: Option<f64>,
}

/// How much of a log.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Which {
    /// The last so many lines; 100 if it is not said.
    #[schemars(range(min = 1, max = 10000))]
    lines: Option<u32>,
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Start,
    Stop,
    Restart,
}

impl What {
    fn verb(self) -> Verb {
        match self {
            Self::Start => Verb::Start,
            Self::Stop => Verb::Stop,
            Self::Restart => Verb::Restart,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let api = api
        .route(
            Operation::new("get", "/api/v1/supervision", "Servers that mcpvisor keeps")
                .tag("supervision")
                .answer::<Supervision>(200, "All of them, with their limits."),
            get(all),
        )
        .route(
            Operation::new("get", "/api/v1/tasks/{id}", "What became of an order")
                .tag("supervision")
                .answer::<TaskReport>(200, "The order.")
                .problem(404, "There is no such order, or it was too long ago."),
            get(task),
        )
        .route(
            Operation::new("get", "/api/v1/servers/{id}/logs", "The end of its log")
                .about("Of a server that mcpvisor keeps. Secrets have been taken out of it.")
                .tag("supervision")
                .query::<Which>()
                .answer::<ServerLog>(200, "Its last lines.")
                .problem(404, "There is no such server.")
                .problem(409, "mcpvisor does not keep this server.")
                .problem(422, "The query is not as it should be."),
            get(log),
        );
    api.route(
        order(
            "/api/v1/servers/{id}/start",
            "Start a server that mcpvisor keeps",
        ),
        post(start),
    )
    .route(
        order(
            "/api/v1/servers/{id}/stop",
            "Stop it, with all that it has started",
        ),
        post(stop),
    )
    .route(
        order("/api/v1/servers/{id}/restart", "Stop and start it"),
        post(restart),
    )
}

fn order(path: &'static str, summary: &'static str) -> Operation {
    Operation::new("post", path, summary)
        .tag("supervision")
        .query::<Wait>()
        .answer::<TaskReport>(200, "It is done.")
        .answer::<TaskReport>(202, "It goes on; `Location` says where to ask for it.")
        .problem(404, "There is no such server.")
        .problem(409, "mcpvisor does not keep this server.")
        .problem(422, "The query is not as it should be.")
        .problem(502, "It could not be done: the server failed.")
}

async fn all(State(shared): State<Shared>) -> Json<Supervision> {
    Json(Supervision::of(&shared.kept(), &shared.confined()))
}

async fn start(
    shared: State<Shared>,
    actor: Actor,
    id: Path<String>,
    wait: Query<Wait>,
) -> Result<Response, Problem> {
    ordered(shared, actor, id, wait, What::Start).await
}

async fn stop(
    shared: State<Shared>,
    actor: Actor,
    id: Path<String>,
    wait: Query<Wait>,
) -> Result<Response, Problem> {
    ordered(shared, actor, id, wait, What::Stop).await
}

async fn restart(
    shared: State<Shared>,
    actor: Actor,
    id: Path<String>,
    wait: Query<Wait>,
) -> Result<Response, Problem> {
    ordered(shared, actor, id, wait, What::Restart).await
}

async fn ordered(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
    Query(wait): Query<Wait>,
    what: What,
) -> Result<Response, Problem> {
    let wait = match wait.wait.unwrap_or(WAIT) {
        seconds if (0.0..=LONGEST_WAIT).contains(&seconds) => Duration::from_secs_f64(seconds),
        _ => {
            return Err(Problem::unprocessable(
                "`wait` is a number of seconds from 0 to 300",
            ));
        }
    };
    let actor = actor.to_string();
    if let Some(container) = shared.container_of(&id) {
        let verb = what.verb();
        return super::contained::ordered(shared, id, container, verb, actor, wait).await;
    }
    let name = named(&shared, &id)?;
    shared.begin(&actor, what.name(), &name);
    let before = shared
        .kept()
        .server(&name)
        .map_or(0, |server| server.generation);
    let task = put(&shared, &name, what)?;
    // It is followed to its end whether anybody waits for that or not: the audit is to have it.
    let follower = Arc::clone(&shared);
    let mut follow =
        tokio::spawn(async move { follow(&follower, &name, what, (task, before), &actor).await });
    let ended = tokio::time::timeout(wait, &mut follow).await;
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

/// The name of a server that is kept.
fn named(shared: &Daemon, id: &str) -> Result<String, Problem> {
    let view = shared.kept();
    let is_it = |server: &&Arc<ServerView>| server.name == id || keeping::id_of(&server.name) == id;
    if let Some(server) = view.servers.iter().find(is_it) {
        return Ok(server.name.clone());
    }
    if let Some(container) = shared.container_of(id) {
        return Err(Problem::conflict(format!(
            "`{id}` is container `{container}`, and its engine has its log: `docker logs {container}`"
        )));
    }
    let snapshot = super::current(shared)?;
    let other = super::servers::named(&snapshot, id)?;
    let owner = &other.owner.name;
    Err(Problem::conflict(format!(
        "mcpvisor does not keep `{}`: {owner} has started it, and would not know; \
         to have mcpvisor keep it, declare it as a [[server]] in its configuration",
        other.name
    )))
}

/// Gives the order, and notes it as a task.
fn put(shared: &Daemon, name: &str, what: What) -> Result<u64, Problem> {
    let ticket = shared.keeper().and_then(|keeper| match what {
        What::Start => keeper.order_start(name),
        What::Stop => keeper.order_stop(name),
        What::Restart => keeper.order_restart(name),
    });
    let Some(id) = ticket else {
        shared.figures().refuse_order();
        return Err(Problem::unavailable("too many orders are waiting; try again").retry_after(1));
    };
    let mut tasks = shared
        .tasks()
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    tasks.add(Task {
        id,
        server: name.to_owned(),
        order: what.name(),
        at: linux::clock::now().wall,
        ended: None,
    });
    Ok(id)
}

/// Waits until the order is done or has failed, and notes that. `before`: the last start before it.
async fn follow(
    shared: &Daemon,
    name: &str,
    what: What,
    (task, before): (u64, u64),
    actor: &str,
) -> Result<(), String> {
    let mut signal = shared.kept_signal().subscribe();
    let how = loop {
        if let Some(how) = outcome(&shared.kept(), name, what, task, before) {
            break how;
        }
        if signal.changed().await.is_err() {
            break Err("mcpvisor ends".to_owned());
        }
    };
    let at = linux::clock::now().wall;
    let mut tasks = shared
        .tasks()
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    tasks.end(task, at, how.clone());
    drop(tasks);
    let outcome = how.as_ref().map_err(String::as_str).copied();
    shared.audit(actor, what.name(), name, outcome);
    how
}

/// How an order has ended; `None` while it goes on.
fn outcome(
    view: &View,
    name: &str,
    what: What,
    task: u64,
    before: u64,
) -> Option<Result<(), String>> {
    if view.orders_done < task {
        return None;
    }
    let Some(server) = view.server(name) else {
        return Some(Err("it is not configured any more".to_owned()));
    };
    let words = || {
        let reason = server
            .reason
            .clone()
            .unwrap_or_else(|| "it failed".to_owned());
        format!("`{name}` {reason}; `mcpvisor logs {name}` shows its log")
    };
    match (what, server.state) {
        (What::Stop, Life::Stopped) => Some(Ok(())),
        (What::Stop, _) if server.is_wanted => {
            Some(Err("it was started by another order".to_owned()))
        }
        (What::Stop, _) => None,
        (_, Life::Stopped) if server.is_wanted => Some(Err(words())),
        (_, Life::Stopped | Life::Stopping) if !server.is_wanted => {
            Some(Err("it was stopped by another order".to_owned()))
        }
        (What::Restart, Life::Running) if server.generation <= before => None,
        (_, Life::Running | Life::Degraded) => Some(Ok(())),
        (_, Life::Backoff | Life::Failed) => Some(Err(words())),
        (_, Life::Starting | Life::Stopping | Life::Stopped) => None,
    }
}

fn report(shared: &Daemon, id: u64) -> Option<TaskReport> {
    let task = {
        let tasks = shared
            .tasks()
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        tasks.get(id).cloned()
    }?;
    Some(TaskReport::of(&task, shared.kept().server(&task.server)))
}

async fn task(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<TaskReport>, Problem> {
    let found = id.parse().ok().and_then(|id| report(&shared, id));
    found
        .map(Json)
        .ok_or_else(|| Problem::not_found("there is no such order, or it was too long ago"))
}

async fn log(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<ServerLog>, Problem> {
    let lines @ 1..=MOST_LINES = which.lines.unwrap_or(LINES) else {
        return Err(Problem::unprocessable(
            "`lines` is a number from 1 to 10000",
        ));
    };
    let name = named(&shared, &id)?;
    let path = shared.kept().server(&name).map(|server| server.log.clone());
    let path = path.ok_or_else(|| Problem::not_found("it is not kept any more"))?;
    let read = tokio::task::spawn_blocking(move || logs::last_lines(&path, lines as usize));
    let lines = read
        .await
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Json(ServerLog {
        schema: "mcpvisor.logs.v1".into(),
        server: keeping::id_of(&name),
        name,
        lines: lines
            .map_err(|error| Problem::internal(format!("its log cannot be read: {error}")))?,
    }))
}
