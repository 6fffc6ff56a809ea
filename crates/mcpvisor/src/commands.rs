//! One module for each command: arguments, what is done, exit code.

pub mod clean;
pub mod doctor;
pub mod explain;
pub mod ps;
pub mod schemas;
pub mod support;
pub mod top;
