//! JSON, JSON with comments and JSON5, with the line of each value.
//!
//! One pass over the text. Only what is wanted is kept; the rest is checked and
//! skipped without being stored. Nesting is bounded, so hostile input cannot use up
//! the stack. Lenient where clients are: a control character in a string is taken
//! as it is; but a string ends on its line, which finds a forgotten quote where it is.

use super::{KeyPath, count};
use crate::declared::node::{Budget, Entry, MAX_DEPTH, Node, Value, too_deep};
use crate::declared::problem::{Fault, ProblemKind};

/// Reads one document. See [`super::parse`] for `wanted`.
pub(super) fn parse(text: &str, wanted: &[KeyPath]) -> Result<Node, Fault> {
    let mut scanner = Scanner {
        text,
        at: 0,
        line: 1,
        line_start: 0,
        budget: Budget::new(),
    };
    scanner.blank()?;
    let node = scanner.value(0, &Keep::of(wanted.iter().copied()))?;
    scanner.blank()?;
    match scanner.peek() {
        None => Ok(node),
        Some(_) => Err(scanner.fault("expected the end of the file after the first value")),
    }
}

/// How much of a value is kept.
enum Keep {
    All,
    /// Only what these ways lead to.
    Within(Vec<KeyPath>),
    Nothing,
}

impl Keep {
    fn of(ways: impl Iterator<Item = KeyPath>) -> Self {
        let ways: Vec<_> = ways.collect();
        if ways.iter().any(|way| way.is_empty()) {
            Self::All
        } else if ways.is_empty() {
            Self::Nothing
        } else {
            Self::Within(ways)
        }
    }

    fn below(&self, key: &str) -> Self {
        let Self::Within(ways) = self else {
            return if self.is_nothing() {
                Self::Nothing
            } else {
                Self::All
            };
        };
        Self::of(ways.iter().filter_map(|way| match way.split_first() {
            Some((first, rest)) if *first == "*" || *first == key => Some(rest),
            _ => None,
        }))
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }
}

/// Where something begins: its column is counted only if it turns out to be wrong,
/// because a file may be one line of megabytes.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    line: u32,
    line_start: usize,
}

struct Scanner<'t> {
    text: &'t str,
    /// Bytes read; always between two characters.
    at: usize,
    line: u32,
    line_start: usize,
    budget: Budget,
}

impl<'t> Scanner<'t> {
    fn value(&mut self, depth: usize, keep: &Keep) -> Result<Node, Fault> {
        if depth >= MAX_DEPTH {
            return Err(too_deep(self.line));
        }
        let line = self.line;
        if !keep.is_nothing() {
            self.budget.spend_text(0, line)?;
        }
        let value = match self.peek() {
            Some('{') => Value::Map(self.map(depth, keep)?),
            Some('[') => Value::List(self.list(depth, keep)?),
            Some(quote @ ('"' | '\'')) => Value::Text(self.string(quote, !keep.is_nothing())?),
            Some(c) if is_word(c) => self.word(keep)?,
            Some(_) => return Err(self.fault("expected a value")),
            None => return Err(self.fault("the file ends where a value should be")),
        };
        Ok(Node { line, value })
    }

    fn map(&mut self, depth: usize, keep: &Keep) -> Result<Vec<Entry>, Fault> {
        let (mut entries, opened) = (Vec::new(), self.line);
        self.bump();
        loop {
            self.blank()?;
            let line = self.line;
            let key = match self.peek() {
                Some('}') => break,
                Some(quote @ ('"' | '\'')) => self.string(quote, !keep.is_nothing())?,
                Some(c) if is_name(c) => self.take_while(is_name).to_owned(),
                Some(_) => return Err(self.fault("expected a key or `}`")),
                None => return Err(self.unclosed("{", opened)),
            };
            self.blank()?;
            if self.peek() != Some(':') {
                return Err(self.fault("expected `:` after the key"));
            }
            self.bump();
            self.blank()?;
            let keep = keep.below(&key);
            let node = self.value(depth + 1, &keep)?;
            if !keep.is_nothing() {
                entries.push(Entry { key, line, node });
            }
            self.blank()?;
            match self.peek() {
                Some(',') => self.bump(),
                Some('}') => {}
                Some(_) => return Err(self.fault("expected `,` or `}` after the value")),
                None => return Err(self.unclosed("{", opened)),
            }
        }
        self.bump();
        Ok(entries)
    }

    fn list(&mut self, depth: usize, keep: &Keep) -> Result<Vec<Node>, Fault> {
        // Ways lead through maps only: of a list all is kept or nothing.
        let keep = if matches!(keep, Keep::All) {
            Keep::All
        } else {
            Keep::Nothing
        };
        let (mut nodes, opened) = (Vec::new(), self.line);
        self.bump();
        loop {
            self.blank()?;
            match self.peek() {
                Some(']') => break,
                None => return Err(self.unclosed("[", opened)),
                Some(_) => {}
            }
            let node = self.value(depth + 1, &keep)?;
            if !keep.is_nothing() {
                nodes.push(node);
            }
            self.blank()?;
            match self.peek() {
                Some(',') => self.bump(),
                Some(']') => {}
                Some(_) => return Err(self.fault("expected `,` or `]` after the value")),
                None => return Err(self.unclosed("[", opened)),
            }
        }
        self.bump();
        Ok(nodes)
    }

