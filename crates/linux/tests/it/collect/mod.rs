//! The collector: on trees built from literal files, and on this machine's real processes.
#![allow(
    clippy::disallowed_methods,
    reason = "these tests start programs, wait for them and read the clock"
)]

mod budget;
mod live;
mod processes;
mod storm;
mod surroundings;
mod tree;
mod trees;
mod unprivileged;
