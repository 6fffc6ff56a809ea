//! The testbed itself: a test double that does not misbehave as it says would make every test above
//! it worthless.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "the tests of a process testbed start processes"
)]

mod fleet;
mod namespace;
mod owner;
mod real;
mod server;
mod spawned;

use std::process::{Command, Stdio};
use std::time::Duration;

use testbed::{Spawned, programs};

/// Generous, as the machine may be busy; nothing waits this long when all is well.
const SOON: Duration = Duration::from_secs(20);

/// An MCP server with piped standard streams.
fn server(flags: &[&str]) -> Spawned {
    Spawned::start(
        Command::new(programs::mcp_server().unwrap())
            .args(flags)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped()),
    )
    .unwrap()
}
