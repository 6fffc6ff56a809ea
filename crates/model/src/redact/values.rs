//! Where a value ends, and which values are no secret although their name says so.

use std::ops::Range;

use super::names::Meaning;

/// A value in a text: what of it may be secret, and where reading goes on behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) inner: Range<usize>,
    pub(super) next: usize,
}

/// How the surroundings of a value are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// As for a shell: quoted parts may follow each other, operators end a word.
    Shell,
    /// As in JSON: a comma or a closing bracket ends it.
    Json,
}

/// The value that starts at a place: a quoted string, also with escaped quotes, the
/// inside of brackets (in JSON), or a word. What is not closed goes to the end.
pub(super) fn value(bytes: &[u8], at: usize, syntax: Syntax) -> Value {
    if let Some((quote, depth)) = opening_quote(bytes, at) {
        let content = at + depth + 1;
        let Some((end, next)) = closing_quote(bytes, content, quote, depth) else {
            return to_end(bytes, content);
        };
        if syntax == Syntax::Shell {
            let word = word_end(bytes, next, syntax);
            if word > next {
                return Value {
                    inner: at..word,
                    next: word,
                };
            }
        }
        return Value {
            inner: content..end,
            next,
        };
    }
    if syntax == Syntax::Json && matches!(bytes.get(at), Some(b'{' | b'[')) {
        return brackets(bytes, at);
    }
    let end = word_end(bytes, at, syntax);
    Value {
        inner: at..end,
        next: end,
    }
}

/// From a place to the quote that closes the string in which it is.
pub(super) fn quoted(bytes: &[u8], at: usize, quote: u8, depth: usize) -> Value {
    match closing_quote(bytes, at, quote, depth) {
        Some((end, next)) => Value {
            inner: at..end,
            next,
        },
        None => to_end(bytes, at),
    }
}

fn to_end(bytes: &[u8], at: usize) -> Value {
    Value {
        inner: at..bytes.len(),
        next: bytes.len(),
    }
}

/// A quote at a place, and the backslashes before it: how deep it is nested.
pub(super) fn opening_quote(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let rest = bytes.get(at..)?;
    let depth = rest.iter().take_while(|byte| **byte == b'\\').count();
    let quote = *rest.get(depth)?;
    is_quote(quote).then_some((quote, depth))
}

/// A quote that ends just before a place, with its backslashes.
pub(super) fn quote_before(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    let before = bytes.get(..at)?;
    let (quote, rest) = before.split_last()?;
    let depth = rest.iter().rev().take_while(|byte| **byte == b'\\').count();
    is_quote(*quote).then_some((*quote, depth))
}

const fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

/// Where a string ends that was opened with a quote behind `depth` backslashes: at the
/// same quote behind no more of them. More mean a quote within the string.
fn closing_quote(bytes: &[u8], from: usize, quote: u8, depth: usize) -> Option<(usize, usize)> {
    let mut backslashes = 0;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        if byte == b'\\' {
            backslashes += 1;
            continue;
        }
        if byte == quote {
            if backslashes <= depth {
                return Some((at - backslashes, at + 1));
            }
            if depth == 0 && backslashes % 2 == 0 {
                return Some((at, at + 1));
            }
        }
        backslashes = 0;
    }
    None
}

/// Where a word ends: at a space, at a quote that closes what is around the word, or at
/// a shell's operator behind which something else begins. Quoted parts and `$(..)`
/// within the word belong to it.
fn word_end(bytes: &[u8], from: usize, syntax: Syntax) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            0..=b' ' if at > from && bytes[at - 1] == b'\\' && byte == b' ' => at += 1,
            0..=b' ' => return at,
            b'"' | b'\'' | b'`' => {
                if ends_word(bytes, at + 1) {
                    let before = bytes[from..at].iter().rev();
                    return at - before.take_while(|byte| **byte == b'\\').count();
                }
                match closing_quote(bytes, at + 1, byte, 0) {
                    Some((_, next)) => at = next,
                    None => return bytes.len(),
                }
            }
            b';' | b'&' | b'|' | b')' if ends_word(bytes, at + 1) => return at,
            b',' | b'}' | b']' if syntax == Syntax::Json => return at,
            b'$' if bytes.get(at + 1) == Some(&b'(') => at = parentheses(bytes, at + 1),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn ends_word(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_none_or(|byte| {
        matches!(
            byte,
            0..=b' '
                | b'"'
                | b'\''
                | b'`'
                | b'\\'
                | b';'
                | b'&'
                | b'|'
                | b')'
                | b','
                | b'}'
                | b']'
                | b':'
        )
    })
}

