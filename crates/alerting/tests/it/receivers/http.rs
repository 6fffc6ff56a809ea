//! Webhook, Slack and Alertmanager: what they send, and what answers mean.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::TcpListener;
use std::time::Duration;

use alerting::receivers::settings::{Alertmanager, Authorization, Slack};
use alerting::receivers::{Failure, FailureKind, Kind, Secret, WebhookBody};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::server::Server;
use super::{LONG, notice, receiver, secret, webhook};

fn post_to(server: &Server) -> Result<String, Failure> {
    let receiver = receiver(Kind::Webhook(webhook(&server.url())));
    receiver
        .deliver(&notice(), LONG)
        .map(|delivered| delivered.answer)
}

#[test]
fn a_webhook_gets_the_shape_of_alertmanager() {
    let server = Server::with_status("204 No Content");
    let answer = post_to(&server).unwrap();
    assert_eq!(
        answer,
        format!("{} answered 204 No Content", server.address)
    );
    let asked = server.asked();
    assert!(
        asked.head.starts_with("POST /hook HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    assert_eq!(
        asked.header("host"),
        Some(server.address.to_string().as_str())
    );
    assert_eq!(asked.header("content-type"), Some("application/json"));
    assert_eq!(asked.header("x-mcpvisor-delivery"), Some("n-42"));
    assert_eq!(asked.header("x-mcpvisor-occasion"), Some("change"));
    assert_eq!(asked.header("x-mcpvisor-signature"), None);
    let agent = asked.header("user-agent").unwrap();
    assert!(agent.starts_with("mcpvisor/"), "{agent}");
    let body: WebhookBody = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(body, WebhookBody::new(&notice()));
}

/// RFC 2104, written down once more from its definition.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let pad = |filler: u8| {
        let mut block = [filler; 64];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message);
    let outer = Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner.finalize());
    let mut digits = String::new();
    for byte in outer.finalize() {
        write!(digits, "{byte:02x}").unwrap();
    }
    digits
}

#[test]
fn a_signed_webhook_can_be_verified() {
    let server = Server::with_status("200 OK");
    let mut settings = webhook(&server.url());
    settings.secret = Some(secret("a key of the receiver"));
    settings.bearer = Some(secret("token-7"));
    settings.headers = BTreeMap::from([("X-Team".to_owned(), secret("ops"))]);
    receiver(Kind::Webhook(settings))
        .deliver(&notice(), LONG)
        .unwrap();
    let asked = server.asked();
    let timestamp = asked.header("x-mcpvisor-timestamp").unwrap();
    let signed = [timestamp.as_bytes(), b".", &asked.body].concat();
    let signature = format!("sha256={}", hmac(b"a key of the receiver", &signed));
    assert_eq!(
        asked.header("x-mcpvisor-signature"),
        Some(signature.as_str())
    );
    let age = jiff::Timestamp::now().as_second() - timestamp.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{age}");
    assert_eq!(asked.header("authorization"), Some("Bearer token-7"));
    assert_eq!(asked.header("x-team"), Some("ops"));
}

#[test]
fn what_may_become_better_is_temporary() {
    for status in [
        "401 Unauthorized",
        "403 No",
        "404 Not Found",
        "408 Request Timeout",
        "429 Too Many Requests",
        "500 Oh",
        "503 Busy",
        "599 x",
    ] {
        let failure = post_to(&Server::with_status(status)).unwrap_err();
        assert!(failure.is_temporary(), "{failure}");
        assert!(failure.message.contains(&status[..3]), "{failure}");
    }
    for status in ["400 Bad Request", "410 Gone", "413 Content Too Large"] {
        let failure = post_to(&Server::with_status(status)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Permanent, "{failure}");
        assert!(failure.message.contains(&status[..3]), "{failure}");
    }
}

/// What `Retry-After` of this value makes of an answer.
fn told(retry_after: &str) -> FailureKind {
    let answer =
        format!("HTTP/1.1 429 Slow Down\nRetry-After: {retry_after}\nContent-Length: 0\n\n");
    post_to(&Server::answering(&answer)).unwrap_err().kind
}

fn wait(seconds: u64) -> FailureKind {
    FailureKind::Temporary {
        retry_after: Some(Duration::from_secs(seconds)),
    }
}

#[test]
fn servers_say_when_to_come_again() {
    assert_eq!(told("120"), wait(120));
    assert_eq!(told("86400"), wait(3_600), "an hour is the most");
    assert_eq!(told("later"), FailureKind::Temporary { retry_after: None });
    let date = jiff::Timestamp::now() + Duration::from_mins(10);
    let told = told(&date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    let about_right = Duration::from_mins(9)..=Duration::from_mins(10);
    assert!(
        matches!(
            told,
            FailureKind::Temporary { retry_after: Some(wait) } if about_right.contains(&wait)
        ),
        "{told:?}"
    );
}

#[test]
fn redirects_are_not_followed() {
    let elsewhere = Server::with_status("200 OK");
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let location = format!("http://{}/?token=hunter2", elsewhere.address);
        let answer = format!("HTTP/1.1 {status}\nLocation: {location}\nContent-Length: 0\n\n");
        let failure = post_to(&Server::answering(&answer)).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Permanent);
        let whereto = format!("redirects to {}", elsewhere.address);
        assert!(failure.message.contains(&whereto), "{failure}");
        assert!(!failure.message.contains("hunter2"), "{failure}");
    }
    assert!(!elsewhere.was_asked());
}

