//! What the tests of mcpvisor start: MCP servers that misbehave, owners that forget them, the real
//! programs people run, and guards that leave nothing behind.
//!
//! - [`Spawned`] runs one program and ends its whole tree when dropped.
//! - [`Owner`] is a client that starts a server K times and can be killed in mid-sentence.
//! - [`programs`] finds (and if need be builds) the binaries of this crate: `mcp-server`,
//!   `mcp-owner`, `mcp-traffic`, `idle-fleet`.
//! - [`docker`] starts a real dockerd of the test's own, and clients of it.
//! - [`real`] finds what `cargo xtask test` installed: mcp-hub, the reference servers, fastmcp.
//! - [`namespace`] runs a test as the only one in a pid namespace of its own.
//! - [`wait`] looks until something is so, with a deadline and an error that says what was missing.
//!
//! Safety: nothing is ever signalled by name or by a bare pid. A guard remembers (pid, start time)
//! of what it started and of the descendants that it saw, and signals through a pidfd only while
//! both still agree. Every program here also ends by itself after its `--max-lifetime`.
#![forbid(unsafe_code)]
#![allow(
    clippy::disallowed_methods,
    reason = "starting programs, reading the clock and sleeping is what this crate is for; it is never shipped"
)]

pub mod conversation;
pub mod docker;
pub mod identity;
pub mod namespace;
pub mod owner;
pub mod process;
pub mod programs;
pub mod real;
pub mod spawned;
pub mod wait;

pub use conversation::Conversation;
pub use identity::Identity;
pub use owner::{Owner, OwnerPlan, Stdio};
pub use spawned::Spawned;
