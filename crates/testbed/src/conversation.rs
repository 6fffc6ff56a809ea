//! A minimal MCP client over any pair of streams: enough to open a session and to see that a server
//! answers. Reads have a deadline, so a deaf server fails a test instead of hanging it.

use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, poll};
use serde_json::{Value, json};

/// How long a server may take to answer. The real ones need seconds to start on a busy machine.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The revision that the conversation offers.
pub const REVISION: &str = "2025-06-18";

/// One side of a stdio session: newline-delimited JSON-RPC.
#[derive(Debug)]
pub struct Conversation<R, W> {
    reader: R,
    writer: W,
    unread: Vec<u8>,
    next_id: u64,
}

impl<R: Read + AsFd, W: Write> Conversation<R, W> {
    /// A conversation in which nothing has been said.
    pub fn new(reader: R, writer: W) -> Self {
        Self {
            reader,
            writer,
            unread: Vec::new(),
            next_id: 1,
        }
    }

    /// Opens the session; answers with the server's `result`.
    pub fn initialize(&mut self, client: &str) -> Result<Value> {
        let parameters = json!({
            "protocolVersion": REVISION,
            "capabilities": {},
            "clientInfo": {"name": client, "version": "1"},
        });
        let result = self.request("initialize", &parameters)?;
        self.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))?;
        Ok(result)
    }

    /// Sends a request and waits for its `result`; other messages in between are passed over.
    pub fn request(&mut self, method: &str, parameters: &Value) -> Result<Value> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": parameters}))?;
        let end = Instant::now() + ANSWER_WITHIN;
        loop {
            let mut message = self
                .receive(end)
                .with_context(|| format!("no answer to {method}"))?;
            if message["id"] != json!(id) {
                continue;
            }
            if let Some(error) = message.get("error") {
                bail!("{method} was refused: {error}");
            }
            return Ok(message["result"].take());
        }
    }

    /// Sends one message.
    pub fn send(&mut self, message: &Value) -> Result<()> {
        let line = format!("{message}\n");
        self.writer
            .write_all(line.as_bytes())
            .and_then(|()| self.writer.flush())
            .context("the server no longer reads")
    }

    /// The two streams, to keep them open or to close them one by one.
    pub fn into_streams(self) -> (R, W) {
        (self.reader, self.writer)
    }

    fn receive(&mut self, end: Instant) -> Result<Value> {
        loop {
            if let Some(length) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=length).collect();
                // Real servers greet people on stdout now and then: what is no JSON is no message.
                if let Ok(message) = serde_json::from_slice(&line) {
                    return Ok(message);
                }
                continue;
            }
            self.read_more(end)?;
        }
    }

    fn read_more(&mut self, end: Instant) -> Result<()> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            bail!("the server is silent");
        }
        let mut ready = [PollFd::new(&self.reader, PollFlags::IN)];
        poll(&mut ready, Some(&left.try_into()?)).context("cannot wait for the server")?;
        if ready[0].revents().is_empty() {
            bail!("the server is silent");
        }
        let mut buffer = [0; 8192];
        match self.reader.read(&mut buffer) {
            Ok(0) => bail!("the server has closed its output"),
            Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error).context("cannot read from the server"),
        }
        Ok(())
    }
}
