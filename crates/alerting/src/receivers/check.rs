//! What is wrong with the settings of a receiver, before it is told of anything.

use std::net::IpAddr;

use super::post::{Target, TargetError};
use super::settings::{self, Authorization, Encryption, Kind, Settings};
use super::{SecretSource, email, webhook};

/// Settings that cannot work. Neither secrets nor URLs are repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("receiver `{receiver}`: `{key}`: {problem}")]
pub struct SettingsError {
    /// Name of the receiver.
    pub receiver: String,
    /// The key in question.
    pub key: &'static str,
    /// What is wrong, and what would be right.
    pub problem: String,
}

/// Checks all that can be known before anything is read or asked.
pub(super) fn settings(settings: &Settings) -> Result<(), SettingsError> {
    let checked = match &settings.kind {
        Kind::Webhook(webhook) => self::webhook(webhook),
        Kind::Slack(slack) => url("url", &slack.url),
        Kind::Email(email) => self::email(email),
        Kind::Alertmanager(alertmanager) => self::alertmanager(alertmanager),
        Kind::Command(command) => self::command(command),
        Kind::Desktop => Ok(()),
        Kind::File(file) => self::file(file),
    };
    checked.map_err(|(key, problem)| SettingsError {
        receiver: settings.name.clone(),
        key,
        problem,
    })
}

/// A key, and what is wrong with it.
type Problem = (&'static str, String);

fn webhook(webhook: &settings::Webhook) -> Result<(), Problem> {
    url("url", &webhook.url)?;
    for name in webhook.headers.keys() {
        let known = webhook::check_header(name).map_err(|problem| ("headers", problem))?;
        if known == http::header::AUTHORIZATION && webhook.bearer.is_some() {
            let problem = "`bearer` sets the header `authorization` too; leave one of them out";
            return Err(("headers", problem.to_owned()));
        }
    }
    Ok(())
}

fn url(key: &'static str, source: &SecretSource) -> Result<(), Problem> {
    match source {
        SecretSource::Value(secret) => target(key, secret.expose()),
        SecretSource::File(_) | SecretSource::Env(_) => Ok(()),
    }
}

fn target(key: &'static str, url: &str) -> Result<(), Problem> {
    let wrong = |error: TargetError| (key, error.to_string());
    Target::new(url).map(drop).map_err(wrong)
}

fn email(email: &settings::Email) -> Result<(), Problem> {
    if email.host.is_empty()
        || email
            .host
            .contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return Err((
            "host",
            "the name or address of a mail server is meant".to_owned(),
        ));
    }
    email::mailbox(&email.from).map_err(|problem| ("from", problem))?;
    if email.to.is_empty() {
        return Err(("to", "at least one address is needed".to_owned()));
    }
    for address in &email.to {
        email::mailbox(address).map_err(|problem| ("to", problem))?;
    }
    if email.username.is_some() != email.password.is_some() {
        let problem = "`username` and `password` belong together; set both or neither";
        return Err(("username", problem.to_owned()));
    }
    if email.username.is_some() && email.tls == Encryption::None && !is_here(&email.host) {
        let problem = "a password is not sent without encryption to another machine; \
                       set `tls` to `starttls` or `implicit`";
        return Err(("tls", problem.to_owned()));
    }
    Ok(())
}

/// Whether a host is certainly this machine.
fn is_here(host: &str) -> bool {
    let address = host.parse().map(|address: IpAddr| address.is_loopback());
    host == "localhost" || address.unwrap_or(false)
}

fn alertmanager(alertmanager: &settings::Alertmanager) -> Result<(), Problem> {
    target("url", &alertmanager.url)?;
    match &alertmanager.authorization {
        Some(Authorization::Basic { username, .. }) if username.contains(':') => {
            Err(("username", "a colon cannot stand in it".to_owned()))
        }
        _ => Ok(()),
    }
}

fn command(command: &settings::Command) -> Result<(), Problem> {
    match command.argv.first() {
        Some(program) if !program.is_empty() => {}
        _ => return Err(("argv", "the program is missing".to_owned())),
    }
    if command.argv.iter().any(|word| word.contains('\0')) {
        return Err(("argv", "a zero byte cannot stand in it".to_owned()));
    }
    let unfit = |name: &&String| {
        name.is_empty() || name.contains(['=', '\0']) || name.starts_with("MCPVISOR_")
    };
    match command.environment.keys().find(unfit) {
        Some(name) => Err((
            "environment",
            format!("{name:?} is no name for a variable of yours"),
        )),
        None => Ok(()),
    }
}

