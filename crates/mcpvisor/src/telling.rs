//! A guard tells the daemon, if there is one, what it runs and how that ended.
//!
//! It works without. One request goes out over the socket of the daemon. At the start its answer is not waited
//! for; the connection is kept, because a daemon does not go on with a request whose asker has left.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::State;

/// A daemon that does not take some hundred bytes, or answer, within this time is not waited for.
const PATIENCE: Duration = Duration::from_millis(50);

/// What a guard tells: `POST /api/v1/guards`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardNews {
    /// `started` or `ended`.
    pub event: GuardEvent,
    /// Name of the server, as the guard was told or concluded.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// Pid of the guard.
    pub pid: u32,
    /// What is limited, and whether the kernel holds it, a line each.
    #[serde(default)]
    pub limits: Vec<String>,
    /// A limit that was asked for does not hold.
    #[serde(default)]
    pub not_held: bool,
    /// How it ended, in words.
    #[serde(default)]
    pub outcome: Option<String>,
    /// Processes that the kernel killed since memory ran out.
    #[serde(default)]
    pub oom_kills: Option<u64>,
    /// Forks and starts of threads that were refused.
    #[serde(default)]
    pub forks_refused: Option<u64>,
}

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuardEvent {
    /// It is about to start its server.
    Started,
    /// Its server has ended.
    Ended,
}

/// A daemon that was told, and may not have answered yet.
#[derive(Debug)]
pub struct Told(UnixStream);

impl Told {
    /// Waits a moment for its answer, whatever that is.
    pub fn wait(mut self) {
        // Without an answer it is as if there were no daemon.
        self.0.set_read_timeout(Some(PATIENCE)).ok();
        let _some = self.0.read(&mut [0; 64]).unwrap_or(0);
    }
}

/// Tells it, if somebody listens.
pub fn tell(state: &State, news: &GuardNews) -> Option<Told> {
    let mut stream = UnixStream::connect(state.socket()).ok()?;
    let body = serde_json::to_string(news).ok()?;
    let request = format!(
        "POST /api/v1/guards HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request.as_bytes()).ok()?;
    Some(Told(stream))
}
