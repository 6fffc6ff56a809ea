//! The kinds of receivers, and each kind's own keys.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use alerting::receivers::settings::{
    Alertmanager, Authorization, Command, Email, Encryption, File, Slack, Webhook,
};
use alerting::receivers::{Kind, SecretSource};
use http::Uri;
use toml::de::DeValue;

use super::secret::{self, Keys};
use super::{KindName, TlsName};
use crate::config::Size;
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::{Choice, FromValue, choice, kind};

const URL: Keys = ["url", "url_file", "url_env"];
const SECRET: Keys = ["secret", "secret_file", "secret_env"];
const BEARER: Keys = ["bearer", "bearer_file", "bearer_env"];
const PASSWORD: Keys = ["password", "password_file", "password_env"];

/// Keys that not every kind has, with the kinds that do.
const KEYS: [(&[&str], &[KindName]); 12] = [
    (
        &["url"],
        &[KindName::Webhook, KindName::Slack, KindName::Alertmanager],
    ),
    (
        &["url_file", "url_env"],
        &[KindName::Webhook, KindName::Slack],
    ),
    (
        &["secret", "secret_file", "secret_env", "headers"],
        &[KindName::Webhook],
    ),
    (
        &["bearer", "bearer_file", "bearer_env"],
        &[KindName::Webhook, KindName::Alertmanager],
    ),
    (
        &["username"],
        &[KindName::Slack, KindName::Email, KindName::Alertmanager],
    ),
    (
        &["password", "password_file", "password_env"],
        &[KindName::Email, KindName::Alertmanager],
    ),
    (
        &["ca_file"],
        &[KindName::Webhook, KindName::Email, KindName::Alertmanager],
    ),
    (
        &["insecure"],
        &[KindName::Webhook, KindName::Slack, KindName::Alertmanager],
    ),
    (&["channel"], &[KindName::Slack]),
    (&["host", "port", "tls", "from", "to"], &[KindName::Email]),
    (&["argv", "environment"], &[KindName::Command]),
    (&["path", "max_bytes", "keep"], &[KindName::File]),
];

/// Less than that would be set aside all the time.
const LEAST_FILE: Size = Size(64 << 10);
/// More would make each rotation a long row of renames.
const MOST_KEPT: u32 = 100;

/// Reads the keys of one kind; `None` where one is missing or wrong, which was then told.
pub(super) fn read(section: &mut Section<'_>, name: KindName, folder: &Path) -> Option<Kind> {
    refuse_others(section, name);
    match name {
        KindName::Webhook => webhook(section, folder).map(Kind::Webhook),
        KindName::Slack => slack(section, folder).map(Kind::Slack),
        KindName::Email => email(section, folder).map(Kind::Email),
        KindName::Alertmanager => alertmanager(section, folder).map(Kind::Alertmanager),
        KindName::Command => command(section, folder).map(Kind::Command),
        KindName::Desktop => Some(Kind::Desktop),
        KindName::File => file(section, folder).map(Kind::File),
    }
}

/// Keys of other kinds are mistakes.
fn refuse_others(section: &mut Section<'_>, name: KindName) {
    for (keys, kinds) in KEYS {
        for key in keys.iter().filter(|_| !kinds.contains(&name)) {
            section.require(key, !section.has(key), || {
                let kinds: Vec<String> = kinds
                    .iter()
                    .map(|kind| format!("`{}`", kind.name()))
                    .collect();
                format!(
                    "`{key}` is for {}, not for `{}`",
                    kinds.join(" and "),
                    name.name()
                )
            });
        }
    }
}

/// Says that a key is missing.
fn need(
    section: &mut Section<'_>,
    kind: KindName,
    key: &'static str,
    is_there: bool,
    example: &str,
) {
    if !is_there {
        section.blame_all(format!(
            "`{}` needs `{key}`, such as `{key} = {example}`",
            kind.name()
        ));
    }
}

