//! Rules and alerts in the shape of Prometheus, for tools that read that: dashboards, `amtool`-like
//! clients, Grafana's list of alerts.

use alerting::rule::{Condition, Figure, How, Source};
use alerting::{Alert, Rule};
use axum::Json;
use axum::extract::State;
use axum::routing::get;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Shared;
use super::describe::{Api, Operation};
use super::documents::rule_state;

pub(super) fn routes(api: Api<Shared>) -> Api<Shared> {
    let operation = |path, summary| {
        Operation::new("get", path, summary)
            .tag("prometheus")
            .answer::<Value>(200, "As Prometheus answers.")
    };
    api.route(
        operation(
            "/prometheus/api/v1/alerts",
            "Alerts as Prometheus tells them",
        ),
        get(alerts),
    )
    .route(
        operation("/prometheus/api/v1/rules", "Rules as Prometheus tells them"),
        get(rules),
    )
    .route(
        operation(
            "/prometheus/api/v1/status/buildinfo",
            "The version, where Prometheus tells its own",
        ),
        get(build),
    )
}

fn success(data: &Value) -> Json<Value> {
    Json(json!({ "status": "success", "data": data }))
}

async fn build() -> Json<Value> {
    success(&json!({
        "version": env!("CARGO_PKG_VERSION"),
        "application": "mcpvisor",
        "revision": "", "branch": "", "buildUser": "", "buildDate": "", "goVersion": "",
    }))
}

async fn alerts(State(shared): State<Shared>) -> Json<Value> {
    let alarms = shared.alarms();
    let all: Vec<Value> = alarms.alerts.iter().map(alert).collect();
    success(&json!({ "alerts": all }))
}

fn alert(alert: &Alert) -> Value {
    json!({
        "labels": alert.labels,
        "annotations": annotations(alert),
        "state": alert.state,
        "activeAt": alert.active_at,
        "value": number(alert.value.unwrap_or(f64::NAN)),
    })
}

fn annotations(alert: &Alert) -> Value {
    json!({
        "summary": alert.summary,
        "description": alert.evidence.join("\n"),
        "advice": alert.advice,
    })
}

/// Prometheus writes a sample's value as text.
fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else {
        format!("{value:e}")
    }
}

async fn rules(State(shared): State<Shared>) -> Json<Value> {
    let config = shared.config();
    let alarms = shared.alarms();
    let snapshot = shared.snapshot();
    let last = snapshot.map_or(Timestamp::UNIX_EPOCH, |snapshot| {
        snapshot.picture.table.moment.wall
    });
    let rules: Vec<Value> = config
        .alerts
        .rules
        .iter()
        .map(|rule| described(rule, &alarms.alerts, last))
        .collect();
    let (file, _) = shared.config_file();
    success(&json!({ "groups": [{
        "name": "mcpvisor",
        "file": file.unwrap_or_default(),
        "interval": config.daemon.interval.0.as_secs_f64(),
        "limit": 0,
        "evaluationTime": 0.0,
        "lastEvaluation": last,
        "rules": rules,
    }] }))
}

fn described(rule: &Rule, alerts: &[Alert], last: Timestamp) -> Value {
    let own: Vec<&Alert> = alerts
        .iter()
        .filter(|alert| alert.rule == rule.name)
        .collect();
    let (state, _) = rule_state(rule, alerts);
    let hold = match &rule.condition {
        Condition::Threshold { levels, .. } => {
            levels.iter().flatten().map(|level| level.hold).min()
        }
        Condition::Absent { hold, .. } | Condition::Found { hold, .. } => Some(*hold),
    };
    json!({
        "type": "alerting",
        "name": rule.name,
        "query": query(rule),
        "duration": hold.unwrap_or_default().as_secs_f64(),
        "keepFiringFor": rule.keep_firing.as_secs_f64(),
        "labels": rule.labels,
        "annotations": { "summary": rule.what, "description": rule.why, "advice": rule.advice },
        "alerts": own.into_iter().map(alert).collect::<Vec<_>>(),
        "health": "ok",
        "evaluationTime": 0.0,
        "lastEvaluation": last,
        "state": state,
    })
}

/// The rule's first threshold as Prometheus would be asked for it.
pub(crate) fn query(rule: &Rule) -> String {
    let by: Vec<&str> = rule.object_labels().collect();
    match &rule.source {
        Source::Finding(kind) => format!("mcpvisor_findings{{kind=\"{}\"}} > 0", kind.name()),
        Source::Figure { figure, per } => {
            let mut text = expression(figure, &by, rule);
            if let Some(per) = per {
                text = format!("{text} / {}", expression(per, &by, rule));
            }
            match &rule.condition {
                Condition::Threshold { side, levels } => {
                    let sign = match side {
                        alerting::rule::Side::Above => ">",
                        alerting::rule::Side::AtLeast => ">=",
                        alerting::rule::Side::Below => "<",
                        alerting::rule::Side::AtMost => "<=",
                    };
                    let first = levels
                        .iter()
                        .flatten()
                        .next()
                        .map_or(0.0, |level| level.value);
                    format!("{text} {sign} {first}")
                }
                _ => format!("absent({text})"),
            }
        }
    }
}

fn expression(figure: &Figure, by: &[&str], rule: &Rule) -> String {
    let known = |name: &str| figure.metric.labels.contains(&name);
    let matchers = figure
        .only
        .iter()
        .chain(&rule.matchers)
        .filter(|matcher| known(&matcher.name));
    let matchers: Vec<String> = matchers.map(ToString::to_string).collect();
    let selector = if matchers.is_empty() {
        figure.metric.name.to_owned()
    } else {
        format!("{}{{{}}}", figure.metric.name, matchers.join(","))
    };
    let seconds = |time: std::time::Duration| format!("{}s", time.as_secs());
    let value = match figure.how {
        How::Value => selector,
        How::Rate(over) => format!("rate({selector}[{}])", seconds(over)),
        How::Increase(over) => format!("increase({selector}[{}])", seconds(over)),
        How::Growth(over) => {
            format!(
                "({selector} - min_over_time({selector}[{}]))",
                seconds(over)
            )
        }
        How::TimeTo { limit, over } => {
            format!(
                "({limit} - {selector}) / deriv({selector}[{}])",
                seconds(over)
            )
        }
    };
    let combine = match figure.combine {
        alerting::rule::Combine::Sum => "sum",
        alerting::rule::Combine::Max => "max",
        alerting::rule::Combine::Min => "min",
    };
    let by: Vec<&str> = by.iter().copied().filter(|name| known(name)).collect();
    format!("{combine} by ({}) ({value})", by.join(", "))
}
