//! A webhook that takes everything and notes when it came.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// A listening webhook.
#[derive(Debug)]
pub(super) struct Hook {
    pub(super) port: u16,
    notices: Receiver<Notice>,
}

/// One body.
#[derive(Debug)]
pub(super) struct Notice {
    pub(super) came: Instant,
    body: Value,
}

impl Notice {
    pub(super) fn is_firing(&self) -> bool {
        self.body["status"] == "firing"
    }

    /// What tells its alerts apart.
    pub(super) fn fingerprints(&self) -> BTreeSet<String> {
        let alerts = self.body["alerts"].as_array().into_iter().flatten();
        let fingerprints = alerts.filter_map(|alert| alert["fingerprint"].as_str());
        fingerprints.map(str::to_owned).collect()
    }
}

impl Hook {
    pub(super) fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no port")?;
        let port = listener.local_addr()?.port();
        let (sender, notices) = channel();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                thread::spawn(move || {
                    if let Err(error) = take(stream, &sender) {
                        eprintln!("the webhook was called wrongly: {error:#}");
                    }
                });
            }
        });
        Ok(Self { port, notices })
    }

    /// The next notice.
    pub(super) fn next(&self, within: Duration) -> Result<Notice> {
        let notice = self.notices.recv_timeout(within);
        notice.with_context(|| format!("no notice within {within:?}"))
    }
}

/// Requests of one connection.
fn take(stream: TcpStream, notices: &Sender<Notice>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().context("no length")?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let came = Instant::now();
        reader
            .get_mut()
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")?;
        let body = serde_json::from_slice(&body).context("no JSON")?;
        if notices.send(Notice { came, body }).is_err() {
            bail!("nobody listens any more");
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn bodies_of_one_connection() {
        let hook = Hook::open().unwrap();
        let mut stream = TcpStream::connect(("127.0.0.1", hook.port)).unwrap();
        for status in ["firing", "resolved"] {
            let body = format!(
                "{{\"status\":\"{status}\",\"alerts\":[{{\"fingerprint\":\"a\"}},{{\"b\":1}}]}}"
            );
            let length = body.len();
            let head = format!("POST / HTTP/1.1\r\ncontent-length: {length}\r\n\r\n");
            stream
                .write_all(format!("{head}{body}").as_bytes())
                .unwrap();
        }
        let wait = Duration::from_secs(10);
        let first = hook.next(wait).unwrap();
        assert!(first.is_firing() && first.fingerprints().contains("a"));
        assert!(!hook.next(wait).unwrap().is_firing());
        assert!(hook.next(Duration::from_millis(10)).is_err());
    }
}
