//! One section of a document, or a table in one.
//!
//! Whoever reads it asks for its keys one by one; what is wrong with a value is noted with its place.

mod tables;

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::document::{Placed, line_of};
use super::invalid::{Invalid, quotable};
use super::nearest::nearest;
use super::problem::Problem;
use super::schema;
use super::value::{FromValue, kind};

/// Words in the names of keys whose values no message may quote.
const SECRET_WORDS: [&str; 6] = ["auth", "credential", "key", "pass", "secret", "token"];

/// A section, or none where the file has none of that name.
pub(super) struct Section<'d> {
    text: &'d str,
    /// Full name: `rule`, `rule.above`.
    name: String,
    /// As messages call it: `[[rule]]`.
    header: String,
    entry: Option<&'d Placed<'d>>,
    /// It is a table in a section, with keys that are told from others by nothing.
    is_inner: bool,
    /// Any key is known.
    takes_all: bool,
    asked: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl<'d> Section<'d> {
    pub(super) fn new(
        text: &'d str,
        name: String,
        header: String,
        entry: Option<&'d Placed<'d>>,
    ) -> Self {
        Self {
            text,
            name,
            header,
            entry,
            is_inner: false,
            takes_all: false,
            asked: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// The value of a key, else its default.
    pub(super) fn take<T: FromValue>(&mut self, key: &'static str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The value of a key, if it is there and right.
    pub(super) fn optional<T: FromValue>(&mut self, key: &'static str) -> Option<T> {
        self.with(key, T::from_value)
    }

    /// What `read` makes of the value of a key, if it is there and right.
    pub(super) fn with<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'d DeValue<'d>) -> Result<T, Invalid>,
    ) -> Option<T> {
        let value = self.value(key)?;
        match read(value.get_ref()) {
            Ok(value) => Some(value),
            Err(invalid) => {
                let message = told(key, invalid);
                self.note(key, Some(value.span()), message);
                None
            }
        }
    }

    /// The value of a key as it stands in the file.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'d Placed<'d>> {
        self.knows([key]);
        self.find(key).map(|(_, value)| value)
    }

    /// Reads the table that a key has, if there is one. An example of it is for messages.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        example: &str,
        read: impl FnOnce(&mut Section<'d>) -> T,
    ) -> Option<T> {
        let value = self.value(key)?;
        if !value.get_ref().is_table() {
            let what = kind(value.get_ref());
            let message = format!("the value must be a table such as `{example}`, not {what}");
            self.note(key, Some(value.span()), message);
            return None;
        }
        let name = format!("{}.{key}", self.name);
        let header = format!("`{name}`");
        Some(self.inside(name, header, value, read))
    }

    /// Names and values of the table that a key has, whatever the names are.
    pub(super) fn entries(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Vec<(String, &'d Placed<'d>)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Table(table) = value.get_ref() else {
            let what = kind(value.get_ref());
            let message = format!("the value must be a table such as `{example}`, not {what}");
            self.note(key, Some(value.span()), message);
            return Vec::new();
        };
        let entry = |(key, value): (&Spanned<DeString<'d>>, &'d Placed<'d>)| {
            (key.get_ref().as_ref().to_owned(), value)
        };
        table.iter().map(entry).collect()
    }

    /// These keys are known, whether anybody reads them or not.
    pub(super) fn knows(&mut self, keys: impl IntoIterator<Item = &'static str>) {
        for key in keys {
            if !self.asked.contains(&key) {
                self.asked.push(key);
            }
        }
    }

    /// Is the value of the key a table?
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.find(key)
            .is_some_and(|(_, value)| value.get_ref().is_table())
    }

    /// Is the value of the key a list without entries?
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        matches!(self.find(key).map(|(_, value)| value.get_ref()), Some(DeValue::Array(list)) if list.is_empty())
    }

    /// Entries of the list or table that the key has.
    pub(super) fn count(&self, key: &str) -> Option<usize> {
        match self.find(key)?.1.get_ref() {
            DeValue::Array(list) => Some(list.len()),
            DeValue::Table(table) => Some(table.len()),
            _ => None,
        }
    }

    /// Has the table of the key this key?
    pub(super) fn has_inner(&self, key: &str, inner: &str) -> bool {
        let table = self
            .find(key)
            .and_then(|(_, value)| value.get_ref().as_table());
        table.is_some_and(|table| entry(table, inner).is_some())
    }

    /// Is the value of the key `false`?
    pub(super) fn is_false(&self, key: &str) -> bool {
        let value = self.find(key).map(|(_, value)| value.get_ref());
        matches!(value, Some(DeValue::Boolean(false)))
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
            self.blame(key, message());
        }
    }

    /// Notes a problem with a key; where the file does not have it, the section is the place. After a
    /// point comes a key of the table that the first one has: `above.warning`.
    pub(super) fn blame(&mut self, key: &str, message: String) {
        let (outer, inner) = match key.split_once('.') {
            Some((outer, inner)) => (outer, Some(inner)),
            None => (key, None),
        };
        let outer_place = self.find(outer).map(|(_, value)| value);
        let table = outer_place.and_then(|value| value.get_ref().as_table());
        let inner_place = inner
            .and_then(|name| entry(table?, name))
            .map(|(_, value)| value);
        let told = if inner_place.is_some() { key } else { outer };
        let place = inner_place.or(outer_place).map(Spanned::span);
        self.note(told, place, message);
    }

    /// Notes a problem with the whole section.
    pub(super) fn blame_all(&mut self, message: String) {
        let line = self
            .entry
            .map(|entry| line_of(self.text, entry.span().start));
        self.problems.push(Problem {
            line,
            key: self.name.clone(),
            message,
        });
    }

    /// Notes a problem with a key at a place of its own, such as an entry of a list.
    pub(super) fn note(&mut self, key: &str, place: Option<Range<usize>>, message: String) {
        let place = place.or_else(|| Some(self.entry?.span()));
        self.problems.push(Problem {
            line: place.map(|place| line_of(self.text, place.start)),
            key: format!("{}.{}", self.name, quotable(key)),
            message,
        });
    }

    /// All problems, with those of keys that nobody asked for.
    pub(super) fn finish(mut self) -> Vec<Problem> {
        self.find_unknown();
        self.problems
    }

    pub(super) fn check_kind(&mut self, what_to_do: &str) {
        let Some(entry) = self.entry else { return };
        if !entry.get_ref().is_table() {
            let what = kind(entry.get_ref());
            self.blame_all(format!("this is a section, not {what}; {what_to_do}"));
        }
    }

    fn find(&self, key: &str) -> Option<(&'d Spanned<DeString<'d>>, &'d Placed<'d>)> {
        entry(self.entry?.get_ref().as_table()?, key)
    }

    fn find_unknown(&mut self) {
        let table = self.entry.and_then(|entry| entry.get_ref().as_table());
        for (key, _) in table.into_iter().flatten() {
            let name: &str = key.get_ref();
            if self.takes_all || self.asked.contains(&name) {
                continue;
            }
            let elsewhere = if self.is_inner {
                Vec::new()
            } else {
                schema::sections_with(name)
            };
            let message = match (nearest(name, self.asked.iter().copied()), elsewhere.first()) {
                (_, Some(section)) => {
                    format!("there is no such key here; it belongs in {section}")
                }
                (Some(right), None) => format!("there is no such key; did you mean `{right}`?"),
                (None, None) => format!(
                    "there is no such key; {} has {}",
                    self.header,
                    listed(&self.asked)
                ),
            };
            self.note(name, Some(key.span()), message);
        }
    }
}

/// The message about a wrong value; the value is not in it if the key sounds like a secret.
pub(super) fn told(key: &str, invalid: Invalid) -> String {
    let secret = SECRET_WORDS.iter().any(|word| key.contains(word));
    let told = if secret { invalid.concealed() } else { invalid };
    told.to_string()
}

/// The entry of a table; looked up by comparing, because its keys are ordered with their places.
pub(super) fn entry<'t, 'd>(
    table: &'t DeTable<'d>,
    name: &str,
) -> Option<(&'t Spanned<DeString<'d>>, &'t Spanned<DeValue<'d>>)> {
    table.iter().find(|(key, _)| key.get_ref() == name)
}

/// Names in backquotes.
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
