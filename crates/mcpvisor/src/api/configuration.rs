//! The configuration in force, as the daemon took it, without secrets.

use axum::Json;
use axum::extract::State;
use axum::routing::get;

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::ConfigReport;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/v1/config", "The configuration in force")
            .about("As TOML, without secrets. It is changed by its file alone.")
            .tag("daemon")
            .answer::<ConfigReport>(200, "File and values."),
        get(config),
    )
}

async fn config(State(shared): State<Shared>) -> Json<ConfigReport> {
    let (file, error) = shared.config_file();
    Json(ConfigReport {
        file,
        error,
        text: shared.config().effective(),
    })
}
