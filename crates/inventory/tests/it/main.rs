//! Tests of the crate from outside, in one program because linking costs.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod corpus;
mod declared;
mod situations;
mod support;
