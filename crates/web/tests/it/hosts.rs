//! Names that are not ours, and pages that are not ours.

use crate::support::Running;

/// The status for these headers instead of the right `Host`.
async fn status(edge: &Running, path: &str, lines: &[&str]) -> u16 {
    let lines = lines.join("\r\n");
    let text = format!("GET {path} HTTP/1.1\r\n{lines}\r\nConnection: close\r\n\r\n");
    edge.send_raw(&text).await.status
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_path() {
    let edge = Running::start();
    let port = edge.address.port();
    let foreign = [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        "localhost".to_owned(),
        format!("localhost:{}", port ^ 1),
        format!("localhost.:{port}"),
        format!("0.0.0.0:{port}"),
        format!("127.0.0.2:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
    ];
    for host in &foreign {
        for path in ["/", "/assets/app.js", "/api/health", "/metrics"] {
            let line = format!("Host: {host}");
            assert_eq!(status(&edge, path, &[&line]).await, 403, "{host} {path}");
        }
        let answer = edge
            .send(edge.ask_with_token("GET", "/api/v1/things").host(host))
            .await;
        assert_eq!(answer.problem().status, 403, "{host}");
        assert!(!answer.text().contains("evil"), "{answer:?}");
    }
    assert_eq!(edge.calls(), 0);
    assert_eq!(edge.refused("host"), 5 * foreign.len() as u64);
}

#[tokio::test]
async fn a_host_that_is_none_is_refused() {
    let edge = Running::start();
    let good = format!("Host: {}", edge.address);
    for lines in [
        vec![],
        vec!["Host:"],
        vec!["Host: a b"],
        vec!["Host: user@localhost"],
        vec!["Host: [::1"],
        vec![&good, &good],
        vec![&good, "Host: evil.example"],
        vec!["Host: evil.example", &good],
    ] {
        let lines: Vec<&str> = [&lines[..], &["X: y"]].concat();
        assert_eq!(status(&edge, "/api/health", &lines).await, 400, "{lines:?}");
    }
    assert_eq!(edge.calls(), 0);
}

#[tokio::test]
async fn our_names_pass() {
    let edge = Running::with(|settings| {
        settings.allowed_hosts = vec!["dash.example.org".to_owned()];
    });
    let port = edge.address.port();
    for host in [
        format!("127.0.0.1:{port}"),
        format!("localhost:{port}"),
        format!("LOCALHOST:{port}"),
        format!("[::1]:{port}"),
        "dash.example.org".to_owned(),
    ] {
        let line = format!("Host: {host}");
        assert_eq!(status(&edge, "/api/health", &[&line]).await, 200, "{host}");
    }
}

#[tokio::test]
async fn a_target_with_a_host_is_checked_too() {
    let edge = Running::start();
    let good = format!("Host: {}", edge.address);
    let own = format!("http://{}/api/health", edge.address);
    assert_eq!(status(&edge, &own, &[&good]).await, 200);
    let evil = "http://evil.example/api/health";
    assert_eq!(status(&edge, evil, &[&good]).await, 400);
    assert_eq!(status(&edge, evil, &["Host: evil.example"]).await, 403);
    assert_eq!(status(&edge, &own, &["Host: evil.example"]).await, 400);
    assert_eq!(edge.calls(), 1);
}

#[tokio::test]
async fn foreign_pages_are_refused_also_with_a_token() {
    let edge = Running::start();
    for header in [
        "Origin: http://evil.example",
        "Origin: null",
        "Origin: https://127.0.0.1",
        "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site",
    ] {
        for (method, path) in [
            ("GET", "/api/v1/things"),
            ("POST", "/api/v1/touch"),
            ("DELETE", "/api/v1/things/1"),
            ("OPTIONS", "/api/v1/things"),
            ("GET", "/metrics"),
            ("POST", "/api/sign-in"),
        ] {
            let ask = edge.ask_with_token(method, path).header(header);
            let answer = edge.send(ask).await;
            assert_eq!(answer.problem().status, 403, "{header} {method} {path}");
            assert!(answer.header("access-control-allow-origin").is_none());
        }
    }
    assert_eq!(edge.calls(), 0);
    assert_eq!(edge.refused("origin"), 30);
}

#[tokio::test]
async fn our_own_page_may_ask() {
    let edge = Running::start();
    let origin = format!("Origin: http://{}", edge.address);
    let ask = edge
        .ask_with_token("POST", "/api/v1/touch")
        .header(&origin)
        .header("Sec-Fetch-Site: same-origin");
    assert_eq!(edge.send(ask).await.status, 200);
    // No answer invites other pages.
    let answer = edge
        .send(edge.ask("OPTIONS", "/api/health").header(&origin))
        .await;
    assert_eq!(answer.status, 405);
    assert!(answer.header("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn a_link_may_lead_to_a_page_only() {
    let edge = Running::start();
    let visit = |path| {
        edge.ask("GET", path)
            .header("Sec-Fetch-Site: cross-site")
            .header("Sec-Fetch-Mode: navigate")
            .header("Sec-Fetch-Dest: document")
    };
    assert_eq!(edge.send(visit("/")).await.status, 200);
    assert_eq!(edge.send(visit("/metrics")).await.status, 403);
    assert_eq!(edge.send(visit("/api/v1/things")).await.status, 403);
    let framed = edge
        .ask("GET", "/")
        .header("Sec-Fetch-Site: cross-site")
        .header("Sec-Fetch-Mode: navigate")
        .header("Sec-Fetch-Dest: iframe");
    assert_eq!(edge.send(framed).await.status, 403);
}
