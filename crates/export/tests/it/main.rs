//! Pages as scrapers read them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, starts promtool, takes times and tells them"
)]

mod bounds;
mod fleet;
mod pages;
mod promtool;
mod reader;
mod speed;
mod values;
