//! mcpvisor: every MCP server on this machine, whose it is, what it costs, whether it is well.
//!
//! This crate is the edge: it reads the machine through `linux`, has `inventory` judge what it
//! sees, and shows the result to people ([`render`], [`top`]) and programs ([`report`]). What may
//! happen to processes happens in one place, [`cleaning`].
#![forbid(unsafe_code)]

pub mod api;
pub mod cleaning;
pub mod cli;
pub mod client;
pub mod commands;
pub mod config;
pub mod daemon;
pub mod engines;
pub mod exit;
pub mod logging;
pub mod logs;
pub mod observe;
pub mod output;
pub mod past_looks;
pub mod picture;
pub mod render;
pub mod replaying;
pub mod report;
pub mod rule_tests;
pub mod service;
pub mod state;
pub mod telling;
pub mod top;
pub mod when;

pub use cli::run;
