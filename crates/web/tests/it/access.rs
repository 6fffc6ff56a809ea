//! Tokens, links and sign-ins over the network.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use serde_json::json;
use web::{AccessEvent, LinkView, SignInView, SignedIn};

use crate::support::{Answer, Running};

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let edge = Running::start();
    for (method, path) in [
        ("GET", "/api/v1/things"),
        ("GET", "/api/v1/nothing"),
        ("GET", "/nothing"),
        ("GET", "/api/health/"),
        ("POST", "/api/v1/touch"),
        ("DELETE", "/api/v1/things/1"),
        ("GET", "/api/v1/events"),
        ("GET", "/api/v1/sign-ins"),
        ("POST", "/api/v1/sign-ins/link"),
        ("DELETE", "/api/v1/sign-ins/aaaaaa"),
        ("BREW", "/api/v1/things"),
    ] {
        let query = format!("{path}?token={0}&access_token={0}", edge.token);
        for ask in [
            edge.ask(method, path),
            edge.ask(method, &query),
            edge.ask(method, path)
                .header("Authorization: Basic dXNlcjpwYXNz"),
            edge.ask(method, path)
                .header(&format!("Authorization: {}", edge.token)),
            edge.ask(method, path)
                .header(&format!("Cookie: token={}", edge.token)),
        ] {
            let answer = edge.send(ask).await;
            assert_eq!(answer.problem().status, 401, "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    assert_eq!(edge.calls(), 0);
    for path in ["/", "/assets/app.js", "/api/health", "/metrics"] {
        assert_eq!(edge.send(edge.ask("GET", path)).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_open_path_does_not_tell_tokens_apart() {
    let edge = Running::start();
    let ask = |bearer: &str| edge.ask("GET", "/api/health").bearer(bearer);
    assert_eq!(edge.send(ask(&edge.token)).await.text(), "known");
    assert_eq!(edge.send(ask("wrong")).await.status, 401);
    assert_eq!(edge.calls(), 1);
}

#[tokio::test]
async fn wrong_tokens_are_slowed_down_and_the_right_one_is_not() {
    let edge = Running::start();
    let wrong = || edge.ask("GET", "/api/v1/things").bearer("wrong");
    for _ in 0..60 {
        assert_eq!(edge.send(wrong()).await.problem().status, 401);
    }
    for _ in 0..3 {
        let answer = edge.send(wrong()).await;
        assert_eq!(answer.problem().status, 429);
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=7).contains(&wait), "{wait}");
    }
    // A wrong link counts as well.
    let body = json!({"secret": "wrong"}).to_string();
    let answer = edge
        .send(edge.ask("POST", "/api/sign-in").json(&body))
        .await;
    assert_eq!(answer.problem().status, 429);
    assert_eq!(edge.calls(), 0);
    let right = edge.ask_with_token("GET", "/api/v1/things");
    assert_eq!(edge.send(right).await.status, 200);
    assert_eq!((edge.refused("token"), edge.refused("rate")), (60, 3));
}

/// The secret in a link.
fn secret_of(link: &LinkView) -> String {
    link.url.split_once("/#sign-in=").unwrap().1.to_owned()
}

async fn sign_in(edge: &Running, secret: &str) -> Answer {
    let body = json!({"secret": secret}).to_string();
    let ask = edge.ask("POST", "/api/sign-in").json(&body);
    edge.send(ask.header("User-Agent: Browser/1 (test)")).await
}

#[tokio::test]
async fn a_browser_signs_in_is_listed_and_revoked() {
    let edge = Running::start();
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    edge.access
        .observe(move |event| seen.lock().unwrap().push(event.clone()));
    let made = edge
        .send(edge.ask_with_token("POST", "/api/v1/sign-ins/link"))
        .await;
    assert_eq!(made.status, 201);
    let link: LinkView = made.json();
    assert!(
        link.url
            .starts_with(&format!("{}/#sign-in=", edge.base_url))
    );

    let answer = sign_in(&edge, &secret_of(&link)).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.header("set-cookie"), None);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let own: SignedIn = answer.json();
    // A link works once.
    let again = sign_in(&edge, &secret_of(&link)).await;
    assert_eq!(again.problem().status, 401);

    let ask = edge.ask("GET", "/api/v1/who").bearer(&own.secret);
    let expected = format!("sign-in {} from 127.0.0.1 at {}", own.id, edge.base_url);
    assert_eq!(edge.send(ask).await.text(), expected);
    let list = edge.ask("GET", "/api/v1/sign-ins").bearer(&own.secret);
    let list: Vec<SignInView> = edge.send(list).await.json();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].id.as_str(), list[0].current),
        (own.id.as_str(), true)
    );
    assert_eq!(list[0].user_agent, "Browser/1 (test)");
    assert_eq!(list[0].address, "127.0.0.1");
    // A browser cannot let others in.
    let more = edge
        .ask("POST", "/api/v1/sign-ins/link")
        .bearer(&own.secret);
    assert_eq!(edge.send(more).await.problem().status, 403);

    let path = format!("/api/v1/sign-ins/{}", own.id);
    let gone = edge.send(edge.ask_with_token("DELETE", &path)).await;
    assert_eq!((gone.status, gone.text().as_str()), (204, ""));
    let gone = edge.send(edge.ask_with_token("DELETE", &path)).await;
    assert_eq!(gone.problem().status, 404);
    let ask = edge.ask("GET", "/api/v1/who").bearer(&own.secret);
    assert_eq!(edge.send(ask).await.problem().status, 401);

    let events = events.lock().unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| match event {
            AccessEvent::LinkMade { by } => format!("link by {by}"),
            AccessEvent::SignedIn { id, from, .. } => format!("{id} from {}", from.unwrap()),
            AccessEvent::Revoked { id, by } => format!("{id} revoked by {by}"),
        })
        .collect();
    let id = &own.id;
    let expected = [
        "link by token from 127.0.0.1".to_owned(),
        format!("{id} from 127.0.0.1"),
        format!("{id} revoked by token from 127.0.0.1"),
    ];
    assert_eq!(*kinds, expected);
}