fn file(file: &settings::File) -> Result<(), Problem> {
    if !file.path.is_absolute() {
        return Err((
            "path",
            "it must be absolute, as the daemon may run anywhere".to_owned(),
        ));
    }
    if file.max_bytes == 0 {
        return Err(("max_bytes", "nothing would fit into 0 bytes".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::Secret;
    use super::*;

    fn value(text: &str) -> SecretSource {
        SecretSource::Value(Secret::new(text))
    }

    fn problem(kind: Kind) -> Option<&'static str> {
        let name = "team".to_owned();
        settings(&Settings { name, kind })
            .err()
            .map(|error| error.key)
    }

    fn webhook(url: &str, header: &str) -> Kind {
        Kind::Webhook(settings::Webhook {
            url: value(url),
            secret: None,
            bearer: Some(value("token")),
            headers: BTreeMap::from([(header.to_owned(), value("x"))]),
            ca_file: None,
        })
    }

    #[test]
    fn webhooks() {
        assert_eq!(problem(webhook("https://example.org/", "X-Team")), None);
        assert_eq!(problem(webhook("example.org", "X-Team")), Some("url"));
        for header in [
            "a b",
            "",
            "Host",
            "content-length",
            "X-Mcpvisor-Signature",
            "Authorization",
        ] {
            assert_eq!(
                problem(webhook("https://a/", header)),
                Some("headers"),
                "{header}"
            );
        }
    }

    #[test]
    fn no_secret_in_what_is_said() {
        let kind = webhook("https://user:hunter2@example.org/", "X-Team");
        let name = "team".to_owned();
        let error = settings(&Settings { name, kind })
            .err()
            .map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(error.starts_with("receiver `team`: `url`: "), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    fn email(change: impl FnOnce(&mut settings::Email)) -> Option<&'static str> {
        let mut email = settings::Email {
            host: "mail.example.org".to_owned(),
            port: 587,
            tls: Encryption::StartTls,
            username: Some("mcpvisor".to_owned()),
            password: Some(value("x")),
            from: "mcpvisor <mcpvisor@example.org>".to_owned(),
            to: vec!["ops@example.org".to_owned()],
            ca_file: None,
        };
        change(&mut email);
        problem(Kind::Email(email))
    }

    #[test]
    fn mail() {
        assert_eq!(email(|_| {}), None);
        assert_eq!(email(|email| email.host.clear()), Some("host"));
        assert_eq!(email(|email| email.to.clear()), Some("to"));
        assert_eq!(
            email(|email| email.to.push("nobody".to_owned())),
            Some("to")
        );
        assert_eq!(
            email(|email| email.to.push("a@b>\r\nDATA".to_owned())),
            Some("to")
        );
        assert_eq!(
            email(|email| email.from = "Zoë@exämple.org".to_owned()),
            Some("from")
        );
        assert_eq!(email(|email| email.password = None), Some("username"));
        assert_eq!(email(|email| email.tls = Encryption::None), Some("tls"));
        let here = |email: &mut settings::Email| {
            email.tls = Encryption::None;
            email.host = "127.0.0.1".to_owned();
        };
        assert_eq!(email(here), None);
    }

    #[test]
    fn alertmanagers_commands_and_files() {
        let alertmanager = |username: &str| {
            problem(Kind::Alertmanager(settings::Alertmanager {
                url: "http://127.0.0.1:9093".to_owned(),
                authorization: Some(Authorization::Basic {
                    username: username.to_owned(),
                    password: value("x"),
                }),
                ca_file: None,
            }))
        };
        assert_eq!(alertmanager("mcpvisor"), None);
        assert_eq!(alertmanager("mcp:visor"), Some("username"));
        let command = |argv: &[&str], variable: &str| {
            problem(Kind::Command(settings::Command {
                argv: argv.iter().map(|&word| word.to_owned()).collect(),
                environment: BTreeMap::from([(variable.to_owned(), value("x"))]),
            }))
        };
        assert_eq!(command(&["notify"], "TOKEN"), None);
        assert_eq!(command(&[], "TOKEN"), Some("argv"));
        assert_eq!(command(&[""], "TOKEN"), Some("argv"));
        assert_eq!(command(&["a\0b"], "TOKEN"), Some("argv"));
        for variable in ["", "A=B", "MCPVISOR_STATUS"] {
            assert_eq!(command(&["notify"], variable), Some("environment"));
        }
        let file = |path: &str, max_bytes| {
            let path = path.into();
            problem(Kind::File(settings::File {
                path,
                max_bytes,
                keep: 1,
            }))
        };
        assert_eq!(file("/var/log/alerts.jsonl", 1), None);
        assert_eq!(file("alerts.jsonl", 1), Some("path"));
        assert_eq!(file("/var/log/alerts.jsonl", 0), Some("max_bytes"));
    }
}
