//! Mail through servers that encrypt, refuse, hang and flood.

use std::time::{Duration, Instant};

use alerting::receivers::settings::{Email, Encryption};
use alerting::receivers::{Delivered, Failure, Kind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::encrypted::Authority;
use super::smtp::{MailServer, Manners, Reply};
use super::{LONG, SHORT, notice, receiver, secret};

fn email(server: &MailServer, tls: Encryption) -> Email {
    Email {
        host: "localhost".to_owned(),
        port: server.address.port(),
        tls,
        username: None,
        password: None,
        from: "mcpvisor <mcpvisor@example.org>".to_owned(),
        to: vec![
            "ops@example.org".to_owned(),
            "Zoe <zoe@example.org>".to_owned(),
        ],
        ca_file: None,
    }
}

fn with_password(mut email: Email) -> Email {
    email.username = Some("mcpvisor".to_owned());
    email.password = Some(secret("hunter2"));
    email
}

fn send(email: Email, timeout: Duration) -> Result<Delivered, Failure> {
    receiver(Kind::Email(email)).deliver(&notice(), timeout)
}

fn unencrypted(
    instead: &[(&'static str, Reply)],
    timeout: Duration,
) -> (Result<Delivered, Failure>, MailServer) {
    let server = MailServer::new(Manners {
        instead: instead.to_vec(),
        ..Manners::default()
    });
    let outcome = send(with_password(email(&server, Encryption::None)), timeout);
    (outcome, server)
}

fn plain_login() -> String {
    format!("AUTH PLAIN {}", STANDARD.encode("\0mcpvisor\0hunter2"))
}

#[test]
fn starttls_with_a_password() {
    let authority = Authority::of("localhost");
    let server = MailServer::new(Manners {
        starttls: Some(authority.config.clone()),
        ..Manners::default()
    });
    let mut settings = with_password(email(&server, Encryption::StartTls));
    settings.ca_file = Some(authority.file.clone());
    let answer = send(settings, LONG).unwrap().answer;
    assert!(
        answer.starts_with(&format!("localhost:{} answered 250", server.address.port())),
        "{answer}"
    );
    let visit = server.visit();
    let in_clear = visit.commands.iter().filter(|(_, encrypted)| !encrypted);
    let in_clear: Vec<&str> = in_clear.map(|(command, _)| command.as_str()).collect();
    assert_eq!(in_clear, ["EHLO build-7", "STARTTLS"]);
    assert_eq!(visit.commands("AUTH"), [plain_login()]);
    assert_eq!(visit.commands("MAIL"), ["MAIL FROM:<mcpvisor@example.org>"]);
    let recipients = ["RCPT TO:<ops@example.org>", "RCPT TO:<zoe@example.org>"];
    assert_eq!(visit.commands("RCPT"), recipients);
    let mail = visit.mail.unwrap();
    assert!(
        mail.contains("Subject: [FIRING:1] high_memory memory on build-7\n"),
        "{mail}"
    );
    assert!(mail.contains("Auto-Submitted: auto-generated\n"), "{mail}");
    assert!(
        mail.contains("what to do: Restart it: mcpvisor restart memory\n"),
        "{mail}"
    );
}

#[test]
fn encryption_from_the_first_byte() {
    let authority = Authority::of("localhost");
    let server = MailServer::new(Manners {
        implicit: Some(authority.config.clone()),
        ..Manners::default()
    });
    let mut settings = with_password(email(&server, Encryption::Implicit));
    settings.ca_file = Some(authority.file.clone());
    send(settings, LONG).unwrap();
    let visit = server.visit();
    assert!(visit.commands.iter().all(|(_, encrypted)| *encrypted));
    assert!(visit.mail.is_some());
}

#[test]
fn nothing_is_sent_to_a_server_that_is_not_trusted() {
    let authority = Authority::of("localhost");
    let server = MailServer::new(Manners {
        starttls: Some(authority.config.clone()),
        ..Manners::default()
    });
    let failure = send(with_password(email(&server, Encryption::StartTls)), LONG).unwrap_err();
    assert!(failure.is_temporary(), "an operator mends it: {failure}");
    assert!(failure.message.contains("UnknownIssuer"), "{failure}");
    let visit = server.visit();
    assert_eq!(visit.commands.len(), 2, "{:?}", visit.commands);
    let server = MailServer::new(Manners {
        implicit: Some(authority.config.clone()),
        ..Manners::default()
    });
    let failure = send(with_password(email(&server, Encryption::Implicit)), LONG).unwrap_err();
    assert!(failure.message.contains("UnknownIssuer"), "{failure}");
}

#[test]
fn nothing_is_sent_to_a_server_that_does_not_encrypt() {
    let server = MailServer::new(Manners::default());
    let failure = send(with_password(email(&server, Encryption::StartTls)), LONG).unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.contains("offers no STARTTLS"), "{failure}");
    assert_eq!(
        server.visit().commands.len(),
        1,
        "only its greeting was answered"
    );
}

#[test]
fn later_and_never() {
    for (command, line) in [
        ("GREETING", "421 too busy"),
        ("AUTH", "454 later"),
        ("MAIL", "451 later"),
        ("RCPT", "450 greylisted"),
        ("DATA", "452 full"),
        ("MAIL-BODY", "451 later"),
    ] {
        let (outcome, _server) = unencrypted(&[(command, Reply::Line(line))], LONG);
        let failure = outcome.unwrap_err();
        assert!(failure.is_temporary(), "{command}: {failure}");
        assert!(failure.message.contains(&line[..3]), "{command}: {failure}");
    }
    for (command, line) in [
        ("AUTH", "535 hunter2 is wrong"),
        ("MAIL", "550 not from you"),
        ("RCPT", "550 nobody here"),
        ("DATA", "554 no"),
        ("MAIL-BODY", "550 spam"),
    ] {
        let (outcome, _server) = unencrypted(&[(command, Reply::Line(line))], LONG);
        let failure = outcome.unwrap_err();
        assert!(!failure.is_temporary(), "{command}: {failure}");
        assert!(failure.message.contains(&line[..3]), "{command}: {failure}");
        assert!(!failure.message.contains("hunter2"), "{failure}");
    }
}

#[test]
fn a_server_that_repeats_the_password() {
    let encoded: &'static str = Box::leak(format!("535 {} no", plain_login()).into_boxed_str());
    let (outcome, _server) = unencrypted(&[("AUTH", Reply::Line(encoded))], LONG);
    let failure = outcome.unwrap_err();
    assert!(
        !failure
            .message
            .contains(&STANDARD.encode("\0mcpvisor\0hunter2")),
        "{failure}"
    );
}

#[test]
fn one_refused_recipient_keeps_nobody_from_theirs() {
    let refused = ("RCPT TO:<zoe@", Reply::Line("550 left the company"));
    let (outcome, server) = unencrypted(&[refused], LONG);
    let answer = outcome.unwrap().answer;
    assert!(answer.contains("but refused zoe@example.org"), "{answer}");
    assert!(server.visit().mail.is_some());
    let instead = [
        ("RCPT TO:<zoe@", Reply::Line("550 left the company")),
        ("RCPT TO:<ops@", Reply::Line("450 greylisted")),
    ];
    let (outcome, server) = unencrypted(&instead, LONG);
    assert!(
        outcome.unwrap_err().is_temporary(),
        "one may be taken later"
    );
    assert!(server.visit().mail.is_none());
}

#[test]
fn it_hangs_or_drips() {
    let times_out = |command: &'static str, reply: Reply| {
        let started = Instant::now();
        let (outcome, _server) = unencrypted(&[(command, reply)], SHORT);
        let failure = outcome.unwrap_err();
        assert!(failure.is_temporary(), "{command}: {failure}");
        assert!(
            failure.message.contains("no answer within 0.7 s"),
            "{command}: {failure}"
        );
        assert!(
            started.elapsed() < SHORT + Duration::from_secs(5),
            "{command}"
        );
    };
    std::thread::scope(|scope| {
        for command in ["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "MAIL-BODY"] {
            scope.spawn(move || times_out(command, Reply::Hang));
            scope.spawn(move || times_out(command, Reply::Drip));
        }
    });
}

#[test]
fn a_mail_that_was_taken_is_delivered_whatever_comes_then() {
    let (outcome, server) = unencrypted(&[("QUIT", Reply::Hang)], LONG);
    outcome.unwrap();
    assert!(server.visit().mail.is_some());
}

#[test]
fn a_flood_fills_no_memory() {
    for command in ["GREETING", "EHLO", "MAIL-BODY"] {
        let (outcome, _server) = unencrypted(&[(command, Reply::Flood)], LONG);
        let failure = outcome.unwrap_err();
        assert!(failure.is_temporary(), "{failure}");
        assert!(failure.message.contains("far too much"), "{failure}");
    }
}

#[test]
fn a_server_that_is_down() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let server = MailServer::new(Manners::default());
    let mut settings = email(&server, Encryption::None);
    settings.port = closed.local_addr().unwrap().port();
    drop(closed);
    let failure = send(settings, LONG).unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.contains("Connection refused"), "{failure}");
}
