//! Command lines and URLs as people may see them, and words as a shell splits them.

use model::{redact, text};

/// A command with its arguments, secrets masked.
pub(super) fn command_line(command: &str, arguments: &[String]) -> String {
    let words: Vec<_> = std::iter::once(command.to_owned())
        .chain(arguments.iter().cloned())
        .collect();
    text::command_line(&redact::arguments(&words))
}

/// A URL, secrets masked.
pub(super) fn url(url: &str) -> String {
    redact::url(url).into_owned()
}

/// The words of a command line, split at white space, with quotes and backslashes as
/// in a shell but nothing replaced. A quote that is not closed reaches to the end.
pub(super) fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(characters.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn lines_are_split_as_a_shell_does() {
        for (line, expected) in [
            ("uvx mcp-server-time", vec!["uvx", "mcp-server-time"]),
            ("  a\t b ", vec!["a", "b"]),
            ("sh -c 'a \"b\" \\'", vec!["sh", "-c", "a \"b\" \\"]),
            ("a \"b \\\" c\" d\\ e", vec!["a", "b \" c", "d e"]),
            ("a '' \"\"", vec!["a", "", ""]),
            ("--root='/my files'/x", vec!["--root=/my files/x"]),
            ("a 'open", vec!["a", "open"]),
            ("", vec![]),
        ] {
            assert_eq!(words(line), expected, "{line}");
        }
    }
}
