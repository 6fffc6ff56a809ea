//! Lines for programs: one JSON object each, on one line whatever is in it.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use tracing::Level;

use super::line::{Line, Span, utc};

/// Appends the line, with its end.
pub(super) fn push(page: &mut String, line: &Line<'_>) {
    let level = match line.level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    };
    let mut object = Map::new();
    object.insert("time".to_owned(), utc(line.time).into());
    object.insert("level".to_owned(), level.into());
    object.insert("target".to_owned(), line.target.into());
    object.insert("message".to_owned(), line.record.message.as_str().into());
    if !line.record.fields.is_empty() {
        object.insert("fields".to_owned(), line.record.fields.clone().into());
    }
    if !line.spans.is_empty() {
        let spans: Vec<Value> = line.spans.iter().map(span).collect();
        object.insert("spans".to_owned(), spans.into());
    }
    push_escaped(page, &Value::Object(object).to_string());
    page.push('\n');
}

fn span(span: &Span) -> Value {
    let mut object = Map::new();
    object.insert("name".to_owned(), span.name.into());
    if !span.fields.is_empty() {
        object.insert("fields".to_owned(), span.fields.clone().into());
    }
    Value::Object(object)
}

/// JSON that is shown on a terminal after all: what [`model::text::safe`] would not let through
/// stands in strings only, where JSON has an escape for it.
fn push_escaped(page: &mut String, json: &str) {
    if matches!(model::text::safe(json), std::borrow::Cow::Borrowed(_)) {
        page.push_str(json);
        return;
    }
    let (mut utf8, mut utf16) = ([0; 4], [0; 2]);
    for c in json.chars() {
        let one = c.encode_utf8(&mut utf8);
        if model::text::safe(one) == *one {
            page.push(c);
        } else {
            for unit in c.encode_utf16(&mut utf16) {
                // Writing to a `String` cannot fail.
                let _written = write!(page, "\\u{unit:04x}");
            }
        }
    }
}
