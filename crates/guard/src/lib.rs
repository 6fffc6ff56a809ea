//! The guard: stands in a client's configuration in front of a stdio server, and ends its whole tree
//! when the client is gone.
//!
//! It is a plain program with one thread: a server is to be killed with the guard, and the kernel binds
//! that to the thread that started it (`PR_SET_PDEATHSIG`, `prctl(2)`). That is why this crate stands
//! below everything that has a runtime.
//!
//! - The server has the very standard streams that the client gave: not a byte passes through us.
//! - Whatever its processes do to get away (a session of their own, two forks) they stay our
//!   descendants, because we are their subreaper (`PR_SET_CHILD_SUBREAPER`).
//! - We learn that the client is gone by its pidfd, and by the end of standard input.
//!
//! [`machine`] decides, as a pure state machine; [`watch`] waits and carries out; [`tree`] ends.
#![forbid(unsafe_code)]

pub mod container;
pub mod group;
pub mod machine;
mod room;
pub mod tree;
pub mod watch;

pub use group::Confined;
pub use machine::{Machine, Timing, Why};
pub use watch::{Failure, Outcome, Task, run};
