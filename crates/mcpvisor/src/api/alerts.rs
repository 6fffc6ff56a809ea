//! Alerts: list, acknowledge, clear.

use alerting::{Acknowledgement, Alert, State as Life};
use axum::Json;
use axum::extract::State;
use axum::routing::{delete, get, post};
use history::AlertQuery;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Actor, Path, Problem, Query};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::{AckRequest, Alerts, Cleared};
use super::servers::named;
use crate::daemon::orders::{AlarmOrder, Order};
use crate::daemon::past::{blocking, unreadable};

/// Longest comment, characters.
pub(super) const MOST_COMMENT: usize = 1_000;

/// Which alerts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    /// About the server with this id or name.
    server: Option<String>,
    /// `pending`, `firing` or `resolved`; pending and firing ones if it is not said.
    state: Option<Life>,
    /// Of this rule.
    rule: Option<String>,
    /// Of this severity: `info`, `warning`, `error`, `critical`.
    severity: Option<model::Severity>,
    /// Alerts at most; 1,000 if it is not said.
    #[schemars(range(min = 1, max = 10000))]
    limit: Option<u32>,
}

/// What is kept of an alert that is over.
#[derive(Deserialize)]
struct Kept {
    alert: Alert,
}

/// Whose alerts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct OfServer {
    /// About the server with this id or name; all alerts if it is not said.
    server: Option<String>,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let one = "/api/v1/alerts/{id}";
    api.route(
        Operation::new("get", "/api/v1/alerts", "What is wrong, or was")
            .tag("alerts")
            .query::<Asked>()
            .answer::<Alerts>(200, "Alerts.")
            .problem(404, "There is no such server.")
            .problem(422, "A parameter is not as it should be."),
        get(list).delete(clear_all),
    )
    .describe_only(
        Operation::new("delete", "/api/v1/alerts", "Clear alerts")
            .about("An alert whose condition holds on comes back as a new one, after its time.")
            .tag("alerts")
            .query::<OfServer>()
            .answer::<Cleared>(200, "How many were cleared.")
            .problem(404, "There is no such server."),
    )
    .route(
        Operation::new("delete", one, "Clear an alert")
            .tag("alerts")
            .answer::<Cleared>(200, "It was cleared.")
            .problem(404, "There is no such alert, or it is over."),
        delete(clear),
    )
    .route(
        Operation::new("post", "/api/v1/alerts/{id}/ack", "Take notice of an alert")
            .about("It is not repeated and not escalated from then on. Its end is still told.")
            .tag("alerts")
            .body::<AckRequest>()
            .answer::<Alert>(200, "The alert.")
            .problem(404, "There is no such alert, or it is over.")
            .problem(413, "The body is too long.")
            .problem(415, "The body is not JSON.")
            .problem(422, "The body is not as it should be."),
        post(acknowledge),
    )
    .route(
        Operation::new(
            "get",
            "/api/v1/servers/{id}/alerts",
            "Alerts about a server",
        )
        .tag("servers")
        .answer::<Alerts>(200, "What is pending or firing.")
        .problem(404, "There is no such server."),
        get(of_server),
    )
}

/// Name and owner of the server that is asked for. One that is gone is known by its name only.
fn server(shared: &Shared, id: Option<&str>) -> Result<Option<(String, Option<String>)>, Problem> {
    let Some(id) = id else {
        return Ok(None);
    };
    let snapshot = super::current(shared)?;
    match named(&snapshot, id) {
        Ok(server) => Ok(Some((server.name.clone(), Some(server.owner.name.clone())))),
        Err(problem) => {
            let alarms = shared.alarms();
            let has_name =
                |alert: &Alert| alert.labels.get("server").is_some_and(|name| name == id);
            let inventory = &snapshot.picture.inventory;
            let is_name = inventory.servers.iter().any(|server| server.name == id);
            if is_name || alarms.alerts.iter().any(has_name) {
                Ok(Some((id.to_owned(), None)))
            } else {
                Err(problem)
            }
        }
    }
}

fn is_about(alert: &Alert, server: Option<&(String, Option<String>)>) -> bool {
    server.is_none_or(|(name, owner)| {
        alert.labels.get("server") == Some(name)
            && owner
                .as_ref()
                .is_none_or(|owner| alert.labels.get("owner") == Some(owner))
    })
}

