//! Does a line of a log report an error?
//!
//! Only a word of level counts, where loggers put it: at the begin of the line or behind times,
//! names and brackets, or as a member of a JSON object. The first such word decides, so that
//! `INFO handling of error: on` is none. Programs that end on an exception write no level; their
//! first words are known too.

use super::{json, words};

/// Units before the message: time, level, names. More than that is a sentence.
const MOST_UNITS: usize = 10;
/// Bytes within a pair of brackets.
const LONGEST_NAME: usize = 80;

/// Who wrote the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dialect {
    /// The server itself, or a client that uses levels as everybody does.
    #[default]
    Plain,
    /// Claude Code: `{"error": "Server stderr: ..."}` is no error by itself, but whatever a server
    /// has said.
    ClaudeCode,
}

/// Whether a line, perhaps cut at its end, reports an error.
pub(super) fn reports_an_error(line: &[u8], dialect: Dialect) -> bool {
    let line = plain(line);
    let text = line.trim_ascii();
    if text.first() == Some(&b'{') {
        return match dialect {
            Dialect::Plain => json::reports_an_error(text),
            Dialect::ClaudeCode => of_claude_code(text),
        };
    }
    if is_an_end(text, text.len() == line.trim_ascii_end().len()) {
        return true;
    }
    Head::new(text).reports_an_error()
}

/// Is it the first line of a Python traceback?
pub(super) fn begins_a_traceback(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    let text = text.strip_prefix(b"+ ").unwrap_or(text);
    let text = text.strip_prefix(b"Exception Group ").unwrap_or(text);
    text.starts_with(b"Traceback (most recent call last)")
}

fn of_claude_code(text: &[u8]) -> bool {
    let Some(said) = json::text(text, b"error") else {
        return json::reports_an_error(text);
    };
    match said.strip_prefix("Server stderr: ") {
        Some(said) => said.lines().any(|line| {
            reports_an_error(line.as_bytes(), Dialect::Plain) || begins_a_traceback(line.as_bytes())
        }),
        None => true,
    }
}

/// Without colours (`ESC [ ... m`).
fn plain(line: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !line.contains(&0x1b) {
        return line.into();
    }
    let mut kept = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != 0x1b {
            kept.push(*first);
        } else if let Some(inside) = after.strip_prefix(b"[") {
            let end = inside.iter().position(u8::is_ascii_alphabetic);
            rest = end.map_or(&[][..], |end| inside.get(end + 1..).unwrap_or_default());
        }
    }
    kept.into()
}

/// What a program says when it ends on an error, without any level.
fn is_an_end(text: &[u8], begins_the_line: bool) -> bool {
    if !begins_the_line {
        return false;
    }
    let panicked =
        |text: &[u8]| text.starts_with(b"thread '") && words::contains(text, b" panicked at");
    // `TypeError: x`, `mcp.McpError: x`, `Error [ERR_X]: x`, and Java's.
    let name = text
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'$')));
    let thrown = name.is_some_and(|end| {
        let (name, after) = text.split_at(end);
        (name.ends_with(b"Error") || name.ends_with(b"Exception"))
            && name.len() > b"Error".len()
            && (after.starts_with(b": ") || after == b":" || after.starts_with(b" ["))
    });
    thrown || panicked(text) || text.starts_with(b"Exception in thread ")
}

/// The begin of a line, unit by unit.
struct Head<'a> {
    rest: &'a [u8],
    /// A time or number stood before.
    dated: bool,
    /// A word stood before that may be a name or the begin of a sentence.
    doubtful: bool,
    /// Names that stood before.
    names: usize,
}

/// One unit: a word, or what stands in brackets.
struct Unit<'a> {
    text: &'a [u8],
    bracketed: bool,
    /// Ends in a colon.
    colon: bool,
    /// Something that separates follows: `|`, `-`, a bracket, or two spaces.
    set_apart: bool,
}

