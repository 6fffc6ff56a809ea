//! Text from other programs on its way to the screen.
//!
//! Everything that a process, a file or an error may have chosen goes through [`text`] or
//! `arguments`: secrets are replaced, control characters become visible escapes, and what is
//! longer than a screen could ever show is cut.

use std::borrow::Cow;

use model::Process;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Look;

/// More of a text than this is never shown, bytes: a 400-column screen of four-byte characters.
const LONGEST: usize = 1600;
/// More arguments of a command line than this are never shown.
const MOST_ARGUMENTS: usize = 64;

/// Text without secrets and control characters.
pub fn text(text: &str) -> String {
    cut(&model::text::safe(&model::redact::text(text))).to_owned()
}

/// The command line of a process without secrets and control characters; its name in brackets if
/// it has none.
pub fn command_line(process: &Process) -> String {
    let argv = process.argv();
    if argv.is_empty() {
        return text(&format!("[{}]", process.comm()));
    }
    let mut arguments = model::redact::arguments(&argv[..argv.len().min(MOST_ARGUMENTS)]);
    for argument in &mut arguments {
        if argument.len() > LONGEST {
            *argument = cut(argument).to_owned();
        }
    }
    cut(&model::text::safe(&model::text::command_line(&arguments))).to_owned()
}

/// At most [`LONGEST`] bytes, whole characters.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

/// Columns that a text takes on the screen.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most so many columns; an ellipsis stands for what was cut.
pub fn fit(text: &str, columns: usize, look: Look) -> Cow<'_, str> {
    if text.len() <= columns || text.width() <= columns {
        return Cow::Borrowed(text);
    }
    let mut taken = 0;
    let mut end = 0;
    for (at, c) in text.char_indices() {
        let wide = c.width().unwrap_or(0);
        if taken + wide + 1 > columns {
            break;
        }
        taken += wide;
        end = at + c.len_utf8();
    }
    match columns {
        0 => Cow::Borrowed(""),
        _ => Cow::Owned(format!("{}{}", &text[..end], look.ellipsis())),
    }
}

/// A text broken into lines of at most so many columns, between words where that is possible.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    if text.width() <= columns {
        // As it is: columns of a report stay below each other.
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut taken = 0;
    for word in text.split(' ') {
        let wide = word.width();
        if taken > 0 && taken + 1 + wide <= columns {
            line.push(' ');
            line.push_str(word);
            taken += 1 + wide;
            continue;
        }
        if taken > 0 {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if taken + wide > columns {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push(c);
            taken += wide;
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look {
        colour: false,
        unicode: true,
    };

    #[test]
    fn what_does_not_fit_is_cut_at_a_whole_character() {
        for (text, columns, expected) in [
            ("memory", 6, "memory"),
            ("memory", 5, "memo…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("x", 0, ""),
        ] {
            assert_eq!(fit(text, columns, LOOK), expected, "{text} in {columns}");
        }
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("abcdefghijkl m", 8), ["abcdefgh", "ijkl m"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("  a   b", 8), ["  a   b"]);
    }

    #[test]
    fn long_text_ends() {
        assert!(text(&"ä".repeat(1 << 20)).len() <= LONGEST);
        assert_eq!(text("a\x1b[2Jb"), "a\\x1b[2Jb");
    }
}
