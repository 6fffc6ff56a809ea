//! The words of an event or a span: its message and its fields, each with a bound.

use std::error::Error;
use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};

/// Longest message or value that is kept, bytes; what is longer ends in `…`.
const LONGEST: usize = 2_000;

/// Bytes that all values together may have; what comes after is left out.
const MOST: usize = 12_000;

/// Message and fields.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// The words that the code wrote.
    pub(super) message: String,
    /// Other fields by name.
    pub(super) fields: Map<String, Value>,
    /// Bytes kept so far.
    size: usize,
}

impl Record {
    /// What is said after lines could not be written.
    pub(super) fn missing(lines: u64) -> Self {
        Self {
            message: format!("{lines} log lines before this one could not be written"),
            ..Self::default()
        }
    }

    fn put(&mut self, field: &Field, value: Value) {
        let size = value.as_str().map_or(8, str::len);
        if self.size + size > MOST {
            return;
        }
        self.size += size;
        match value {
            Value::String(text) if field.name() == "message" => self.message = text,
            value => drop(self.fields.insert(field.name().to_owned(), value)),
        }
    }

    fn put_text(&mut self, field: &Field, text: String) {
        self.put(field, Value::String(cut(text)));
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push('…');
    }
    text
}

impl Visit for Record {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // What JSON has no number for is written as a word.
        let number = serde_json::Number::from_f64(value);
        self.put(
            field,
            number.map_or_else(|| Value::String(value.to_string()), Value::Number),
        );
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let end = value.floor_char_boundary(LONGEST + 1);
        self.put_text(field, value.get(..end).unwrap_or_default().to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        self.put_text(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format!("{value:?}"));
    }
}
