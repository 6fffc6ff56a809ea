//! A hub and clients without a network: what each is given, in which order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt as _;

use super::*;

/// Reads what is there, until the client would wait.
async fn read(body: &mut Body) -> String {
    let mut text = String::new();
    while let Ok(Some(frame)) = tokio::time::timeout(Duration::from_millis(50), body.frame()).await
    {
        let bytes = frame.unwrap().into_data().unwrap();
        text.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    text
}

/// The kinds and data of what is there, one line each, without ids.
async fn events(body: &mut Body) -> Vec<String> {
    let text = read(body).await;
    let blocks = text.split("\n\n").filter(|block| block.contains("event: "));
    blocks
        .map(|block| {
            let value = |name: &str| {
                let mut lines = block.lines();
                lines.find_map(|line| line.strip_prefix(name)).unwrap()
            };
            format!("{} {}", value("event: "), value("data: "))
        })
        .collect()
}

fn connect(hub: &Hub, last: Option<&str>) -> Response {
    hub.stream(last, |_| true, |_| Vec::new())
}

/// The id of the event that was published as number `sequence`.
fn id(hub: &Hub, sequence: u64) -> String {
    format!("{}-{sequence}", hub.epoch())
}

fn publish(hub: &Hub, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        hub.publish("n", &number);
    }
}

#[tokio::test]
async fn a_new_client_gets_the_state_and_what_follows() {
    let hub = Hub::new(8);
    publish(&hub, 1..=2);
    let mut starts = Vec::new();
    let first = |start| {
        starts.push(start);
        // Published while the picture is taken: it must not be lost.
        hub.publish("n", &3);
        vec![Message::new("snapshot", &"state")]
    };
    let response = hub.stream(None, |_| true, first);
    assert_eq!(starts, [Start::Fresh]);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    publish(&hub, 4..=4);
    let text = read(&mut body).await;
    assert!(text.starts_with("retry: 2000\n\n"), "{text}");
    let snapshot = format!("id: {}\nevent: snapshot\ndata: \"state\"\n\n", id(&hub, 2));
    assert!(text.contains(&snapshot), "{text}");
    assert!(text.contains(&format!("id: {}\nevent: n\ndata: 3\n\n", id(&hub, 3))));
    publish(&hub, 5..=5);
    assert_eq!(events(&mut body).await, ["n 5"]);
}

#[tokio::test]
async fn a_client_resumes_where_it_stopped() {
    let hub = Hub::new(8);
    publish(&hub, 1..=5);
    let mut starts = Vec::new();
    let response = hub.stream(
        Some(&id(&hub, 3)),
        |_| true,
        |start| {
            starts.push(start);
            Vec::new()
        },
    );
    assert_eq!(starts, [Start::Resumed]);
    assert_eq!(events(&mut response.into_body()).await, ["n 4", "n 5"]);
    let up_to_date = connect(&hub, Some(&id(&hub, 5)));
    assert!(events(&mut up_to_date.into_body()).await.is_empty());
}

#[tokio::test]
async fn a_client_that_was_away_too_long_is_told() {
    let hub = Hub::new(3);
    publish(&hub, 1..=10);
    for (last, expected) in [
        (id(&hub, 2), "lagged {\"missed\":5}"),
        ("earlier-2".to_owned(), "lagged {\"missed\":null}"),
        ("nonsense".to_owned(), "lagged {\"missed\":null}"),
    ] {
        let response = connect(&hub, Some(&last));
        let expected = [expected, "n 8", "n 9", "n 10"];
        assert_eq!(events(&mut response.into_body()).await, expected, "{last}");
    }
    let future = connect(&hub, Some(&id(&hub, 99)));
    let expected = ["lagged {\"missed\":null}"];
    assert_eq!(events(&mut future.into_body()).await, expected);
    assert_eq!(hub.counts().missed, 5);
}

#[tokio::test]
async fn a_slow_client_goes_on_with_the_newest() {
    let hub = Hub::new(3);
    let mut body = connect(&hub, None).into_body();
    publish(&hub, 1..=2);
    assert_eq!(events(&mut body).await, ["n 1", "n 2"]);
    publish(&hub, 3..=12);
    let expected = ["lagged {\"missed\":9}", "n 12"];
    assert_eq!(events(&mut body).await, expected);
    assert_eq!(hub.counts().missed, 9);
}

#[tokio::test]
async fn a_client_chooses_by_kind_and_subject() {
    let hub = Hub::new(8);
    let about = |event: &Event| event.kind() == "server" && event.subject() == Some("memory");
    let mut body = hub.stream(None, about, |_| Vec::new()).into_body();
    hub.publish_about("server", "memory", &1);
    hub.publish_about("server", "github", &2);
    hub.publish_about("alert", "memory", &3);
    hub.publish("server", &4);
    assert_eq!(events(&mut body).await, ["server 1"]);
}

#[tokio::test]
async fn there_are_only_so_many_clients() {
    let hub = Hub::with(HubLimits {
        clients: 2,
        ..HubLimits::default()
    });
    let (one, _two) = (connect(&hub, None), connect(&hub, None));
    let third = connect(&hub, None);
    assert_eq!(third.status(), 503);
    assert!(third.headers().contains_key("retry-after"));
    drop(one);
    assert_eq!(connect(&hub, None).status(), 200);
    let counts = hub.counts();
    assert_eq!((counts.clients, counts.clients_refused), (1, 1));
}

#[tokio::test]
async fn silence_is_broken_by_a_comment() {
    let hub = Hub::with(HubLimits {
        keep_alive: Duration::from_millis(1),
        ..HubLimits::default()
    });
    let mut body = connect(&hub, None).into_body();
    let mut texts = Vec::new();
    for _ in 0..3 {
        let frame = body.frame().await.unwrap().unwrap();
        texts.push(frame.into_data().unwrap());
    }
    assert_eq!(texts, ["retry: 2000\n\n", ":\n\n", ":\n\n"]);
}

#[tokio::test]
async fn what_is_no_json_is_counted_and_leaves_no_gap() {
    let hub = Hub::new(8);
    let mut body = connect(&hub, None).into_body();
    let no_json = std::collections::BTreeMap::from([(vec![1], 1)]);
    hub.publish("n", &no_json);
    publish(&hub, 1..=1);
    assert_eq!(events(&mut body).await, ["n 1"]);
    assert_eq!(hub.counts().unwritable, 1);
    assert_eq!(hub.counts().published, 1);
}
