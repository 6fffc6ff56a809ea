//! Follows an engine's events over breaks of its connection.
//!
//! After a break it connects again, with growing pauses, and asks for the events since the last one. The
//! first event of a break is never lost while the engine lives, for it remembers the last ones itself.

use std::time::Duration;

use http_body_util::BodyExt as _;
use tokio::sync::mpsc::Sender;

use super::{Event, Lines, Seen, parse};
use crate::engine::{Engine, EngineError, EngineKind, Stream, encoded};

/// For the head of the stream: old versions of Podman send it with the first event only.
const HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// Actions that Docker is asked for; it tells health checks' commands otherwise, two for each check.
const ASKED: &str = r#"{"type":["container"],"event":["create","start","die","kill","stop","restart","oom","destroy","health_status","rename","update","pause","unpause"]}"#;

/// Podman refuses actions that it calls otherwise, so it is asked for all of them.
const ASKED_OF_PODMAN: &str = r#"{"type":["container"]}"#;

/// What is told to who follows.
#[derive(Debug)]
pub enum Followed {
    /// Connected, for the first time or again: compare what is there with what was.
    Connected,
    /// Something happened.
    Event(Event),
    /// The connection broke, or could not be made.
    Broken(EngineError),
}

/// Pauses between attempts: doubled from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// The longest.
    pub longest: Duration,
}

impl Default for Backoff {
    /// 1 s to 30 s.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(30),
        }
    }
}

impl Backoff {
    /// The pause after so many failures in a row, from one on.
    pub fn after(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(30);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

/// Follows until nobody listens any more. The channel's bound makes the engine wait, not us forget.
pub async fn follow(engine: Engine, mut seen: Seen, backoff: Backoff, to: Sender<Followed>) {
    let mut failures = 0;
    loop {
        let error = match open(&engine, &seen).await {
            Ok(stream) => {
                failures = 0;
                if to.send(Followed::Connected).await.is_err() {
                    return;
                }
                match read(&engine, stream, &mut seen, &to).await {
                    Some(error) => error,
                    None => return,
                }
            }
            Err(error) => error,
        };
        if to.send(Followed::Broken(error)).await.is_err() {
            return;
        }
        failures += 1;
        tokio::select! {
            () = tokio::time::sleep(backoff.after(failures)) => {}
            () = to.closed() => return,
        }
    }
}

async fn open(engine: &Engine, seen: &Seen) -> Result<Stream, EngineError> {
    let asked = match engine.kind() {
        EngineKind::Docker => ASKED,
        EngineKind::Podman => ASKED_OF_PODMAN,
    };
    let mut path = format!("/events?filters={}", encoded(asked));
    if let Some(since) = seen.since() {
        path.push_str("&since=");
        path.push_str(&since);
    }
    engine.stream(&path, HEAD_DEADLINE).await
}

/// Reads until the stream ends, with its reason; nothing if nobody listens any more.
async fn read(
    engine: &Engine,
    mut stream: Stream,
    seen: &mut Seen,
    to: &Sender<Followed>,
) -> Option<EngineError> {
    let mut lines = Lines::default();
    loop {
        let frame = tokio::select! {
            frame = stream.body.frame() => frame,
            () = to.closed() => return None,
        };
        let why = match frame {
            Some(Ok(frame)) => {
                let mut events = Vec::new();
                if let Ok(piece) = frame.into_data() {
                    lines.push(&piece, |line| events.extend(parse(line)));
                }
                for event in events {
                    if seen.is_new(&event) && to.send(Followed::Event(event)).await.is_err() {
                        return None;
                    }
                }
                continue;
            }
            Some(Err(error)) => error.to_string(),
            None => "it ended the stream of events".to_owned(),
        };
        return Some(EngineError::Unreachable {
            socket: engine.socket().to_owned(),
            why,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let pauses: Vec<u64> = (1..=7)
            .map(|n| Backoff::default().after(n).as_secs())
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(Backoff::default().after(u32::MAX).as_secs(), 30);
    }

    #[test]
    fn what_is_asked_for_is_json() {
        for asked in [ASKED, ASKED_OF_PODMAN] {
            assert!(serde_json::from_str::<serde_json::Value>(asked).is_ok());
        }
    }
}
