//! The conversation: newline-delimited JSON-RPC with just the methods that every client uses first.

use std::io::{self, BufRead, Write};

use serde_json::{Value, json};

const METHOD_NOT_FOUND: i32 = -32601;

/// Answers requests until standard input ends or standard output is gone.
pub(crate) fn answer_until_eof(name: &str) {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { return };
        let Some(answer) = serde_json::from_str(&line)
            .ok()
            .and_then(|message| answer(name, &message))
        else {
            continue;
        };
        if writeln!(output, "{answer}")
            .and_then(|()| output.flush())
            .is_err()
        {
            return;
        }
    }
}

/// The answer to one message; `None` for notifications.
fn answer(name: &str, message: &Value) -> Option<Value> {
    let id = message.get("id")?;
    let outcome = match message["method"].as_str()? {
        "initialize" => Ok(json!({
            "protocolVersion": message["params"]["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": name, "version": env!("CARGO_PKG_VERSION")},
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({"tools": [{
            "name": "echo",
            "description": "Answers with its arguments",
            "inputSchema": {"type": "object"},
        }]})),
        "tools/call" => Ok(json!({"content": [{
            "type": "text",
            "text": message["params"]["arguments"].to_string(),
        }]})),
        other => {
            Err(json!({"code": METHOD_NOT_FOUND, "message": format!("unknown method {other}")}))
        }
    };
    Some(match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    })
}
