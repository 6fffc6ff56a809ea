//! The unix socket.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use rustix::process::{Uid, geteuid, getpid};
use rustix::thread::set_thread_res_uid;

use crate::support::{Answer, Running, exchange};

async fn send(edge: &Running, text: &str) -> Answer {
    let stream = tokio::net::UnixStream::connect(edge.socket())
        .await
        .unwrap();
    exchange(stream, text).await
}

#[tokio::test]
async fn the_owner_needs_no_token_and_no_host() {
    let edge = Running::start();
    let text = "GET /api/v1/who HTTP/1.1\r\nHost: mcpvisor\r\nConnection: close\r\n\r\n";
    let answer = send(&edge, text).await;
    let (uid, pid) = (geteuid().as_raw(), getpid().as_raw_pid());
    let expected = format!("uid {uid} (pid {pid}) at {}", edge.base_url);
    assert_eq!((answer.status, answer.text()), (200, expected));
    assert_eq!(
        send(&edge, "GET /api/v1/things HTTP/1.0\r\n\r\n")
            .await
            .status,
        200
    );
    let made = "POST /api/v1/sign-ins/link HTTP/1.1\r\nConnection: close\r\n\r\n";
    let link: web::LinkView = send(&edge, made).await.json();
    assert!(
        link.url
            .starts_with(&format!("{}/#sign-in=", edge.base_url))
    );
}

#[tokio::test]
async fn a_wrong_token_is_of_no_matter_there() {
    let edge = Running::start();
    for _ in 0..20 {
        let ask = edge.ask("GET", "/api/v1/things").bearer("wrong").close();
        assert_eq!(send(&edge, &ask.text()).await.status, 200);
    }
}

#[tokio::test]
async fn a_proxy_cannot_lend_its_rights() {
    let edge = Running::start();
    for header in [
        "X-Forwarded-For: 203.0.113.9",
        "Forwarded: for=203.0.113.9",
        "Via: 1.1 x",
    ] {
        let ask = edge.ask("GET", "/api/v1/things").header(header).close();
        assert_eq!(send(&edge, &ask.text()).await.problem().status, 403);
    }
    assert_eq!(edge.calls(), 0);
    assert_eq!(edge.refused("peer"), 3);
}

#[tokio::test]
async fn bodies_are_bounded_there_too() {
    let edge = Running::with(|settings| settings.limits.body = 100);
    let body = format!("{{\"name\":\"{}\",\"size\":1}}", "x".repeat(100));
    let ask = edge.ask("POST", "/api/v1/things").json(&body).close();
    assert_eq!(send(&edge, &ask.text()).await.problem().status, 413);
}

/// Sends a request as another user; what the socket answers, or why it cannot be reached. User ids
/// belong to threads, so the rest of the process stays as it is.
fn send_as(uid: u32, socket: PathBuf) -> std::io::Result<String> {
    let thread = std::thread::spawn(move || {
        let uid = Uid::from_raw(uid);
        set_thread_res_uid(uid, uid, uid)?;
        let mut stream = UnixStream::connect(socket)?;
        stream.write_all(b"GET /api/v1/things HTTP/1.1\r\nConnection: close\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text)
    });
    thread.join().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stderr, reason = "says what was not tested")]
async fn other_users_are_refused() {
    if !geteuid().is_root() {
        eprintln!("skipped: only root can try it as another user");
        return;
    }
    let edge = Running::start();
    let open = |path: PathBuf, mode| {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    };
    open(edge.folder.path().to_owned(), 0o755);
    // The file keeps them out, ...
    let error = send_as(4711, edge.socket()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::PermissionDenied);
    // ... and where somebody has opened it, the kernel's word on who they are.
    open(edge.socket(), 0o666);
    let text = send_as(4711, edge.socket()).unwrap();
    assert!(text.starts_with("HTTP/1.1 403"), "{text}");
    assert_eq!(edge.calls(), 0);
    assert_eq!(edge.refused("peer"), 1);
    assert!(
        send_as(0, edge.socket())
            .unwrap()
            .starts_with("HTTP/1.1 200")
    );
}
