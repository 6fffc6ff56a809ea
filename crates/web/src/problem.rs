//! What every refusal and failure looks like: a problem as RFC 9457 describes it, sent as
//! `application/problem+json`. A problem names what happened and what to do; it never repeats what a
//! client sent, because that may be a secret.

use std::borrow::Cow;
use std::ops::{Deref, DerefMut};

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The media type of a [`Problem`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A problem (RFC 9457). Members of one's own go beside the standard ones. It is as large as a pointer,
/// so that results which almost never hold one stay small.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemDetails>);

/// What a [`Problem`] says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProblemDetails {
    /// A URI that names the kind of problem; `about:blank` where the status says it all.
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status, as in the status line.
    pub status: u16,
    /// What happened this time, and what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The path that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Further members.
    #[serde(flatten)]
    pub members: Map<String, Value>,
    /// Headers that belong to the answer, such as `Retry-After`.
    #[serde(skip)]
    #[schemars(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The schema of what it says: the box around it is nobody's concern.
impl JsonSchema for Problem {
    fn schema_name() -> Cow<'static, str> {
        "Problem".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        ProblemDetails::json_schema(generator)
    }
}

impl Deref for Problem {
    type Target = ProblemDetails;

    fn deref(&self) -> &ProblemDetails {
        &self.0
    }
}

impl DerefMut for Problem {
    fn deref_mut(&mut self) -> &mut ProblemDetails {
        &mut self.0
    }
}

impl Problem {
    /// A problem of this status, with the status's own words as title.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let mut problem = Self::of_status(status);
        problem.detail = Some(detail.into());
        problem
    }

    /// A problem of which the status says everything.
    pub fn of_status(status: StatusCode) -> Self {
        Self(Box::new(ProblemDetails {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Problem").to_owned(),
            status: status.as_u16(),
            detail: None,
            instance: None,
            members: Map::new(),
            headers: Vec::new(),
        }))
    }

    /// 400: the request does not say what it should.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401, with the challenge that RFC 9110 asks for.
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail).header(
            http::header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer"),
        )
    }

    /// 403: understood, and not done for this client.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: there is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// 405: the path is there, the method is not. `allow` are the methods that are.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            format!("this path answers {allow}"),
        )
        .header(http::header::ALLOW, HeaderValue::from_static(allow))
    }

    /// 409: the world is no longer as the request assumes.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422: well-formed, and it makes no sense.
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 429, with the seconds after which it is worth trying again.
    pub fn too_many_requests(detail: impl Into<String>, seconds: u64) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, detail).retry_after(seconds)
    }

    /// 500: our own fault.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    /// 501: planned, and not there yet.
    pub fn not_implemented(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, detail)
    }

    /// 503: not now.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    /// The same under a URI of its own and a title that belongs to it.
    #[must_use]
    pub fn of_kind(mut self, kind: impl Into<String>, title: impl Into<String>) -> Self {
        self.kind = kind.into();
        self.title = title.into();
        self
    }

    /// The same with a further member. The standard members cannot be replaced.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        const STANDARD: [&str; 5] = ["type", "title", "status", "detail", "instance"];
        if !STANDARD.contains(&name) {
            self.members.insert(name.to_owned(), value.into());
        }
        self
    }

    /// The same for this path.
    #[must_use]
    pub fn at(mut self, path: &str) -> Self {
        self.instance = Some(path.to_owned());
        self
    }

    /// The same with `Retry-After`.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The status as a type; 500 where the number is none.
    pub fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let headers = std::mem::take(&mut self.headers);
        let mut response = (self.status_code(), Json(&self)).into_response();
        let own = response.headers_mut();
        own.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        own.extend(headers);
        // Lets the guard name the path without parsing the body again.
        response.extensions_mut().insert(IsProblem(self));
        response
    }
}

/// Marks an answer that was made from a problem.
#[derive(Debug, Clone)]
pub(crate) struct IsProblem(pub(crate) Problem);

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use http_body_util::BodyExt as _;

    #[test]
    fn it_is_written_as_the_rfc_says() {
        let problem = Problem::conflict("the plan is old")
            .with("plan_id", "p-1")
            .with("status", 200)
            .at("/api/v1/clean");
        let json = serde_json::to_value(&problem).unwrap();
        let expected = serde_json::json!({
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "the plan is old",
            "instance": "/api/v1/clean",
            "plan_id": "p-1",
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[tokio::test]
    async fn it_becomes_an_answer_with_its_headers() {
        let response = Problem::too_many_requests("slow down", 7).into_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        assert_eq!(response.headers()[CONTENT_TYPE], PROBLEM_JSON);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let back: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(back.detail.as_deref(), Some("slow down"));
    }

    #[test]
    fn its_schema_has_its_name_and_members() {
        let schema = schemars::schema_for!(Problem);
        let schema = serde_json::to_value(schema).unwrap();
        assert_eq!(schema["title"], "Problem");
        for member in ["type", "title", "status", "detail", "instance"] {
            assert!(schema["properties"].get(member).is_some(), "{schema}");
        }
        assert!(schema["properties"].get("headers").is_none(), "{schema}");
    }

    #[test]
    fn a_number_that_is_no_status_is_our_fault() {
        let mut problem = Problem::of_status(StatusCode::NOT_FOUND);
        problem.status = 99;
        assert_eq!(problem.status_code(), 500);
    }
}
