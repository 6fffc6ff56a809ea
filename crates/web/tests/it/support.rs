//! An edge with a small site, and a client that sends bytes as they are written.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::{get, post};
use axum::{Extension, Router};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use web::{Access, Actor, Arrival, Clock, Handle, Hub, Message, Paths, Problem, Settings, Site};

/// Longer than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// An edge that serves until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) base_url: String,
    pub(crate) token: String,
    pub(crate) access: Access,
    pub(crate) hub: Hub,
    pub(crate) handle: Handle,
    pub(crate) folder: TempDir,
    calls: Arc<AtomicUsize>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    size: u8,
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// With changed settings.
    pub(crate) fn with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::with_hub(Hub::new(64), change)
    }

    pub(crate) fn with_hub(hub: Hub, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            socket: Some(folder.path().join("edge.sock")),
            ..Settings::default()
        };
        change(&mut settings);
        let bound = web::bind(settings).unwrap();
        let state = folder.path().join("state");
        let access = Access::open(&state, Clock::system()).unwrap();
        let token = std::fs::read_to_string(access.token_path()).unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let site = Site {
            router: site(hub.clone(), Arc::clone(&calls)),
            paths: Paths::new()
                .open("/api/health")
                .open("/metrics")
                .page("/")
                .page_folder("/assets/"),
        };
        let (address, base_url) = (bound.address(), bound.base_url());
        let handle = bound.handle();
        let (stop, stopped) = oneshot::channel();
        let serving = bound.serve(site, access.clone(), async move {
            stopped.await.ok();
        });
        Self {
            address,
            base_url,
            token,
            access,
            hub,
            handle,
            folder,
            calls,
            stop,
            task: tokio::spawn(serving),
        }
    }

    /// How many requests have reached the site.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    pub(crate) fn refused(&self, reason: &str) -> u64 {
        self.handle.counters().read().refused[reason]
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("edge.sock")
    }

    /// A request with the right host and without a token.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask {
        Ask {
            line: format!("{method} {path} HTTP/1.1"),
            headers: vec![format!("Host: {}", self.address)],
            body: String::new(),
        }
    }

    /// The same with the token.
    pub(crate) fn ask_with_token(&self, method: &str, path: &str) -> Ask {
        self.ask(method, path).bearer(&self.token)
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn send(&self, ask: Ask) -> Answer {
        self.send_raw(&ask.close().text()).await
    }

    /// Sends bytes as they are, and reads until the other end closes.
    pub(crate) async fn send_raw(&self, text: &str) -> Answer {
        exchange(self.connect().await, text).await
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(self) -> TempDir {
        self.stop.send(()).unwrap();
        let ended = tokio::time::timeout(PATIENCE, self.task).await;
        ended.unwrap().unwrap().unwrap();
        self.folder
    }
}

/// A request being written.
pub(crate) struct Ask {
    line: String,
    headers: Vec<String>,
    body: String,
}

impl Ask {
    pub(crate) fn header(mut self, line: &str) -> Self {
        self.headers.push(line.to_owned());
        self
    }

    pub(crate) fn bearer(self, secret: &str) -> Self {
        self.header(&format!("Authorization: Bearer {secret}"))
    }

    pub(crate) fn host(mut self, host: &str) -> Self {
        self.headers.retain(|line| !line.starts_with("Host:"));
        self.header(&format!("Host: {host}"))
    }

    pub(crate) fn json(self, body: &str) -> Self {
        self.header("Content-Type: application/json").body(body)
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self.header(&format!("Content-Length: {}", body.len()))
    }

    pub(crate) fn close(self) -> Self {
        self.header("Connection: close")
    }

    pub(crate) fn text(&self) -> String {
        let headers = self.headers.join("\r\n");
        format!("{}\r\n{headers}\r\n\r\n{}", self.line, self.body)
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0 where the connection was closed without a word.
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// What came behind the first answer's head, as it was.
    pub(crate) rest: String,
}

impl Answer {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let Some(end) = end else {
            return Self {
                status: 0,
                headers: Vec::new(),
                body: bytes.to_vec(),
                rest: String::new(),
            };
        };
        let head = std::str::from_utf8(&bytes[..end]).unwrap();
        let raw = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers: Vec<_> = lines
            .map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_lowercase(), value.to_owned())
            })
            .collect();
        let mut answer = Self {
            status: status.parse().unwrap(),
            headers,
            body: raw.to_vec(),
            rest: String::from_utf8_lossy(raw).into_owned(),
        };
        if answer.header("transfer-encoding") == Some("chunked") {
            answer.body = unchunk(raw);
        }
        answer
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic_with(self))
    }

    /// The problem in it, whose status must be that of the answer.
    pub(crate) fn problem(&self) -> Problem {
        assert_eq!(
            self.header("content-type"),
            Some(web::PROBLEM_JSON),
            "{self:?}"
        );
        let problem: Problem = self.json();
        assert_eq!(problem.status, self.status);
        problem
    }
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
fn panic_with(answer: &Answer) -> ! {
    panic!("no such JSON: {answer:?}")
}

