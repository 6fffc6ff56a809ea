//! Linux for mcpvisor: readers of `/proc`, kernel process events, sockets, and process control.
//!
//! Reading: a [`Collector`] makes passes over all processes of a [`ProcRoot`] and gives raw
//! [`model::Sample`]s; the root is an argument, so that tests read trees built from literal
//! contents. [`parse`] holds the pure parsers, over bytes and without allocation. [`clock`] is the
//! only place that reads a clock. Environments of processes are
//! never read but for the mark that [`marks`] looks for, and nothing else of them is kept.

pub mod allocator;
pub mod become_user;
pub mod bounded_file;
pub mod cgroup;
pub mod clock;
pub mod collect;
pub mod control;
pub mod descendants;
pub mod events;
pub mod host;
pub mod inbox;
pub mod locks;
pub mod marks;
mod netlink;
pub mod parse;
pub mod private_file;
pub mod root;
pub mod signals;
pub mod sockets;
pub mod spawn;
pub mod systemd;
pub mod threads;
pub mod users;

pub use collect::{Budget, Collector, Cost, Options, Pass, Selection, Wants};
pub use root::{ProcRoot, RootError};