impl<'a> Head<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text,
            dated: false,
            doubtful: false,
            names: 0,
        }
    }

    fn reports_an_error(mut self) -> bool {
        for _ in 0..MOST_UNITS {
            let Some(unit) = self.unit() else {
                return false;
            };
            if let Some(level) = words::member(unit.text) {
                return level;
            }
            // logfmt: `time=.. level=error msg=..`.
            if !unit.bracketed && unit.text.contains(&b'=') {
                continue;
            }
            match words::level(unit.text) {
                Some(is_error) if self.stands_for_a_level(&unit, is_error) => return is_error,
                _ => {}
            }
            if !self.passes(&unit) {
                return false;
            }
        }
        false
    }

    /// A word of level may also be the first of a sentence.
    fn stands_for_a_level(&self, unit: &Unit<'_>, is_error: bool) -> bool {
        let upper = !unit.text.iter().any(u8::is_ascii_lowercase);
        if unit.bracketed || unit.colon || upper {
            return true;
        }
        if self.doubtful {
            return false;
        }
        let next = self.rest.trim_ascii_start();
        unit.set_apart
            || if is_error {
                words::goes_on_as_error(unit.text, next)
            } else {
                self.dated
            }
    }

    /// Whether the level may still come behind this unit.
    fn passes(&mut self, unit: &Unit<'_>) -> bool {
        if words::is_time(unit.text) {
            self.dated = true;
            return true;
        }
        if unit.bracketed || unit.colon {
            self.names += 1;
            return self.names <= 4 && !unit.text.contains(&b' ') || unit.bracketed;
        }
        let is_name = unit
            .text
            .iter()
            .any(|byte| matches!(byte, b'.' | b'/' | b'_' | b'-' | b':' | b'@'))
            && unit.text.last().is_some_and(u8::is_ascii_alphanumeric);
        let is_name = is_name || unit.set_apart || unit.text == b"npm";
        if !is_name && (self.doubtful || !self.dated) {
            return false;
        }
        self.doubtful |= !is_name;
        self.names += 1;
        self.names <= 4
    }

    fn unit(&mut self) -> Option<Unit<'a>> {
        let skipped = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, b'|' | b'-' | b'>' | b':' | b',' | b'*' | b'#')
        };
        let start = self.rest.iter().position(|byte| !skipped(byte))?;
        let rest = self.rest.get(start..)?;
        let close = match rest.first()? {
            b'[' => Some(b']'),
            b'(' => Some(b')'),
            b'<' => Some(b'>'),
            _ => None,
        };
        if let Some(close) = close {
            let inside = rest.get(1..)?;
            let end = inside
                .iter()
                .take(LONGEST_NAME)
                .position(|byte| *byte == close)?;
            self.rest = inside.get(end + 1..)?;
            return Some(Unit {
                text: inside.get(..end)?.trim_ascii(),
                bracketed: true,
                colon: false,
                set_apart: true,
            });
        }
        let end = rest
            .iter()
            .position(|byte| {
                byte.is_ascii_whitespace() || matches!(byte, b'|' | b'[' | b'(' | b'<')
            })
            .unwrap_or(rest.len());
        // Python's own format: `ERROR:root:message`.
        let level = rest.iter().take(end).position(|byte| *byte == b':');
        let end = level
            .filter(|&colon| words::level(rest.get(..colon).unwrap_or_default()).is_some())
            .map_or(end, |colon| colon + 1);
        let (word, after) = rest.split_at(end);
        self.rest = after;
        let colon = word.last() == Some(&b':');
        let trimmed = word
            .iter()
            .rposition(|byte| !matches!(byte, b':' | b',' | b'!' | b';'));
        let text = word.get(..=trimmed?)?;
        let set_apart = after.starts_with(b"  ")
            || after
                .trim_ascii_start()
                .first()
                .is_some_and(|byte| matches!(byte, b'|' | b'[' | b'(' | b'<'))
            || after.starts_with(b"\t")
            || after.starts_with(b" - ");
        Some(Unit {
            text,
            bracketed: false,
            colon,
            set_apart,
        })
    }
}

#[cfg(test)]
mod tests;
