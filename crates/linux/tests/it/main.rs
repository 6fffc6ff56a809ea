//! Readers and process control on this machine: real processes, sockets, locks and events.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, says on stdout what it skips, and starts what it looks at"
)]

mod become_user;
mod cgroup;
mod collect;
mod control;
mod events;
mod locks;
mod sockets;
