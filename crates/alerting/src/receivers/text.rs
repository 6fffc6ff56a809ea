//! Texts for receivers. Names of servers, their evidence and what other machines answer are chosen by
//! others, so each text is made one line of a known length before it is used, and then escaped in the way
//! of where it goes.

/// One line: controls and characters that turn a line around are written as escapes, white space at both
/// ends is gone, and what is longer than `most` characters ends in `…`.
pub(super) fn line(text: &str, most: usize) -> String {
    cut(&model::text::safe(text.trim()), most)
}

/// The first `most` characters; if that is not all of them, the last one is `…`.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    if most > 0 {
        kept.push('…');
    }
    kept
}

/// What another machine or program said, as one line of at most `most` characters: runs of white space
/// are one space each.
pub(super) fn quote(said: &[u8], most: usize) -> String {
    let said = String::from_utf8_lossy(said);
    let words: Vec<&str> = said.split_whitespace().collect();
    line(&words.join(" "), most)
}

/// A text with everything escaped that means something in HTML or XML, also within quotes.
pub(super) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_stays_on_one_line() {
        assert_eq!(line(" a\nb\u{202e}c ", 20), "a\\nb\\u{202e}c");
        assert_eq!(
            quote(b"<h1>No</h1>\r\n\t go\xff away\x1b", 40),
            "<h1>No</h1> go\u{fffd} away\\x1b"
        );
    }

    #[test]
    fn long_texts_end_in_an_ellipsis() {
        assert_eq!(cut("abcdef", 6), "abcdef");
        assert_eq!(cut("abcdefg", 6), "abcde…");
        assert_eq!(cut("äöü", 2), "ä…");
        assert_eq!(cut("a", 0), "");
    }

    #[test]
    fn nothing_is_left_that_means_something_in_html() {
        assert_eq!(
            html("<a href=\"x\" title='y'>&amp;"),
            "&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;amp;"
        );
    }
}
