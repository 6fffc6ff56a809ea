//! One module for each command: arguments, what is done, exit code.

pub mod alerts;
pub mod check;
pub mod clean;
pub mod config;
pub mod control;
pub mod doctor;
pub mod explain;
pub mod history;
pub mod limits;
pub mod logs;
mod looking;
pub mod ps;
pub mod receivers;
pub mod replay;
pub mod rules;
pub mod run;
pub mod schemas;
pub mod serve;
pub mod service;
pub mod silence;
pub mod status;
pub mod support;
pub mod top;
pub mod watch;
