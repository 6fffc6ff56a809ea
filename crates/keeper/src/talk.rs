//! The conversation that keeps a stdio server open: we are its client, and want nothing of it.
//!
//! We introduce ourselves as the MCP specification has it ("Lifecycle", revision 2025-06-18), answer its
//! pings, decline what else it asks for, and ping it now and then where its answer says whether it is
//! ready. Pure: lines and times in, lines and news out.

use serde_json::{Value, json};

/// The revision that we speak. A server that knows another one says so, which is all right: nothing that
/// we say differs.
const REVISION: &str = "2025-06-18";
/// From one ping to the next, ns.
const PING_EVERY: u64 = 30_000_000_000;
/// A ping is answered within this time, ns; a server that is busy with a call may take a while.
const ANSWER_WITHIN: u64 = 10_000_000_000;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Say {
    /// Write this line to it.
    Line(String),
    /// It answers.
    Ready,
    /// It does not.
    NotReady(String),
    /// It wrote this to standard output, and it is no message.
    Noise,
}

#[derive(Debug, PartialEq, Eq)]
enum Stage {
    /// Its answer to our introduction is awaited.
    Introduced,
    /// Nothing is awaited; ping it then, ns.
    Idle(u64),
    /// The answer to a ping is awaited until then, ns.
    Pinged(u64),
    /// It declined our introduction.
    Declined,
}

/// One conversation.
#[derive(Debug)]
pub(crate) struct Talk {
    stage: Stage,
    /// Number of the request that is to be answered.
    number: u64,
    pings: bool,
    /// The last ping was not answered in time.
    is_silent: bool,
}

impl Talk {
    /// Begins; says what to write first. `pings`: its answers say whether it is ready.
    pub(crate) fn begin(version: &str, pings: bool) -> (Self, String) {
        let hello = json!({
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": {
                "protocolVersion": REVISION,
                "capabilities": {},
                "clientInfo": {"name": "mcpvisor", "version": version},
            },
        });
        let talk = Self {
            stage: Stage::Introduced,
            number: 1,
            pings,
            is_silent: false,
        };
        (talk, line(&hello))
    }

    /// From now on its answers count, or do not.
    pub(crate) fn ping(&mut self, pings: bool, now: u64) -> Vec<Say> {
        self.pings = pings;
        if !pings || matches!(self.stage, Stage::Introduced | Stage::Declined) {
            return Vec::new();
        }
        self.stage = Stage::Idle(now.saturating_add(PING_EVERY));
        vec![Say::Ready]
    }

    /// When it is to be ticked, ns.
    pub(crate) fn due(&self) -> Option<u64> {
        match self.stage {
            Stage::Idle(at) | Stage::Pinged(at) if self.pings => Some(at),
            _ => None,
        }
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: u64) -> Vec<Say> {
        if self.due().is_none_or(|due| due > now) {
            return Vec::new();
        }
        match self.stage {
            Stage::Pinged(_) if !self.is_silent => {
                self.is_silent = true;
                // The answer may still come, and then it is well again.
                self.stage = Stage::Pinged(now.saturating_add(PING_EVERY));
                let seconds = ANSWER_WITHIN / 1_000_000_000;
                vec![Say::NotReady(format!(
                    "it has not answered a ping for {seconds} s"
                ))]
            }
            _ => {
                self.number += 1;
                self.stage = Stage::Pinged(now.saturating_add(ANSWER_WITHIN));
                let ping = json!({"jsonrpc": "2.0", "id": self.number, "method": "ping"});
                vec![Say::Line(line(&ping))]
            }
        }
    }

    /// It wrote a line.
    pub(crate) fn hear(&mut self, text: &[u8], now: u64) -> Vec<Say> {
        if text.iter().all(u8::is_ascii_whitespace) {
            return Vec::new();
        }
        let Ok(message) = serde_json::from_slice::<Value>(text) else {
            return vec![Say::Noise];
        };
        let parts = match message {
            // Revision 2025-03-26 knows batches.
            Value::Array(parts) => parts,
            one => vec![one],
        };
        parts
            .iter()
            .flat_map(|part| self.message(part, now))
            .collect()
    }

    fn message(&mut self, message: &Value, now: u64) -> Vec<Say> {
        if message.get("jsonrpc") != Some(&json!("2.0")) {
            return vec![Say::Noise];
        }
        let id = message.get("id").filter(|id| !id.is_null());
        let method = message.get("method").and_then(Value::as_str);
        match (method, id) {
            (Some("ping"), Some(id)) => {
                vec![Say::Line(line(
                    &json!({"jsonrpc": "2.0", "id": id, "result": {}}),
                ))]
            }
            (Some(_), Some(id)) => {
                let error = json!({"code": -32601, "message": "Method not found"});
                vec![Say::Line(line(
                    &json!({"jsonrpc": "2.0", "id": id, "error": error}),
                ))]
            }
            (None, Some(id)) if id.as_u64() == Some(self.number) => self.answer(message, now),
            (Some(_) | None, _) => Vec::new(),
        }
    }

    fn answer(&mut self, message: &Value, now: u64) -> Vec<Say> {
        let error = message.get("error");
        match self.stage {
            Stage::Introduced => {
                if let Some(error) = error {
                    self.stage = Stage::Declined;
                    let words = error.get("message").and_then(Value::as_str);
                    let words = model::redact::text(words.unwrap_or("no reason")).into_owned();
                    return vec![Say::NotReady(format!("it declined to begin: {words}"))];
                }
                self.stage = Stage::Idle(now.saturating_add(PING_EVERY));
                let begun = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
                vec![Say::Line(line(&begun)), Say::Ready]
            }
            // An error is an answer too: who does not know `ping` is well.
            Stage::Pinged(_) => {
                self.stage = Stage::Idle(now.saturating_add(PING_EVERY));
                if std::mem::take(&mut self.is_silent) {
                    return vec![Say::Ready];
                }
                Vec::new()
            }
            Stage::Idle(_) | Stage::Declined => Vec::new(),
        }
    }
}

