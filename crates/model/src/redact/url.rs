//! Secrets in URLs: user info, parameters, and paths that work as passwords.
//!
//! A URL in a text reaches to the next space or quote. Its authority is read as RFC 3986
//! section 3.2 says, but for passwords that were not encoded: where what follows a colon
//! is no port, or the scheme is a database's, user info reaches to the last `@`.

mod parts;
mod users;

use std::ops::Range;

use super::MASK;
use super::spans::Spans;
use parts::Url;

/// Notes the secrets of all URLs in a text, and where these are, in order.
pub(super) fn find(text: &str, urls: &mut Vec<Range<usize>>, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let mut free = 0;
    let mut region = 0;
    while let Some(colon) = find_from(text, "://", free) {
        let start = scheme_start(bytes, colon, free);
        users::find(bytes, free..start, spans);
        let authority = colon + 3;
        if authority > region {
            region = region_end(bytes, authority);
        }
        let next = find_from(text, "://", authority).filter(|next| *next < region);
        let end = next.map_or(region, |next| scheme_start(bytes, next, authority));
        let url = Url {
            bytes,
            scheme: start..colon,
            authority,
            end,
            region,
        };
        free = url.read(spans);
        urls.push(start..free);
    }
    users::find(bytes, free..bytes.len(), spans);
}

/// Notes the secrets of a string that is one URL, perhaps without a scheme; `offset` is
/// where it starts within its argument.
pub(super) fn whole(text: &str, offset: usize, spans: &mut Spans) {
    let bytes = text.as_bytes();
    let (scheme, authority) = match text.find("://") {
        Some(colon) if scheme_start(bytes, colon, 0) == 0 || text.starts_with("jdbc:") => {
            (0..colon, colon + 3)
        }
        // A path, or `host:port/path`.
        _ => (0..0, 0),
    };
    let mut found = Spans::default();
    let url = Url {
        bytes,
        scheme,
        authority,
        end: bytes.len(),
        region: bytes.len(),
    };
    url.read(&mut found);
    spans.add_all(found, offset);
}

fn find_from(text: &str, what: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// Where the scheme starts whose colon is at a place, not before `free`.
fn scheme_start(bytes: &[u8], colon: usize, free: usize) -> usize {
    let scheme = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let start = colon - bytes[free..colon].iter().rev().take_while(scheme).count();
    // `-Dx=http://`: dashes and dots don't start a scheme.
    let begins = bytes[start..colon].iter().position(u8::is_ascii_alphabetic);
    start + begins.unwrap_or(colon - start)
}

/// Where the URL ends in a text. A mask within it belongs to it.
fn region_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'<' if bytes[at..].starts_with(MASK.as_bytes()) => at += MASK.len(),
            0..=b' ' | b'"' | b'\'' | b'`' | b'<' | b'>' => break,
            _ => at += 1,
        }
    }
    // What ends a sentence, a command or a list around the URL.
    let around = |byte: &&u8| matches!(byte, b';' | b',' | b')' | b']' | b'}' | b'\\');
    at - bytes[from..at].iter().rev().take_while(around).count()
}
