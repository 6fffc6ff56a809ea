//! `mcpvisor serve`.

use std::net::SocketAddr;

use crate::cli::Setting;
use crate::daemon;

/// `serve`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address and port to listen on, instead of the configuration's [default: 127.0.0.1:3001].
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// Runs the command until it is told to end.
pub fn run(setting: &Setting, arguments: &Arguments) -> anyhow::Result<u8> {
    daemon::run(setting, arguments.listen)
}
