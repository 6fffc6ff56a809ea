//! Behind a proxy: its word counts only where it is trusted.

use crate::support::Running;

#[tokio::test]
async fn nobody_believes_a_stranger() {
    let edge = Running::start();
    let ask = edge
        .ask_with_token("GET", "/api/v1/who")
        .header("X-Forwarded-For: 203.0.113.9")
        .header("X-Forwarded-Proto: https")
        .header("X-Forwarded-Host: evil.example");
    let expected = format!("token from 127.0.0.1 at http://{}", edge.address);
    assert_eq!(edge.send(ask).await.text(), expected);
    // So the limit on wrong tokens cannot be escaped by other addresses.
    let mut last = 0;
    for number in 0..62 {
        let header = format!("X-Forwarded-For: 203.0.113.{number}");
        let ask = edge
            .ask("GET", "/api/v1/who")
            .bearer("wrong")
            .header(&header);
        last = edge.send(ask).await.status;
    }
    assert_eq!(last, 429);
}

fn behind_a_proxy() -> Running {
    Running::with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap_or_else(|_| unreachable!())];
        settings.allowed_hosts = vec!["dash.example.org".to_owned()];
        "/mcpvisor".clone_into(&mut settings.base_path);
    })
}

#[tokio::test]
async fn a_trusted_proxy_speaks_for_its_client() {
    let edge = behind_a_proxy();
    let ask = |host: &str, origin: &str| {
        edge.ask_with_token("GET", "/mcpvisor/api/v1/who")
            .header("X-Forwarded-For: 1.2.3.4, 203.0.113.9")
            .header("X-Forwarded-Proto: https")
            .header(&format!("X-Forwarded-Host: {host}"))
            .header(&format!("Origin: {origin}"))
    };
    let answer = edge
        .send(ask("dash.example.org", "https://dash.example.org"))
        .await;
    let expected = "token from 203.0.113.9 at https://dash.example.org/mcpvisor";
    assert_eq!((answer.status, answer.text().as_str()), (200, expected));
    let evil = edge
        .send(ask("evil.example", "https://dash.example.org"))
        .await;
    assert_eq!(evil.problem().status, 403);
    let evil = edge
        .send(ask("dash.example.org", "https://evil.example"))
        .await;
    assert_eq!(evil.problem().status, 403);
    let plain = edge
        .send(ask("dash.example.org", "http://dash.example.org"))
        .await;
    assert_eq!(plain.problem().status, 403);
    // A proxy that passes the name on as it is.
    let kept = edge
        .ask_with_token("GET", "/mcpvisor/api/v1/who")
        .host("dash.example.org")
        .header("X-Forwarded-Proto: https");
    let expected = "token from 127.0.0.1 at https://dash.example.org/mcpvisor";
    assert_eq!(edge.send(kept).await.text(), expected);
    assert_eq!(edge.calls(), 2);
}

#[tokio::test]
async fn all_is_below_the_base_path() {
    let edge = behind_a_proxy();
    assert_eq!(
        edge.send(edge.ask("GET", "/mcpvisor/api/health"))
            .await
            .status,
        200
    );
    assert_eq!(
        edge.send(edge.ask("GET", "/mcpvisor/")).await.text(),
        "page"
    );
    let answer = edge.send(edge.ask("GET", "/mcpvisor")).await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), Some("/mcpvisor/"));
    for path in [
        "/",
        "/api/health",
        "/mcpvisorx/api/health",
        "/mcpvisor%2Fapi/health",
    ] {
        let answer = edge.send(edge.ask("GET", path)).await;
        assert_eq!(answer.problem().status, 404, "{path}");
    }
    let answer = edge
        .send(edge.ask_with_token("GET", "/mcpvisor/api/v1/nothing"))
        .await;
    let instance = answer.problem().instance.clone();
    assert_eq!(instance.as_deref(), Some("/mcpvisor/api/v1/nothing"));
    assert_eq!(edge.refused("outside"), 4);
}
