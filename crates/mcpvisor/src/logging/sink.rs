//! Where lines go, and how many did not get there.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::line::Line;
use super::record::Record;
use super::stream::Stream;
use super::text::Look;
use super::{json, text};
use crate::config::{Log, LogFormat};
use linux::bounded_file::{BoundedFile, FileFault};

/// The one place where lines are written.
#[derive(Debug)]
pub(super) struct Sink {
    way: Mutex<Way>,
    dropped: AtomicU64,
}

/// How lines look and where they go.
#[derive(Debug)]
struct Way {
    target: Target,
    format: LogFormat,
    look: Look,
    /// Lines dropped since the last one that was written.
    missing: u64,
}

/// What takes lines.
#[derive(Debug)]
enum Target {
    Stream(Stream),
    File(BoundedFile),
}

impl Sink {
    pub(super) fn open(log: &Log) -> Result<Self, FileFault> {
        Ok(Self::of(Way::open(log)?))
    }

    fn of(way: Way) -> Self {
        Self {
            way: Mutex::new(way),
            dropped: AtomicU64::new(0),
        }
    }

    /// To a stream, as people read it there.
    #[cfg(test)]
    pub(super) fn to_stream(stream: Stream, format: LogFormat, look: Look) -> Self {
        Self::of(Way {
            target: Target::Stream(stream),
            format,
            look,
            missing: 0,
        })
    }

    /// Writes a line, or counts it.
    pub(super) fn write(&self, line: &Line<'_>) {
        let mut way = self.way();
        let before = way.missing;
        if before > 0 && way.put(&told_missing(line, &Record::missing(before))) {
            way.missing = 0;
        }
        // Lines stay in order: none goes before the one that tells what is missing.
        if way.missing > 0 || !way.put(line) {
            way.missing += 1;
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn reopen(&self) -> Result<(), FileFault> {
        match &mut self.way().target {
            Target::File(file) => file.reopen(),
            Target::Stream(_) => Ok(()),
        }
    }

    pub(super) fn apply(&self, log: &Log) -> Result<(), FileFault> {
        let mut new = Way::open(log)?;
        let mut way = self.way();
        new.missing = way.missing;
        *way = new;
        Ok(())
    }

    pub(super) fn dropped_lines(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    fn way(&self) -> MutexGuard<'_, Way> {
        // A panic elsewhere is no reason to fall silent.
        self.way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The line that tells of those before it.
fn told_missing<'a>(line: &Line<'_>, record: &'a Record) -> Line<'a> {
    Line {
        time: line.time,
        level: tracing::Level::WARN,
        target: module_path!(),
        spans: Vec::new(),
        record,
    }
}

impl Way {
    fn open(log: &Log) -> Result<Self, FileFault> {
        let (target, look) = if let Some(path) = &log.file {
            let file = BoundedFile::open(path, log.max_size.0, log.keep)?;
            (Target::File(file), Look::default())
        } else {
            let (stream, look) = Stream::standard_error();
            (Target::Stream(stream), look)
        };
        Ok(Self {
            target,
            format: log.format,
            look,
            missing: 0,
        })
    }

    /// Writes a line; false if it could not be.
    fn put(&mut self, line: &Line<'_>) -> bool {
        let mut page = String::with_capacity(256);
        match self.format {
            LogFormat::Text => text::push(&mut page, line, self.look),
            LogFormat::Json => json::push(&mut page, line),
        }
        match &mut self.target {
            Target::Stream(stream) => stream.put(page.as_bytes()),
            Target::File(file) => file.put(page.as_bytes()),
        }
    }
}
