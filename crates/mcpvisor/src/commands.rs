//! One module for each command: arguments, what is done, exit code.

pub mod clean;
pub mod config;
pub mod doctor;
pub mod explain;
pub mod history;
mod looking;
pub mod ps;
pub mod schemas;
pub mod serve;
pub mod status;
pub mod support;
pub mod top;
pub mod watch;