fn unchunk(mut raw: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = raw.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&raw[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        body.extend_from_slice(&raw[end + 2..end + 2 + size]);
        raw = &raw[end + 4 + size..];
    }
    body
}

/// Sends bytes and reads until the other end closes; a reset counts as an end.
pub(crate) async fn exchange(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    text: &str,
) -> Answer {
    // The other end may have said enough before it has read all.
    stream.write_all(text.as_bytes()).await.ok();
    let mut bytes = Vec::new();
    let reading = async {
        let mut piece = vec![0; 64 * 1024];
        while let Ok(count) = stream.read(&mut piece).await {
            if count == 0 {
                break;
            }
            bytes.extend_from_slice(&piece[..count]);
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    Answer::parse(&bytes)
}

/// Reads until this text has come, and returns all up to its end.
pub(crate) async fn read_until(stream: &mut (impl AsyncRead + Unpin), text: &str) -> String {
    let mut read = String::new();
    let reading = async {
        let mut piece = vec![0; 64 * 1024];
        let mut searched = 0;
        while !read[searched..].contains(text) {
            searched = read.len().saturating_sub(text.len());
            let count = stream.read(&mut piece).await.unwrap();
            assert_ne!(count, 0, "ended before {text:?}: {read}");
            read.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    read
}

/// Reads until the other end closes.
pub(crate) async fn read_to_end(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut bytes = Vec::new();
    let reading = stream.read_to_end(&mut bytes);
    tokio::time::timeout(PATIENCE, reading).await.unwrap().ok();
    String::from_utf8(bytes).unwrap()
}

/// Waits until this holds.
pub(crate) async fn eventually(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

fn site(hub: Hub, calls: Arc<AtomicUsize>) -> Router {
    let events = move |headers: HeaderMap| async move {
        let last = headers.get("last-event-id");
        let last = last.and_then(|value| value.to_str().ok());
        hub.stream(last, |_| true, |_| vec![Message::new("snapshot", &0)])
    };
    let things = get(|| async { "things" })
        .post(|web::Json(thing): web::Json<Thing>| async { axum::Json(thing) });
    let count = move |request: Request, next: Next| {
        calls.fetch_add(1, Ordering::SeqCst);
        next.run(request)
    };
    Router::new()
        .route("/", get(|| async { "page" }))
        .route("/assets/{*path}", get(|| async { "asset" }))
        .route("/api/health", get(health))
        .route("/metrics", get(|| async { "metric 1\n".repeat(1000) }))
        .route("/api/v1/things", things)
        .route("/api/v1/things/{id}", get(thing).delete(|| async {}))
        .route("/api/v1/who", get(who))
        .route("/api/v1/touch", post(|| async { "touched" }))
        .route("/api/v1/slow", get(std::future::pending::<()>))
        .route("/api/v1/pause", get(pause))
        .route("/api/v1/panic", get(panics))
        .route("/api/v1/events", get(events))
        .layer(from_fn(count))
}

async fn health(actor: Option<Actor>) -> &'static str {
    if actor.is_some() { "known" } else { "unknown" }
}

async fn thing(web::Path(id): web::Path<u32>) -> Result<String, Problem> {
    match id {
        1 => Ok("thing".to_owned()),
        _ => Err(Problem::not_found("there is no such thing").with("id", id)),
    }
}

async fn who(actor: Actor, Extension(arrival): Extension<Arrival>) -> String {
    format!("{actor} at {}", arrival.base_url)
}

async fn pause() -> &'static str {
    tokio::time::sleep(Duration::from_millis(200)).await;
    "rested"
}

#[expect(clippy::panic, reason = "to see what becomes of it")]
async fn panics() {
    panic!("on purpose")
}
