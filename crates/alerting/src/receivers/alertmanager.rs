//! An Alertmanager, by `POST /api/v2/alerts`.
//!
//! Alertmanager forgets what it is not told again: an alert ends at its `endsAt`. So one that fires is sent
//! with an end [`FIRING_FOR`] after the notice, and whoever makes notices sends it again every
//! [`RESEND_EVERY`]; three in a row may be lost. One that is over is sent with its real end.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use serde::Serialize;

use super::post::{Post, Target};
use super::settings::{self, Authorization};
use super::webhook::{bearer, header, read};
use super::{Delivered, Failure, Secret, body, wording};
use crate::{Alert, Notice};

/// How long Alertmanager keeps an alert that fires after it was told.
pub const FIRING_FOR: Duration = Duration::from_mins(3);

/// How often an alert that fires must be sent again.
pub const RESEND_EVERY: Duration = Duration::from_mins(1);

/// An alert as Alertmanager's API v2 takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PostableAlert {
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(rename = "generatorURL", skip_serializing_if = "Option::is_none")]
    generator_url: Option<String>,
}

/// Sends a notice's alerts to an Alertmanager.
pub(super) fn deliver(
    alertmanager: &settings::Alertmanager,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let target = Target::new(&alertmanager.url)
        .map_err(|error| Failure::permanent(format!("`url`: {error}")))?
        .below("/api/v2/alerts");
    let body = serde_json::to_vec(&alerts(notice))
        .map_err(|error| Failure::permanent(format!("the notice is no JSON: {error}")))?;
    let mut headers = HeaderMap::new();
    let mut secrets = Vec::new();
    if let Some(authorization) = &alertmanager.authorization {
        headers.insert(AUTHORIZATION, prove(authorization, &mut secrets)?);
    }
    let post = Post {
        target: &target,
        headers,
        body,
        ca_file: alertmanager.ca_file.as_deref(),
        secrets: &secrets,
    };
    post.send(timeout)
}

fn prove(authorization: &Authorization, secrets: &mut Vec<Secret>) -> Result<HeaderValue, Failure> {
    match authorization {
        Authorization::Bearer(source) => {
            let token = read("bearer", source)?;
            let value = bearer(&token);
            secrets.push(token);
            value
        }
        Authorization::Basic { username, password } => {
            let password = read("password", password)?;
            let pair = STANDARD.encode(format!("{username}:{}", password.expose()));
            let value = header("the password", &format!("Basic {pair}"));
            secrets.extend([password, Secret::new(pair)]);
            value
        }
    }
}

/// What the API takes for this notice.
fn alerts(notice: &Notice) -> Vec<PostableAlert> {
    let postable = |alert| postable(alert, notice);
    notice.alerts.iter().map(postable).collect()
}

fn postable(alert: &Alert, notice: &Notice) -> PostableAlert {
    let starts_at = alert.starts_at.unwrap_or(alert.active_at);
    let ends_at = if alert.is_over() {
        alert.ends_at.unwrap_or(alert.updated_at)
    } else {
        // Only the end of time is further away than can be represented.
        notice
            .made_at
            .saturating_add(FIRING_FOR)
            .unwrap_or(notice.made_at)
    };
    let mut labels = body::labels(alert, notice);
    labels
        .entry("alertname".to_owned())
        .or_insert_with(|| alert.rule.clone());
    PostableAlert {
        labels: sanitized(labels),
        annotations: body::annotations(alert),
        starts_at,
        // It refuses an end before the beginning, which a clock that was set back can cause.
        ends_at: ends_at.max(starts_at),
        generator_url: (!notice.external_url.is_empty()).then(|| wording::link(notice, alert)),
    }
}

/// Labels with names that Alertmanager takes, `[a-zA-Z_][a-zA-Z0-9_]*`, and without empty values, which
/// mean to it that there is no such label. Where two names become one, that which needed no change wins.
fn sanitized(labels: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let filled = labels.into_iter().filter(|(_, value)| !value.is_empty());
    let (plain, other): (Vec<_>, Vec<_>) = filled.partition(|(name, _)| label_name(name) == *name);
    let mut sanitized: BTreeMap<_, _> = plain.into_iter().collect();
    for (name, value) in other {
        sanitized.entry(label_name(&name)).or_insert(value);
    }
    sanitized
}

fn label_name(name: &str) -> String {
    let mut fit: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    if fit.is_empty() || fit.starts_with(|c: char| c.is_ascii_digit()) {
        fit.insert(0, '_');
    }
    fit
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::samples;
    use super::*;

    #[test]
    fn what_is_sent() {
        let sent = serde_json::to_string_pretty(&alerts(&samples::notice())).unwrap();
        insta::assert_snapshot!("alertmanager", sent);
    }

    #[test]
    fn hostile_labels() {
        let alerts = alerts(&samples::hostile());
        let names: Vec<&str> = alerts[0].labels.keys().map(String::as_str).collect();
        assert_eq!(
            names,
            ["_", "a_label", "alertname", "host", "owner", "server"]
        );
        assert_eq!(alerts[0].labels["server"], samples::HOSTILE);
    }

    #[test]
    fn names_that_become_one() {
        let labels = samples::map(&[
            ("a-b", "changed"),
            ("a.b", "too"),
            ("a_b", "plain"),
            ("1", "x"),
        ]);
        assert_eq!(
            sanitized(labels),
            samples::map(&[("a_b", "plain"), ("_1", "x")])
        );
    }

    #[test]
    fn no_end_before_the_beginning() {
        let mut notice = samples::notice();
        notice.made_at = "2020-01-01T00:00:00Z".parse().unwrap();
        for alert in alerts(&notice) {
            assert!(alert.ends_at >= alert.starts_at, "{alert:?}");
        }
    }
}
