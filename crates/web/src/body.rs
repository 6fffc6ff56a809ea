//! Receives the body of a request before its handler is called: whole, bounded, in time, and of the one
//! type that a foreign page cannot send without being asked first.

use std::time::Duration;

use axum::body::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};

use crate::counters::Reason;
use crate::guard::Refused;
use crate::problem::Problem;

/// The body, of at most `most` bytes.
pub(crate) async fn receive(
    parts: &Parts,
    incoming: Incoming,
    most: usize,
    time: Duration,
) -> Result<Bytes, Refused> {
    if incoming.is_end_stream() {
        return Ok(Bytes::new());
    }
    let refuse = |status, detail: String| (Reason::Body, Problem::new(status, detail));
    let too_long = || {
        let detail = format!("the body is longer than {most} bytes");
        refuse(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    if is_mutation(&parts.method) && !is_json(parts) {
        let detail = "the body must be JSON, with `Content-Type: application/json`";
        return Err(refuse(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            detail.to_owned(),
        ));
    }
    // Nothing is read of what says that it is too long.
    if incoming.size_hint().lower() > most as u64 {
        return Err(too_long());
    }
    match tokio::time::timeout(time, Limited::new(incoming, most).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(refuse(
            StatusCode::BAD_REQUEST,
            "the body ended too early or is malformed".to_owned(),
        )),
        Err(_) => Err(refuse(
            StatusCode::REQUEST_TIMEOUT,
            "the body did not arrive in time".to_owned(),
        )),
    }
}

fn is_mutation(method: &Method) -> bool {
    *method != Method::GET && *method != Method::HEAD
}

/// `application/json`, with parameters or without.
fn is_json(parts: &Parts) -> bool {
    let mut lines = parts.headers.get_all(CONTENT_TYPE).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return false;
    };
    let kind = line.as_bytes().split(|byte| *byte == b';').next();
    kind.unwrap_or_default()
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}
