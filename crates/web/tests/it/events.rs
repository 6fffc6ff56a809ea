//! Event streams over real connections.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use web::{Hub, HubLimits, SignedIn};

use crate::support::{Running, eventually, read_to_end, read_until};

async fn listen(edge: &Running, header: Option<&str>) -> TcpStream {
    let ask = edge.ask_with_token("GET", "/api/v1/events");
    let ask = match header {
        Some(header) => ask.header(header),
        None => ask,
    };
    let mut stream = edge.connect().await;
    stream.write_all(ask.text().as_bytes()).await.unwrap();
    stream
}

/// The id of the last event in a text.
fn last_id(text: &str) -> String {
    let mut ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.next_back().unwrap().to_owned()
}

#[tokio::test]
async fn events_arrive_and_are_resumed() {
    let edge = Running::start();
    let mut stream = listen(&edge, Some("Accept-Encoding: gzip")).await;
    let head = read_until(&mut stream, "event: snapshot\ndata: 0\n\n").await;
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(!head.contains("content-encoding"), "{head}");
    assert!(head.contains("retry: 2000\n\n"), "{head}");
    edge.hub.publish("n", &1);
    let text = read_until(&mut stream, "data: 1\n\n").await;
    drop(stream);
    edge.hub.publish("n", &2);
    let resume = format!("Last-Event-ID: {}", last_id(&text));
    let mut stream = listen(&edge, Some(&resume)).await;
    let text = read_until(&mut stream, "data: 2\n\n").await;
    assert!(
        !text.contains("data: 1\n") && !text.contains("lagged"),
        "{text}"
    );
    let mut stranger = listen(&edge, Some("Last-Event-ID: 1-1")).await;
    read_until(&mut stranger, "event: lagged\ndata: {\"missed\":null}\n\n").await;
}

#[tokio::test]
async fn a_client_that_leaves_gives_its_place_back() {
    let hub = Hub::with(HubLimits {
        clients: 1,
        ..HubLimits::default()
    });
    let edge = Running::with_hub(hub, |_| {});
    let mut first = listen(&edge, None).await;
    read_until(&mut first, "snapshot").await;
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/events"))
        .await;
    assert_eq!(answer.problem().status, 503);
    assert!(answer.header("retry-after").is_some());
    drop(first);
    eventually(|| edge.hub.counts().clients == 0).await;
    let mut next = listen(&edge, None).await;
    read_until(&mut next, "snapshot").await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped() {
    let edge = Running::with(|settings| {
        settings.limits.write_timeout = Duration::from_millis(100);
    });
    let mut stream = listen(&edge, None).await;
    read_until(&mut stream, "snapshot").await;
    let long = "x".repeat(1024 * 1024);
    let filling = async {
        while edge.hub.counts().clients > 0 {
            edge.hub.publish("n", &long);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), filling)
        .await
        .unwrap();
    eventually(|| edge.handle.counters().read().connections_open == 0).await;
}

#[tokio::test]
async fn a_client_that_reads_slowly_is_told_what_it_missed() {
    let hub = Hub::with(HubLimits {
        events: 4,
        ..HubLimits::default()
    });
    let edge = Running::with_hub(hub, |_| {});
    let mut stream = listen(&edge, None).await;
    read_until(&mut stream, "snapshot").await;
    let long = "x".repeat(1024 * 1024);
    // More than all buffers between us hold.
    for _ in 0..40 {
        edge.hub.publish("n", &long);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    edge.hub.publish("last", &0);
    let text = read_until(&mut stream, "event: last\n").await;
    assert!(
        text.contains("event: lagged\ndata: {\"missed\":"),
        "never lagged"
    );
    assert!(edge.hub.counts().missed > 0);
}

#[tokio::test]
async fn a_stream_ends_with_the_sign_in() {
    let edge = Running::start();
    let link = edge.access.link(&edge.base_url).unwrap();
    let secret = link.url.split_once("#sign-in=").unwrap().1;
    let body = format!("{{\"secret\":\"{secret}\"}}");
    let answer = edge
        .send(edge.ask("POST", "/api/sign-in").json(&body))
        .await;
    let own: SignedIn = answer.json();
    let mut browser = edge.connect().await;
    let ask = edge.ask("GET", "/api/v1/events").bearer(&own.secret);
    browser
        .write_all(ask.close().text().as_bytes())
        .await
        .unwrap();
    read_until(&mut browser, "snapshot").await;
    let mut other = listen(&edge, None).await;
    read_until(&mut other, "snapshot").await;
    edge.access.revoke(&own.id).unwrap();
    // Ends cleanly, and only this one.
    assert!(read_to_end(&mut browser).await.ends_with("0\r\n\r\n"));
    edge.hub.publish("n", &1);
    read_until(&mut other, "data: 1\n\n").await;
}

#[tokio::test]
async fn a_replaced_token_ends_its_streams() {
    let edge = Running::start();
    let mut stream = listen(&edge, Some("Connection: close")).await;
    read_until(&mut stream, "snapshot").await;
    std::fs::write(edge.access.token_path(), "n".repeat(40)).unwrap();
    edge.access.reload().unwrap();
    assert!(read_to_end(&mut stream).await.ends_with("0\r\n\r\n"));
}

#[tokio::test]
async fn many_clients_get_the_same_events() {
    let edge = Running::start();
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(listen(&edge, None).await);
    }
    for stream in &mut streams {
        read_until(stream, "snapshot").await;
    }
    assert_eq!(edge.hub.counts().clients, 200);
    let long = "x".repeat(10_000);
    for _ in 0..3 {
        edge.hub.publish("n", &long);
    }
    edge.hub.publish("last", &0);
    for stream in &mut streams {
        let text = read_until(stream, "event: last\n").await;
        assert_eq!(text.matches("event: n\n").count(), 3);
        assert!(!text.contains("lagged"));
    }
}
