//! The history as its users see it.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod against_brute_force;
mod cap;
mod carried;
mod changes;
mod crash;
mod crash_changes;
mod damage;
mod disk_full;
mod exports;
mod keeping;
mod layouts;
mod paths;
mod rows;
mod sample;
