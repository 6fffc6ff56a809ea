//! What guards tell.

use axum::extract::State;
use axum::routing::post;
use http::StatusCode;
use model::Severity;
use serde_json::json;
use web::Problem;

use super::Shared;
use super::describe::{Api, Operation};
use crate::daemon::changes::Change;
use crate::telling::{GuardEvent, GuardNews};

/// Longest name and line, characters.
const LONGEST: usize = 200;
/// Lines at most.
const MOST_LINES: usize = 20;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("post", "/api/v1/guards", "A guard tells what it runs")
            .about("Sent by `mcpvisor run` over the unix socket, at its start and at its end.")
            .tag("supervision")
            .body::<GuardNews>()
            .nothing(204, "It is noted.")
            .problem(413, "The body is too long.")
            .problem(415, "The body is not JSON.")
            .problem(422, "The body is not as it should be."),
        post(told),
    )
}

async fn told(
    State(shared): State<Shared>,
    web::Json(news): web::Json<GuardNews>,
) -> Result<StatusCode, Problem> {
    let lines = news.limits.iter().chain(&news.outcome);
    let is_long = |text: &String| text.chars().count() > LONGEST * 5;
    if news.name.is_empty() || news.name.chars().count() > LONGEST || news.limits.len() > MOST_LINES
    {
        return Err(Problem::unprocessable(
            "`name` has 1 to 200 characters, and `limits` at most 20 lines",
        ));
    }
    if lines.clone().any(is_long) {
        return Err(Problem::unprocessable(
            "a line is longer than 1000 characters",
        ));
    }
    let change = change(&news);
    // The event waits for the disk.
    let done = tokio::task::spawn_blocking(move || {
        shared.tell(linux::clock::now().wall, [change]);
    });
    done.await
        .map_err(|error| Problem::internal(error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn change(news: &GuardNews) -> Change {
    let name = model::text::safe(&news.name).into_owned();
    let safe = |text: &String| model::text::safe(&model::redact::text(text)).into_owned();
    let killed = news.oom_kills.filter(|count| *count > 0);
    let refused = news.forks_refused.filter(|count| *count > 0);
    let (title, severity) = match news.event {
        GuardEvent::Started if news.not_held => (
            format!("guard of `{name}` has started, and not all of its limits hold"),
            Severity::Warning,
        ),
        GuardEvent::Started => (format!("guard of `{name}` has started"), Severity::Info),
        GuardEvent::Ended => {
            let how = news.outcome.as_ref().map(safe).unwrap_or_default();
            let mut title = format!("guard of `{name}` has ended: {how}");
            if let Some(count) = killed {
                title.push_str(&format!(
                    "; the kernel killed {count} of its processes for memory"
                ));
            }
            if let Some(count) = refused {
                title.push_str(&format!("; {count} forks were refused"));
            }
            let is_bad = killed.is_some() || refused.is_some();
            (
                title,
                if is_bad {
                    Severity::Warning
                } else {
                    Severity::Info
                },
            )
        }
    };
    Change {
        kind: "server",
        severity,
        server: None,
        title,
        data: json!({
            "guard": {
                "event": news.event, "name": name, "pid": news.pid,
                "limits": news.limits.iter().map(safe).collect::<Vec<String>>(),
                "oom_kills": news.oom_kills, "forks_refused": news.forks_refused,
            }
        }),
    }
}
