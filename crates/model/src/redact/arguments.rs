//! Secrets in a list of arguments, where each value ends with its argument and an
//! option's value may be the next one.
//!
//! This adds to what is found in each argument as a text.

use std::borrow::Cow;

use super::headers;
use super::names::{self, Meaning};
use super::options::{self, Takes};
use super::programs;
use super::spans::Spans;
use super::survey::{self, is_name};
use super::{in_text, url, values};

/// The arguments with secrets masked, as many as were given; nothing if there are none.
pub(super) fn redact(arguments: &[String]) -> Option<Vec<String>> {
    let mut reader = Reader {
        // Also of a title, all of the command line in one argument.
        objects: arguments
            .first()
            .is_some_and(|first| programs::first_names_objects(first)),
        ..Reader::default()
    };
    let mut changed = None;
    for (index, argument) in arguments.iter().enumerate() {
        if let Cow::Owned(shown) = reader.argument(index, argument) {
            changed.get_or_insert_with(|| arguments.to_vec())[index] = shown;
        }
    }
    changed
}

/// How far from the start a program may stand that names things by long numbers:
/// `sudo -n docker`.
const PROGRAM_WITHIN: usize = 3;

/// What an argument turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// A word, in which there may be anything.
    Word,
    /// A name with a value, which was looked at.
    Named,
    /// The same, and the value names a thing.
    Identifier,
}

#[derive(Default)]
struct Reader {
    /// What the argument before says of this one.
    expected: Option<Takes>,
    /// The argument before was `set`.
    setting: bool,
    /// The program that was named last, if anything is known about it; else empty.
    program: String,
    /// Long hexadecimal numbers name containers or commits here.
    objects: bool,
    /// `env` was called, and so far only with assignments.
    assignments: bool,
}

