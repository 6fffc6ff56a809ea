//! HTTP headers in command lines: which say nothing secret, and what of a credential
//! may stay readable.

use std::ops::Range;

use super::MASK;

/// Headers whose values say how to talk, not who one is. All others are hidden:
/// services invent their own names for keys.
pub(super) fn is_harmless(name: &[u8]) -> bool {
    [
        "accept",
        "accept-charset",
        "accept-encoding",
        "accept-language",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "host",
        "mcp-method",
        "mcp-protocol-version",
        "user-agent",
    ]
    .into_iter()
    .any(|harmless| name.eq_ignore_ascii_case(harmless.as_bytes()))
}

/// The length of the name, if an argument of `-H` can be a header: a name, and a colon
/// without `//` behind it. Some programs take `=` too.
pub(super) fn name_length(argument: &[u8]) -> Option<usize> {
    let colon = argument
        .iter()
        .position(|byte| matches!(byte, b':' | b'='))?;
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_header = colon > 0
        && argument[..colon].iter().all(name)
        && !argument[colon + 1..].starts_with(b"//");
    is_header.then_some(colon)
}

/// Whether a word is a scheme of the `Authorization` header behind which one word, the
/// credential, follows (the registry of RFC 9110 section 16.4.1, and some in use).
pub(super) fn is_scheme(word: &[u8]) -> bool {
    is_one_of(
        word,
        &[
            "basic",
            "bearer",
            "token",
            "apikey",
            "api-key",
            "bot",
            "negotiate",
            "ntlm",
            "dpop",
        ],
    )
}

/// Schemes behind which several words follow.
fn has_parameters(word: &[u8]) -> bool {
    is_one_of(word, &["digest", "oauth", "hawk", "signature", "hmac"])
        || word
            .get(..5)
            .is_some_and(|start| start.eq_ignore_ascii_case(b"aws4-"))
}

fn is_one_of(word: &[u8], words: &[&str]) -> bool {
    words
        .iter()
        .any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

/// What to hide of a header's value that ends where its string or argument ends: all
/// behind the scheme, or all.
pub(super) fn credential(bytes: &[u8], value: Range<usize>) -> Range<usize> {
    let word = word(bytes, value.start, value.end);
    let rest = skip_spaces(bytes, word.end, value.end);
    let scheme = &bytes[word.clone()];
    if rest < value.end && (is_scheme(scheme) || has_parameters(scheme)) {
        return rest..value.end;
    }
    word.start..value.end
}

/// What to hide of a header's value in the midst of a text: a cookie's pairs, the word
/// behind a scheme or the two words of an unknown one, the rest of the line for a
/// scheme with parameters.
pub(super) fn credential_in_text(bytes: &[u8], from: usize) -> Range<usize> {
    let first = next_word(bytes, from);
    let second = next_word(bytes, first.end);
    let text = &bytes[first.clone()];
    if has_parameters(text) {
        let rest = &bytes[second.start..];
        return second.start
            ..second.start + rest.iter().take_while(|byte| !ends_line(**byte)).count();
    }
    if is_scheme(text) {
        return second;
    }
    if text.ends_with(b";") {
        let mut last = first.clone();
        while bytes[last.clone()].ends_with(b";") {
            last = next_word(bytes, last.end);
        }
        return first.start..last.end;
    }
    let next = &bytes[second.clone()];
    let apart = text == MASK.as_bytes()
        || next.starts_with(b"-")
        || next.windows(3).any(|window| window == b"://");
    first.start..if apart || second.is_empty() {
        first.end
    } else {
        second.end
    }
}

/// The next word of a line, up to a quote and the backslashes before it.
pub(super) fn next_word(bytes: &[u8], from: usize) -> Range<usize> {
    let start = from
        + bytes[from..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
    let length = bytes[start..]
        .iter()
        .take_while(|byte| **byte > b' ' && !ends_line(**byte))
        .count();
    let end = start + length;
    if bytes.get(end).is_some_and(|byte| ends_line(*byte)) {
        let backslashes = bytes[start..end]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        return start..end - backslashes;
    }
    start..end
}

/// Whether a byte ends a line or the string in which it is.
const fn ends_line(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'`')
}

/// The first word between two places.
fn word(bytes: &[u8], from: usize, to: usize) -> Range<usize> {
    let start = skip_spaces(bytes, from, to);
    let length = bytes[start..to]
        .iter()
        .take_while(|byte| **byte > b' ')
        .count();
    start..start + length
}

fn skip_spaces(bytes: &[u8], from: usize, to: usize) -> usize {
    from + bytes[from..to]
        .iter()
        .take_while(|byte| **byte <= b' ')
        .count()
}
