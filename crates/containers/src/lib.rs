//! Containers of Docker and Podman, through the Engine API: what they cost, whose they are, which are left
//! over, and orders to them.
//!
//! - [`engine`] finds engines and calls them; every call has a deadline. [`container`], [`list`], [`stats`]
//!   and [`events`] read what they say. No value of an environment variable and no argument of a container
//!   is ever kept.
//! - [`owner`], [`orphan`], [`cidfile`], [`backends`] and [`mounts`] judge, from values alone: what cannot be
//!   told is unknown, and nobody cleans that. [`finding`] puts it into words.
//! - [`act`] removes, stops, restarts and limits; what was tried is reported, what came of it is verified.
//! - [`watch`] does all of the reading for a daemon, [`once`] for a command that ends; both leave a
//!   [`view`] behind.
#![forbid(unsafe_code)]

pub mod act;
pub mod backends;
pub mod cidfile;
pub mod client;
mod clock;
pub mod container;
pub mod engine;
pub mod events;
pub mod finding;
pub mod list;
pub mod mounts;
pub mod once;
pub mod orphan;
pub mod owner;
pub mod process;
#[cfg(test)]
mod samples;
pub mod stats;
pub mod view;
pub mod watch;

pub use container::Container;
pub use engine::{Engine, EngineError, EngineKind, Places};
pub use view::View;
pub use watch::Watcher;