/// Behind the parenthesis that closes the one at a place.
fn parentheses(bytes: &[u8], from: usize) -> usize {
    let mut open = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' => open += 1,
            b')' if open <= 1 => return at + 1,
            b')' => open -= 1,
            _ => {}
        }
    }
    bytes.len()
}

/// The inside of the brackets that open at a place; brackets within strings don't count.
fn brackets(bytes: &[u8], from: usize) -> Value {
    let mut open = 0_usize;
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => open += 1,
            b'}' | b']' => {
                open -= 1;
                if open == 0 {
                    return Value {
                        inner: from + 1..at,
                        next: at + 1,
                    };
                }
            }
            b'"' | b'\'' | b'\\' => {
                if let Some((quote, depth)) = opening_quote(bytes, at) {
                    let Some((_, next)) = closing_quote(bytes, at + depth + 1, quote, depth) else {
                        return to_end(bytes, from + 1);
                    };
                    at = next;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    to_end(bytes, from + 1)
}

/// What of a value is to be hidden, from its start; `None` where it is no secret.
pub(super) fn hidden(meaning: Meaning, value: &[u8]) -> Option<Range<usize>> {
    if value.is_empty() || is_reference(value) || meaning != Meaning::Variable && is_harmless(value)
    {
        return None;
    }
    let all = Some(0..value.len());
    match meaning {
        Meaning::SecretOrPath | Meaning::Address if is_path(value) => None,
        // The user info of a URL is for the reader of URLs.
        Meaning::Address if after_scheme(value).is_some() => None,
        Meaning::Secret | Meaning::Variable | Meaning::SecretOrPath | Meaning::Address => all,
        Meaning::Hook => {
            let Some(authority) = after_scheme(value) else {
                return all;
            };
            let path = value[authority..]
                .iter()
                .position(|byte| matches!(byte, b'/' | b'?' | b'#'))?;
            let secret = authority + path + 1..value.len();
            (!secret.is_empty()).then_some(secret)
        }
    }
}

/// Values that only say whether, or where the secret is: `true`, `${env:TOKEN}`.
pub(super) fn is_harmless(value: &[u8]) -> bool {
    let word = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    value.is_empty()
        || ["true", "false", "null", "none", "-", "--"]
            .into_iter()
            .any(word)
        || is_reference(value)
}

/// A reference in braces to a variable or an input, without a default.
fn is_reference(value: &[u8]) -> bool {
    value
        .strip_prefix(b"${")
        .and_then(|rest| rest.strip_suffix(b"}"))
        .is_some_and(|name| {
            let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
            let name = [&b"env:"[..], b"input:"]
                .into_iter()
                .find_map(|prefix| name.strip_prefix(prefix))
                .unwrap_or(name);
            !name.is_empty()
                && name.len() <= 64
                && name.iter().all(|byte| allowed(byte) || *byte == b'-')
        })
}

/// The length of a user's name with the sign behind it: `name:password`, also
/// `name%password` (Samba) and `name,password` (lftp). None where only a user is given.
pub(super) fn user_length(value: &[u8]) -> Option<usize> {
    let sign = value
        .iter()
        .position(|byte| matches!(byte, b':' | b'%' | b','))?;
    Some(sign + 1)
}

/// A path of a file: it starts as one, and has two segments or an extension.
pub(super) fn is_path(value: &[u8]) -> bool {
    let starts = [&b"/"[..], b"./", b"../", b"~/"];
    let Some(rest) = starts
        .into_iter()
        .find_map(|start| value.strip_prefix(start))
    else {
        return false;
    };
    let plain = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-' | b'@' | b'+')
    };
    rest.iter().all(plain)
        && rest.iter().any(|byte| matches!(byte, b'/' | b'.'))
        && !rest
            .split(|byte| matches!(byte, b'/' | b'.'))
            .any(|segment| super::randomness::looks_random(segment, 20))
}

/// Where the authority of a URL starts, also behind `jdbc:`.
fn after_scheme(value: &[u8]) -> Option<usize> {
    let scheme = value
        .iter()
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')))?;
    if value.starts_with(b"jdbc:") && scheme == 4 {
        return after_scheme(&value[5..]).map(|at| at + 5);
    }
    (scheme > 0 && value[scheme..].starts_with(b"://")).then_some(scheme + 3)
}
