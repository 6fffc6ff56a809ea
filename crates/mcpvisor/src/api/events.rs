//! Live events: what changes, as it changes.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use schemars::JsonSchema;
use serde::Deserialize;
use web::{Message, Query, Start};

use super::Shared;
use super::describe::{Api, Operation};

/// Which events.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Wanted {
    /// Only these kinds, with commas between them: `snapshot`, `server`, `finding`, `level`, `alert`,
    /// `action`.
    kinds: Option<String>,
    /// Only events about the server with this id.
    server: Option<String>,
}

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/v1/events", "What changes, as it changes")
            .about(
                "Server-sent events: `snapshot` after each look, `server`, `finding`, `level`, `alert` and \
                 `action` as they happen. `Last-Event-ID` resumes; what cannot be told any more is \
                 announced by `lagged`.",
            )
            .tag("events")
            .query::<Wanted>()
            .answer_as::<String>(200, "The stream.", "text/event-stream")
            .problem(503, "Too many listen already."),
        get(events),
    )
}

async fn events(
    State(shared): State<Shared>,
    headers: HeaderMap,
    Query(wanted): Query<Wanted>,
) -> Response {
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok());
    let snapshot = shared.snapshot();
    let kinds: Option<Vec<String>> = wanted.kinds.map(|kinds| {
        kinds
            .split(',')
            .map(|kind| kind.trim().to_owned())
            .collect()
    });
    let takes = move |kind: &str| {
        kinds
            .as_ref()
            .is_none_or(|kinds| kinds.iter().any(|k| k == kind))
    };
    let first = takes("snapshot");
    shared.hub().stream(
        last,
        move |event| {
            takes(event.kind())
                && wanted
                    .server
                    .as_deref()
                    .is_none_or(|server| event.subject() == Some(server))
        },
        // Whoever begins, or has missed something, begins with how things are.
        |start| match (start, snapshot) {
            (Start::Fresh | Start::Lagged { .. }, Some(snapshot)) if first => {
                vec![Message::new("snapshot", &snapshot.live())]
            }
            _ => Vec::new(),
        },
    )
}