#[test]
fn what_a_server_says_is_quoted_without_our_secrets() {
    let said = "<b>No\n entry</b> for token-7\u{1b}[2J at /hook?key=xyz";
    let answer = format!("HTTP/1.1 403 Forbidden\nContent-Length: {}\n\n", said.len());
    let server = Server::new(move |stream| {
        use std::io::Write as _;
        let answer = answer.replace('\n', "\r\n") + said;
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let mut settings = webhook(&server.url());
    settings.bearer = Some(secret("token-7"));
    let failure = receiver(Kind::Webhook(settings))
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(
        failure
            .message
            .contains("<b>No entry</b> for <redacted>\\x1b[2J"),
        "{failure}"
    );
    assert!(!failure.message.contains("token-7"), "{failure}");
}

#[test]
fn a_server_that_is_down() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{address}/secret-path?token=hunter2");
    let failure = receiver(Kind::Webhook(webhook(&url)))
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(failure.is_temporary());
    assert!(
        failure
            .message
            .starts_with(&format!("{address}: Connection refused")),
        "{failure}"
    );
    assert!(!failure.message.contains("secret-path"), "{failure}");
    let url = "http://no-such-host.invalid/";
    let failure = receiver(Kind::Webhook(webhook(url)))
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(failure.is_temporary());
    assert!(
        failure.message.starts_with("no-such-host.invalid: "),
        "{failure}"
    );
}

#[test]
fn a_secret_that_cannot_be_read_is_temporary() {
    let mut settings = webhook("http://127.0.0.1:9/");
    settings.secret = Some(alerting::receivers::SecretSource::File(
        "/no/such/file".into(),
    ));
    let failure = receiver(Kind::Webhook(settings))
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.contains("/no/such/file"), "{failure}");
}

#[test]
fn slack_gets_a_message_and_its_address_stays_secret() {
    let server =
        Server::answering("HTTP/1.1 400 Bad Request\nContent-Length: 15\n\ninvalid_payload");
    let slack = Slack {
        url: secret(&format!("http://{}/services/T0/B0/hunter2", server.address)),
        channel: None,
        username: Some("mcpvisor".to_owned()),
    };
    assert!(!format!("{slack:?}").contains("hunter2"));
    let failure = receiver(Kind::Slack(slack))
        .deliver(&notice(), LONG)
        .unwrap_err();
    let wanted = format!(
        "{} answered 400 Bad Request: invalid_payload",
        server.address
    );
    assert_eq!(failure.message, wanted);
    let asked = server.asked();
    assert!(asked.head.starts_with("POST /services/T0/B0/hunter2 "));
    let message: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(message["text"], "[FIRING:1] high_memory memory on build-7");
    assert_eq!(message["username"], "mcpvisor");
}

#[test]
fn alertmanager_gets_alerts_below_its_address() {
    let server = Server::with_status("200 OK");
    let alertmanager = |authorization| {
        let kind = Kind::Alertmanager(Alertmanager {
            url: format!("http://{}/am/", server.address),
            authorization,
            ca_file: None,
        });
        receiver(kind).deliver(&notice(), LONG).unwrap();
        server.asked()
    };
    let asked = alertmanager(None);
    assert!(
        asked.head.starts_with("POST /am/api/v2/alerts "),
        "{}",
        asked.head
    );
    assert_eq!(asked.header("authorization"), None);
    let alerts: serde_json::Value = serde_json::from_slice(&asked.body).unwrap();
    assert_eq!(alerts[0]["labels"]["host"], "build-7");
    assert_eq!(
        alerts[0]["endsAt"], "2026-11-21T02:17:00Z",
        "three minutes after the notice"
    );
    let asked = alertmanager(Some(Authorization::Bearer(secret("token-7"))));
    assert_eq!(asked.header("authorization"), Some("Bearer token-7"));
    let asked = alertmanager(Some(Authorization::Basic {
        username: "mcpvisor".to_owned(),
        password: secret("hunter2"),
    }));
    let basic = format!("Basic {}", STANDARD.encode("mcpvisor:hunter2"));
    assert_eq!(asked.header("authorization"), Some(basic.as_str()));
}

#[test]
fn settings_are_refused_without_showing_secrets() {
    let settings = alerting::receivers::Settings {
        name: "team".to_owned(),
        kind: Kind::Webhook(webhook("https://ops:hunter2@example.org/")),
    };
    let error = alerting::receivers::Receiver::new(settings).unwrap_err();
    assert_eq!(error.key, "url");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    assert!(!format!("{:?}", Secret::new("hunter2")).contains("hunter2"));
}
