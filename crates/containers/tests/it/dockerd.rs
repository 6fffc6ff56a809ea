//! The engine of a living dockerd of the test's own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::time::Duration;

use containers::{Engine, Places, once};
pub(crate) use testbed::docker::{Client, Dockerd, IMAGE};

/// Far beyond what it takes anywhere.
const PATIENCE: Duration = Duration::from_mins(1);

/// What this crate has of it.
pub(crate) trait Asked {
    /// Only its socket.
    fn places(&self) -> Places;
    /// Connected.
    fn engine(&self) -> Engine;
}

impl Asked for Dockerd {
    fn places(&self) -> Places {
        Places::only(&self.socket())
    }

    fn engine(&self) -> Engine {
        let (engines, errors) = once::engines(&self.places(), PATIENCE).unwrap();
        engines
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no engine: {errors:?}"))
    }
}
