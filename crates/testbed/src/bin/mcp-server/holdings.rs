//! What others may want and this server holds on to: a file lock, a port.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

use crate::arguments::Arguments;

/// Takes the lock and the port, and keeps both until the process ends.
pub(crate) fn take(arguments: &Arguments) -> Result<()> {
    if let Some(path) = &arguments.hold_file {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        file.try_lock()
            .with_context(|| format!("{} is locked by another process", path.display()))?;
        keep(file);
    }
    if let Some(port) = arguments.listen {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on port {port}"))?;
        let port = listener.local_addr().context("the port is unknown")?.port();
        tell(port);
        keep(listener);
    }
    Ok(())
}

#[expect(
    clippy::print_stderr,
    reason = "standard output belongs to the protocol"
)]
fn tell(port: u16) {
    eprintln!("{{\"listening\":{port}}}");
}

/// Leaves it open for the rest of the process's life.
fn keep<T>(thing: T) {
    std::mem::forget(thing);
}
