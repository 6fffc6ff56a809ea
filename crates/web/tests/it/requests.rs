//! Requests as programs send them: methods, bodies, paths, headers, compression, failing handlers.

use std::time::Duration;

use crate::support::Running;

#[tokio::test]
async fn reading_and_writing() {
    let edge = Running::start();
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/things"))
        .await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "things"));
    let body = r#"{"name":"a","size":1}"#;
    let ask = edge.ask_with_token("POST", "/api/v1/things").json(body);
    let answer = edge.send(ask).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, body));
    let head = edge
        .send(edge.ask_with_token("HEAD", "/api/v1/things"))
        .await;
    assert_eq!((head.status, head.text().as_str()), (200, ""));
    assert_eq!(head.header("content-length"), Some("6"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let edge = Running::start();
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/nothing?secret=x"))
        .await;
    let problem = answer.problem();
    assert_eq!(problem.status, 404);
    assert_eq!(problem.instance.as_deref(), Some("/api/v1/nothing"));
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/things/7"))
        .await;
    let problem = answer.problem();
    assert_eq!(problem.detail.as_deref(), Some("there is no such thing"));
    assert_eq!(problem.members["id"], 7);
    assert_eq!(problem.instance.as_deref(), Some("/api/v1/things/7"));
    let answer = edge
        .send(edge.ask_with_token("GET", "/api/v1/things/x"))
        .await;
    assert_eq!(answer.problem().status, 400);
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_are_there() {
    let edge = Running::start();
    for method in ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
        let answer = edge
            .send(edge.ask_with_token(method, "/api/v1/touch"))
            .await;
        assert_eq!(answer.problem().status, 405, "{method}");
        assert_eq!(answer.header("allow"), Some("POST"), "{method}");
    }
    for method in ["TRACE", "CONNECT"] {
        let target = if method == "CONNECT" {
            edge.address.to_string()
        } else {
            "/".to_owned()
        };
        let answer = edge.send(edge.ask_with_token(method, &target)).await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.header("allow").is_some(), "{method}");
    }
    assert_eq!(
        edge.send(edge.ask_with_token("OPTIONS", "*")).await.status,
        400
    );
}

#[tokio::test]
async fn bodies_that_do_not_fit_change_nothing() {
    let edge = Running::start();
    let post = || edge.ask_with_token("POST", "/api/v1/things");
    for (ask, status, detail) in [
        (post(), 400, "missing"),
        (post().json("{"), 400, "no JSON"),
        (
            post().json("{\"name\":\"hunter2\",\"size\":300}"),
            422,
            "`size`",
        ),
        (
            post().json("{\"name\":{\"a\":\"hunter2\"},\"size\":1}"),
            422,
            "`name`",
        ),
        (post().json("[\"hunter2\"]"), 422, ""),
        (
            post().json("{\"name\":\"a\",\"size\":1,\"sise\":2}"),
            422,
            "sise",
        ),
    ] {
        let answer = edge.send(ask).await;
        let problem = answer.problem();
        assert_eq!(problem.status, status, "{detail}");
        assert!(answer.text().contains(detail), "{answer:?}");
        assert!(!answer.text().contains("hunter2"), "{answer:?}");
    }
    // These do not even reach the handler.
    let before = edge.calls();
    for ask in [
        post().body("{\"name\":\"a\",\"size\":1}"),
        post().header("Content-Type: text/plain").body("{}"),
        post()
            .header("Content-Type: application/x-www-form-urlencoded")
            .body("a=b"),
        post().header("Content-Type: application/jsonp").body("{}"),
        edge.ask_with_token("DELETE", "/api/v1/things/1").body("x"),
    ] {
        assert_eq!(edge.send(ask).await.problem().status, 415);
    }
    assert_eq!(edge.calls(), before);
    let charset = post()
        .header("content-type: Application/JSON; charset=utf-8")
        .body("{\"name\":\"a\",\"size\":1}");
    assert_eq!(edge.send(charset).await.status, 200);
}

#[tokio::test]
async fn a_long_body_is_refused_before_it_is_read() {
    let edge = Running::with(|settings| settings.limits.body = 1000);
    let post = || edge.ask_with_token("POST", "/api/v1/things");
    let declared = post()
        .header("Content-Type: application/json")
        .header("Content-Length: 1001");
    assert_eq!(edge.send(declared).await.problem().status, 413);
    let chunk = format!("100\r\n{}\r\n", "x".repeat(0x100));
    let chunked = post()
        .header("Content-Type: application/json")
        .header("Transfer-Encoding: chunked")
        .close();
    let text = format!("{}{}", chunked.text(), chunk.repeat(5));
    assert_eq!(edge.send_raw(&text).await.problem().status, 413);
    assert_eq!(edge.calls(), 0);
    assert_eq!(edge.refused("body"), 2);
    let name = "x".repeat(950);
    let fits = post().json(&format!("{{\"name\":\"{name}\",\"size\":1}}"));
    assert_eq!(edge.send(fits).await.status, 200);
}

