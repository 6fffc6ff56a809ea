//! What a line is made of, whatever it looks like.

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::Level;

use super::record::Record;

/// All of one line.
pub(super) struct Line<'a> {
    pub(super) time: Timestamp,
    pub(super) level: Level,
    /// Module that wrote it.
    pub(super) target: &'a str,
    /// Spans around it, outermost first.
    pub(super) spans: Vec<Span>,
    pub(super) record: &'a Record,
}

/// A span by name, with its fields.
pub(super) struct Span {
    pub(super) name: &'static str,
    pub(super) fields: Map<String, Value>,
}

/// UTC to the millisecond: `2026-11-21T07:55:32.123Z`.
pub(super) fn utc(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}
