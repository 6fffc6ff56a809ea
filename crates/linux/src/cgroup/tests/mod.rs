//! Groups on machines that are made of literal files.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod creating;
mod finding;
mod fixture;
mod living;
