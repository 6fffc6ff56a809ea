//! A name in a text with what stands around it.

use std::ops::Range;

use crate::redact::options;
use crate::redact::values;

/// What stands between a name and what may be its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    /// `=`, perhaps with spaces around it.
    Equals { loose: bool },
    /// `:`, behind a quoted name or not, perhaps with a space behind it.
    Colon { quoted: bool, loose: bool },
    /// A comma behind a quoted name: the next string of a list.
    Comma,
    /// A space.
    Space,
    /// Nothing that makes it a name.
    None,
}

/// A run of name bytes.
#[derive(Clone, Debug)]
pub(super) struct Name<'a> {
    bytes: &'a [u8],
    /// The whole run, with dashes before it.
    pub(super) range: Range<usize>,
    /// How many dashes it starts with.
    pub(super) dashes: usize,
    pub(super) separator: Separator,
    /// Where the value starts, if the separator has one.
    pub(super) value: usize,
}

impl<'a> Name<'a> {
    /// The name in a range of a text.
    pub(super) fn at(bytes: &'a [u8], range: Range<usize>) -> Self {
        let dashes = options::dashes(&bytes[range.clone()]);
        let (separator, value) = separator(bytes, &range, dashes > 0);
        Self {
            bytes,
            range,
            dashes,
            separator,
            value,
        }
    }

    /// The same name without its first bytes, as in `-eNAME`.
    pub(super) fn without_start(&self, length: usize) -> Self {
        Self {
            range: self.range.start + length..self.range.end,
            dashes: 0,
            ..self.clone()
        }
    }

    /// The name without dashes.
    pub(super) fn text(&self) -> &'a [u8] {
        &self.bytes[self.range.start + self.dashes..self.range.end]
    }

    /// The name with its dashes.
    pub(super) fn option(&self) -> &'a [u8] {
        &self.bytes[self.range.clone()]
    }

    pub(super) fn is_option(&self) -> bool {
        self.dashes > 0
    }

    /// The quote directly before the name, if the name's own string goes on behind it.
    pub(super) fn outer_quote(&self) -> Option<(u8, usize)> {
        values::quote_before(self.bytes, self.range.start)
    }

    /// Whether a variable can be assigned where the name starts.
    pub(super) fn starts_word(&self) -> bool {
        let before = self.range.start.checked_sub(1).map(|at| self.bytes[at]);
        before.is_none_or(|byte| {
            matches!(
                byte,
                0..=b' '
                    | b'"'
                    | b'\''
                    | b'`'
                    | b';'
                    | b'('
                    | b'{'
                    | b'['
                    | b'|'
                    | b'&'
                    | b','
                    | b'='
                    | b'!'
            )
        })
    }
}

fn separator(bytes: &[u8], name: &Range<usize>, option: bool) -> (Separator, usize) {
    let mut end = name.end;
    let mut quoted = false;
    if let Some(before) = values::quote_before(bytes, name.start)
        && values::opening_quote(bytes, end) == Some(before)
    {
        quoted = true;
        end += before.1 + 1;
    }
    // `headers[Authorization]=`, `environ["TOKEN"] =`
    let indexed = bytes.get(end) == Some(&b']');
    end += usize::from(indexed);
    let at = skip_spaces(bytes, end);
    let spaced = at > end;
    let next = bytes.get(at + 1).copied();
    match bytes.get(at) {
        Some(b'=') if spaced && next == Some(b'=') => (Separator::None, at),
        Some(b'=') => {
            let loose = spaced || quoted || indexed;
            let behind = at + 1 + usize::from(loose && next == Some(b'>'));
            let value = if loose {
                skip_spaces(bytes, behind)
            } else {
                behind
            };
            (Separator::Equals { loose }, value)
        }
        Some(b':') if next == Some(b':') || bytes[at..].starts_with(b"://") => {
            (Separator::None, at)
        }
        Some(b':') => {
            let behind = at + 1 + usize::from(next == Some(b'='));
            let value = skip_spaces(bytes, behind);
            (
                Separator::Colon {
                    quoted,
                    loose: value > behind,
                },
                value,
            )
        }
        Some(b',') if quoted && option => (Separator::Comma, skip_spaces(bytes, at + 1)),
        Some(byte) if spaced && *byte > b' ' => (Separator::Space, at),
        _ => (Separator::None, at),
    }
}

/// Behind spaces, tabs, and line ends that a backslash hides from a shell.
fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match bytes.get(at) {
            Some(b' ' | b'\t') => at += 1,
            Some(b'\\') if bytes.get(at + 1) == Some(&b'\n') => at += 2,
            _ => return at,
        }
    }
}