/// A secret that must be there, in one of its forms.
fn needed_url(section: &mut Section<'_>, kind: KindName, folder: &Path) -> Option<SecretSource> {
    let is_there = URL.iter().any(|key| section.has(key));
    need(
        section,
        kind,
        "url",
        is_there,
        "\"https://example.org/path\"` or `url_file = \"url.secret\"",
    );
    secret::read(section, URL, folder)
}

fn ca_file(section: &mut Section<'_>, folder: &Path) -> Option<PathBuf> {
    section
        .optional::<PathBuf>("ca_file")
        .map(|file| folder.join(file))
}

fn webhook(section: &mut Section<'_>, folder: &Path) -> Option<Webhook> {
    let url = needed_url(section, KindName::Webhook, folder);
    let webhook = Webhook {
        secret: secret::read(section, SECRET, folder),
        bearer: secret::read(section, BEARER, folder),
        headers: secret::table(section, "headers", folder),
        ca_file: ca_file(section, folder),
        url: url?,
    };
    let sends_secrets = webhook.bearer.is_some() || !webhook.headers.is_empty();
    refuse_open(section, &webhook.url, sends_secrets);
    Some(webhook)
}

fn slack(section: &mut Section<'_>, folder: &Path) -> Option<Slack> {
    let url = needed_url(section, KindName::Slack, folder);
    let slack = Slack {
        channel: section.optional("channel"),
        username: section.optional("username"),
        url: url?,
    };
    refuse_open(section, &slack.url, true);
    Some(slack)
}

fn alertmanager(section: &mut Section<'_>, folder: &Path) -> Option<Alertmanager> {
    let url = section.optional::<String>("url");
    let is_there = section.has("url");
    need(
        section,
        KindName::Alertmanager,
        "url",
        is_there,
        "\"http://127.0.0.1:9093\"",
    );
    let bearer = secret::read(section, BEARER, folder);
    let username = section.optional::<String>("username");
    let password = secret::read(section, PASSWORD, folder);
    let has_password = PASSWORD.iter().any(|key| section.has(key));
    section.require("username", has_password || !section.has("username"), || {
        "`username` and `password` belong together; give both or neither".to_owned()
    });
    let has_username = section.has("username");
    for key in PASSWORD {
        section.require(key, has_username || !section.has(key), || {
            "`username` and `password` belong together; give both or neither".to_owned()
        });
    }
    section.require("username", bearer.is_none() || username.is_none(), || {
        "`bearer` proves who we are, too; leave it or `username` and `password` out".to_owned()
    });
    let basic = username
        .zip(password)
        .map(|(username, password)| Authorization::Basic { username, password });
    let alertmanager = Alertmanager {
        authorization: bearer.map(Authorization::Bearer).or(basic),
        ca_file: ca_file(section, folder),
        url: url?,
    };
    let url = SecretSource::Value(alerting::receivers::Secret::new(alertmanager.url.as_str()));
    refuse_open(section, &url, alertmanager.authorization.is_some());
    Some(alertmanager)
}

/// Secrets do not go to other machines in clear, unless that is wanted.
fn refuse_open(section: &mut Section<'_>, url: &SecretSource, sends_secrets: bool) {
    let insecure = section.take("insecure", false);
    let SecretSource::Value(url) = url else {
        return;
    };
    let Ok(url) = url.expose().trim().parse::<Uri>() else {
        return;
    };
    let is_open = url
        .scheme_str()
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
    let is_here = url.host().is_some_and(is_loopback);
    section.require("url", !(is_open && sends_secrets && !is_here) || insecure, || {
        "over `http://` everybody on the way can read the secret; use `https://`, or say `insecure = true`".to_owned()
    });
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare
        .parse::<IpAddr>()
        .is_ok_and(|address| address.to_canonical().is_loopback());
    address || bare.eq_ignore_ascii_case("localhost")
}