fn line(message: &Value) -> String {
    format!("{message}\n")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::panic, reason = "a test fails by panicking")]

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn begun() -> Talk {
        let (mut talk, hello) = Talk::begin("1.2", true);
        assert!(hello.contains("\"initialize\"") && hello.ends_with('\n'));
        let said = talk.hear(
            br#"{"jsonrpc":"2.0","id":1,"result":{"capabilities":{}}}"#,
            0,
        );
        assert!(matches!(&said[0], Say::Line(text) if text.contains("notifications/initialized")));
        assert_eq!(said[1], Say::Ready);
        talk
    }

    #[test]
    fn it_pings_and_notices_silence_and_its_end() {
        let mut talk = begun();
        assert_eq!(talk.tick(29 * SECOND), []);
        let said = talk.tick(30 * SECOND);
        assert!(
            matches!(&said[..], [Say::Line(text)] if text.contains("\"ping\"") && text.contains("\"id\":2"))
        );
        assert_eq!(talk.due(), Some(40 * SECOND));
        assert!(
            matches!(&talk.tick(40 * SECOND)[..], [Say::NotReady(why)] if why.contains("10 s"))
        );
        assert_eq!(
            talk.hear(br#"{"jsonrpc":"2.0","id":2,"result":{}}"#, 45 * SECOND),
            [Say::Ready]
        );
        assert_eq!(talk.due(), Some(75 * SECOND));
        // Without an answer it goes on to ask, and tells once.
        talk.tick(75 * SECOND);
        assert_eq!(talk.tick(85 * SECOND).len(), 1);
        assert!(matches!(&talk.tick(115 * SECOND)[..], [Say::Line(_)]));
        assert_eq!(
            talk.hear(
                br#"{"jsonrpc":"2.0","id":4,"error":{"code":-32601}}"#,
                116 * SECOND
            ),
            [Say::Ready]
        );
    }

    #[test]
    fn what_it_asks_is_answered() {
        let mut talk = begun();
        let said = talk.hear(br#"[{"jsonrpc":"2.0","id":"a","method":"ping"},{"jsonrpc":"2.0","id":7,"method":"roots/list"}]"#, 0);
        assert!(
            matches!(&said[0], Say::Line(text) if text.contains(r#""id":"a""#) && text.contains("result"))
        );
        assert!(matches!(&said[1], Say::Line(text) if text.contains("-32601")));
        assert_eq!(
            talk.hear(
                br#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
                0
            ),
            []
        );
        assert_eq!(
            talk.hear(br#"{"jsonrpc":"2.0","id":99,"result":{}}"#, 0),
            []
        );
    }

    #[test]
    fn what_is_no_message_is_noise() {
        let mut talk = begun();
        for noise in ["Server running on stdio", "{\"a\":1}", "17", "{"] {
            assert_eq!(talk.hear(noise.as_bytes(), 0), [Say::Noise], "{noise}");
        }
        assert_eq!(talk.hear(b"  ", 0), []);
    }

    #[test]
    fn a_refusal_is_told_once_and_without_secrets() {
        let (mut talk, _) = Talk::begin("1.2", true);
        let refusal = br#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"bad API_KEY=sk-proj-0123456789abcdefABCDEF0123"}}"#;
        let said = talk.hear(refusal, 0);
        let [Say::NotReady(why)] = &said[..] else {
            panic!("{said:?}")
        };
        assert!(!why.contains("sk-proj"), "{why}");
        assert_eq!(talk.hear(refusal, 0), []);
        assert_eq!(talk.due(), None);
    }
}
