//! Rules in force, and receivers.

use alerting::receivers::Receiver;
use alerting::{Notice, Occasion};
use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use web::{Actor, Path, Problem};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::{ReceiverTest, Receivers, RuleReport, Rules};
use crate::daemon::past::blocking;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    api.route(
        Operation::new("get", "/api/v1/rules", "Rules in force")
            .tag("alerts")
            .answer::<Rules>(200, "Rules, those of the pack first."),
        get(rules),
    )
    .route(
        Operation::new("get", "/api/v1/receivers", "Who is told of alerts")
            .tag("alerts")
            .answer::<Receivers>(200, "Receivers, and what became of their notices."),
        get(receivers),
    )
    .route(
        Operation::new(
            "post",
            "/api/v1/receivers/{name}/test",
            "Send a test to a receiver",
        )
        .about("Waits until it has arrived or failed; it is tried once.")
        .tag("alerts")
        .answer::<ReceiverTest>(200, "What became of it.")
        .problem(404, "There is no such receiver."),
        post(test),
    )
}

async fn rules(State(shared): State<Shared>) -> Json<Rules> {
    let config = shared.config();
    let alarms = shared.alarms();
    let rules = config.alerts.rules.iter();
    Json(Rules {
        rules: rules
            .map(|rule| RuleReport::of(rule, &alarms.alerts))
            .collect(),
    })
}

async fn receivers(State(shared): State<Shared>) -> Json<Receivers> {
    Json(Receivers {
        receivers: shared.alarms().receivers.clone(),
    })
}

async fn test(
    State(shared): State<Shared>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Json<ReceiverTest>, Problem> {
    let config = shared.config();
    let found = config
        .alerts
        .receivers
        .iter()
        .find(|one| one.settings.name == name);
    let outgoing = found.cloned().ok_or_else(|| {
        Problem::not_found("there is no such receiver; `/api/v1/receivers` lists them")
    })?;
    let receiver = Receiver::new(outgoing.settings.clone())
        .map_err(|error| Problem::unprocessable(error.to_string()))?;
    let notice = test_notice(&name, &shared.url());
    let done = blocking(move || receiver.deliver(&notice, outgoing.timeout)).await?;
    let (delivered, answer) = match done {
        Ok(delivered) => (true, delivered.answer),
        Err(failure) => (false, failure.message),
    };
    let audited = (
        shared.clone(),
        actor.to_string(),
        name.clone(),
        answer.clone(),
    );
    blocking(move || {
        let (shared, actor, name, answer) = audited;
        let outcome = if delivered {
            Ok(())
        } else {
            Err(answer.as_str())
        };
        shared.audit(&actor, "test receiver", &name, outcome);
    })
    .await?;
    Ok(Json(ReceiverTest {
        receiver: name,
        delivered,
        answer,
    }))
}

/// A notice that says that it is a test.
pub(crate) fn test_notice(receiver: &str, url: &str) -> Notice {
    let now = linux::clock::now().wall;
    let host = rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned();
    let mut notice = alerting::dispatch::heartbeat(receiver, now, &host, url);
    notice.occasion = Occasion::Test;
    for alert in &mut notice.alerts {
        alert.summary = format!("a test of the receiver `{receiver}` by mcpvisor on {host}");
        "Nothing is wrong: somebody tries whether notices arrive.".clone_into(&mut alert.advice);
    }
    notice
}
