//! systemd: a scope of our own, in which limits can be set.
//!
//! An ordinary user's processes are in a group that belongs to root, and where a group has processes of
//! others no limits can be given to groups below it. Who runs systemd can be helped: it makes a scope, a
//! group that is delegated to who asked for it, and moves the asking process there ([`enter`]). As root
//! the system's manager is asked, else the user's own.
//!
//! It is asked over D-Bus, with one call (`StartTransientUnit`, `org.freedesktop.systemd1(5)`). That call
//! is put together here, so that a program which lives for seconds needs no D-Bus library: `wire` is
//! the encoding, `message` the frame around it, `call` the few calls, `connection` the socket. What is
//! said to systemd is a name of a unit, and nothing of the server.

mod address;
mod call;
mod connection;
mod error;
mod leftover;
mod message;
mod place;
mod scope;
mod wire;

pub use address::{Manager, is_running};
pub use error::ScopeError;
pub use leftover::{AbandonedScope, abandoned};
pub use scope::{Entered, enter};
