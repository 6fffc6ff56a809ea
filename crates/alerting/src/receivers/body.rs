//! The body of a webhook: what Alertmanager sends to its webhooks (version 4), so that what already
//! receives from it understands us too. Commands get the same on their standard input.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wording;
use crate::{Alert, Notice};

/// The end of an alert that has not ended, as Alertmanager writes it.
const NOT_ENDED: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// What a webhook is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookBody {
    /// Name of the receiver, as configured.
    pub receiver: String,
    /// `firing` while any of the alerts fires.
    pub status: WebhookStatus,
    /// Those that fire first, the worst first.
    pub alerts: Vec<WebhookAlert>,
    /// The labels that the group was made by.
    pub group_labels: BTreeMap<String, String>,
    /// The labels that all the alerts share.
    pub common_labels: BTreeMap<String, String>,
    /// The annotations that all the alerts share.
    pub common_annotations: BTreeMap<String, String>,
    /// Where people find out more.
    #[serde(rename = "externalURL")]
    pub external_url: String,
    /// The version of this shape: `4`.
    pub version: String,
    /// Which group; the same for all messages about it.
    pub group_key: String,
    /// Alerts that did not fit.
    pub truncated_alerts: usize,
}

/// An alert in a webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookAlert {
    /// Whether it fires or is over.
    pub status: WebhookStatus,
    /// `alertname`, `severity`, and what it is about: `server`, `owner`, `host`, ...
    pub labels: BTreeMap<String, String>,
    /// `summary` (one line), `description` (the evidence, one fact a line), `advice` (what to do),
    /// `value`, `since`, and `reason` if it is over; those that are known.
    pub annotations: BTreeMap<String, String>,
    /// When it began to fire.
    pub starts_at: Timestamp,
    /// When it was over; `0001-01-01T00:00:00Z` while it fires.
    pub ends_at: Timestamp,
    /// Where to find out more about it.
    #[serde(rename = "generatorURL")]
    pub generator_url: String,
    /// The same whenever the same alert comes back: 16 hexadecimal digits.
    pub fingerprint: String,
}

/// Whether something fires or is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookStatus {
    /// It fires.
    Firing,
    /// It is over.
    Resolved,
}

impl WebhookStatus {
    /// As it stands in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

impl WebhookBody {
    /// What a webhook is sent for this notice.
    pub fn new(notice: &Notice) -> Self {
        let alerts: Vec<WebhookAlert> = notice
            .alerts
            .iter()
            .map(|alert| WebhookAlert::new(alert, notice))
            .collect();
        Self {
            receiver: notice.receiver.clone(),
            status: status(notice),
            group_labels: notice.group_labels.clone(),
            common_labels: common(alerts.iter().map(|alert| &alert.labels)),
            common_annotations: common(alerts.iter().map(|alert| &alert.annotations)),
            alerts,
            external_url: notice.external_url.clone(),
            version: "4".to_owned(),
            group_key: notice.group_key.clone(),
            truncated_alerts: notice.truncated,
        }
    }
}

impl WebhookAlert {
    fn new(alert: &Alert, notice: &Notice) -> Self {
        Self {
            status: if alert.is_over() {
                WebhookStatus::Resolved
            } else {
                WebhookStatus::Firing
            },
            labels: labels(alert, notice),
            annotations: annotations(alert),
            starts_at: alert.starts_at.unwrap_or(alert.active_at),
            ends_at: match alert.ends_at {
                Some(end) if alert.is_over() => end,
                _ if alert.is_over() => alert.updated_at,
                _ => NOT_ENDED,
            },
            generator_url: wording::link(notice, alert),
            fingerprint: alert.fingerprint.clone(),
        }
    }
}

/// Whether a notice is about something that fires.
pub(super) fn status(notice: &Notice) -> WebhookStatus {
    if notice.is_firing() {
        WebhookStatus::Firing
    } else {
        WebhookStatus::Resolved
    }
}

/// The labels of an alert, and the host, by which a team tells its machines apart.
pub(super) fn labels(alert: &Alert, notice: &Notice) -> BTreeMap<String, String> {
    let mut labels = alert.labels.clone();
    if !notice.host.is_empty() {
        let host = labels.entry("host".to_owned());
        host.or_insert_with(|| notice.host.clone());
    }
    labels
}

/// What people are told of an alert; only what is known.
pub(crate) fn annotations(alert: &Alert) -> BTreeMap<String, String> {
    let told = [
        ("summary", alert.summary.clone()),
        ("description", wording::evidence(alert).join("\n")),
        ("advice", alert.advice.clone()),
        ("value", wording::value(alert).unwrap_or_default()),
        ("since", wording::since(alert)),
        (
            "reason",
            wording::reason(alert).unwrap_or_default().to_owned(),
        ),
    ];
    told.into_iter()
        .filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| (name.to_owned(), text))
        .collect()
}

/// The pairs that are in all maps.
fn common<'a>(
    mut maps: impl Iterator<Item = &'a BTreeMap<String, String>>,
) -> BTreeMap<String, String> {
    let mut shared = maps.next().cloned().unwrap_or_default();
    for map in maps {
        shared.retain(|name, value| map.get(name) == Some(value));
    }
    shared
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::super::samples;
    use super::*;

    #[test]
    fn what_is_sent() {
        let sent = serde_json::to_string_pretty(&WebhookBody::new(&samples::notice())).unwrap();
        insta::assert_snapshot!("webhook", sent);
        assert_eq!(
            serde_json::from_str::<WebhookBody>(&sent).unwrap(),
            WebhookBody::new(&samples::notice())
        );
    }

    #[test]
    fn what_alertmanager_sends_has_this_shape() {
        let sent = r#"{"receiver":"w","status":"firing","alerts":[{"status":"firing",
            "labels":{"alertname":"Up"},"annotations":{"summary":"node"},
            "startsAt":"2026-11-21T02:13:53.779Z","endsAt":"0001-01-01T00:00:00Z",
            "generatorURL":"http://demo:9090/graph","fingerprint":"50874c8a12086936"}],
            "groupLabels":{},"commonLabels":{"alertname":"Up"},"commonAnnotations":{},
            "externalURL":"http://demo:9093","version":"4","groupKey":"{}:{}","truncatedAlerts":0}"#;
        let read: WebhookBody = serde_json::from_str(sent).unwrap();
        assert_eq!(read.alerts[0].ends_at, NOT_ENDED);
        let keys = |text: &str| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            let alert = value["alerts"][0].as_object().unwrap();
            keys.extend(alert.keys().cloned());
            keys.sort();
            keys
        };
        let ours = serde_json::to_string(&WebhookBody::new(&samples::notice())).unwrap();
        assert_eq!(keys(sent), keys(&ours));
    }

    #[test]
    fn resolved_only_when_all_is_over() {
        let mut notice = samples::notice();
        assert_eq!(WebhookBody::new(&notice).status, WebhookStatus::Firing);
        notice.alerts.drain(..2);
        let body = WebhookBody::new(&notice);
        assert_eq!(body.status, WebhookStatus::Resolved);
        assert!(body.alerts[0].ends_at > body.alerts[0].starts_at);
        assert_eq!(body.common_labels, body.alerts[0].labels);
        notice.alerts.clear();
        assert!(WebhookBody::new(&notice).common_labels.is_empty());
    }
}
