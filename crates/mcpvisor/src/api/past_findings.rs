//! Findings of the past, with when they were there.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use history::FindingQuery;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Problem, Query};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::{PastFinding, PastFindings};
use crate::daemon::past::{blocking, unreadable};
use crate::when;

/// Most findings of one answer.
const MOST: usize = 20_000;

/// Which findings.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    /// Seen at or after this time; in the words of `/api/v1/history`. From the beginning if it is not
    /// said.
    from: Option<String>,
    /// Begun at or before this time; now if it is not said.
    to: Option<String>,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let past = Operation::new(
        "get",
        "/api/v1/findings/history",
        "What was wrong, and when",
    )
    .tag("history")
    .query::<Asked>()
    .answer::<PastFindings>(200, "Findings, those that were seen last first.")
    .problem(422, "A parameter is not as it should be.")
    .problem(503, "The history cannot be read.");
    api.route(past, get(findings))
}

async fn findings(
    State(shared): State<Shared>,
    Query(asked): Query<Asked>,
) -> Result<Json<PastFindings>, Problem> {
    let now = linux::clock::now().wall;
    let time = |name: &str, text: Option<String>| {
        let parsed = text.map(|text| when::parse(&text, now)).transpose();
        parsed.map_err(|why| Problem::unprocessable(format!("`{name}`: {why}")))
    };
    let query = FindingQuery {
        from: time("from", asked.from)?.map(Timestamp::as_millisecond),
        to: time("to", asked.to)?.map(Timestamp::as_millisecond),
        limit: Some(MOST),
        ..FindingQuery::default()
    };
    let history = shared.history().clone();
    let found = blocking(move || history.findings_history(&query)).await?;
    let found = found.map_err(|error| unreadable(&error))?;
    Ok(Json(PastFindings {
        truncated: found.len() >= MOST,
        findings: found.into_iter().map(PastFinding::from).collect(),
    }))
}
