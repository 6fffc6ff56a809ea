//! Silences: list, make, end.

use std::time::Duration;

use alerting::mute::Silence;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use http::StatusCode;
use web::{Actor, Path, Problem};

use super::Shared;
use super::alerts::comment;
use super::describe::{Api, Operation};
use super::documents::{SilenceReport, SilenceRequest, Silences};
use crate::daemon::alarm::SilenceError;
use crate::daemon::orders::{AlarmOrder, Order};

const PATH: &str = "/api/v1/silences";
/// Longest silence.
const LONGEST: Duration = Duration::from_hours(24 * 366);
/// Conditions at most.
const MOST_MATCHERS: usize = 20;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let one = "/api/v1/silences/{id}";
    api.route(
        Operation::new("get", PATH, "Alerts that are not told for a while")
            .tag("alerts")
            .answer::<Silences>(200, "Silences."),
        get(list).post(make),
    )
    .describe_only(
        Operation::new("post", PATH, "Make a silence")
            .about("Alerts that it concerns go on and are listed; receivers are not told of them.")
            .tag("alerts")
            .body::<SilenceRequest>()
            .answer::<SilenceReport>(201, "The silence.")
            .problem(409, "There are too many.")
            .problem(413, "The body is too long.")
            .problem(415, "The body is not JSON.")
            .problem(
                422,
                "The body is not as it should be, or the silence would do nothing.",
            ),
    )
    .route(
        Operation::new("delete", one, "End a silence")
            .tag("alerts")
            .nothing(204, "It is over.")
            .problem(404, "There is no such silence, or it is over."),
        delete(expire),
    )
}

async fn list(State(shared): State<Shared>) -> Json<Silences> {
    let alarms = shared.alarms();
    let mut silences: Vec<SilenceReport> = alarms
        .silences
        .iter()
        .map(|silence| described(&shared, silence))
        .collect();
    silences.sort_by_key(|report| std::cmp::Reverse(report.silence.ends_at));
    Json(Silences { silences })
}

fn described(shared: &Shared, silence: &Silence) -> SilenceReport {
    let now = linux::clock::now().wall;
    let state = if silence.is_over(now) {
        "expired"
    } else if silence.is_active(now) {
        "active"
    } else {
        "pending"
    };
    let alarms = shared.alarms();
    let silenced = alarms
        .alerts
        .iter()
        .filter(|alert| alert.silenced_by.contains(&silence.id));
    SilenceReport {
        state: state.to_owned(),
        alerts: silenced.count(),
        silence: silence.clone(),
    }
}

async fn make(
    State(shared): State<Shared>,
    actor: Actor,
    web::Json(request): web::Json<SilenceRequest>,
) -> Result<Response, Problem> {
    let now = linux::clock::now().wall;
    if request.matchers.is_empty() || request.matchers.len() > MOST_MATCHERS {
        return Err(Problem::unprocessable(
            "`matchers` are 1 to 20 conditions on labels",
        ));
    }
    let starts_at = request.starts_at.unwrap_or(now);
    let ends_at = match (request.ends_at, request.seconds) {
        (Some(end), None) => end,
        (None, Some(seconds)) => starts_at
            .checked_add(Duration::from_secs(seconds))
            .map_err(|_| Problem::unprocessable("`seconds` is too long"))?,
        _ => return Err(Problem::unprocessable("say either `ends_at` or `seconds`")),
    };
    let length = Duration::try_from(ends_at.duration_since(starts_at)).unwrap_or_default();
    if length > LONGEST {
        return Err(Problem::unprocessable("a silence lasts at most a year"));
    }
    let silence = Silence {
        id: id().ok_or_else(|| Problem::internal("no random number could be had"))?,
        matchers: request.matchers,
        starts_at,
        ends_at,
        created_by: actor.to_string(),
        created_at: now,
        comment: comment(&request.comment)?,
    };
    let made = shared
        .order(|reply| Order::Alarm(AlarmOrder::Silence { silence, reply }))
        .await?;
    let made = made.map_err(|error| problem(&error))?;
    Ok((StatusCode::CREATED, Json(described(&shared, &made))).into_response())
}

async fn expire(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let actor = actor.to_string();
    let done = shared
        .order(|reply| Order::Alarm(AlarmOrder::Expire { id, actor, reply }))
        .await?;
    done.map_err(|error| problem(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn problem(error: &SilenceError) -> Problem {
    match error {
        SilenceError::None(_) => Problem::not_found("there is no such silence in force or to come"),
        SilenceError::Unusable(why) => Problem::unprocessable(why.clone()),
        SilenceError::TooMany => Problem::conflict(error.to_string()),
    }
}

/// Eight hexadecimal digits: short enough to be typed.
fn id() -> Option<String> {
    let mut bytes = [0_u8; 4];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).ok()?;
    Some(format!("{:08x}", u32::from_be_bytes(bytes)))
}
