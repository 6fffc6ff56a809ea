//! Bounds on connections, and the end of serving.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UnixStream};

use crate::support::{Running, eventually, exchange, read_to_end, read_until};

#[tokio::test]
async fn beyond_the_bound_a_connection_is_turned_away() {
    let edge = Running::with(|settings| settings.limits.connections = 2);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = edge.connect().await;
        let text = edge.ask("GET", "/api/health").text();
        stream.write_all(text.as_bytes()).await.unwrap();
        read_until(&mut stream, "unknown").await;
        held.push(stream);
    }
    let mut third = edge.connect().await;
    let text = read_to_end(&mut third).await;
    assert!(text.starts_with("HTTP/1.1 503"), "{text}");
    assert!(text.contains("Retry-After: "), "{text}");
    assert_eq!(edge.refused("connections"), 1);
    // The owner is not locked out.
    let socket = UnixStream::connect(edge.socket()).await.unwrap();
    let text = edge.ask("GET", "/api/v1/things").close().text();
    assert_eq!(exchange(socket, &text).await.status, 200);
    drop(held);
    eventually(|| edge.handle.counters().read().connections_open == 0).await;
    assert_eq!(edge.send(edge.ask("GET", "/api/health")).await.status, 200);
}

#[tokio::test]
async fn a_connection_serves_so_many_requests() {
    let edge = Running::with(|settings| settings.limits.requests_per_connection = 3);
    let text = edge.ask("GET", "/api/health").text().repeat(5);
    let answer = edge.send_raw(&text).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.rest.matches("HTTP/1.1 200").count(), 2);
    assert_eq!(answer.rest.matches("connection: close").count(), 1);
    assert_eq!(edge.calls(), 3);
}

#[tokio::test]
async fn stopping_lets_requests_finish_and_streams_end() {
    let edge = Running::start();
    let mut busy = edge.connect().await;
    let text = edge.ask_with_token("GET", "/api/v1/pause").text();
    busy.write_all(text.as_bytes()).await.unwrap();
    let mut idle = edge.connect().await;
    let text = edge.ask("GET", "/api/health").text();
    idle.write_all(text.as_bytes()).await.unwrap();
    read_until(&mut idle, "unknown").await;
    let mut stream = edge.connect().await;
    let text = edge.ask_with_token("GET", "/api/v1/events").text();
    stream.write_all(text.as_bytes()).await.unwrap();
    read_until(&mut stream, "snapshot").await;
    eventually(|| edge.calls() == 3).await;
    let (address, socket) = (edge.address, edge.socket());
    let folder = edge.stop().await;
    assert!(read_to_end(&mut busy).await.ends_with("rested"));
    assert_eq!(read_to_end(&mut idle).await, "");
    assert!(read_to_end(&mut stream).await.ends_with("0\r\n\r\n"));
    assert!(TcpStream::connect(address).await.is_err());
    assert!(!socket.exists());
    drop(folder);
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let edge = Running::with(|settings| {
        settings.limits.shutdown_grace = Duration::from_millis(50);
    });
    let mut stuck = edge.connect().await;
    let text = edge.ask_with_token("GET", "/api/v1/slow").text();
    stuck.write_all(text.as_bytes()).await.unwrap();
    eventually(|| edge.calls() == 1).await;
    edge.stop().await;
    assert_eq!(read_to_end(&mut stuck).await, "");
}
