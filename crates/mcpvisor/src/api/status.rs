//! The daemon itself: is it well, what does it cost, what was it told.

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
use super::documents::{AuditList, Changes, Health, HistoryStats, Own, Status};
use crate::daemon::Level;

/// Version of [`Status`].
pub const STATUS: &str = "mcpvisor.status.v1";

/// Which entries.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Page {
    /// Entries at most; 100 if it is not said.
    #[schemars(range(min = 1, max = 10000))]
    limit: Option<u32>,
    /// Only entries with a smaller number: the last one of the page before.
    before: Option<u64>,
}

/// Which changes.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ChangePage {
    /// Entries at most; 100 if it is not said.
    #[schemars(range(min = 1, max = 10000))]
    limit: Option<u32>,
    /// Only of this kind: `server`, `finding`, `level`, `alert`, `action`.
    kind: Option<String>,
    /// Only about the server with this id.
    server: Option<String>,
}

impl Page {
    fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }
}

impl ChangePage {
    fn limit(&self) -> Result<usize, Problem> {
        limit(self.limit)
    }
}

fn limit(asked: Option<u32>) -> Result<usize, Problem> {
    match asked.unwrap_or(100) {
        limit @ 1..=10_000 => Ok(limit as usize),
        _ => Err(Problem::unprocessable(
            "`limit` is a number from 1 to 10000",
        )),
    }
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/health", "Whether all is well")
            .about("Needs no token. 200 while the level is green or yellow, 503 otherwise.")
            .tag("daemon")
            .answer::<Health>(200, "Well: green or yellow.")
            .answer::<Health>(503, "Not well: orange, red or unknown.")
            .open(),
        get(health),
    )
    .route(
        Operation::new("get", "/api/v1/status", "The daemon itself")
            .tag("daemon")
            .answer::<Status>(200, "Its state, cost and history."),
        get(status),
    )
    .route(
        Operation::new("get", "/api/v1/audit", "Commands that were given")
            .tag("daemon")
            .query::<Page>()
            .answer::<AuditList>(200, "Commands, the latest first.")
            .problem(422, "A parameter is not as it should be."),
        get(audit),
    )
    .route(
        Operation::new("get", "/api/v1/changes", "What happened")
            .about("Servers that started, ended or changed their state, and findings. `/api/v1/events` tells the same live.")
            .tag("daemon")
            .query::<ChangePage>()
            .answer::<Changes>(200, "What happened, the latest first.")
            .problem(422, "A parameter is not as it should be."),
        get(changes),
    )
}

async fn health(State(shared): State<Shared>) -> Response {
    let snapshot = shared.snapshot();
    let level = shared.level();
    let body = Health {
        level,
        version: env!("CARGO_PKG_VERSION").into(),
        uptime: shared.uptime_seconds(),
        taken_at: snapshot.map(|snapshot| snapshot.picture.table.moment.wall),
    };
    let status = if level.is_well() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(body)).into_response()
}

async fn status(State(shared): State<Shared>) -> Json<Status> {
    let snapshot = shared.snapshot();
    let config = shared.config();
    let looked = snapshot.as_deref();
    let (path, error) = shared.config_file();
    Json(Status {
        schema: STATUS.into(),
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id(),
        started_at: shared.started().wall,
        uptime_seconds: shared.uptime_seconds(),
        level: looked.map_or(Level::Unknown, |_| shared.level()),
        taken_at: looked.map(|seen| seen.picture.table.moment.wall),
        url: shared.url(),
        state_dir: shared.state().folder().display().to_string(),
        config: path,
        config_error: error,
        interval_seconds: config.daemon.interval.0.as_secs_f64(),
        looks: looked.map_or(0, |seen| seen.number),
        look_seconds: looked.map_or(0.0, |seen| seen.look_seconds),
        own: Own {
            cpu_percent: shared.figures().cpu_percent(),
            cpu_budget_percent: config.budget.cpu.percent(),
            rss_bytes: looked.and_then(|seen| seen.picture.own_rss_bytes),
            memory_budget_bytes: config.budget.memory.0,
            shed: looked.and_then(|seen| seen.picture.shed.clone()),
        },
        history: shared.history().stats().ok().map(HistoryStats::from),
        listeners: shared.hub().counts().clients,
        watches: looked.map_or(0, |seen| seen.picture.inventory.watched.len()),
    })
}

async fn audit(
    State(shared): State<Shared>,
    Query(page): Query<Page>,
) -> Result<Json<AuditList>, Problem> {
    let entries = shared.audits(page.limit()?, page.before).await?;
    Ok(Json(AuditList { entries }))
}

async fn changes(
    State(shared): State<Shared>,
    Query(page): Query<ChangePage>,
) -> Result<Json<Changes>, Problem> {
    if page.kind.as_ref().is_some_and(|kind| {
        !["server", "finding", "level", "alert", "action"].contains(&kind.as_str())
    }) {
        return Err(Problem::unprocessable(
            "`kind` is `server`, `finding`, `level`, `alert` or `action`",
        ));
    }
    let query = history::EventQuery {
        limit: Some(page.limit()?),
        kind: page.kind,
        server: page.server,
        ..history::EventQuery::default()
    };
    let changes = shared.past_changes(query).await?;
    Ok(Json(Changes { changes }))
}
