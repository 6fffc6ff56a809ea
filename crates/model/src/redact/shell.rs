//! Names that announce a secret, and the value behind them, in any text: a command
//! joined by spaces, a shell's command, JSON, a log line.
//!
//! The text is not parsed by the grammar of one language, for it may be several within
//! each other: JSON within a shell's command within JSON. Each name is looked at with
//! what stands around it: the dashes and the quote before it, and `=`, `:`, a comma or
//! a space behind it. Quotes are followed at their depth of backslashes.

mod hide;
mod name;
mod options;

use std::ops::Range;

use super::names::{self, Meaning, Words};
use super::programs;
use super::spans::Spans;
use super::survey::is_name;
use super::values::{self, Syntax};
use name::{Name, Separator};

/// Notes the values that are secret by the names before them, but not within `urls`,
/// which are in order and have their own reader.
pub(super) fn find(text: &str, urls: &[Range<usize>], spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut reader = Reader {
        bytes,
        spans,
        announced: None,
        assigning: false,
        label: None,
        command: None,
        program: b"",
    };
    let mut urls = urls.iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        if !is_name(bytes[at]) {
            at += 1;
            continue;
        }
        while urls.next_if(|url| url.end <= at).is_some() {}
        let length = bytes[at..]
            .iter()
            .take_while(|byte| is_name(**byte))
            .count();
        let end = at + length;
        at = match urls.peek() {
            Some(url) if url.start < end => url.end.max(end),
            _ => reader.read(&Name::at(bytes, at..end)).max(end),
        };
    }
}

/// How far behind its label a value may stand, in bytes: `", "value`.
const LABEL_WITHIN: usize = 16;

struct Reader<'a, 's> {
    bytes: &'a [u8],
    spans: &'s mut Spans,
    /// What the name that starts at a place is, by the word before it; of a setting,
    /// where the word ends.
    announced: Option<(usize, Announced)>,
    /// `env` was called, and so far only with options and assignments.
    assigning: bool,
    /// Where a string ends that announces a secret to a value beside it.
    label: Option<usize>,
    /// Where a shell's command starts, behind its quote: `-c "`.
    command: Option<usize>,
    /// The program that was named last, if anything is known about it.
    program: &'a [u8],
}

/// What a name is by the word before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Announced {
    /// A variable: `-e NAME=value`.
    Variable,
    /// A variable, and its value is the next word: `--setenv NAME value`.
    VariableAndValue,
    /// Something to be set, and its value is the next word: `set NAME value`.
    Setting,
    /// A header: `-H "Name: value"`.
    Header,
}

