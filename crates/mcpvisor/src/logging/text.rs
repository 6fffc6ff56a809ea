//! Lines for people: time, level, origin, spans, message, fields.

use model::text::safe;
use serde_json::{Map, Value};
use tracing::Level;

use super::line::{Line, utc};

/// What a text line shows besides its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    /// It goes to the systemd journal, which has the time itself and reads the level from the
    /// line's prefix (sd-daemon(3)).
    pub(super) journal: bool,
    /// Levels have colours.
    pub(super) colour: bool,
}

/// Appends the line, with its end.
pub(super) fn push(page: &mut String, line: &Line<'_>, look: Look) {
    if look.journal {
        page.push_str(priority(line.level));
    } else {
        page.push_str(&utc(line.time));
        page.push(' ');
        push_level(page, line.level, look.colour);
        page.push(' ');
    }
    page.push_str(&safe(line.target));
    for span in &line.spans {
        page.push(' ');
        page.push_str(span.name);
        page.push('{');
        push_fields(page, &span.fields, "");
        page.push('}');
    }
    page.push_str(": ");
    page.push_str(&safe(&line.record.message));
    let before = if line.record.message.is_empty() {
        ""
    } else {
        " "
    };
    push_fields(page, &line.record.fields, before);
    page.push('\n');
}

fn push_level(page: &mut String, level: Level, colour: bool) {
    let (code, name) = match level {
        Level::ERROR => ("31", "ERROR"),
        Level::WARN => ("33", "WARN "),
        Level::INFO => ("32", "INFO "),
        Level::DEBUG => ("34", "DEBUG"),
        Level::TRACE => ("35", "TRACE"),
    };
    if colour {
        page.push_str(&format!("\x1b[{code}m{name}\x1b[0m"));
    } else {
        page.push_str(name);
    }
}

/// The prefix by which the journal knows how severe a line is.
fn priority(level: Level) -> &'static str {
    match level {
        Level::ERROR => "<3>",
        Level::WARN => "<4>",
        Level::INFO => "<6>",
        Level::DEBUG | Level::TRACE => "<7>",
    }
}

fn push_fields(page: &mut String, fields: &Map<String, Value>, mut before: &str) {
    for (name, value) in fields {
        page.push_str(before);
        before = " ";
        page.push_str(name);
        page.push('=');
        match value {
            Value::String(text) => push_value(page, text),
            other => page.push_str(&other.to_string()),
        }
    }
}

/// A value, in quotes where its end could not be seen without.
fn push_value(page: &mut String, text: &str) {
    let value = safe(text);
    let is_word = !value.is_empty() && !value.contains([' ', '"', '=', '{', '}']);
    if is_word {
        page.push_str(&value);
    } else {
        page.push('"');
        page.push_str(&value.replace('"', "\\\""));
        page.push('"');
    }
}