#[tokio::test]
async fn a_sign_in_that_is_malformed_uses_up_nothing() {
    let edge = Running::start();
    let link = edge.access.link(&edge.base_url).unwrap();
    let secret = secret_of(&link);
    for body in [
        "{}".to_owned(),
        "x".to_owned(),
        json!({"secret": [&secret]}).to_string(),
        json!({"secret": &secret, "more": 1}).to_string(),
    ] {
        let answer = edge
            .send(edge.ask("POST", "/api/sign-in").json(&body))
            .await;
        assert!(matches!(answer.problem().status, 400 | 422), "{body}");
        assert!(!answer.text().contains(&secret));
    }
    let get = edge.send(edge.ask("GET", "/api/sign-in")).await;
    assert_eq!(get.problem().status, 405);
    // A page that is not ours cannot use a link either: it cannot send JSON unasked.
    let body = json!({"secret": secret}).to_string();
    let form = edge
        .ask("POST", "/api/sign-in")
        .header("Content-Type: text/plain")
        .body(&body);
    assert_eq!(edge.send(form).await.problem().status, 415);
    assert_eq!(sign_in(&edge, &secret).await.status, 201);
}

#[tokio::test]
async fn no_secret_is_in_a_file() {
    let edge = Running::start();
    let link = edge.access.link(&edge.base_url).unwrap();
    let own: SignedIn = sign_in(&edge, &secret_of(&link)).await.json();
    let file = edge.access.token_path().with_file_name(web::SIGN_INS_FILE);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(&own.id));
    assert!(!text.contains(&own.secret) && !text.contains(&secret_of(&link)));
}

#[tokio::test]
async fn a_token_is_replaced_by_a_reload() {
    let edge = Running::start();
    std::fs::write(edge.access.token_path(), "n".repeat(40)).unwrap();
    edge.access.reload().unwrap();
    let old = edge.ask_with_token("GET", "/api/v1/things");
    assert_eq!(edge.send(old).await.problem().status, 401);
    let new = edge.ask("GET", "/api/v1/things").bearer(&"n".repeat(40));
    assert_eq!(edge.send(new).await.status, 200);
}
