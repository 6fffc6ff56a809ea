//! Lines as servers, runtimes and clients write them.

use proptest::prelude::*;

use super::{Dialect, begins_a_traceback, reports_an_error};

#[test]
fn errors_are_told_by_their_level() {
    for line in [
        "ERROR: cannot open the store",
        "[11/21/26 11:36:34] Error calling tool 'bad'                                    ",
        "ERROR:mcp_server_git.server:/nowhere does not exist",
        "Error: invalid --local-timezone 'Nowhere/Bad': not a known IANA timezone name",
        "ERROR:    Error loading ASGI app. Could not import module \"nonexist\".",
        "Error: None of the specified directories are accessible",
        "Error: ENOENT: no such file or directory, stat '/nowhere'",
        "error: unknown option '--nope'",
        "[ERROR] cannot connect",
        "[error] cannot connect",
        "<Error> cannot connect",
        "ERROR    Failed to run: Bad",
        "[11/21/25 10:00:00] ERROR    Failed to run: Bad          server.py:12",
        "                    ERROR    Failed again                server.py:13",
        "2025-11-21 10:00:00,123 - mcp.server.lowlevel - ERROR - failed",
        "2025-11-21 10:00:00,123 ERROR mcp.server.lowlevel: failed",
        "2025-11-21T10:00:00.000000Z ERROR mcp::server: failed",
        "2025-11-21T10:00:00.000Z\terror\tserver/main.go:12\tfailed",
        "2025-11-21T10:00:00.000Z | ERROR | server | failed",
        "2025-11-21T10:00:00.000Z [memory] [error] Server disconnected.",
        "2025-11-21 10:00:00 server ERROR failed",
        "10:00:00.000 error: failed",
        "2025/11/21 10:00:00 ERROR failed err=EOF",
        "2025/11/21 10:00:00 Error connecting to the database",
        "Nov 21 10:00:00 host memory[123]: error: failed",
        "time=\"2025-11-21T10:00:00Z\" level=error msg=failed",
        "ts=2025-11-21T10:00:00Z lvl=fatal msg=failed",
        "Error processing request: bad",
        "Error (code 7): bad",
        "Fatal error in main(): Error: connection closed",
        "FATAL: the store is damaged",
        "CRITICAL:root:out of space",
        "ERROR:asyncio:Task exception was never retrieved",
        "panic: runtime error: index out of range [3] with length 2",
        "fatal error: all goroutines are asleep - deadlock!",
        "thread 'main' panicked at src/main.rs:3:5:",
        "thread 'tokio-runtime-worker' (77) panicked at src/a.rs:1:1:",
        "TypeError: x is not a function",
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'",
        "SyntaxError [ERR_X]: y",
        "mcp.shared.exceptions.McpError: Connection closed",
        "Exception in thread \"main\" java.lang.IllegalStateException: x",
        "SEVERE: could not start",
        "Unhandled Rejection at: Promise { <rejected> 5 }",
        "Uncaught Exception: x",
        "Uncaught TypeError: x",
        "npm ERR! code E404",
        "npm error code E404",
        "\u{1b}[31mERROR\u{1b}[39m failed",
        "\u{1b}[90m2025-11-21T10:00:00Z\u{1b}[0m \u{1b}[1;31mERR\u{1b}[0m failed",
        "{\"level\":\"error\",\"message\":\"failed\"}",
        "{\"time\":\"2025\",\"level\":\"ERROR\",\"msg\":\"failed\"}",
        "{\"level\":50,\"time\":1763719200000,\"msg\":\"failed\"}",
        "{ \"ctx\": {\"level\": \"info\", \"a\": [1, \"]\"]}, \"severity\": \"CRITICAL\" }",
        "{\"levelname\":\"ERROR\",\"message\":\"cut at the en",
    ] {
        assert!(reports_an_error(line.as_bytes(), Dialect::Plain), "{line}");
    }
}

