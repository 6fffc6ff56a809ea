//! Paths that a later version answers: 501 with a problem, so that a client can tell "not yet" from
//! "never".

use axum::routing::any;
use web::Problem;

use super::Shared;
use super::describe::Api;

const PATHS: [&str; 3] = [
    "/api/v1/servers/{id}/probe",
    "/api/v1/baselines",
    "/api/v1/reports",
];

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    PATHS.into_iter().fold(api, |api, path| {
        api.hidden(
            path,
            any(|| async {
                Problem::not_implemented("this version does not do this yet; see CHANGELOG.md")
            }),
        )
    })
}
