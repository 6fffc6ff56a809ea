//! User info in front of a host, without a scheme: `--proxy user:password@host:8080`.
//!
//! Packages, images and mails have an `@` too, so something has to speak for a password.

use std::ops::Range;

use crate::redact::spans::Spans;

/// Notes user info in a range of a text that holds no URL.
pub(super) fn find(bytes: &[u8], range: Range<usize>, spans: &mut Spans) {
    let mut from = range.start;
    while let Some(length) = bytes[from..range.end].iter().position(|byte| *byte == b'@') {
        let at = from + length;
        let apart = |byte: &u8| {
            matches!(
                byte,
                0..=b' ' | b'"' | b'\'' | b'`' | b'=' | b',' | b'(' | b'/' | b'\\' | b'|' | b';'
            )
        };
        let start = bytes[from..at]
            .iter()
            .rposition(apart)
            .map_or(from, |before| from + before + 1);
        let word = &bytes[start..at];
        let colon = word.iter().position(|byte| *byte == b':');
        if let Some(colon) = colon
            && colon > 0
            && colon + 1 < word.len()
            && !names_package(&word[..colon])
            && is_authority(bytes, start..at, colon, range.end)
        {
            spans.add(start..at);
        }
        from = at + 1;
    }
}

/// Whether `user:password` goes with what is around it: behind `//`, before a host that
/// can't be a version, or with a password that can't be one.
fn is_authority(bytes: &[u8], user_info: Range<usize>, colon: usize, end: usize) -> bool {
    let host = &bytes[user_info.end + 1..end];
    let before = &bytes[..user_info.start];
    if before.ends_with(b"//") || before.ends_with(b"\\/") || is_host(host) {
        return true;
    }
    let password = &bytes[user_info.start + colon + 1..user_info.end];
    let letters = password
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    let length = host.iter().take(64).take_while(name).count();
    let ends = host
        .get(length)
        .is_none_or(|byte| matches!(byte, 0..=b' ' | b'/' | b'"' | b'\'' | b'`'));
    let named = host.first().is_some_and(u8::is_ascii_alphabetic) && ends;
    named && letters >= 4 && letters < password.len() && !host.starts_with(b"latest")
}

/// Words before a colon that make what is behind an `@` a version: `npm:lodash@4.17.21`.
fn names_package(word: &[u8]) -> bool {
    matches!(
        word,
        b"npm"
            | b"jsr"
            | b"file"
            | b"link"
            | b"workspace"
            | b"portal"
            | b"patch"
            | b"github"
            | b"gitlab"
            | b"bitbucket"
            | b"mailto"
            | b"sip"
            | b"acct"
            | b"pkg"
    )
}

/// Whether what is behind an `@` starts with a host: a name with a domain, an address of
/// four numbers, or anything with a port, but no digest.
fn is_host(rest: &[u8]) -> bool {
    let name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    let (host, behind) = rest.split_at(rest.iter().take(254).take_while(name).count());
    if host.is_empty() || matches!(host, b"sha256" | b"sha512" | b"sha1" | b"md5") {
        return false;
    }
    let labels = host.split(|byte| *byte == b'.');
    let number = |label: &[u8]| !label.is_empty() && label.iter().all(u8::is_ascii_digit);
    let domain = host.contains(&b'.')
        && labels
            .clone()
            .next_back()
            .is_some_and(|last| last.len() > 1 && last.iter().all(u8::is_ascii_alphabetic));
    let port = behind.first() == Some(&b':') && behind.get(1).is_some_and(u8::is_ascii_digit);
    let dialled = matches!(host, b"tcp" | b"unix") && behind.first() == Some(&b'(');
    host == b"localhost"
        || domain
        || port
        || dialled
        || labels.clone().count() == 4 && labels.clone().all(number)
}
