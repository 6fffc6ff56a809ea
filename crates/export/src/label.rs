//! Label values: chosen by whoever started a process, so anything may be in them.
//!
//! What could end a line, move a cursor or reorder characters becomes a visible escape, as
//! everywhere in mcpvisor ([`model::text::safe`]); quotes and backslashes are escaped as the formats
//! say; a long value keeps its beginning and gets a checksum in place of its end, so that two long
//! values stay two series.

use std::borrow::Cow;

/// Longest value that is kept whole, characters.
const LONGEST: usize = 200;

/// Characters of a cut value that are its own; `~` and eight digits follow.
const KEPT: usize = LONGEST - 9;

/// Appends a value, without the quotes around it.
pub(crate) fn push(page: &mut String, value: &str) {
    if is_plain(value) {
        page.push_str(value);
        return;
    }
    for c in shown(value).chars() {
        if matches!(c, '"' | '\\') {
            page.push('\\');
        }
        page.push(c);
    }
}

/// Is the value written as it is? Most are names, in which nothing needs a second look.
pub(crate) fn is_plain(value: &str) -> bool {
    value.len() <= LONGEST
        && value
            .bytes()
            .all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\')
}

/// The value that a reader of the page gets.
pub(crate) fn shown(value: &str) -> Cow<'_, str> {
    let safe = model::text::safe(value);
    if safe.char_indices().nth(LONGEST).is_none() {
        return safe;
    }
    let end = safe
        .char_indices()
        .nth(KEPT)
        .map_or(safe.len(), |(end, _)| end);
    let kept = safe.get(..end).unwrap_or_default();
    Cow::Owned(format!("{kept}~{:08x}", checksum(value)))
}

/// FNV-1a with 32 bits (the IETF's draft-eastlake-fnv): the same in every version, so a series
/// keeps its name. It tells values apart by accident only, which is all that is asked here.
fn checksum(value: &str) -> u32 {
    value.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &str) -> String {
        let mut page = String::new();
        push(&mut page, value);
        page
    }

    #[test]
    fn names_stay_as_they_are() {
        for name in ["memory", "日本 server", "@scope/pkg (2)", ""] {
            assert_eq!(written(name), name);
        }
    }

    #[test]
    fn nothing_ends_a_line_or_a_value() {
        for (value, expected) in [
            ("a\"b", "a\\\"b"),
            ("a\\", "a\\\\"),
            ("a\nb", "a\\\\nb"),
            ("a\r\u{1b}[31m", "a\\\\r\\\\x1b[31m"),
            ("\u{202e}gpj.exe", "\\\\u{202e}gpj.exe"),
            ("\u{2028}", "\\\\u{2028}"),
        ] {
            assert_eq!(written(value), expected, "{value:?}");
        }
    }

    #[test]
    fn long_values_are_cut_between_characters_and_stay_apart() {
        let common = "é".repeat(LONGEST);
        assert_eq!(written(&common), common);
        let (a, b) = (format!("{common}a"), format!("{common}b"));
        let cut = written(&a);
        assert_eq!(cut.chars().count(), LONGEST);
        assert!(cut.starts_with(&"é".repeat(KEPT)));
        assert_ne!(cut, written(&b));
        assert_eq!(checksum("foobar"), 0xbf9c_f968);
    }
}
