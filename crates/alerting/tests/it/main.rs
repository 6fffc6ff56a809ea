//! Tests of the crate as its users see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "tests read the clock, and servers that are slow on purpose sleep"
)]

mod engine;
mod receivers;