impl<'a> Reader<'a, '_> {
    /// Looks at one name. Returns where to go on reading.
    fn read(&mut self, name: &Name<'a>) -> usize {
        if let Some((place, announced)) = self.announced {
            let setting = announced == Announced::Setting;
            let here = if setting {
                name.range.end
            } else {
                name.range.start
            };
            if place <= here {
                self.announced = None;
            }
            if place == here
                && let Some(next) = self.read_announced(announced, name)
            {
                return next;
            }
        }
        if name.separator == Separator::None && !name.is_option() {
            self.see_label(name);
            return name.range.end;
        }
        if name.is_option() {
            if let Some(next) = self.read_option(name) {
                return next;
            }
        } else if name.separator == Separator::Space {
            return self.read_word(name);
        }
        if self.is_assignment(name) {
            return self.hide(&self.value(name), Meaning::Variable);
        }
        self.assigning &= name.is_option();
        self.read_named(name)
    }

    /// `NAME=`: whatever the name says, values of variables are never shown.
    fn is_assignment(&self, name: &Name) -> bool {
        let Separator::Equals { loose } = name.separator else {
            return false;
        };
        if name.is_option() {
            return false;
        }
        let text = name.text();
        let assigned = names::is_upper_case(text) || self.assigning && names::is_variable(text);
        assigned && !loose && name.starts_word()
            || text.starts_with(b"process.env.")
            || announces_variable(&self.bytes[..name.range.start])
    }

    /// A string that is a name: `{"name":"API_KEY","value":"X"}`.
    fn see_label(&mut self, name: &Name<'a>) {
        let text = name.text();
        let whole = name.outer_quote().is_some()
            && values::opening_quote(self.bytes, name.range.end).is_some();
        if whole && (names::is_upper_case(text) || names::meaning(text).is_some()) {
            self.label = Some(name.range.end);
        }
    }

    /// A name with `=`, `:` or a comma behind it.
    fn read_named(&mut self, name: &Name<'a>) -> usize {
        let text = name.text();
        let end = name.range.end;
        if matches!(name.separator, Separator::None | Separator::Space) {
            return end;
        }
        let list = matches!(self.bytes.get(name.value), Some(b'{' | b'['));
        let words = Words::of(text);
        if list && (words.holds_environment() || words.holds_headers()) {
            return self.hide(
                &values::value(self.bytes, name.value, Syntax::Json),
                Meaning::Variable,
            );
        }
        let labelled = matches!(text, b"value" | b"Value")
            && self
                .label
                .take()
                .is_some_and(|label| name.range.start - label <= LABEL_WITHIN);
        if labelled {
            return self.hide(&self.value(name), Meaning::Variable);
        }
        let Some(meaning) = words.meaning() else {
            return end;
        };
        if let Separator::Colon {
            quoted: false,
            loose,
        } = name.separator
            && !name.is_option()
        {
            // An image's tag, a mounted volume, a heading.
            let weak = meaning == Meaning::SecretOrPath && !loose && !list;
            let segment = is_segment(&self.bytes[..name.range.start]);
            if weak || segment || is_mounted(&self.bytes[name.value..]) {
                return end;
            }
            if is_credential(text) {
                return self.hide_header(name);
            }
        }
        let value = self.value(name);
        self.hide_named(&value, meaning)
    }

    /// A word before another one.
    fn read_word(&mut self, name: &Name<'a>) -> usize {
        let text = name.text();
        if programs::is_known(text) {
            self.program = text;
        }
        self.assigning = text == b"env";
        match text {
            b"set" | b"config" => self.announce_setting(name.value),
            b"setenv" => self.announced = Some((name.value, Announced::VariableAndValue)),
            _ => {}
        }
        let bearer = text.eq_ignore_ascii_case(b"bearer");
        if bearer || text.eq_ignore_ascii_case(b"basic") {
            let value = values::value(self.bytes, name.value, Syntax::Shell);
            let word = &self.bytes[value.inner.clone()];
            // What base64 has, and a word behind "Basic" in a sentence has not.
            let sign =
                |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'=';
            if word.len() >= 8 && (bearer || word[1..].iter().any(sign)) {
                return self.hide(&value, Meaning::Secret);
            }
        }
        name.range.end
    }
}

/// Whether a name is of a header whose credential has a scheme, or of a cookie.
fn is_credential(name: &[u8]) -> bool {
    ["authorization", "cookie"].iter().any(|end| {
        name.len()
            .checked_sub(end.len())
            .is_some_and(|at| name[at..].eq_ignore_ascii_case(end.as_bytes()))
    })
}

/// Whether what ends here is the start of a path, and no slash that marks an option:
/// `/run/secrets:ro`, not `/password:X`.
fn is_segment(before: &[u8]) -> bool {
    before.strip_suffix(b"/").is_some_and(|before| {
        before
            .last()
            .is_some_and(|byte| *byte > b' ' && *byte != b'"' && *byte != b'\'')
    })
}

/// Whether what ends here says that a variable's name follows: `environ['`, `$env:`.
fn announces_variable(before: &[u8]) -> bool {
    let quote = |byte: &u8| matches!(byte, b'"' | b'\'' | b'\\');
    let quotes = before
        .iter()
        .rev()
        .take_while(|byte| quote(byte))
        .take(8)
        .count();
    let before = &before[..before.len() - quotes];
    [
        &b"environ["[..],
        b"env[",
        b"ENV[",
        b"env:",
        b"Env:",
        b"ENV:",
    ]
    .iter()
    .any(|end| before.ends_with(end))
}

/// Whether a volume is mounted here rather than a secret told: `secrets:/run/secrets:ro`.
fn is_mounted(value: &[u8]) -> bool {
    let path = value
        .iter()
        .take_while(|byte| **byte > b' ' && !matches!(byte, b':' | b','))
        .count();
    value.starts_with(b"/") && values::is_path(&value[..path])
}