async fn list(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Json<Alerts>, Problem> {
    let limit = match asked.limit.unwrap_or(1_000) {
        limit @ 1..=10_000 => limit as usize,
        _ => {
            return Err(Problem::unprocessable(
                "`limit` is a number from 1 to 10000",
            ));
        }
    };
    let level = shared.level();
    let found: Vec<Alert> = if asked.state == Some(Life::Resolved) {
        let history = shared.history().clone();
        let server = asked.server.clone();
        let query = AlertQuery {
            state: Some(Life::Resolved.name().to_owned()),
            rule: asked.rule.clone(),
            server,
            limit: Some(limit),
            ..AlertQuery::default()
        };
        let rows = blocking(move || history.alerts(&query)).await?;
        let rows = rows.map_err(|error| unreadable(&error))?;
        let alert = |row: history::AlertRow| Some(row.data.read::<Kept>().ok()?.alert);
        rows.into_iter().filter_map(alert).collect()
    } else {
        let server = server(&shared, asked.server.as_deref())?;
        let alarms = shared.alarms();
        let about = alarms
            .alerts
            .iter()
            .filter(|alert| is_about(alert, server.as_ref()));
        about.cloned().collect()
    };
    let alerts = found
        .into_iter()
        .filter(|alert| asked.state.is_none_or(|state| alert.state == state))
        .filter(|alert| asked.rule.as_ref().is_none_or(|rule| alert.rule == *rule))
        .filter(|alert| {
            asked
                .severity
                .is_none_or(|severity| alert.severity == severity)
        })
        .take(limit)
        .collect();
    Ok(Json(Alerts { level, alerts }))
}

async fn of_server(
    State(shared): State<Shared>,
    Path(id): Path<String>,
) -> Result<Json<Alerts>, Problem> {
    let server = server(&shared, Some(&id))?;
    let alarms = shared.alarms();
    let about = alarms
        .alerts
        .iter()
        .filter(|alert| is_about(alert, server.as_ref()));
    Ok(Json(Alerts {
        level: super::health::level(&shared, server.as_ref()),
        alerts: about.cloned().collect(),
    }))
}

async fn clear_all(
    State(shared): State<Shared>,
    actor: Actor,
    Query(asked): Query<OfServer>,
) -> Result<Json<Cleared>, Problem> {
    let server = server(&shared, asked.server.as_deref())?;
    let alarms = shared.alarms();
    let about = alarms
        .alerts
        .iter()
        .filter(|alert| is_about(alert, server.as_ref()));
    let ids = about.map(|alert| alert.id.clone()).collect();
    cleared(&shared, ids, &actor).await.map(Json)
}

async fn clear(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Cleared>, Problem> {
    let done = cleared(&shared, vec![id], &actor).await?;
    if done.cleared == 0 {
        return Err(none());
    }
    Ok(Json(done))
}

async fn cleared(shared: &Shared, ids: Vec<String>, actor: &Actor) -> Result<Cleared, Problem> {
    let actor = actor.to_string();
    let order = |reply| Order::Alarm(AlarmOrder::Clear { ids, actor, reply });
    let cleared = shared.order(order).await?;
    Ok(Cleared { cleared })
}

async fn acknowledge(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
    web::Json(request): web::Json<AckRequest>,
) -> Result<Json<Alert>, Problem> {
    let by = Acknowledgement {
        by: actor.to_string(),
        at: linux::clock::now().wall,
        comment: comment(&request.comment)?,
    };
    let order = |reply| Order::Alarm(AlarmOrder::Acknowledge { id, by, reply });
    shared.order(order).await?.map(Json).map_err(|_| none())
}

fn none() -> Problem {
    Problem::not_found(
        "there is no such alert that is pending or firing; `/api/v1/alerts` lists them",
    )
}

/// A comment as it may be kept and shown.
pub(super) fn comment(text: &str) -> Result<String, Problem> {
    if text.chars().count() > MOST_COMMENT {
        return Err(Problem::unprocessable(
            "a comment has at most 1,000 characters",
        ));
    }
    Ok(text
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect())
}
