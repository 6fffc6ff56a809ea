//! One line of the event stream, from either engine.
//!
//! Docker writes `die` and `destroy`, Podman `died` and `remove` in some versions; a new verdict of a
//! health check is in the action (`health_status: healthy`) or beside it. Commands that run inside a
//! container (`exec_start: ..`) carry their command line and are dropped unread.

use serde::Deserialize;

use super::{Action, Event, Origin};
use crate::container::Health;

/// Longest line that is read, bytes; a longer one is skipped and counted.
const LONGEST_LINE: usize = 256 << 10;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Raw {
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Action")]
    action: Option<String>,
    status: Option<String>,
    #[serde(rename = "Actor")]
    actor: Option<Actor>,
    id: Option<String>,
    time: Option<i64>,
    #[serde(rename = "timeNano")]
    time_nano: Option<i64>,
    #[serde(rename = "HealthStatus")]
    health_status: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "Attributes")]
    attributes: Option<Attributes>,
}

/// Only these: the others are the container's labels.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attributes {
    name: String,
    image: String,
    #[serde(rename = "exitCode")]
    exit_code: Option<String>,
    #[serde(rename = "containerExitCode")]
    container_exit_code: Option<String>,
    health_status: Option<String>,
}

/// Reads a line; nothing for what is not about containers, not of interest, or no event.
pub fn parse(line: &[u8]) -> Option<Event> {
    let raw: Raw = serde_json::from_slice(line).ok()?;
    if raw.kind.is_some_and(|kind| kind != "container") {
        return None;
    }
    let word = raw.action.or(raw.status)?;
    let (action, told) = action(&word)?;
    let actor = raw.actor.unwrap_or_default();
    let attributes = actor.attributes.unwrap_or_default();
    let id = if actor.id.is_empty() {
        raw.id?
    } else {
        actor.id
    };
    let health = told
        .map(str::to_owned)
        .or(raw.health_status)
        .or(attributes.health_status);
    let code = attributes.exit_code.or(attributes.container_exit_code);
    Some(Event {
        time_ns: raw
            .time_nano
            .or_else(|| raw.time?.checked_mul(1_000_000_000))?,
        id,
        name: attributes.name.trim_start_matches('/').to_owned(),
        image: attributes.image,
        action,
        exit_code: code
            .filter(|_| action == Action::Die)
            .and_then(|code| code.parse().ok()),
        health: health
            .filter(|_| action == Action::HealthStatus)
            .and_then(|health| Health::of(health.trim())),
        origin: Origin::Told,
    })
}

/// The action, and what follows its colon.
fn action(word: &str) -> Option<(Action, Option<&str>)> {
    let (word, rest) = match word.split_once(':') {
        Some((word, rest)) => (word, Some(rest)),
        None => (word, None),
    };
    let action = match word {
        "create" => Action::Create,
        "start" => Action::Start,
        "die" | "died" => Action::Die,
        "kill" => Action::Kill,
        "stop" => Action::Stop,
        "restart" => Action::Restart,
        "oom" => Action::Oom,
        "destroy" | "remove" => Action::Destroy,
        "health_status" => Action::HealthStatus,
        "rename" => Action::Rename,
        "update" => Action::Update,
        "pause" => Action::Pause,
        "unpause" => Action::Unpause,
        _ => return None,
    };
    Some((action, rest))
}

/// Cuts a stream of bytes into lines, whatever pieces it comes in.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    held: Vec<u8>,
    skipping: bool,
    /// Lines that were too long.
    pub(crate) skipped: u64,
}

impl Lines {
    /// Takes a piece; `each` is called for every line that is complete now.
    pub(crate) fn push(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        let mut rest = piece;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.held.is_empty() {
                each(line);
            } else {
                self.held.extend_from_slice(line);
                each(&self.held);
                self.held.clear();
            }
        }
        if self.skipping {
            return;
        }
        self.held.extend_from_slice(rest);
        if self.held.len() > LONGEST_LINE {
            self.held = Vec::new();
            self.skipping = true;
            self.skipped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_engines_words() {
        let podman = parse(
            br#"{"status":"died","id":"319da","Type":"container","Action":"died","Actor":{"ID":"319da",
                "Attributes":{"containerExitCode":"3","image":"debian","name":"a"}},"time":1,"timeNano":1000000005}"#,
        )
        .unwrap();
        assert_eq!((podman.action, podman.exit_code), (Action::Die, Some(3)));
        assert_eq!(podman.time_ns, 1_000_000_005);
        let docker = parse(
            br#"{"Type":"container","Action":"health_status: unhealthy","Actor":{"ID":"a"},"time":7}"#,
        )
        .unwrap();
        assert_eq!(docker.health, Some(Health::Unhealthy));
        assert_eq!(docker.time_ns, 7_000_000_000);
        let podman = parse(
            br#"{"Type":"container","Action":"health_status","HealthStatus":"healthy","Actor":{"ID":"a"},"time":7}"#,
        );
        assert_eq!(podman.unwrap().health, Some(Health::Healthy));
    }

    #[test]
    fn what_is_not_of_interest() {
        for line in [
            r#"{"Type":"network","Action":"connect","Actor":{"ID":"a"},"time":1}"#,
            r#"{"Type":"container","Action":"exec_start: /bin/sh -c secret","Actor":{"ID":"a"},"time":1}"#,
            r#"{"Type":"container","Action":"die","time":1}"#,
            "{}",
            "not json",
            "",
        ] {
            assert_eq!(parse(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a-c\n]{0,200}", cuts in prop::collection::vec(1usize..9, 0..60)) {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            let mut rest = text.as_bytes();
            for cut in cuts {
                let (piece, after) = rest.split_at(cut.min(rest.len()));
                lines.push(piece, |line| found.push(line.to_vec()));
                rest = after;
            }
            lines.push(rest, |line| found.push(line.to_vec()));
            let complete = text.rsplit_once('\n').map_or("", |(complete, _)| complete);
            let expected: Vec<Vec<u8>> = if text.contains('\n') {
                complete.split('\n').map(|line| line.as_bytes().to_vec()).collect()
            } else {
                Vec::new()
            };
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_line_without_end_is_dropped_and_the_next_is_read() {
        let mut lines = Lines::default();
        let mut found = Vec::new();
        for _ in 0..40 {
            lines.push(&[b'x'; 10_000], |line| found.push(line.to_vec()));
        }
        lines.push(b"tail\nnext\n", |line| found.push(line.to_vec()));
        assert_eq!(found, [b"next".to_vec()]);
        assert_eq!(lines.skipped, 1);
    }
}
