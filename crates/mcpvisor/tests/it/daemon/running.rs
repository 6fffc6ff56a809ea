//! A daemon of the test's own, and a client that says exactly what it is told to.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use testbed::Spawned;
use testbed::wait::wait_for;

use crate::support::World;

/// Starting takes a look, which on a busy machine takes seconds.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// A running daemon; dropping it ends it.
pub(crate) struct Daemon {
    pub(crate) process: Spawned,
    /// The link that it printed, once.
    pub(crate) link: String,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
    pub(crate) token: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Daemon {
    /// Starts one in this world, on a port of its own.
    pub(crate) fn start(world: &World, more: &[&str]) -> Self {
        let daemon = Self::spawn(world, more);
        let address = daemon.address.clone();
        let ready = wait_for("the first look", READY_WITHIN, || {
            daemon.process.is_running().then_some(())?;
            let answer = ask(&address, "GET", "/api/health", &[], "")?;
            (answer.json()["taken_at"].is_string()).then_some(())
        });
        ready.unwrap_or_else(|error| panic!("{error}"));
        daemon
    }

    /// Starts one and reads what it prints first.
    pub(crate) fn spawn(world: &World, more: &[&str]) -> Self {
        let mut arguments = vec!["serve"];
        if !more.contains(&"--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        arguments.extend(more);
        let log = std::fs::File::create(world.folder.path().join("daemon.log")).unwrap();
        let mut command = world.command(&arguments);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log));
        let mut process = Spawned::start(&mut command).unwrap();
        let stdout = BufReader::new(process.take_stdout().unwrap());
        let link = stdout
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                let start = line.find("http")?;
                Some(line[start..].split_whitespace().next()?.to_owned())
            })
            .unwrap_or_else(|| {
                let log = std::fs::read_to_string(world.folder.path().join("daemon.log"));
                panic!("no link was printed: {}", log.unwrap_or_default())
            });
        let address = link
            .split("://")
            .nth(1)
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        let token = std::fs::read_to_string(world.state().join("token")).unwrap();
        Self {
            process,
            link,
            address,
            token: token.trim().to_owned(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit(':').next().unwrap().parse().unwrap()
    }

    /// Asks with the token.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Authorization: Bearer {}", self.token);
        let json = "Content-Type: application/json";
        let headers: &[&str] = if body.is_empty() {
            &[&bearer]
        } else {
            &[&bearer, json]
        };
        ask(&self.address, method, path, headers, body)
            .unwrap_or_else(|| panic!("{method} {path} was not answered"))
    }

    /// A document, which must be there.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path, "");
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Everything that it has logged.
    pub(crate) fn log(world: &World) -> String {
        std::fs::read_to_string(world.folder.path().join("daemon.log")).unwrap_or_default()
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        found.next().map(|(_, value)| value.as_str())
    }
}

/// Sends one request of exactly these headers; `Host` is added if none of them is one.
pub(crate) fn ask(
    address: &str,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Option<Answer> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|line| line.starts_with("Host:")) {
        text.push_str(&format!("Host: {address}\r\n"));
    }
    for line in headers {
        text.push_str(&format!("{line}\r\n"));
    }
    if !body.is_empty()
        && !headers
            .iter()
            .any(|line| line.starts_with("Transfer-Encoding"))
    {
        text.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    text.push_str(&format!("\r\n{body}"));
    raw(address, text.as_bytes())
}

/// Sends bytes and reads what comes back until the other side closes.
pub(crate) fn raw(address: &str, bytes: &[u8]) -> Option<Answer> {
    exchange(address, bytes, false)
}

/// The same, and says that nothing more will come.
pub(crate) fn raw_and_end(address: &str, bytes: &[u8]) -> Option<Answer> {
    exchange(address, bytes, true)
}

fn exchange(address: &str, bytes: &[u8], end: bool) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_mins(1))).ok()?;
    // The other side may have refused and closed before it has read everything.
    drop(stream.write_all(bytes));
    if end {
        drop(stream.shutdown(std::net::Shutdown::Write));
    }
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut body = answer[end + 4..].to_vec();
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    if is_chunked {
        body = unchunked(&body);
    }
    Some(Answer {
        status,
        headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn unchunked(mut text: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = text.windows(2).position(|two| two == b"\r\n") {
        let size = String::from_utf8_lossy(&text[..end]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        let from = end + 2;
        if size == 0 || text.len() < from + size {
            break;
        }
        whole.extend_from_slice(&text[from..from + size]);
        text = &text[(from + size + 2).min(text.len())..];
    }
    whole
}
