//! Arguments of handlers whose rejections are problems that name the field. Messages of the JSON reader
//! quote the values that they read; since those may be secrets, they are taken out.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// The query string.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// The variable parts of the path.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> Json<T> {
    /// Reads a body. The guard has fetched it already, within its bounds.
    pub(crate) async fn of(request: Request) -> Result<Self, Problem> {
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await;
        let body = body.map_err(|_| Problem::bad_request("the body could not be read"))?;
        Self::parse(&body)
    }

    fn parse(body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Err(Problem::bad_request("a JSON body is missing"));
        }
        // The reader would take a list for an object whose fields it holds in their order.
        if body.trim_ascii_start().first() == Some(&b'[') {
            return Err(Problem::unprocessable(
                "the body is a list; it must be an object",
            ));
        }
        let mut reader = serde_json::Deserializer::from_slice(body);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = error.path().to_string();
            json_problem(&path, &error.into_inner())
        })?;
        reader.end().map_err(|error| json_problem(".", &error))?;
        Ok(Self(value))
    }
}

fn json_problem(path: &str, error: &serde_json::Error) -> Problem {
    let reason = without_quotations(&error.to_string());
    if error.is_data() {
        let problem = match path {
            "." => Problem::unprocessable(reason),
            field => Problem::unprocessable(format!("`{field}`: {reason}")),
        };
        problem.with("field", path)
    } else {
        Problem::bad_request(format!("the body is no JSON: {reason}"))
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Self::of(request).await
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let outcome = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        match outcome {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let reason = without_quotations(&innermost(&rejection));
                Err(Problem::bad_request(format!("query: {reason}")))
            }
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) if rejection.status() == StatusCode::BAD_REQUEST => {
                let reason = without_quotations(&innermost(&rejection));
                Err(Problem::bad_request(format!("path: {reason}")))
            }
            Err(rejection) => Err(Problem::internal(innermost(&rejection))),
        }
    }
}

/// The error that started it, which names the field.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Takes out the values that the readers quote of their input: `string "..."` and the word in backticks
/// behind `unknown variant` and `Cannot parse`. Names of fields stay: whoever has misspelt one needs it.
fn without_quotations(message: &str) -> String {
    let mut text = message.to_owned();
    // A string may hold quotation marks itself, so it ends at the last one before `, expected`.
    if let Some(start) = text.find("string \"") {
        let end = text.rfind("\", expected").unwrap_or(text.len());
        let end = (end + 1).min(text.len());
        if let Some(quotation) = text.get(start..end) {
            text = text.replacen(quotation, "a string", 1);
        }
    }
    for word in ["unknown variant `", "Cannot parse `"] {
        let Some(start) = text.find(word) else {
            continue;
        };
        let begin = start + word.len();
        let rest = text.get(begin..).unwrap_or_default();
        let length = ["`, expected", "`, there", "` to "]
            .iter()
            .filter_map(|end| rest.rfind(end))
            .max()
            .unwrap_or(rest.len());
        text.replace_range(begin..begin + length, "…");
    }
    text
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Outer {
        count: u32,
        #[serde(default)]
        inner: Vec<Inner>,
        #[serde(default)]
        word: Option<Word>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only whether it can be read matters")]
    struct Inner {
        size: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        One,
    }

    fn check_body(body: &str, status: u16, expected: &str) {
        let problem = Json::<Outer>::parse(body.as_bytes()).unwrap_err();
        let detail = problem.detail.clone().unwrap();
        assert_eq!(problem.status, status, "{detail}");
        assert!(detail.contains(expected), "{detail}");
        assert!(!detail.contains("hunter"), "{detail}");
    }

    #[test]
    fn bodies_that_do_not_fit() {
        check_body("", 400, "missing");
        check_body("{", 400, "no JSON");
        check_body("{\"count\": 1} x", 400, "no JSON");
        check_body("{\"count\": \"hunter2\"}", 422, "`count`: invalid type");
        check_body(
            "{\"count\": \"hunter\\\", expected 2\"}",
            422,
            "expected u32",
        );
        check_body("{\"count\": -1}", 422, "`count`");
        check_body("{}", 422, "missing field `count`");
        check_body("{\"count\":1,\"cuont\":2}", 422, "unknown field `cuont`");
        check_body("{\"count\":1,\"word\":\"hunter2\"}", 422, "`word`");
        check_body(
            "{\"count\":1,\"inner\":[{\"size\":1},{\"size\":300}]}",
            422,
            "`inner[1].size`",
        );
        check_body("[\"hunter2\"]", 422, "it must be an object");
        assert!(Json::<Outer>::parse(b"{\"count\":1,\"word\":\"one\"}").is_ok());
    }

    async fn query(uri: &str) -> Result<Query<Outer>, Problem> {
        let (mut parts, ()) = http::Request::get(uri).body(()).unwrap().into_parts();
        Query::from_request_parts(&mut parts, &()).await
    }

    #[tokio::test]
    async fn queries_that_do_not_fit() {
        assert!(query("/a?count=1&word=one").await.is_ok());
        for (uri, expected) in [
            ("/a?count=hunter2", "count"),
            ("/a?count=1&word=hunter2", "word"),
            ("/a?count=1&cuont=1", "unknown field `cuont`"),
            ("/a", "missing field `count`"),
        ] {
            let problem = query(uri).await.unwrap_err();
            let detail = problem.detail.clone().unwrap();
            assert_eq!(problem.status, 400);
            assert!(detail.contains(expected), "{uri}: {detail}");
            assert!(!detail.contains("hunter"), "{uri}: {detail}");
        }
    }

    proptest::proptest! {
        #[test]
        fn a_string_in_the_wrong_place_is_never_told(text in "[ -~]{0,30}") {
            let secret = format!("hunter{text}");
            let body = serde_json::json!({"count": &secret, "word": "one"}).to_string();
            let detail = Json::<Outer>::parse(body.as_bytes()).unwrap_err().detail.clone();
            proptest::prop_assert!(!detail.unwrap().contains("hunter"));
            let body = serde_json::json!({"count": 1, "word": &secret}).to_string();
            let detail = Json::<Outer>::parse(body.as_bytes()).unwrap_err().detail.clone();
            proptest::prop_assert!(!detail.unwrap().contains("hunter"));
        }
    }
}
