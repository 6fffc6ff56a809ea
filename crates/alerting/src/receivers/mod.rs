//! Ways to tell people and programs of alerts.
//!
//! A [`Receiver`] is made from [`Settings`] and told of a [`Notice`] by [`Receiver::deliver`], which blocks
//! until it is delivered, has failed, or the time is over. Each receiver has a thread of its own, which
//! tries again what has failed for now; nothing is remembered here between two attempts, and secrets are
//! read afresh for each.
//!
//! What is sent is made by pure functions, one file for each kind: `body` (webhook and command), `slack`,
//! `email::message`, `alertmanager`. Texts in alerts come from names that anybody may choose. Each of these
//! escapes them in the way of its receiver.

pub mod alertmanager;
mod body;
mod check;
mod clock;
mod command;
mod deadline;
mod desktop;
mod email;
mod failure;
mod file;
mod post;
mod program;
#[cfg(test)]
mod samples;
mod secret;
pub mod settings;
pub mod signature;
mod slack;
mod text;
mod tls;
mod webhook;
mod wording;

use std::time::Duration;

pub(crate) use body::annotations;
pub use body::{WebhookAlert, WebhookBody, WebhookStatus};
pub use check::SettingsError;
pub use failure::{Failure, FailureKind, LONGEST_RETRY_AFTER, MOST_MESSAGE};
pub use secret::{Secret, SecretError, SecretSource};
pub use settings::{Kind, Settings};

use crate::Notice;

/// How we call ourselves over HTTP.
const USER_AGENT: &str = concat!("mcpvisor/", env!("CARGO_PKG_VERSION"));

/// A notice that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivered {
    /// One line about how: who answered what.
    pub answer: String,
}

impl Delivered {
    fn new(answer: impl AsRef<str>) -> Self {
        Self {
            answer: text::line(answer.as_ref(), MOST_MESSAGE),
        }
    }
}

/// Something that is told of alerts.
#[derive(Clone, Debug)]
pub struct Receiver {
    settings: Settings,
}

impl Receiver {
    /// Checks that the settings fit together. Secrets and certificates are not read here but at each
    /// delivery.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        check::settings(&settings)?;
        Ok(Self { settings })
    }

    /// Its name, as configured.
    pub fn name(&self) -> &str {
        &self.settings.name
    }

    /// What it is.
    pub fn kind(&self) -> &Kind {
        &self.settings.kind
    }

    /// Tells it, and blocks until that has succeeded or failed, or `timeout` is over. Whoever is told may
    /// have got the notice although this failed, so it can come twice; its id stays the same. Only a file
    /// has no deadline: nothing can interrupt a disk that hangs.
    pub fn deliver(&self, notice: &Notice, timeout: Duration) -> Result<Delivered, Failure> {
        match &self.settings.kind {
            Kind::Webhook(webhook) => webhook::deliver(webhook, notice, timeout),
            Kind::File(file) => file::deliver(file, notice),
            Kind::Slack(slack) => slack::deliver(slack, notice, timeout),
            Kind::Alertmanager(alertmanager) => {
                alertmanager::deliver(alertmanager, notice, timeout)
            }
            Kind::Command(command) => command::deliver(command, notice, timeout),
            Kind::Desktop => desktop::deliver(notice, timeout),
            Kind::Email(email) => email::deliver(email, notice, timeout),
        }
    }
}
