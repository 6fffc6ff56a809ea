//! Receivers against servers, programs and folders that misbehave.

mod alertmanager;
mod command;
mod deadline;
mod encrypted;
mod file;
mod http;
mod mail;
mod server;
mod smtp;

use std::collections::BTreeMap;
use std::time::Duration;

use alerting::receivers::{Kind, Receiver, Secret, SecretSource, Settings, settings};
use alerting::{Alert, Notice, Occasion, State};
use model::Severity;

/// Long enough for whatever is expected to succeed on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// For what is expected to run out of time.
const SHORT: Duration = Duration::from_millis(700);

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn alert() -> Alert {
    Alert {
        id: "high_memory-7".to_owned(),
        fingerprint: "50874c8a12086936".to_owned(),
        rule: "high_memory".to_owned(),
        kind: "high_memory".to_owned(),
        severity: Severity::Critical,
        state: State::Firing,
        labels: map(&[
            ("alertname", "high_memory"),
            ("server", "memory"),
            ("severity", "critical"),
        ]),
        summary: "memory uses 612 MiB, over 500 MB for 5 min".to_owned(),
        evidence: vec!["612 MiB resident in 3 processes".to_owned()],
        advice: "Restart it: mcpvisor restart memory".to_owned(),
        value: Some(641_728_512.0),
        shown: Some("612 MiB".to_owned()),
        threshold: Some(500_000_000.0),
        active_at: "2026-11-21T02:08:53Z".parse().unwrap(),
        starts_at: Some("2026-11-21T02:13:53Z".parse().unwrap()),
        ends_at: None,
        updated_at: "2026-11-21T02:13:53Z".parse().unwrap(),
        unknown: false,
        reason: None,
        acknowledged: None,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        muted_by: Vec::new(),
    }
}

fn notice() -> Notice {
    Notice {
        id: "n-42".to_owned(),
        receiver: "team".to_owned(),
        occasion: Occasion::Change,
        made_at: "2026-11-21T02:14:00Z".parse().unwrap(),
        group_key: "{}:{server=\"memory\"}".to_owned(),
        group_labels: map(&[("server", "memory")]),
        alerts: vec![alert()],
        truncated: 0,
        host: "build-7".to_owned(),
        external_url: "http://127.0.0.1:3001".to_owned(),
    }
}

/// A notice whose JSON is larger than any pipe.
fn large_notice() -> Notice {
    Notice {
        alerts: vec![alert(); 500],
        ..notice()
    }
}

fn receiver(kind: Kind) -> Receiver {
    let name = "team".to_owned();
    Receiver::new(Settings { name, kind }).unwrap()
}

fn secret(text: &str) -> SecretSource {
    SecretSource::Value(Secret::new(text))
}

fn webhook(url: &str) -> settings::Webhook {
    settings::Webhook {
        url: secret(url),
        secret: None,
        bearer: None,
        headers: BTreeMap::new(),
        ca_file: None,
    }
}
