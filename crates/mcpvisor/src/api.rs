//! What the daemon answers over HTTP: one module for each group of paths.
//!
//! Handlers read the last snapshot or order the thread that looks; they never look themselves. The
//! edge (`web`) has decided who may ask before a handler runs.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use web::Paths;

use crate::daemon::Daemon;

mod alerts;
mod asking;
mod clean;
mod configuration;
mod contained;
mod describe;
mod documents;
mod events;
mod guards;
mod health;
mod history;
mod host;
mod later;
mod metrics;
mod page;
mod past_findings;
mod prometheus;
mod recorded;
mod rules;
mod servers;
mod sign_ins;
mod silences;
mod status;
mod supervision;
mod watches;

use asking::current;
use describe::{Api, Operation};
pub use documents::*;
pub use history::Asked;
pub use metrics::Page;
pub(crate) use rules::test_notice;
pub use status::STATUS;

/// What handlers share.
type Shared = Arc<Daemon>;

fn described() -> (Router<Shared>, serde_json::Value) {
    let document = Operation::new("get", "/openapi.json", "This document")
        .tag("daemon")
        .answer::<serde_json::Value>(200, "The OpenAPI document.")
        .open();
    let api = Api::new().describe_only(document);
    let api = [
        status::routes,
        host::routes,
        configuration::routes,
        servers::routes,
        supervision::routes,
        contained::routes,
        guards::routes,
        health::routes,
        alerts::routes,
        silences::routes,
        rules::routes,
        prometheus::routes,
        history::routes,
        past_findings::routes,
        events::routes,
        watches::routes,
        clean::routes,
        sign_ins::describe,
        metrics::routes,
        page::routes,
        later::routes,
    ]
    .into_iter()
    .fold(api, |api, routes| routes(api));
    api.finish()
}

/// The `OpenAPI` document.
pub fn document() -> serde_json::Value {
    described().1
}

/// All routes.
pub fn router(daemon: Shared) -> Router {
    let (router, document) = described();
    let text = document.to_string();
    let document = get(move |State(_): State<Shared>| {
        let text = text.clone();
        async move { ([(CONTENT_TYPE, "application/json")], text) }
    });
    router.route("/openapi.json", document).with_state(daemon)
}

/// Who may ask for what without a token.
pub fn paths() -> Paths {
    let paths = Paths::new()
        .open("/api/health")
        .open("/metrics")
        .open("/openapi.json");
    page::paths().fold(paths, Paths::page)
}
