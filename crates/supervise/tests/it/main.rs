//! Tests of the crate as its users see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod lifecycle;
mod policy;
