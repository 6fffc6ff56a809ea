//! Who is refused, with what, and that nothing changed by it.

use serde_json::json;

use super::running::{Daemon, ask, raw_and_end};
use crate::support::World;

/// Refusals: headers, status. `{a}` is the address, `{p}` its port.
const REFUSED: [(&[&str], u16); 12] = [
    (&[], 401),
    (&["Authorization: Bearer wrong"], 401),
    (&["Authorization: Basic dG9rZW46dG9rZW4="], 401),
    (&["Cookie: token={t}"], 401),
    (
        &["Host: evil.example:{p}", "Authorization: Bearer {t}"],
        403,
    ),
    (&["Host: 127.0.0.1:1", "Authorization: Bearer {t}"], 403),
    (
        &[
            "Host: 127.0.0.1.evil.example:{p}",
            "Authorization: Bearer {t}",
        ],
        403,
    ),
    (
        &["Origin: https://evil.example", "Authorization: Bearer {t}"],
        403,
    ),
    (&["Origin: null", "Authorization: Bearer {t}"], 403),
    (
        &["Origin: http://127.0.0.1:1", "Authorization: Bearer {t}"],
        403,
    ),
    (
        &["Sec-Fetch-Site: cross-site", "Authorization: Bearer {t}"],
        403,
    ),
    (
        &["Sec-Fetch-Site: same-site", "Authorization: Bearer {t}"],
        403,
    ),
];

#[test]
fn strangers_are_refused_and_nothing_changes() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let fill = |line: &str| {
        line.replace("{p}", &daemon.port().to_string())
            .replace("{t}", &daemon.token)
    };
    let body = format!("{{\"pid\":{}}}", daemon.process.pid());
    for (headers, status) in REFUSED {
        let headers: Vec<String> = headers.iter().map(|line| fill(line)).collect();
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        for path in [
            "/api/v1/servers",
            "/api/v1/status",
            "/api/v1/events",
            "/api/v1/history/stats",
        ] {
            let answer = ask(&daemon.address, "GET", path, &headers, "").unwrap();
            assert_eq!(
                answer.status, status,
                "GET {path} with {headers:?}: {}",
                answer.body
            );
        }
        let mut with_body = headers.clone();
        with_body.push("Content-Type: application/json");
        let answer = ask(
            &daemon.address,
            "PUT",
            "/api/v1/watches/mine",
            &with_body,
            &body,
        )
        .unwrap();
        assert_eq!(
            answer.status, status,
            "PUT with {headers:?}: {}",
            answer.body
        );
    }
    assert_eq!(daemon.get("/api/v1/watches")["watches"], json!([]));
    assert!(!world.state().join("watches.json").exists());
}

#[test]
fn a_get_changes_nothing_and_a_body_is_as_it_should_be() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let bearer = format!("Authorization: Bearer {}", daemon.token);
    let json_type = "Content-Type: application/json";
    for (method, path) in [
        ("GET", "/api/v1/clean"),
        ("GET", "/api/v1/watches/mine"),
        ("POST", "/api/v1/servers"),
        ("DELETE", "/api/v1/status"),
        ("PATCH", "/api/v1/watches/mine"),
    ] {
        let answer = ask(&daemon.address, method, path, &[&bearer], "").unwrap();
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.body);
        assert!(answer.header("allow").is_some(), "{method} {path}");
    }
    let long = format!("{{\"only\":[\"{}\"]}}", "x".repeat(200_000));
    for (headers, body, status) in [
        (vec![json_type], "{", 400),
        (vec![json_type], "[]", 422),
        (vec![json_type], "{\"aply\":true}", 422),
        (vec![json_type], "{\"apply\":\"yes\"}", 422),
        (vec![json_type], "{\"apply\":true}", 422),
        (vec![json_type], "{\"grace_seconds\":-1}", 422),
        (vec!["Content-Type: text/plain"], "{}", 415),
        (vec![], "{}", 415),
        (vec![json_type], long.as_str(), 413),
    ] {
        let mut headers = headers;
        headers.push(&bearer);
        let answer = ask(&daemon.address, "POST", "/api/v1/clean", &headers, body).unwrap();
        let start: String = body.chars().take(40).collect();
        assert_eq!(answer.status, status, "{start}: {}", answer.body);
    }
    let audit = daemon.get("/api/v1/audit");
    assert_eq!(audit["entries"], json!([]), "nothing of it was carried out");
}

#[test]
fn what_is_no_http_ends_and_the_daemon_goes_on() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let long = vec![0; 70_000];
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /api/v1/clean HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        &long,
    ] {
        if let Some(answer) = raw_and_end(&daemon.address, bytes) {
            assert!((400..=431).contains(&answer.status), "{answer:?}");
        }
    }
    assert_eq!(daemon.ask("GET", "/api/v1/status", "").status, 200);
}

#[test]
fn the_link_signs_one_browser_in_until_it_is_revoked() {
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let (_, secret) = daemon
        .link
        .split_once("#sign-in=")
        .expect("the secret is in the fragment");
    let body = json!({"secret": secret}).to_string();
    let headers = ["Content-Type: application/json"];
    let answer = ask(&daemon.address, "POST", "/api/sign-in", &headers, &body).unwrap();
    assert!(answer.status < 300, "{}", answer.body);
    assert!(
        answer.header("set-cookie").is_none(),
        "cookies ignore ports"
    );
    let own = answer.json();
    let bearer = format!("Authorization: Bearer {}", own["secret"].as_str().unwrap());
    let read = |bearer: &str| {
        ask(&daemon.address, "GET", "/api/v1/status", &[bearer], "")
            .unwrap()
            .status
    };
    assert_eq!(read(&bearer), 200);
    let again = ask(&daemon.address, "POST", "/api/sign-in", &headers, &body).unwrap();
    assert!(
        (401..=403).contains(&again.status),
        "a link works once: {}",
        again.body
    );
    let all = daemon.get("/api/v1/sign-ins");
    assert!(
        all.to_string().contains(own["id"].as_str().unwrap()),
        "{all}"
    );
    assert!(!all.to_string().contains(own["secret"].as_str().unwrap()));
    let path = format!("/api/v1/sign-ins/{}", own["id"].as_str().unwrap());
    assert!(daemon.ask("DELETE", &path, "").status < 300);
    assert_eq!(read(&bearer), 401);
}

#[test]
fn beyond_loopback_needs_tls() {
    let world = World::new();
    let output = world.run(&["serve", "--listen", "0.0.0.0:0"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{words}");
    assert!(
        words.contains("tls.cert") && words.contains("0.0.0.0"),
        "{words}"
    );
    assert!(output.stdout.is_empty(), "no link is printed");
}

#[test]
fn a_token_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let daemon = Daemon::start(&world, &[]);
    let token = world.state().join("token");
    let mode = std::fs::metadata(&token).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let socket = std::fs::metadata(world.state().join("mcpvisor.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
    drop(daemon);
    std::fs::set_permissions(&token, std::fs::Permissions::from_mode(0o644)).unwrap();
    let output = world.run(&["serve", "--listen", "127.0.0.1:0"]);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && words.contains("token"),
        "{words}"
    );
}
