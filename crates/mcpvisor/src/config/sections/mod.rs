//! The sections of the file, one module each: keys with their meaning and default, and the rules
//! that hold between them.

mod budget;
mod clean;
mod daemon;
mod history;
mod log;
mod tls;

pub use budget::Budget;
pub use clean::Clean;
pub use daemon::Daemon;
pub use history::History;
pub use log::{Level, Log, LogFormat};
pub use tls::Tls;
