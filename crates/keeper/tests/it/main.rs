//! Servers that are really started, crash, misbehave and outlive their keeper.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests start programs, sleep and say what they skip"
)]

mod life;
mod limits;
mod support;
mod takeover;
mod trees;