#[tokio::test]
async fn strangers_may_send_little() {
    let edge = Running::start();
    let body = format!("{{\"secret\":\"{}\"}}", "x".repeat(5000));
    let answer = edge
        .send(edge.ask("POST", "/api/sign-in").json(&body))
        .await;
    assert_eq!(answer.problem().status, 413);
}

#[tokio::test]
async fn long_targets_and_heads_are_refused() {
    let edge = Running::start();
    let long = format!("/api/health?{}", "x".repeat(5000));
    assert_eq!(
        edge.send(edge.ask("GET", &long)).await.problem().status,
        414
    );
    let header = format!("X-Long: {}", "x".repeat(20_000));
    assert_eq!(
        edge.send(edge.ask("GET", "/api/health").header(&header))
            .await
            .status,
        431
    );
    let mut many = edge.ask("GET", "/api/health");
    for number in 0..100 {
        many = many.header(&format!("X-{number}: x"));
    }
    assert_eq!(edge.send(many).await.status, 431);
    assert_eq!(edge.calls(), 0);
}

#[tokio::test]
async fn crooked_paths_are_refused() {
    let edge = Running::start();
    for path in [
        "/assets/../api/v1/things",
        "/assets/%2e%2e/x",
        "/a%5Cb",
        "/a%00",
    ] {
        let answer = edge.send(edge.ask_with_token("GET", path)).await;
        assert_eq!(answer.problem().status, 400, "{path}");
    }
    assert_eq!(edge.calls(), 0);
}

#[tokio::test]
async fn every_answer_is_protected() {
    let edge = Running::start();
    for (ask, script) in [
        (edge.ask("GET", "/"), true),
        (edge.ask("GET", "/assets/app.js"), true),
        (edge.ask("GET", "/api/health"), false),
        (edge.ask("GET", "/api/v1/things"), false),
        (edge.ask_with_token("GET", "/api/v1/things"), false),
        (edge.ask("GET", "/api/health").host("evil.example"), false),
    ] {
        let text = ask.text();
        let answer = edge.send(ask).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            (
                "referrer-policy",
                if script { "same-origin" } else { "no-referrer" },
            ),
            ("x-frame-options", "DENY"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{text}");
        }
        let policy = answer.header("content-security-policy").unwrap_or_default();
        assert!(policy.starts_with("default-src 'none'"), "{text}");
        assert_eq!(policy.contains("script-src 'self'"), script, "{text}");
        let store = answer.header("cache-control");
        assert_eq!(store, Some(if script { "no-cache" } else { "no-store" }));
        for absent in ["server", "set-cookie", "access-control-allow-origin"] {
            assert_eq!(answer.header(absent), None, "{text}");
        }
    }
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_can() {
    let edge = Running::start();
    let plain = edge.send(edge.ask("GET", "/metrics")).await;
    assert_eq!(plain.header("content-encoding"), None);
    assert_eq!(plain.body.len(), 9000);
    let gzip = "Accept-Encoding: gzip";
    let small = edge.send(edge.ask("GET", "/metrics").header(gzip)).await;
    assert_eq!(small.header("content-encoding"), Some("gzip"));
    assert_eq!(small.header("vary"), Some("accept-encoding"));
    assert!(small.body.len() < 1000 && small.body.starts_with(&[0x1f, 0x8b]));
    let short = edge.send(edge.ask("GET", "/api/health").header(gzip)).await;
    assert_eq!(short.header("content-encoding"), None);
}

#[tokio::test]
async fn a_handler_that_fails_costs_one_answer() {
    let edge = Running::with(|settings| {
        settings.limits.request_timeout = Duration::from_millis(30);
    });
    let answer = edge.send(edge.ask_with_token("GET", "/api/v1/panic")).await;
    assert_eq!(answer.problem().status, 500);
    assert!(!answer.text().contains("on purpose"));
    let answer = edge.send(edge.ask_with_token("GET", "/api/v1/slow")).await;
    assert_eq!(answer.problem().status, 503);
    assert!(answer.header("retry-after").is_some());
    assert_eq!(edge.send(edge.ask("GET", "/api/health")).await.status, 200);
    let counts = edge.handle.counters().read();
    assert_eq!((counts.panics, counts.timeouts), (1, 1));
    assert_eq!(counts.answers, [0, 1, 0, 0, 2]);
}
