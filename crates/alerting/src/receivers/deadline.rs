//! One deadline around all of a conversation over the network.
//!
//! A limit for each read would not hold: a server that sends one byte a second never exceeds it. So the
//! conversation is a future, and when its time is over it is dropped as a whole, which closes its
//! connection. It runs on a small runtime of its own in the thread that asked, and nothing of it is left
//! afterwards but, at worst, a name lookup that the system cannot interrupt.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpStream;

use super::Failure;

/// What a conversation is doing, so that a failure can say what it waited for.
#[derive(Default)]
pub(super) struct Stage(Cell<&'static str>);

impl Stage {
    /// From now on it does this: "waiting for ..", "connecting".
    pub(super) fn set(&self, doing: &'static str) {
        self.0.set(doing);
    }

    /// What it does.
    pub(super) fn get(&self) -> &'static str {
        self.0.get()
    }
}

/// Runs `conversation` with `place`, at most for `timeout`.
pub(super) fn within<T>(
    timeout: Duration,
    place: &str,
    stage: &Stage,
    conversation: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()
        .map_err(|error| Failure::temporary(format!("cannot talk to {place}: {error}")))?;
    let outcome = runtime.block_on(async { tokio::time::timeout(timeout, conversation).await });
    // Does not wait for a name lookup that still hangs.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|_| {
        let message = format!(
            "{place}: no answer within {:.1} s ({})",
            timeout.as_secs_f64(),
            stage.get()
        );
        Err(Failure::temporary(message))
    })
}

/// Connects to the first address of a host that answers. Each gets its share of the time, so that one
/// that swallows packets leaves some for the others.
pub(super) async fn connect(
    host: &str,
    port: u16,
    timeout: Duration,
    stage: &Stage,
) -> io::Result<TcpStream> {
    stage.set("looking up its address");
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    stage.set("connecting");
    let share = timeout / u32::try_from(addresses.len().max(1)).unwrap_or(u32::MAX);
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "it has no address");
    for address in addresses {
        match tokio::time::timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = error,
            Err(_) => failed = io::Error::new(io::ErrorKind::TimedOut, "no answer to connecting"),
        }
    }
    Err(failed)
}
