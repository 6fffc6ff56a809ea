//! What is set for a receiver. The program makes these from its configuration; what does not fit
//! together is said by [`super::Receiver::new`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::SecretSource;

/// A receiver as it is configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name, unique among receivers.
    pub name: String,
    /// What kind it is, and that kind's own settings.
    pub kind: Kind,
}

/// What a receiver is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An HTTP request with the shape of Alertmanager's webhook.
    Webhook(Webhook),
    /// A Slack channel, by an incoming webhook.
    Slack(Slack),
    /// Mail by SMTP.
    Email(Email),
    /// An Alertmanager, by its API v2.
    Alertmanager(Alertmanager),
    /// A program of the user's.
    Command(Command),
    /// The desktop of who runs the daemon.
    Desktop,
    /// A file of JSON lines.
    File(File),
}

impl Kind {
    /// Its name in configuration, tables and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Slack(_) => "slack",
            Self::Email(_) => "email",
            Self::Alertmanager(_) => "alertmanager",
            Self::Command(_) => "command",
            Self::Desktop => "desktop",
            Self::File(_) => "file",
        }
    }
}

/// Where and how a webhook is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// `http` or `https`. Whoever knows it may often post there, so only its host is ever shown.
    pub url: SecretSource,
    /// With it the body is signed: see [`super::signature`].
    pub secret: Option<SecretSource>,
    /// Sent as `Authorization: Bearer`.
    pub bearer: Option<SecretSource>,
    /// Further headers.
    pub headers: BTreeMap<String, SecretSource>,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// Where a Slack message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slack {
    /// The incoming webhook: the address is the secret.
    pub url: SecretSource,
    /// Another channel than the webhook's own, where the webhook permits it.
    pub channel: Option<String>,
    /// Another name than the webhook's own, where the webhook permits it.
    pub username: Option<String>,
}

/// Whom mail goes to, and by which server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The mail server.
    pub host: String,
    /// Its port: 587 with STARTTLS, 465 with TLS from the first byte, 25 without, usually.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Encryption,
    /// Sent with a password only over an encrypted connection, or to this machine.
    pub username: Option<String>,
    /// The password of `username`.
    pub password: Option<SecretSource>,
    /// `mcpvisor@example.org` or `mcpvisor <mcpvisor@example.org>`.
    pub from: String,
    /// At least one address.
    pub to: Vec<String>,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It begins in clear and must be encrypted before anything of ours is sent.
    StartTls,
    /// It is from the first byte.
    Implicit,
    /// It is not.
    None,
}

/// An Alertmanager.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alertmanager {
    /// Its address, to which `/api/v2/alerts` is added.
    pub url: String,
    /// How we prove who we are.
    pub authorization: Option<Authorization>,
    /// Certificates (PEM) that are trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// How we prove who we are over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// A token.
    Bearer(SecretSource),
    /// A name and a password.
    Basic {
        /// The name; without a colon.
        username: String,
        /// The password.
        password: SecretSource,
    },
}

/// A program that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program and its arguments; no shell reads them.
    pub argv: Vec<String>,
    /// Further variables of its environment. It gets no others of ours but `PATH`, `HOME` and `LANG`.
    pub environment: BTreeMap<String, SecretSource>,
}

/// A file that grows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path; the folder must exist.
    pub path: PathBuf,
    /// It is put aside before it gets larger than this, bytes.
    pub max_bytes: u64,
    /// How many files that were put aside are kept: `PATH.1` is the newest.
    pub keep: u32,
}
