//! The last touch on each answer: a body for errors that have none, the path in problems, the headers;
//! and the end of event streams.

use axum::body::{Body, HttpBody as _};
use axum::response::{IntoResponse as _, Response};
use futures_util::{FutureExt as _, StreamExt as _};
use http::StatusCode;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use crate::access::Grant;
use crate::edge::Edge;
use crate::headers;
use crate::paths::Exposure;
use crate::problem::{IsProblem, Problem};

/// Completes an answer for this path, as the client named it.
pub(crate) fn complete(response: &mut Response, path: &str, exposure: Exposure) {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let problem = match response.extensions_mut().remove::<IsProblem>() {
        Some(IsProblem(problem)) => Some(problem),
        // What the router refuses by itself: no such path, no such method.
        None if is_error && response.body().size_hint().exact() == Some(0) => {
            Some(describe(status, response))
        }
        None => None,
    };
    // One that was compressed is long, and stays as it is.
    if let Some(mut problem) = problem
        && !response.headers().contains_key(CONTENT_ENCODING)
    {
        problem.instance.get_or_insert_with(|| path.to_owned());
        let written = problem.into_response();
        response.headers_mut().remove(CONTENT_LENGTH);
        if let Some(kind) = written.headers().get(CONTENT_TYPE) {
            response.headers_mut().insert(CONTENT_TYPE, kind.clone());
        }
        *response.body_mut() = written.into_body();
    }
    headers::protect(response.headers_mut(), exposure);
}

fn describe(status: StatusCode, response: &Response) -> Problem {
    let allow = response.headers().get(http::header::ALLOW);
    match (status, allow.and_then(|methods| methods.to_str().ok())) {
        (StatusCode::NOT_FOUND, _) => Problem::not_found("there is nothing at this path"),
        (StatusCode::METHOD_NOT_ALLOWED, Some(methods)) => {
            Problem::new(status, format!("this path answers {methods}"))
        }
        _ => Problem::of_status(status),
    }
}

/// Lets an event stream end when we shut down, and when what the client showed is worth nothing any
/// more. All other answers are short.
pub(crate) fn end_with(edge: &Edge, grant: Option<Grant>, response: Response) -> Response {
    let kind = response.headers().get(CONTENT_TYPE);
    if kind.is_none_or(|kind| !kind.as_bytes().starts_with(b"text/event-stream")) {
        return response;
    }
    let access = edge.access.clone();
    let (mut stop, mut changes) = (edge.stop.clone(), access.changes());
    let end = async move {
        loop {
            // At first too: it may have been revoked while the handler was at work.
            if grant
                .as_ref()
                .is_some_and(|grant| !access.is_still_good(grant))
            {
                return;
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                changed = changes.changed() => if changed.is_err() { return },
            }
        }
    };
    response.map(|body| Body::from_stream(body.into_data_stream().take_until(end.boxed())))
}
