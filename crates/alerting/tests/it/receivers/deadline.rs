//! Servers that take their time: the deadline is for all of a delivery, whatever they do.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use alerting::receivers::{Delivered, Failure, Kind};

use super::server::{Server, drip, hang};
use super::{LONG, SHORT, notice, receiver, webhook};

/// Far more than a deadline may be exceeded on a busy machine, far less than these servers would take.
const SLACK: Duration = Duration::from_secs(5);

fn post(url: &str, timeout: Duration) -> (Result<Delivered, Failure>, Duration) {
    let receiver = receiver(Kind::Webhook(webhook(url)));
    let started = Instant::now();
    let outcome = receiver.deliver(&notice(), timeout);
    (outcome, started.elapsed())
}

fn runs_out_of_time(server: &Server) {
    let (outcome, took) = post(&server.url(), SHORT);
    let failure = outcome.unwrap_err();
    assert!(failure.is_temporary());
    assert!(
        failure.message.contains("no answer within 0.7 s"),
        "{failure}"
    );
    assert!(
        failure.message.contains(&server.address.to_string()),
        "{failure}"
    );
    assert!((SHORT..SHORT + SLACK).contains(&took), "{took:?}");
}

#[test]
fn no_answer_at_all() {
    runs_out_of_time(&Server::new(|stream: &mut TcpStream| hang(stream)));
}

#[test]
fn a_byte_now_and_then() {
    let header = || {
        b"HTTP/1.1 200 OK\r\n"
            .iter()
            .chain(b"X: y\r\n".iter().cycle())
    };
    runs_out_of_time(&Server::new(move |stream| drip(stream, header().copied())));
}

#[test]
fn nobody_accepts() {
    // Connections wait in the queue of the listener, and the request is never read.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (outcome, took) = post(&url, SHORT);
    assert!(outcome.unwrap_err().is_temporary());
    assert!(took < SHORT + SLACK, "{took:?}");
}

#[test]
fn what_was_taken_is_delivered_though_the_answer_never_ends() {
    let server = Server::new(|stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            .unwrap();
        drip(stream, std::iter::repeat(b'x'));
    });
    let (outcome, took) = post(&server.url(), LONG);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(took < SLACK, "{took:?}");
}

#[test]
fn a_refusal_is_known_though_its_words_never_end() {
    let server = Server::new(|stream| {
        stream
            .write_all(b"HTTP/1.1 400 No\r\nContent-Length: 100000\r\n\r\nsorry ")
            .unwrap();
        drip(stream, std::iter::repeat(b'x'));
    });
    let (outcome, took) = post(&server.url(), Duration::from_secs(4));
    let failure = outcome.unwrap_err();
    assert!(!failure.is_temporary(), "{failure}");
    assert!(
        failure.message.contains("400 Bad Request: sorry"),
        "{failure}"
    );
    assert!(took < SLACK, "{took:?}");
}

#[test]
fn a_flood_of_words() {
    let server = Server::new(|stream| {
        stream.write_all(b"HTTP/1.1 500 Oh\r\n\r\n").unwrap();
        while stream.write_all(&[b'x'; 16 * 1024]).is_ok() {}
    });
    let (outcome, took) = post(&server.url(), LONG);
    let failure = outcome.unwrap_err();
    assert!(failure.is_temporary());
    assert!(failure.message.chars().count() <= 300, "{failure}");
    assert!(took < SLACK, "{took:?}");
}

#[test]
fn a_flood_of_headers() {
    let server = Server::new(|stream| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nX: ").unwrap();
        while stream.write_all(&[b'x'; 16 * 1024]).is_ok() {}
    });
    let (outcome, took) = post(&server.url(), LONG);
    let failure = outcome.unwrap_err();
    assert!(failure.is_temporary(), "{failure}");
    assert!(took < SLACK, "{took:?}");
}

#[test]
fn the_connection_breaks() {
    for sent in ["", "HTTP/1.1 20", "HTTP/1.1 200 OK\r\nContent-Le"] {
        let server = Server::new(move |stream| stream.write_all(sent.as_bytes()).unwrap());
        let (outcome, _) = post(&server.url(), LONG);
        let failure = outcome.unwrap_err();
        assert!(failure.is_temporary(), "{failure}");
        assert!(
            failure.message.contains("closed before an answer"),
            "{failure}"
        );
    }
    let server = Server::answering("HTTP/1.1 200 OK\nContent-Length: 100\n\nonly this");
    let (outcome, _) = post(&server.url(), LONG);
    assert!(
        outcome.is_ok(),
        "the status says that it was taken: {outcome:?}"
    );
}

#[test]
fn no_http_at_all() {
    let server = Server::answering("220 mail.example.org ESMTP\n");
    let (outcome, _) = post(&server.url(), LONG);
    let failure = outcome.unwrap_err();
    assert!(failure.is_temporary(), "{failure}");
    assert!(
        failure.message.contains(&server.address.to_string()),
        "{failure}"
    );
}
