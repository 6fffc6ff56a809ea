//! What an option takes, by its spelling and by the program that it is given to.

use super::names::{self, Meaning, Words};
use super::programs::{self, Kind, Place};

/// What the value of an option is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// A secret, or what may hold one.
    Secret(Meaning),
    /// A user and a password: `name:password`.
    UserAndPassword,
    /// A header with its value: `-H "Name: value"`.
    Header,
    /// A variable with its value: `-e NAME=value`.
    Variable,
    /// A variable, and its value as a further word: `--setenv NAME value`.
    VariableAndValue,
    /// A command for a shell: `-c "NAME=value program"`.
    Command,
    /// The name of a thing, perhaps a long number: `-id 0a1b..`.
    Identifier,
}

/// What an option takes whose value stands apart: behind `=` or in the next word.
pub(super) fn takes(option: &[u8], program: &[u8]) -> Option<Takes> {
    let dashes = dashes(option);
    let name = &option[dashes..];
    if dashes == 1 && name.len() == 1 {
        let short = programs::short_options(program)
            .iter()
            .find(|short| short.letter == name[0] && short.place != Place::Attached);
        return match (short, name[0]) {
            (Some(short), _) => Some(of_kind(short.kind)),
            (None, b'e' | b'E') if !programs::evaluates(program) => Some(Takes::Variable),
            (None, b'H') => Some(Takes::Header),
            (None, b'c') => Some(Takes::Command),
            _ => None,
        };
    }
    // Short options in one word, as in `bash -lc`.
    let cluster = dashes == 1 && name.len() <= 4 && name.iter().all(u8::is_ascii_lowercase);
    if cluster && name.ends_with(b"c") {
        return Some(Takes::Command);
    }
    if programs::takes_user(program, name) {
        return Some(Takes::UserAndPassword);
    }
    match name {
        b"setenv" => return Some(Takes::VariableAndValue),
        b"stdio" | b"command" | b"Command" | b"cmd" | b"exec" => return Some(Takes::Command),
        _ => {}
    }
    let words = Words::of(name);
    if let Some(meaning) = words.meaning() {
        return Some(Takes::Secret(meaning));
    }
    if words.holds_environment() {
        Some(Takes::Variable)
    } else if words.holds_headers() {
        Some(Takes::Header)
    } else if words.is_identifier() {
        Some(Takes::Identifier)
    } else {
        None
    }
}

/// What an option takes whose value is written together with its letter, and where the
/// value starts: `-psecret`, `-eNAME=value`, `-HName: value`.
pub(super) fn takes_attached(option: &[u8], program: &[u8]) -> Option<(Takes, usize)> {
    if option.len() < 3 || dashes(option) != 1 {
        return None;
    }
    let rest = &option[2..];
    let short = programs::short_options(program)
        .iter()
        .find(|short| short.letter == option[1] && short.place != Place::Next);
    let name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let name = &rest[..rest.iter().take_while(|byte| name(byte)).count()];
    match (short, option[1]) {
        (Some(short), _) => Some((of_kind(short.kind), 2)),
        (None, b'e' | b'E') if names::is_upper_case(name) => Some((Takes::Variable, 2)),
        (None, b'H') if names::meaning(name).is_some() => Some((Takes::Header, 2)),
        _ => None,
    }
}

const fn of_kind(kind: Kind) -> Takes {
    match kind {
        Kind::Secret => Takes::Secret(Meaning::Secret),
        Kind::UserAndPassword => Takes::UserAndPassword,
    }
}

/// Whether a word is an option rather than a value: `-x`, or `--` and words of letters
/// without digits, with or without a value of its own. In doubt it is a value, for
/// values are hidden.
pub(super) fn is_option(word: &[u8]) -> bool {
    let name = &word[..word
        .iter()
        .position(|byte| *byte == b'=')
        .unwrap_or(word.len())];
    match dashes(name) {
        1 => name.len() == 2 && name[1].is_ascii_alphabetic(),
        2 => {
            let letter = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_');
            name.len() > 2
                && name.len() <= 40
                && name[2].is_ascii_alphabetic()
                && name[3..].iter().all(letter)
                && !super::randomness::looks_random(&name[2..], 16)
        }
        _ => false,
    }
}

pub(super) fn dashes(option: &[u8]) -> usize {
    option.iter().take_while(|byte| **byte == b'-').count()
}

#[cfg(test)]
mod tests {
    use super::{Meaning, Takes, is_option, takes, takes_attached};

    #[test]
    fn programs_differ_in_their_letters() {
        let secret = Some(Takes::Secret(Meaning::Secret));
        assert_eq!(takes(b"-p", b"sshpass"), secret);
        assert_eq!(takes(b"-p", b"docker"), None);
        assert_eq!(takes(b"-p", b"mysql"), None);
        assert_eq!(
            takes_attached(b"-phunter2", b"mysql"),
            Some((Takes::Secret(Meaning::Secret), 2))
        );
        assert_eq!(takes(b"-e", b"docker"), Some(Takes::Variable));
        assert_eq!(takes(b"-e", b"node"), None);
        assert_eq!(takes(b"-lc", b"bash"), Some(Takes::Command));
    }

    #[test]
    fn what_may_be_a_value_is_no_option() {
        for option in ["-v", "--verbose", "--log-level=debug", "--noPort"] {
            assert!(is_option(option.as_bytes()), "{option}");
        }
        for value in [
            "-",
            "--",
            "-hunter",
            "--hunter2",
            "---",
            "-1",
            "--XkqfLqbZTnvRwcYcQzVb",
        ] {
            assert!(!is_option(value.as_bytes()), "{value}");
        }
    }
}
