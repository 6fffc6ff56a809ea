//! What the daemon writes down about itself: text for people or JSON for programs, to standard
//! error or to a file that is set aside by size.
//!
//! A line goes one way: the subscriber collects an event's words (`record`), one of two renderers
//! makes a line of them (`text`, `json`) in which nothing from other programs can move a cursor or
//! end the line, and a target takes it (`stream`, `file`). A target never waits for long and never
//! fails aloud: what it could not take is counted, and told with the next line that it takes.

mod filter;
mod json;
mod layer;
mod line;
mod record;
mod sink;
mod stream;
mod text;

use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Registry, reload};

use self::layer::Lines;
use self::sink::Sink;
use crate::config::Log;

pub use linux::bounded_file::FileFault;

/// Environment variable that goes before the configured level.
pub const VARIABLE: &str = "MCPVISOR_LOG";

/// Why lines cannot be written as wished.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The log file cannot be used.
    #[error(transparent)]
    File(#[from] FileFault),
    /// [`VARIABLE`] is no filter.
    #[error(
        "{VARIABLE} is no filter ({0}); write a level such as `debug`, or `info,mcpvisor::daemon=trace`"
    )]
    Filter(String),
    /// The program writes lines already.
    #[error("logging was started before")]
    Started,
}

/// Changes where and what is written while the program runs.
#[derive(Debug)]
pub struct Handle {
    sink: Arc<Sink>,
    filter: reload::Handle<EnvFilter, Registry>,
    /// Value of [`VARIABLE`] at the start.
    wish: Option<String>,
}

/// Starts writing lines, for the whole program and until its end.
pub fn start(log: &Log) -> Result<Handle, Fault> {
    let wish = std::env::var(VARIABLE).ok();
    let (subscriber, handle) = subscriber(log, wish, Sink::open(log)?)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| Fault::Started)?;
    Ok(handle)
}

fn subscriber(
    log: &Log,
    wish: Option<String>,
    sink: Sink,
) -> Result<(impl Subscriber + for<'s> LookupSpan<'s>, Handle), Fault> {
    let (filter, handle) = reload::Layer::new(filter::filter(log.level, wish.as_deref())?);
    let sink = Arc::new(sink);
    let subscriber = Registry::default()
        .with(filter)
        .with(Lines::new(Arc::clone(&sink)));
    let handle = Handle {
        sink,
        filter: handle,
        wish,
    };
    Ok((subscriber, handle))
}

impl Handle {
    /// Opens the log file again: what `logrotate` has moved away is left, and a new file begun.
    pub fn reopen(&self) -> Result<(), Fault> {
        Ok(self.sink.reopen()?)
    }

    /// Goes on as another configuration wants it. On an error everything stays as it was.
    pub fn apply(&self, log: &Log) -> Result<(), Fault> {
        let filter = filter::filter(log.level, self.wish.as_deref())?;
        self.sink.apply(log)?;
        self.filter
            .reload(filter)
            .map_err(|error| Fault::Filter(error.to_string()))
    }

    /// Lines that could not be written since the start.
    pub fn dropped_lines(&self) -> u64 {
        self.sink.dropped_lines()
    }
}

#[cfg(test)]
mod tests;
