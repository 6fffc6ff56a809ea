//! Keeping servers alive and within their bounds, as decisions only: `on(event, now) -> effects`.
//!
//! - [`lifecycle`] is the life of one server: start, readiness, restart, stop, verified to leave nothing.
//! - [`order`] says which server waits for which, [`reload`] what a changed configuration asks for, and
//!   [`adopt`] what becomes of servers that an earlier run of mcpvisor left behind.
//! - [`policy`] climbs ladders of actions when alerts fire, within limits.
//!
//! Nothing here does I/O, reads a clock or throws dice: times, seeds and what was seen come in as values,
//! so every decision can be tested at any time, and repeated over the history.
#![forbid(unsafe_code)]

pub mod adopt;
mod bounded;
mod dice;
pub mod lifecycle;
pub mod order;
pub mod policy;
pub mod reload;
pub mod spec;
mod time;

pub use lifecycle::Lifecycle;
pub use order::Order;
pub use policy::Policy;
pub use spec::Spec;