fn email(section: &mut Section<'_>, folder: &Path) -> Option<Email> {
    for (key, example) in [
        ("host", "\"smtp.example.org\""),
        ("from", "\"mcpvisor@example.org\""),
        ("to", "[\"ops@example.org\"]"),
    ] {
        let is_there = section.has(key);
        need(section, KindName::Email, key, is_there, example);
    }
    let tls = section.take("tls", TlsName::StartTls);
    let usual_port = match tls {
        TlsName::StartTls => 587,
        TlsName::Implicit => 465,
        TlsName::None => 25,
    };
    let port = section.optional::<u32>("port");
    let right_port = port.map_or(Ok(usual_port), u16::try_from);
    let fits = right_port.is_ok_and(|port| port > 0);
    section.require("port", fits, || "a port is from 1 to 65535".to_owned());
    let (host, from, to) = (
        section.optional("host"),
        section.optional("from"),
        section.optional("to"),
    );
    let username = section.optional("username");
    let password = secret::read(section, PASSWORD, folder);
    if password.is_none() && PASSWORD.iter().any(|key| section.has(key)) {
        // What is wrong with it was told.
        return None;
    }
    Some(Email {
        port: right_port.unwrap_or(usual_port),
        tls: match tls {
            TlsName::StartTls => Encryption::StartTls,
            TlsName::Implicit => Encryption::Implicit,
            TlsName::None => Encryption::None,
        },
        username,
        password,
        ca_file: ca_file(section, folder),
        host: host?,
        from: from?,
        to: to?,
    })
}

fn command(section: &mut Section<'_>, folder: &Path) -> Option<Command> {
    let is_there = section.has("argv");
    need(
        section,
        KindName::Command,
        "argv",
        is_there,
        "[\"/usr/local/bin/told\", \"--now\"]",
    );
    let environment = secret::table(section, "environment", folder);
    let argv: Vec<String> = section.optional("argv")?;
    let program = argv.first().map(String::as_str).unwrap_or_default();
    let is_path = program.contains('/');
    section.require("argv", !is_path || program.starts_with('/'), || {
        "the program is a path that begins nowhere; write the whole path, or its bare name if it is in `PATH`".to_owned()
    });
    section.require(
        "argv",
        program.contains('/') || !program.contains(char::is_whitespace),
        || {
            "no shell reads this; write each argument by itself: `[\"program\", \"argument\"]`"
                .to_owned()
        },
    );
    Some(Command { argv, environment })
}

fn file(section: &mut Section<'_>, folder: &Path) -> Option<File> {
    let is_there = section.has("path");
    need(
        section,
        KindName::File,
        "path",
        is_there,
        "\"/var/log/mcpvisor-alerts.jsonl\"",
    );
    let size = section.take("max_bytes", Size::mebibytes(10));
    section.require("max_bytes", size >= LEAST_FILE, || {
        format!("{size} is too small for a file of notices; give it at least {LEAST_FILE}")
    });
    let keep = section.take("keep", 3);
    section.require("keep", keep <= MOST_KEPT, || {
        format!("{keep} files are too many; keep at most {MOST_KEPT}")
    });
    Some(File {
        path: folder.join(section.optional::<PathBuf>("path")?),
        max_bytes: size.0,
        keep,
    })
}

impl KindName {
    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(_, kind)| *kind == self);
        found.map_or("", |(name, _)| name)
    }
}

impl Choice for KindName {
    const ALL: &[(&str, Self)] = &[
        ("webhook", Self::Webhook),
        ("slack", Self::Slack),
        ("email", Self::Email),
        ("alertmanager", Self::Alertmanager),
        ("command", Self::Command),
        ("desktop", Self::Desktop),
        ("file", Self::File),
    ];
}

impl Choice for TlsName {
    const ALL: &[(&str, Self)] = &[
        ("starttls", Self::StartTls),
        ("implicit", Self::Implicit),
        ("none", Self::None),
    ];
}

impl FromValue for KindName {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

impl FromValue for TlsName {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        if let DeValue::Boolean(_) = value {
            let why = format!(
                "must be `starttls`, `implicit` or `none`, not {}",
                kind(value)
            );
            return Err(Invalid::unquoted(why));
        }
        choice(value)
    }
}
