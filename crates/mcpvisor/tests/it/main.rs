//! The program as people and scripts run it, on real processes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test fails by panicking, starts programs, and says what it skips"
)]

mod cli;
mod config;
mod containers;
mod daemon;
#[cfg(feature = "dashboard")]
mod dashboard;
mod guard;
mod hostile;
mod hub;
mod owners;
mod rules;
mod safety;
mod service;
mod support;
mod unprivileged;
