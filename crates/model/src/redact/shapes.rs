//! What looks like a secret by itself, wherever it stands: tokens with a known prefix,
//! private keys, and long random strings and numbers.
//!
//! Random parts of paths stay, for that is where caches, stores and sockets have them,
//! as do UUIDs and numbers that a name before them makes an identifier.

use std::ops::Range;

use super::MASK;
use super::names::Words;
use super::prefixes;
use super::randomness;
use super::spans::Spans;
use super::survey::{SHORTEST_TOKEN, is_chunk, is_token};

/// The shortest random string, in bytes: what keys have at least.
const SHORTEST_RANDOM: usize = 20;
/// The shortest base64 string with slashes, in bytes. Shorter ones may be paths.
const SHORTEST_BASE64: usize = 32;

/// Notes them. With `objects`, long hexadecimal numbers are names of things.
pub(super) fn find(text: &str, objects: bool, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut keys = false;
    while at < bytes.len() {
        if !is_chunk(bytes[at]) {
            at += 1;
            continue;
        }
        let end = chunk_end(bytes, at);
        if end - at >= SHORTEST_TOKEN {
            chunk(bytes, at..end, objects, spans);
            keys |= bytes[..end].ends_with(b"-----BEGIN");
        }
        at = end;
    }
    if keys {
        private_keys(text, spans);
    }
}

/// The end of such a word; a mask within belongs to it.
fn chunk_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if is_chunk(byte) {
            at += 1;
        } else if byte == b'<' && bytes[at..].starts_with(MASK.as_bytes()) {
            at += MASK.len();
        } else {
            break;
        }
    }
    at
}

/// A word with its dots and slashes.
fn chunk(bytes: &[u8], range: Range<usize>, objects: bool, spans: &mut Spans) {
    let word = &bytes[range.clone()];
    let backslash = |at: usize| {
        bytes.get(at) == Some(&b'\\')
            && !bytes
                .get(at + 1)
                .is_some_and(|next| matches!(next, b'"' | b'\'' | b'n'))
    };
    let slashes = word.contains(&b'/');
    let path = slashes
        || range.start.checked_sub(1).is_some_and(backslash)
        || backslash(range.end)
        || bytes[..range.start].ends_with(b"file:");
    if slashes && is_base64(word) {
        spans.add(range.start..padded(bytes, range.end));
        return;
    }
    let mut at = range.start;
    while at < range.end {
        if !is_token(bytes[at]) {
            at += if bytes[at] == b'<' { MASK.len() } else { 1 };
            continue;
        }
        let end = at
            + bytes[at..range.end]
                .iter()
                .take_while(|byte| is_token(**byte))
                .count();
        if let Some(length) = prefixed(bytes, at, range.end) {
            spans.add(length.clone());
            at = length.end.max(end);
            continue;
        }
        if !path && end - at >= SHORTEST_RANDOM {
            run(bytes, at..end, objects, spans);
        }
        at = end;
    }
}

/// A token with a known prefix that starts a word, or follows dashes.
fn prefixed(bytes: &[u8], at: usize, end: usize) -> Option<Range<usize>> {
    let dashes = bytes[at..end]
        .iter()
        .take_while(|byte| **byte == b'-')
        .count();
    let start = at + dashes;
    let length = prefixes::token_length(&bytes[start..end])?;
    Some(start..padded(bytes, start + length))
}

/// A run of token bytes outside of paths.
fn run(bytes: &[u8], range: Range<usize>, objects: bool, spans: &mut Spans) {
    let word = &bytes[range.clone()];
    let mut at = range.start;
    let mut number = false;
    for part in word.split(|byte| !byte.is_ascii_alphanumeric()) {
        if randomness::is_hexadecimal(part) {
            number = true;
            if !objects && !is_identifier(bytes, range.start) {
                spans.add(at..at + part.len());
            }
        }
        at += part.len() + 1;
    }
    let digest = [&b"sha256-"[..], b"sha384-", b"sha512-"]
        .iter()
        .any(|start| word.starts_with(start));
    if !number && !digest && randomness::looks_random(word, SHORTEST_RANDOM) {
        spans.add(range.start..padded(bytes, range.end));
    }
}

/// Whether a word before `=`, `:` or `@` says that a number is a name or a digest:
/// `guid=0a1b..`, `image@sha256:0a1b..`, `"id": "0a1b.."`.
fn is_identifier(bytes: &[u8], at: usize) -> bool {
    let quote = |byte: &&u8| matches!(byte, b'"' | b'\'' | b'\\' | b' ');
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let before = without_end(&bytes[..at], quote);
    let Some((b'=' | b':' | b'@', before)) = before.split_last() else {
        return false;
    };
    let before = without_end(before, quote);
    let rest = without_end(before, name);
    Words::of(&before[rest.len()..]).is_identifier()
}

/// The bytes without those of a kind at their end, of which few are looked at.
fn without_end(bytes: &[u8], is: impl Fn(&&u8) -> bool) -> &[u8] {
    let length = bytes.iter().rev().take(32).take_while(is).count();
    &bytes[..bytes.len() - length]
}

/// Whether a word with slashes is base64 and no path.
fn is_base64(word: &[u8]) -> bool {
    word.len() >= SHORTEST_BASE64
        && word[0] != b'/'
        && word
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+'))
        && randomness::looks_random_with_slashes(word)
}

/// Behind the padding of base64.
fn padded(bytes: &[u8], end: usize) -> usize {
    end + bytes[end..]
        .iter()
        .take(2)
        .take_while(|byte| **byte == b'=')
        .count()
}

/// Private keys as text (RFC 7468), with their lines or the signs that stand for these,
/// to their end or to the end of the text.
fn private_keys(text: &str, spans: &mut Spans) {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY";
    let mut from = 0;
    while let Some(start) = text[from..].find(BEGIN).map(|at| from + at) {
        let label = start + BEGIN.len();
        let Some(length) = text[label..].find("-----") else {
            return;
        };
        from = label + length;
        if !text[label..from].contains(KEY) {
            continue;
        }
        let closing = text[from..].find("-----END ").map(|at| from + at + 9);
        let end = closing.and_then(|at| Some(at + text[at..].find("-----")? + 5));
        spans.add(start..end.unwrap_or(text.len()));
        from = end.unwrap_or(text.len());
    }
}
