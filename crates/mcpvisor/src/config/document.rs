//! The form near the file: TOML with the places of its keys, read section by section.
//!
//! A section asks for its keys one by one. Whatever is wrong is written down with its line and
//! reading goes on with the default, so one run tells all problems of a file. What nobody asked
//! for is unknown.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::invalid::{Invalid, quotable};
use super::nearest::nearest;
use super::problem::{Problem, Problems};
use super::schema;
use super::value::{FromValue, kind};

/// Words in the names of keys whose values no message may quote.
const SECRET_WORDS: [&str; 6] = ["auth", "credential", "key", "pass", "secret", "token"];

/// Most problems that are kept: a file of a million wrong keys is wrong, too.
const MOST: usize = 100;

/// A TOML document.
pub(super) struct Document<'t> {
    text: &'t str,
    table: DeTable<'t>,
    read: Vec<&'static str>,
    problems: Vec<Problem>,
}

/// One section of a document, or none where the file has none of that name.
pub(super) struct Section<'d> {
    name: &'static str,
    text: &'d str,
    entry: Option<&'d Spanned<DeValue<'d>>>,
    asked: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'t> Document<'t> {
    /// Parses TOML; on its errors nothing else is judged.
    pub(super) fn parse(text: &'t str) -> Result<Self, Problem> {
        let table = DeTable::parse(text).map_err(|error| syntax_problem(text, &error))?;
        Ok(Self {
            text,
            table: table.into_inner(),
            read: Vec::new(),
            problems: Vec::new(),
        })
    }

    /// Is there such a section?
    pub(super) fn has(&self, name: &str) -> bool {
        entry(&self.table, name).is_some()
    }

    /// Reads one section.
    pub(super) fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.read.push(name);
        let mut section = Section {
            name,
            text: self.text,
            entry: entry(&self.table, name).map(|(_, value)| value),
            asked: Vec::new(),
            problems: Vec::new(),
        };
        section.check_kind();
        let value = read(&mut section);
        section.find_unknown();
        self.problems.append(&mut section.problems);
        value
    }

    /// All problems, with those of sections that nobody read.
    pub(super) fn finish(mut self) -> Result<(), Problems> {
        for (key, value) in &self.table {
            let name: &str = key.get_ref();
            if self.read.contains(&name) {
                continue;
            }
            let what = if value.get_ref().is_table() {
                "section"
            } else {
                "key"
            };
            let message = match (
                schema::sections_with(name).first(),
                nearest(name, self.read.iter().copied()),
            ) {
                (Some(section), _) => format!("it belongs in `[{section}]`"),
                (None, Some(right)) => format!("there is no such {what}; did you mean `{right}`?"),
                (None, None) => {
                    format!("there is no such {what}; there are {}", listed(&self.read))
                }
            };
            self.problems.push(Problem {
                line: Some(line_of(self.text, key.span().start)),
                key: quotable(name),
                message,
            });
        }
        self.problems.truncate(MOST);
        Problems::of(self.problems).map_or(Ok(()), Err)
    }
}

impl<'d> Section<'d> {
    /// The value of a key, else its default.
    pub(super) fn take<T: FromValue>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The value of a key, if it is there and right.
    pub(super) fn optional<T: FromValue>(&mut self, key: &'static str) -> Option<T> {
        self.asked.push(key);
        let (_, value) = self.find(key)?;
        match T::from_value(value.get_ref()) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.wrong(key, invalid);
                None
            }
        }
    }

    /// Was the key written down?
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// Notes a problem with a key unless `fine`. The place is that of the value, else of the
    /// section.
    pub(super) fn require(
        &mut self,
        key: &'static str,
        fine: bool,
        message: impl FnOnce() -> String,
    ) {
        if !fine {
            self.push(key, message());
        }
    }

    /// Notes a value that cannot be used.
    fn wrong(&mut self, key: &'static str, invalid: Invalid) {
        let secret = SECRET_WORDS.iter().any(|word| key.contains(word));
        let told = if secret { invalid.concealed() } else { invalid };
        self.push(key, told.to_string());
    }

    fn push(&mut self, key: &str, message: String) {
        let place = self.find(key).map(|(_, value)| value.span());
        let place = place.or_else(|| Some(self.entry?.span()));
        self.problems.push(Problem {
            line: place.map(|place| line_of(self.text, place.start)),
            key: format!("{}.{}", self.name, quotable(key)),
            message,
        });
    }

    fn table(&self) -> Option<&'d DeTable<'d>> {
        self.entry?.get_ref().as_table()
    }

    fn find(&self, key: &str) -> Option<(&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)> {
        entry(self.table()?, key)
    }

    fn check_kind(&mut self) {
        let Some(entry) = self.entry else { return };
        if !entry.get_ref().is_table() {
            self.problems.push(Problem {
                line: Some(line_of(self.text, entry.span().start)),
                key: self.name.to_owned(),
                message: format!(
                    "this is a section, not {}; write `[{}]` on a line of its own",
                    kind(entry.get_ref()),
                    self.name
                ),
            });
        }
    }

    fn find_unknown(&mut self) {
        for (key, _) in self.table().into_iter().flatten() {
            let name: &str = key.get_ref();
            if self.asked.contains(&name) {
                continue;
            }
            let message = match (
                nearest(name, self.asked.iter().copied()),
                schema::sections_with(name).first(),
            ) {
                (_, Some(section)) => {
                    format!("there is no such key here; it belongs in `[{section}]`")
                }
                (Some(right), None) => format!("there is no such key; did you mean `{right}`?"),
                (None, None) => format!(
                    "there is no such key; `[{}]` has {}",
                    self.name,
                    listed(&self.asked)
                ),
            };
            self.problems.push(Problem {
                line: Some(line_of(self.text, key.span().start)),
                key: format!("{}.{}", self.name, quotable(name)),
                message,
            });
        }
    }
}

/// The entry of a table; looked up by comparing, because its keys are ordered with their places.
fn entry<'d>(
    table: &'d DeTable<'d>,
    name: &str,
) -> Option<(&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>)> {
    table.iter().find(|(key, _)| key.get_ref() == name)
}

/// Number of the line, from 1, in which a byte stands.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// What the parser says, with the key where it is about one.
fn syntax_problem(text: &str, error: &toml::de::Error) -> Problem {
    let message = quotable(error.message());
    let message = message.trim_end_matches(", expected nothing");
    let place = error.span();
    let key = place
        .clone()
        .filter(|_| message == "duplicate key")
        .and_then(|place| text.get(place))
        .unwrap_or_default();
    Problem {
        line: place.map(|place| line_of(text, place.start)),
        key: quotable(key),
        message: format!("this is no TOML: {message}"),
    }
}
