//! The little that the measurements say to a server: `initialize` and `ping`, with as little work on our
//! side as can be.

use std::io::{BufRead, BufReader, Write};

use anyhow::{Context, Result, ensure};

use super::fronts::Running;

const INITIALIZE: &str = concat!(
    r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","#,
    r#""capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}"#,
    "\n"
);

/// A call of a tool with some words, as most messages are.
const CALL: &str = concat!(
    r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"text":""#,
    "words that a tool is given and answers with, as long as most of them are, or so it seems ... ",
    "\"}}}\n"
);

/// What a server answers after `initialize`: the first line of its output that has the id.
pub(super) fn initialize(running: &mut Running) -> Result<()> {
    let answer = ask(running, INITIALIZE)?;
    ensure!(answer.contains("serverInfo"), "it answered {answer:?}");
    Ok(())
}

fn ask(running: &mut Running, request: &str) -> Result<String> {
    running
        .input
        .write_all(request.as_bytes())
        .context("it does not read")?;
    let mut answer = String::new();
    // It says nothing that it is not asked for, so nothing after the line is lost.
    BufReader::new(&mut running.output)
        .read_line(&mut answer)
        .context("it does not answer")?;
    ensure!(!answer.is_empty(), "it ended without an answer");
    Ok(answer)
}

/// Calls a tool so often, one call after the other.
pub(super) fn call(running: &mut Running, times: usize) -> Result<()> {
    let mut output = BufReader::new(&mut running.output);
    let mut answer = String::new();
    for _ in 0..times {
        running
            .input
            .write_all(CALL.as_bytes())
            .context("it does not read")?;
        answer.clear();
        output
            .read_line(&mut answer)
            .context("it does not answer")?;
        ensure!(answer.contains("\"result\""), "it answered {answer:?}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn what_is_said_is_json() {
        for text in [INITIALIZE, CALL] {
            assert!(text.ends_with('\n'));
            let message: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(message["jsonrpc"], "2.0");
        }
    }
}
