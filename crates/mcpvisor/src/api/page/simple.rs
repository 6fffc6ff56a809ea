//! The simple page: three files that need no build.

use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CONTENT_TYPE;

use super::super::Shared;
use super::super::describe::Api;

const FILES: [(&str, &str, &str); 3] = [
    (
        "/",
        "text/html; charset=utf-8",
        include_str!("../../../assets/page.html"),
    ),
    (
        "/page.css",
        "text/css; charset=utf-8",
        include_str!("../../../assets/page.css"),
    ),
    (
        "/page.js",
        "text/javascript; charset=utf-8",
        include_str!("../../../assets/page.js"),
    ),
];

/// Paths that need no token.
pub(in crate::api) fn paths() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(path, _, _)| *path)
}

pub(in crate::api) fn routes(api: Api<Shared>) -> Api<Shared> {
    FILES.into_iter().fold(api, |api, (path, kind, text)| {
        api.hidden(path, get(move || async move { answer(kind, text) }))
    })
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind)], text).into_response()
}