#[test]
fn what_only_speaks_of_errors_is_none() {
    for line in [
        "",
        "   ",
        "Knowledge Graph MCP Server running on stdio",
        "Secure MCP Filesystem Server running on stdio",
        "Client does not support MCP Roots, using allowed directories set from server args: [ '/tmp' ]",
        "Warning: Cannot access directory /nowhere/at/all, skipping",
        "Starting default (STDIO) server...",
        "[supergateway] Child exited: code=3, signal=null",
        "npm warn Unknown user config \"nodedir\".",
        "[11/21/26 11:36:32] INFO     Starting MCP server 'x' with       transport.py:241",
        "                    ╭─────────── Traceback (most recent call last) ────────────╮",
        "                    ValueError: boom                                            ",
        "Node.js v20.20.2",
        "setTimeout(()=>{throw new TypeError(\"x\")},10)",
        "INFO:     127.0.0.1:5000 - \"POST /mcp HTTP/1.1\" 500 Internal Server Error",
        "INFO error: handling is on",
        "info: error count 0",
        "WARNING: error rate is high",
        "[info] Error in one of three tries, trying again",
        "2025-11-21T10:00:00.000Z [memory] [info] Message from server: {\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32601}}",
        "2025-11-21 10:00:00,123 - mcp.server - INFO - ERROR pages are cached",
        "2025-11-21 10:00:00 [WARN] server: 3 errors were ignored",
        "2025-11-21T10:00:00Z INFO mcp::server: error=none",
        "time=2025 level=info msg=\"error: none\"",
        "time=2025 level=warning error=\"x\"",
        "0 errors, 0 warnings",
        "no error",
        "No errors found.",
        "errors: 0",
        "Error handling is on",
        "Error reporting: off",
        "Registered tool: get_errors",
        "Listening; ERROR lines go to standard error",
        "the last call returned ERROR",
        "Received ERROR from the server",
        "terror: level 5",
        "errored = 0",
        "GET /error 200",
        "    at Error (node:internal/errors:405:5)",
        "    raise ValueError(\"x\")",
        "    TypeError: shown within a trace",
        "MCP error -32601 is answered for unknown methods",
        "critical section entered",
        "Panic button is ready",
        "fatalities: 0",
        "{\"level\":\"info\",\"message\":\"error: none\"}",
        "{\"level\":30,\"err\":{\"level\":\"error\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}",
        "{\"message\":\"level: error\"}",
        "{",
        "{\"level\"",
        "[",
        "[error",
    ] {
        assert!(!reports_an_error(line.as_bytes(), Dialect::Plain), "{line}");
    }
}

#[test]
fn claude_code_calls_all_that_a_server_says_an_error() {
    let error = |line: &str| reports_an_error(line.as_bytes(), Dialect::ClaudeCode);
    assert!(error(
        "{\"error\":\"Connection failed: spawn npx ENOENT\",\"timestamp\":\"2025\"}"
    ));
    assert!(error(
        "{\"error\":\"Server stderr: up\\nERROR: no store\",\"sessionId\":\"x\"}"
    ));
    assert!(error(
        "{\"error\":\"Server stderr: Traceback (most recent call last):\\n  File\"}"
    ));
    assert!(!error(
        "{\"error\":\"Server stderr: Knowledge Graph MCP Server running on stdio\"}"
    ));
    assert!(!error("{\"debug\":\"error: none\",\"timestamp\":\"2025\"}"));
}

#[test]
fn tracebacks_are_told_by_their_first_line() {
    for line in [
        "Traceback (most recent call last):",
        "  + Exception Group Traceback (most recent call last):",
    ] {
        assert!(begins_a_traceback(line.as_bytes()), "{line}");
    }
    assert!(!begins_a_traceback(
        b"see the Traceback (most recent call last)"
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_survived(line in proptest::collection::vec(any::<u8>(), 0..300)) {
        for dialect in [Dialect::Plain, Dialect::ClaudeCode] {
            std::hint::black_box(reports_an_error(&line, dialect));
            let mut object = b"{\"".to_vec();
            object.extend(&line);
            std::hint::black_box(reports_an_error(&object, dialect));
        }
    }

    #[test]
    fn a_message_behind_a_calm_level_never_is_an_error(message in "[ -~]{0,80}") {
        let line = format!("2025-11-21T10:00:00Z INFO {message}");
        prop_assert!(!reports_an_error(line.as_bytes(), Dialect::Plain));
        let line = format!("INFO: {message}");
        prop_assert!(!reports_an_error(line.as_bytes(), Dialect::Plain));
    }
}
