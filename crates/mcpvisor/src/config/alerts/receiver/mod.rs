//! `[[receiver]]`: who can be told, and how.
//!
//! All kinds share one section; which keys belong to which kind is in `kinds`. Values that are secret
//! are never quoted, and shown as `(hidden)`, which is no value that is read.

mod kinds;
mod read;
mod secret;
mod write;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use alerting::dispatch::Outlet;
use alerting::receivers::Settings;
use model::Severity;

use super::levels::Graded;
use crate::config::{Size, Span};

pub(super) use read::read;

/// What stands in place of a secret where the configuration is shown.
const HIDDEN: &str = "(hidden)";

/// A receiver and how long it is tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// What it is.
    pub settings: Settings,
    /// Time for one attempt.
    pub timeout: Duration,
    /// How long a notice is tried before it is given up.
    pub keep_trying: Duration,
}

/// Somebody who can be told. Without a route every receiver is told of everything.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, schemars::JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ReceiverSection {
    /// Name of the receiver, for routes, commands and metrics.
    pub name: String,
    /// What it is: `webhook`, `slack`, `email`, `alertmanager`, `command`, `desktop` or `file`.
    pub kind: KindName,
    /// Address of a `webhook`, `slack` webhook or `alertmanager`, with `http://` or `https://`. It counts as
    /// a secret but for an `alertmanager`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// File with the address, instead of `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Variable of the daemon's environment with the address, instead of `url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// Signs the body of a `webhook` (HMAC-SHA256).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// File with the secret, instead of `secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Variable with the secret, instead of `secret`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// Token that a `webhook` or `alertmanager` gets as `Authorization: Bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer: Option<String>,
    /// File with the token, instead of `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_file: Option<PathBuf>,
    /// Variable with the token, instead of `bearer`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bearer_env: Option<String>,
    /// Further headers for a `webhook`: text, `{ file = ".." }` or `{ env = ".." }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub headers: BTreeMap<String, SecretForm>,
    /// User name for an `alertmanager` or a mail server; the sender's name in `slack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// Password of `username` for an `alertmanager` or a mail server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// File with the password, instead of `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
    /// Variable with the password, instead of `password`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_env: Option<String>,
    /// Certificates (PEM) that are trusted besides the system's, by a `webhook`, an `alertmanager` or
    /// `email`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Sends secrets to another machine without encryption, over `http://`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insecure: Option<bool>,
    /// Another channel than that of the `slack` webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// Name or address of the mail server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Port of the mail server; by default 587, 465 or 25, as `tls` says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How the connection to the mail server is encrypted: `starttls` (the default), `implicit` or `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsName>,
    /// Sender of mail: `mcpvisor@example.org` or `mcpvisor <mcpvisor@example.org>`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who gets mail.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub to: Vec<String>,
    /// Program of a `command` and its arguments; no shell reads them. The notice is its standard input.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub argv: Vec<String>,
    /// Variables of a `command`'s environment: text, `{ file = ".." }` or `{ env = ".." }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(default)]
    pub environment: BTreeMap<String, SecretForm>,
    /// Path of a `file`, to which each notice is added as a line of JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Size at which a `file` is set aside, from `64KiB`; `10MiB` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<Size>,
    /// How many files are kept aside, up to 100; 3 by default.
    #[schemars(range(max = 100))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<u32>,
    /// Is it told that alerts are over? `true` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolved: Option<bool>,
    /// Alerts that are less bad are not told; `info` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub least: Option<Severity>,
    /// How long alerts of a severity are collected before they are told in one notice, up to `7d`. Whoever
    /// is a person (`slack`, `email`, `desktop`) gets `info` once in `24h` by default; `0s` tells at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Graded<Span>>,
    /// Notices a minute at most, up to 600; 20 by default. Later ones say more at once.
    #[schemars(range(min = 1, max = 600))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// It is told this often, from `10s` to `7d`, that mcpvisor is alive. Not by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Span>,
    /// Only routes and escalations that name it lead here. So it is by default for a receiver that an
    /// escalation names and no route.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_demand: Option<bool>,
    /// Time for one attempt, from `1s` to `5m`; `10s` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Span>,
    /// How long a notice is tried before it is given up, from `1m` to `7d`; `24h` by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_trying: Option<Span>,
}

/// Kinds of receivers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// An HTTP request with the shape of Alertmanager's webhook.
    #[default]
    Webhook,
    /// A Slack channel.
    Slack,
    /// Mail.
    Email,
    /// An Alertmanager.
    Alertmanager,
    /// A program.
    Command,
    /// The desktop of who runs the daemon.
    Desktop,
    /// A file of JSON lines.
    File,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TlsName {
    /// It begins in clear and is encrypted before anything of ours is sent.
    StartTls,
    /// It is from the first byte.
    Implicit,
    /// It is not.
    None,
}

/// A secret as it stands in a table: text, or where it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(untagged)]
pub enum SecretForm {
    /// The text, or what stands in its place.
    Text(String),
    /// In a file.
    File {
        /// Its path.
        file: PathBuf,
    },
    /// In a variable of the daemon's environment.
    Env {
        /// Its name.
        env: String,
    },
}

impl schemars::JsonSchema for SecretForm {
    fn schema_name() -> Cow<'static, str> {
        "SecretForm".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "object", "properties": {"file": {"type": "string"}}, "required": ["file"], "additionalProperties": false},
            {"type": "object", "properties": {"env": {"type": "string"}}, "required": ["env"], "additionalProperties": false},
        ]})
    }
}

/// A receiver with all that its section says.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Received {
    pub receiver: Receiver,
    pub outlet: Outlet,
    pub insecure: bool,
    /// `on_demand` as it was given.
    pub on_demand: Option<bool>,
}
