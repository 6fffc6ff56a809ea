//! From a receiver to the section that says it, without its secrets.

use std::collections::BTreeMap;
use std::path::PathBuf;

use alerting::receivers::settings::{Authorization, Encryption};
use alerting::receivers::{Kind, SecretSource};
use model::Severity;

use super::{HIDDEN, KindName, Received, ReceiverSection, SecretForm, TlsName};
use crate::config::alerts::levels::Graded;
use crate::config::value::Choice as _;
use crate::config::{Size, Span};

/// A secret in its three keys.
type Three = (Option<String>, Option<PathBuf>, Option<String>);

impl ReceiverSection {
    /// The section of a receiver.
    pub(in crate::config::alerts) fn of(received: &Received) -> Self {
        let (receiver, outlet) = (&received.receiver, &received.outlet);
        let kind_name = receiver.settings.kind.name();
        let kind = KindName::ALL.iter().find(|(name, _)| *name == kind_name);
        let mut section = Self {
            name: receiver.settings.name.clone(),
            kind: kind.map(|(_, kind)| *kind).unwrap_or_default(),
            insecure: received.insecure.then_some(true),
            resolved: Some(outlet.resolved),
            least: Some(outlet.least).filter(|least| *least != Severity::Info),
            digest: (!outlet.is_alertmanager)
                .then(|| Graded::of(outlet.digest.map(|time| Some(Span(time))))),
            per_minute: Some(outlet.per_minute),
            heartbeat: outlet.heartbeat.map(Span),
            on_demand: (outlet.on_demand || received.on_demand.is_some())
                .then_some(outlet.on_demand),
            timeout: Some(Span(receiver.timeout)),
            keep_trying: Some(Span(receiver.keep_trying)),
            ..Self::default()
        };
        section.put(&receiver.settings.kind);
        section
    }

    fn put(&mut self, kind: &Kind) {
        match kind {
            Kind::Webhook(webhook) => {
                (self.url, self.url_file, self.url_env) = three(Some(&webhook.url));
                (self.secret, self.secret_file, self.secret_env) = three(webhook.secret.as_ref());
                (self.bearer, self.bearer_file, self.bearer_env) = three(webhook.bearer.as_ref());
                self.headers = forms(&webhook.headers);
                self.ca_file.clone_from(&webhook.ca_file);
            }
            Kind::Slack(slack) => {
                (self.url, self.url_file, self.url_env) = three(Some(&slack.url));
                self.channel.clone_from(&slack.channel);
                self.username.clone_from(&slack.username);
            }
            Kind::Email(email) => {
                self.host = Some(email.host.clone());
                self.port = Some(email.port);
                self.tls = Some(match email.tls {
                    Encryption::StartTls => TlsName::StartTls,
                    Encryption::Implicit => TlsName::Implicit,
                    Encryption::None => TlsName::None,
                });
                self.from = Some(email.from.clone());
                self.to.clone_from(&email.to);
                self.username.clone_from(&email.username);
                (self.password, self.password_file, self.password_env) =
                    three(email.password.as_ref());
                self.ca_file.clone_from(&email.ca_file);
            }
            Kind::Alertmanager(alertmanager) => {
                self.url = Some(alertmanager.url.clone());
                self.ca_file.clone_from(&alertmanager.ca_file);
                match &alertmanager.authorization {
                    None => {}
                    Some(Authorization::Bearer(token)) => {
                        (self.bearer, self.bearer_file, self.bearer_env) = three(Some(token));
                    }
                    Some(Authorization::Basic { username, password }) => {
                        self.username = Some(username.clone());
                        (self.password, self.password_file, self.password_env) =
                            three(Some(password));
                    }
                }
            }
            Kind::Command(command) => {
                self.argv.clone_from(&command.argv);
                self.environment = forms(&command.environment);
            }
            Kind::Desktop => {}
            Kind::File(file) => {
                self.path = Some(file.path.clone());
                self.max_bytes = Some(Size(file.max_bytes));
                self.keep = Some(file.keep);
            }
        }
    }
}

fn three(source: Option<&SecretSource>) -> Three {
    match source {
        None => (None, None, None),
        Some(SecretSource::Value(_)) => (Some(HIDDEN.to_owned()), None, None),
        Some(SecretSource::File(path)) => (None, Some(path.clone()), None),
        Some(SecretSource::Env(name)) => (None, None, Some(name.clone())),
    }
}

fn forms(sources: &BTreeMap<String, SecretSource>) -> BTreeMap<String, SecretForm> {
    let form = |source: &SecretSource| match source {
        SecretSource::Value(_) => SecretForm::Text(HIDDEN.to_owned()),
        SecretSource::File(file) => SecretForm::File { file: file.clone() },
        SecretSource::Env(env) => SecretForm::Env { env: env.clone() },
    };
    sources
        .iter()
        .map(|(name, source)| (name.clone(), form(source)))
        .collect()
}
