//! Bytes that are no HTTP or that mean two things, and clients that take their time.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use crate::support::{Running, eventually, exchange, read_to_end, read_until};

#[tokio::test]
async fn what_is_no_http_is_closed() {
    let edge = Running::start();
    for text in [
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}",
        "hello\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \u{0}\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let answer = edge.send_raw(text).await;
        assert!(matches!(answer.status, 0 | 400), "{text:?}: {answer:?}");
    }
    assert_eq!(edge.calls(), 0);
    assert!(edge.handle.counters().read().malformed >= 8);
    assert_eq!(edge.send(edge.ask("GET", "/api/health")).await.status, 200);
}

/// A request with a body in which another request hides, if the first one's length is misread.
async fn check_smuggling(edge: &Running, headers: &str, body: &str) {
    let hidden = format!(
        "POST /api/v1/touch HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\r\n",
        edge.address, edge.token
    );
    let text = format!(
        "POST /api/v1/things HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\n{headers}\r\n\r\n{body}{hidden}",
        edge.address, edge.token
    );
    let answer = edge.send_raw(&text).await;
    assert_ne!(answer.status, 200, "{headers}: {answer:?}");
    assert!(!answer.rest.contains("touched"), "{headers}: {answer:?}");
    assert!(!answer.rest.contains("HTTP/1.1"), "{headers}: {answer:?}");
}

#[tokio::test]
async fn two_lengths_smuggle_nothing() {
    let edge = Running::start();
    let zero = "0\r\n\r\n";
    let chunked = "Transfer-Encoding: chunked";
    check_smuggling(&edge, &format!("Content-Length: 5\r\n{chunked}"), zero).await;
    check_smuggling(&edge, &format!("{chunked}\r\nContent-Length: 5"), zero).await;
    check_smuggling(&edge, chunked, zero).await;
    check_smuggling(&edge, "Content-Length: 5\r\nContent-Length: 0", zero).await;
    check_smuggling(&edge, "Content-Length: 5, 0", zero).await;
    check_smuggling(&edge, "Content-Length: +5", zero).await;
    check_smuggling(&edge, "Content-Length: -1", zero).await;
    check_smuggling(&edge, "Transfer-Encoding: identity", zero).await;
    check_smuggling(&edge, "Transfer-Encoding: chunked, identity", zero).await;
    check_smuggling(&edge, "Transfer-Encoding: xchunked", zero).await;
    check_smuggling(&edge, chunked, "zz\r\n").await;
    check_smuggling(&edge, chunked, "ffffffffffffffffff\r\n").await;
}

#[tokio::test]
async fn a_chunked_body_is_read_and_the_connection_closed() {
    let edge = Running::start();
    let text = edge
        .ask_with_token("POST", "/api/v1/things")
        .header("Content-Type: application/json")
        .header("Transfer-Encoding: chunked")
        .text();
    let body = r#"{"name":"a","size":1}"#;
    let text = format!("{text}{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let answer = edge.send_raw(&text).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, body));
    assert_eq!(answer.header("connection"), Some("close"));
}

#[tokio::test]
async fn requests_in_a_row_are_each_judged() {
    let edge = Running::start();
    let good = edge.ask_with_token("GET", "/api/v1/things").text();
    let bad = edge.ask("GET", "/api/v1/things").text();
    let last = edge.ask("GET", "/api/health").close().text();
    let answer = edge.send_raw(&format!("{good}{bad}{good}{last}")).await;
    assert_eq!(answer.status, 200);
    let statuses: Vec<_> = answer
        .rest
        .match_indices("HTTP/1.1 ")
        .filter_map(|(at, found)| answer.rest.get(at + found.len()..at + found.len() + 3))
        .collect();
    assert_eq!(statuses, ["401", "200", "200"]);
    assert_eq!(edge.calls(), 3);
}

#[tokio::test]
async fn whoever_asks_before_sending_is_told() {
    let edge = Running::start();
    let body = r#"{"name":"a","size":1}"#;
    let expecting = |bearer: &str| {
        edge.ask("POST", "/api/v1/things")
            .bearer(bearer)
            .header("Content-Type: application/json")
            .header(&format!("Content-Length: {}", body.len()))
            .header("Expect: 100-continue")
            .close()
            .text()
    };
    let mut stream = edge.connect().await;
    let text = expecting(&edge.token);
    stream.write_all(text.as_bytes()).await.ok();
    read_until(&mut stream, "HTTP/1.1 100 Continue\r\n\r\n").await;
    let answer = exchange(stream, body).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, body));
    // Refused without being asked for the body.
    let answer = edge.send_raw(&expecting("wrong")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(edge.calls(), 1);
}

#[tokio::test]
async fn a_head_that_does_not_come_is_given_up() {
    let edge = Running::with(|settings| {
        settings.limits.head_timeout = Duration::from_millis(300);
    });
    let mut silent = edge.connect().await;
    let mut half = edge.connect().await;
    half.write_all(b"GET / HTTP/1.1\r\nHost: ").await.ok();
    assert_eq!(read_to_end(&mut silent).await, "");
    let text = read_to_end(&mut half).await;
    assert!(
        text.is_empty() || text.starts_with("HTTP/1.1 408"),
        "{text}"
    );
    // Also between two requests.
    let mut idle = edge.connect().await;
    let text = edge.ask("GET", "/api/health").text();
    idle.write_all(text.as_bytes()).await.ok();
    read_until(&mut idle, "unknown").await;
    assert_eq!(read_to_end(&mut idle).await, "");
    assert_eq!(edge.calls(), 1);
    eventually(|| edge.handle.counters().read().slow_heads == 3).await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let edge = Running::with(|settings| {
        settings.limits.body_timeout = Duration::from_millis(50);
    });
    let text = edge
        .ask_with_token("POST", "/api/v1/things")
        .header("Content-Type: application/json")
        .header("Content-Length: 10")
        .text();
    let answer = edge.send_raw(&format!("{text}{{")).await;
    assert_eq!(answer.problem().status, 408);
    assert_eq!(edge.calls(), 0);
}

#[tokio::test]
async fn a_body_that_ends_early_is_refused() {
    let edge = Running::start();
    let text = edge
        .ask_with_token("POST", "/api/v1/things")
        .header("Content-Type: application/json")
        .header("Content-Length: 10")
        .text();
    let mut stream = edge.connect().await;
    stream.write_all(format!("{text}{{").as_bytes()).await.ok();
    stream.shutdown().await.ok();
    read_to_end(&mut stream).await;
    assert_eq!(edge.calls(), 0);
}
