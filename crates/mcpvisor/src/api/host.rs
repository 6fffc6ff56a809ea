//! The machine: what figures of servers are compared with.

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use web::Problem;

use super::describe::{Api, Operation};
use super::{Shared, current};
use crate::report::HostReport;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/v1/host", "The machine")
            .about("Its name, kernel, processors and memory, as the last look saw them.")
            .tag("daemon")
            .answer::<HostReport>(200, "The machine.")
            .problem(503, "Nobody has looked yet."),
        get(host),
    )
}

async fn host(State(shared): State<Shared>) -> Result<Json<HostReport>, Problem> {
    let snapshot = current(&shared)?;
    Ok(Json(crate::report::host(&snapshot.picture.table)))
}
