//! Carries out what `supervise` decides: one thread that starts servers, listens to them, and ends their
//! trees.
//!
//! ```text
//!  orders ──► Keeper ──► Kept (one a server) ──► Lifecycle (decides)
//!                ▲            │ effects
//!   pidfds, pipes, timers ◄───┘ processes, groups, files
//! ```
//! Everything is waited for in one place (`epoll(7)`), so a machine with two hundred quiet servers costs
//! next to nothing. Each start is recorded before it is carried out, so that whoever comes after a crash
//! knows what may run: see [`takeover`].
#![forbid(unsafe_code)]

mod activity;
mod handle;
mod keeper;
mod kept;
mod launch;
mod lines;
mod log;
mod notice;
mod packages;
mod port;
mod record;
mod run;
mod streams;
pub mod takeover;
mod talk;
mod tree;
mod view;
mod wanted;

pub use handle::{Handle, Settings, StartError};
pub use notice::{Happened, Notice};
pub use view::{ServerView, View};
pub use wanted::{LogLimits, Wanted};
