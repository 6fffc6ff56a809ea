//! The webhook: Alertmanager's body by POST, signed if there is a secret.

use std::collections::BTreeMap;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::body::WebhookBody;
use super::post::{Post, Target};
use super::{Delivered, Failure, Secret, SecretSource, clock, settings, signature, wording};
use crate::Notice;

/// Header with the reason of a notice: `change`, `repeat`, `digest`, `escalation`, `heartbeat`, `test`.
const OCCASION_HEADER: &str = "x-mcpvisor-occasion";

/// Headers that we set ourselves, or that belong to the connection.
const RESERVED: [&str; 8] = [
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Sends a notice to a webhook.
pub(super) fn deliver(
    webhook: &settings::Webhook,
    notice: &Notice,
    timeout: Duration,
) -> Result<Delivered, Failure> {
    let url = read("url", &webhook.url)?;
    let target =
        Target::new(url.expose()).map_err(|error| Failure::permanent(format!("`url`: {error}")))?;
    let body = serde_json::to_vec(&WebhookBody::new(notice))
        .map_err(|error| Failure::permanent(format!("the notice is no JSON: {error}")))?;
    let mut secrets = vec![url];
    let mut headers = further_headers(&webhook.headers, &mut secrets)?;
    headers.insert(
        HeaderName::from_static(OCCASION_HEADER),
        HeaderValue::from_static(wording::occasion_name(notice)),
    );
    headers.insert(
        HeaderName::from_static(signature::DELIVERY_HEADER),
        header("the notice's id", &notice.id)?,
    );
    let timestamp = clock::now().as_second().to_string();
    headers.insert(
        HeaderName::from_static(signature::TIMESTAMP_HEADER),
        header("the time", &timestamp)?,
    );
    if let Some(source) = &webhook.secret {
        let secret = read("secret", source)?;
        let signed = signature::sign(&secret, &timestamp, &body);
        headers.insert(
            HeaderName::from_static(signature::SIGNATURE_HEADER),
            header("the signature", &signed)?,
        );
        secrets.push(secret);
    }
    if let Some(source) = &webhook.bearer {
        let token = read("bearer", source)?;
        headers.insert(AUTHORIZATION, bearer(&token)?);
        secrets.push(token);
    }
    let post = Post {
        target: &target,
        headers,
        body,
        ca_file: webhook.ca_file.as_deref(),
        secrets: &secrets,
    };
    post.send(timeout)
}

/// What is wrong with the name of a further header.
pub(super) fn check_header(name: &str) -> Result<HeaderName, String> {
    let known =
        HeaderName::try_from(name).map_err(|_| format!("{name:?} is no name of a header"))?;
    if RESERVED.contains(&known.as_str()) || known.as_str().starts_with("x-mcpvisor-") {
        return Err(format!("the header `{known}` is set by mcpvisor itself"));
    }
    Ok(known)
}

fn further_headers(
    sources: &BTreeMap<String, SecretSource>,
    secrets: &mut Vec<Secret>,
) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, source) in sources {
        let known = check_header(name).map_err(Failure::permanent)?;
        let value = read(&format!("headers.{name}"), source)?;
        headers.insert(known, header(name, value.expose())?);
        secrets.push(value);
    }
    Ok(headers)
}

/// The secret of a key; a failure to read it is temporary, as somebody may be exchanging it.
pub(super) fn read(key: &str, source: &SecretSource) -> Result<Secret, Failure> {
    let secret = source.read();
    secret.map_err(|error| Failure::temporary(format!("`{key}`: {error}")))
}

/// `Authorization: Bearer`.
pub(super) fn bearer(token: &Secret) -> Result<HeaderValue, Failure> {
    header("the token", &format!("Bearer {}", token.expose()))
}

/// A header's value, which is marked so that nothing logs it.
pub(super) fn header(what: &str, value: &str) -> Result<HeaderValue, Failure> {
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| Failure::permanent(format!("{what} cannot be sent as a header")))?;
    value.set_sensitive(true);
    Ok(value)
}
