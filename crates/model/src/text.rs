//! Text from other programs made safe to show.
//!
//! Process names, arguments and paths are chosen by whoever started the process:
//! they may hold newlines, terminal escape sequences, or characters that turn the
//! line around. Everything that reaches a terminal goes through [`safe`]; JSON
//! escapes for itself.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with everything that could move a cursor, end a line or reorder
/// characters written as an escape: `\n`, `\x1b`, `\u{202e}`.
pub fn safe(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if !is_unsafe(c) => shown.push(c),
            // Writing to a `String` cannot fail.
            c if (c as u32) < 0x100 => drop(write!(shown, "\\x{:02x}", c as u32)),
            c => drop(write!(shown, "\\u{{{:x}}}", c as u32)),
        }
    }
    Cow::Owned(shown)
}

/// Controls (C0, DEL, C1), line and paragraph separators, bidirectional controls
/// (Unicode UAX #9), zero-width characters and tags.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Arguments as one line that a shell would split into the same arguments again.
pub fn command_line(arguments: &[impl AsRef<str>]) -> String {
    let mut line = String::new();
    for argument in arguments {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&quoted(argument.as_ref()));
    }
    line
}

fn quoted(argument: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "@%+=:,./-_".contains(c);
    if !argument.is_empty() && argument.chars().all(plain) {
        return Cow::Borrowed(argument);
    }
    Cow::Owned(format!("'{}'", argument.replace('\'', "'\\''")))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{command_line, safe};

    #[test]
    fn escapes_are_visible() {
        assert_eq!(safe("a\nb\x1b[31m"), "a\\nb\\x1b[31m");
        assert_eq!(safe("\u{202e}cod.exe"), "\\u{202e}cod.exe");
        assert_eq!(safe("日本 ok (x)"), "日本 ok (x)");
    }

    #[test]
    fn spaces_are_quoted() {
        assert_eq!(command_line(&["sh", "-c", "a b", ""]), "sh -c 'a b' ''");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in any::<String>()) {
            prop_assert!(!safe(&text).chars().any(super::is_unsafe));
        }
    }
}