impl Reader {
    fn argument<'a>(&mut self, index: usize, argument: &'a str) -> Cow<'a, str> {
        let bytes = argument.as_bytes();
        let mut spans = Spans::default();
        let mut objects = self.objects;
        let option = argument.starts_with('-');
        // `config --global user.token X`
        let setting = self.setting && !option;
        self.setting &= option;
        let expected = self.expected.take();
        // A forced value, the second behind `--setenv`, may look as it likes.
        let expected = expected.filter(|takes| {
            *takes == Takes::Secret(Meaning::Variable) || !options::is_option(bytes)
        });
        let mut survey = survey::of(argument);
        match expected {
            Some(Takes::Command) => {}
            Some(Takes::Identifier) => objects = true,
            Some(takes) => self.value(takes, argument, 0, &mut spans),
            None => {
                let seen = self.word(argument, setting, &mut spans);
                objects |= seen == Seen::Identifier;
                // The only name in it was looked at.
                survey.names &= seen == Seen::Word || survey.separators > 1;
            }
        }
        in_text(argument, survey, objects, &mut spans);
        let shown = spans.mask(argument);
        if expected.is_none() {
            self.see_program(index, &shown);
        }
        shown
    }

    /// An argument that is no value of the option before it.
    fn word(&mut self, argument: &str, setting: bool, spans: &mut Spans) -> Seen {
        let bytes = argument.as_bytes();
        if bytes.first() == Some(&b'-') {
            return self.option(argument, spans);
        }
        let equals = bytes.iter().position(|byte| *byte == b'=');
        if let Some(at) = equals
            && names::is_variable(&bytes[..at])
        {
            let name = &bytes[..at];
            if self.assignments || names::is_upper_case(name) {
                self.value(Takes::Secret(Meaning::Variable), argument, at + 1, spans);
            } else if let Some(meaning) = names::meaning(name) {
                self.value(Takes::Secret(meaning), argument, at + 1, spans);
            }
            return Seen::Named;
        }
        self.assignments = false;
        if argument.len() <= 64 {
            let heading = bytes.strip_suffix(b":");
            if heading.is_some() || setting {
                let name = heading.unwrap_or(bytes);
                self.expected = names::meaning(name).map(Takes::Secret);
            } else if bytes.eq_ignore_ascii_case(b"bearer") {
                self.expected = Some(Takes::Secret(Meaning::Secret));
            }
        }
        Seen::Word
    }

    fn option(&mut self, argument: &str, spans: &mut Spans) -> Seen {
        let bytes = argument.as_bytes();
        let program = self.program.as_bytes();
        if let Some((takes, at)) = options::takes_attached(bytes, program) {
            self.value(takes, argument, at, spans);
            return Seen::Word;
        }
        let end = bytes.iter().position(|byte| matches!(byte, b'=' | b':'));
        let name = &bytes[..end.unwrap_or(bytes.len())];
        let takes = options::takes(name, program);
        match (end, takes) {
            (None, _) => self.expected = takes,
            // `--//registry.example/:_authToken=X`
            (Some(at), None | Some(Takes::Identifier)) if bytes[at] == b':' => {
                let equals = bytes.iter().position(|byte| *byte == b'=');
                if let Some(at) = equals
                    && let Some(meaning) = names::meaning(&bytes[..at])
                {
                    self.value(Takes::Secret(meaning), argument, at + 1, spans);
                }
            }
            (Some(at), Some(takes)) => {
                self.value(takes, argument, at + 1, spans);
                if takes == Takes::Identifier {
                    return Seen::Identifier;
                }
            }
            (Some(at), None) if bytes[at] == b'=' && name.iter().all(|byte| is_name(*byte)) => {
                return Seen::Named;
            }
            (Some(_), None) => {}
        }
        Seen::Word
    }

    /// The value of an option or of a variable, from a place to the end of its argument.
    fn value(&mut self, takes: Takes, argument: &str, at: usize, spans: &mut Spans) {
        let bytes = argument.as_bytes();
        let value = &bytes[at..];
        match takes {
            Takes::Secret(meaning) => {
                if meaning != Meaning::Variable && headers::is_scheme(value) {
                    self.expected = Some(Takes::Secret(Meaning::Secret));
                    return;
                }
                if matches!(meaning, Meaning::Address | Meaning::Hook) {
                    url::whole(&argument[at..], at, spans);
                }
                if let Some(hidden) = values::hidden(meaning, value) {
                    spans.add(at + hidden.start..at + hidden.end);
                }
            }
            Takes::UserAndPassword => {
                if let Some(length) = values::user_length(value) {
                    spans.add(at + length..bytes.len());
                }
            }
            Takes::Header | Takes::Variable if matches!(value.first(), Some(b'{' | b'[')) => {
                let close = usize::from(matches!(value.last(), Some(b'}' | b']')));
                spans.add(at + 1..bytes.len().saturating_sub(close).max(at + 1));
            }
            Takes::Header => self.header(argument, at, spans),
            Takes::Variable | Takes::VariableAndValue => {
                let equals = value.iter().position(|byte| matches!(byte, b'=' | b':'));
                match equals {
                    Some(equals) if names::is_variable(&value[..equals]) => {
                        self.value(
                            Takes::Secret(Meaning::Variable),
                            argument,
                            at + equals + 1,
                            spans,
                        );
                    }
                    None if takes == Takes::VariableAndValue => {
                        self.expected = Some(Takes::Secret(Meaning::Variable));
                    }
                    _ => {}
                }
            }
            Takes::Command | Takes::Identifier => {}
        }
    }

    fn header(&mut self, argument: &str, at: usize, spans: &mut Spans) {
        let bytes = argument.as_bytes();
        let Some(length) = headers::name_length(&bytes[at..]) else {
            return;
        };
        let from = at + length + 1;
        if headers::is_harmless(&bytes[at..at + length]) {
            return;
        }
        let hidden = headers::credential(bytes, from..bytes.len());
        if hidden.is_empty() {
            self.expected = Some(Takes::Secret(Meaning::Secret));
        } else if !values::is_harmless(&bytes[hidden.clone()]) {
            spans.add(hidden);
        }
    }

    /// Remembers what the words so far say of those to come.
    fn see_program(&mut self, index: usize, argument: &str) {
        if argument.starts_with('-') || argument.contains('=') {
            return;
        }
        let name = programs::base_name(argument);
        if programs::is_known(name.as_bytes()) {
            name.clone_into(&mut self.program);
        }
        match name {
            "env" => self.assignments = true,
            "set" | "config" => self.setting = true,
            "setenv" => self.expected = Some(Takes::VariableAndValue),
            _ => {}
        }
        self.objects |= index < PROGRAM_WITHIN && programs::names_objects(name.as_bytes());
    }
}