    /// A string in quotes; empty if it is not kept.
    fn string(&mut self, quote: char, keep: bool) -> Result<String, Fault> {
        let opened = self.place();
        self.bump();
        let mut string = String::new();
        loop {
            // All three are single bytes, which occur within no other character.
            let ends = |&byte: &u8| byte == quote as u8 || byte == b'\\' || byte == b'\n';
            let rest = self.rest();
            let plain = &rest[..rest
                .bytes()
                .position(|byte| ends(&byte))
                .unwrap_or(rest.len())];
            self.at += plain.len();
            if keep {
                self.budget.spend_text(plain.len(), opened.line)?;
                string.push_str(plain);
            }
            match self.peek() {
                Some('\\') => {
                    if let Some(c) = self.escape()?
                        && keep
                    {
                        string.push(c);
                    }
                }
                Some(c) if c == quote => break,
                _ => return Err(self.fault_at(opened, "this string is not closed on its line")),
            }
        }
        self.bump();
        Ok(string)
    }

    /// What an escape in a string stands for; nothing for a line that goes on.
    fn escape(&mut self) -> Result<Option<char>, Fault> {
        let begin = self.place();
        let fault =
            |scanner: &Self| scanner.fault_at(begin, "an escape in a string is not complete");
        self.bump();
        let Some(c) = self.peek() else {
            return Err(fault(self));
        };
        self.bump();
        Ok(Some(match c {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '0' => '\0',
            'x' => self
                .hex(2)
                .and_then(char::from_u32)
                .ok_or_else(|| fault(self))?,
            'u' => self.utf16().ok_or_else(|| fault(self))?,
            '\r' => {
                if self.peek() == Some('\n') {
                    self.bump();
                }
                return Ok(None);
            }
            '\n' | '\u{2028}' | '\u{2029}' => return Ok(None),
            other => other,
        }))
    }

    /// The rest of `\u0041`, and of a second one that belongs to it; half a pair
    /// becomes the replacement character.
    fn utf16(&mut self) -> Option<char> {
        let first = self.hex(4)?;
        if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            let first_half = self.at;
            self.at += 2;
            let second = self.hex(4)?;
            if (0xdc00..0xe000).contains(&second) {
                return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            }
            self.at = first_half;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.rest().get(..digits)?;
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        u32::from_str_radix(text, 16).ok()
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self, keep: &Keep) -> Result<Value, Fault> {
        let begin = self.place();
        let word = self.take_while(is_word);
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ if !is_number(word) => {
                Err(self.fault_at(begin, "expected a value: text needs quotes"))
            }
            _ if keep.is_nothing() => Ok(Value::Null),
            _ => {
                self.budget.spend_text(word.len(), self.line)?;
                Ok(Value::Number(word.to_owned()))
            }
        }
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), Fault> {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some(c) if c.is_whitespace() || c == '\u{feff}' => self.bump(),
                Some('/') if self.rest().starts_with("//") => {
                    self.take_while(|c| c != '\n');
                }
                Some('/') if self.rest().starts_with("/*") => {
                    let Some(length) = self.rest()[2..].find("*/") else {
                        return Err(self.fault("this comment is not closed"));
                    };
                    let end = self.at + 2 + length + 2;
                    while self.at < end {
                        self.bump();
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        match self.text.as_bytes().get(self.at) {
            // Most of a file is ASCII.
            Some(&byte) if byte.is_ascii() => Some(byte.into()),
            _ => self.rest().chars().next(),
        }
    }

    /// Steps over one character.
    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.at += c.len_utf8();
            if c == '\n' {
                self.line += 1;
                self.line_start = self.at;
            }
        }
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'t str {
        let start = self.at;
        while let Some(c) = self.peek()
            && accept(c)
        {
            self.bump();
        }
        &self.text[start..self.at]
    }

    /// A fault at the place that has been reached.
    fn fault(&self, message: &str) -> Fault {
        self.fault_at(self.place(), message)
    }

    fn fault_at(&self, place: Place, message: &str) -> Fault {
        let column = self.text[place.line_start..place.at].chars().count();
        Fault::new(ProblemKind::Syntax, message).at(place.line, count(column + 1))
    }

    fn place(&self) -> Place {
        Place {
            at: self.at,
            line: self.line,
            line_start: self.line_start,
        }
    }

    fn unclosed(&self, bracket: &str, opened: u32) -> Fault {
        self.fault(&format!(
            "the file ends, but `{bracket}` of line {opened} is not closed"
        ))
    }
}

/// May the character stand in a key without quotes?
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '\u{200c}' | '\u{200d}')
}

/// May the character stand in a number or in `true`?
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// A number of JSON5: also hexadecimal, `.5`, `5.`, `+5`, `Infinity` and `NaN`.
fn is_number(word: &str) -> bool {
    let word = word.strip_prefix(['+', '-']).unwrap_or(word);
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return !hex.is_empty() && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if matches!(word, "Infinity" | "NaN") {
        return true;
    }
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match word.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (word, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_is_right = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent_is_right
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
