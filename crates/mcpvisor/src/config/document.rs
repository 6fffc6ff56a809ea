//! The form near the file: TOML with the places of its keys, read section by section.
//!
//! Whatever is wrong is written down with its line and reading goes on with the default, so one run
//! tells all problems of a file. What nobody asked for is unknown.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::invalid::quotable;
use super::nearest::nearest;
use super::problem::{Problem, Problems};
use super::schema;
use super::section::{Section, entry, listed};
use super::value::kind;

/// Most problems that are kept: a file of a million wrong keys is wrong, too.
const MOST: usize = 100;

/// A TOML document.
pub(super) struct Document<'t> {
    text: &'t str,
    table: DeTable<'t>,
    read: Vec<&'static str>,
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

    /// The text that a key of a section has, before the section is read.
    pub(super) fn word(&self, section: &str, key: &str) -> Option<&str> {
        let (_, section) = entry(&self.table, section)?;
        let (_, value) = entry(section.get_ref().as_table()?, key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// Sections of which there may be several, before they are read.
    pub(super) fn several(&self, name: &str) -> impl Iterator<Item = &DeTable<'t>> {
        let value = entry(&self.table, name).map(|(_, value)| value.get_ref());
        let entries = value.and_then(DeValue::as_array).into_iter().flatten();
        entries.filter_map(|entry| entry.get_ref().as_table())
    }

    /// Notes a problem that several sections have together.
    pub(super) fn note(&mut self, line: Option<usize>, key: &str, message: String) {
        let key = key.to_owned();
        self.problems.push(Problem { line, key, message });
    }

    /// Reads one section.
    pub(super) fn section<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.section_as(name, &format!("[{name}]"), read)
    }

    /// Reads a section that has nothing but tables with names of their own.
    pub(super) fn tables<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.section_as(name, &format!("[{name}.NAME]"), read)
    }

    fn section_as<T>(
        &mut self,
        name: &'static str,
        header: &str,
        read: impl FnOnce(&mut Section<'_>) -> T,
    ) -> T {
        self.read.push(name);
        let value = entry(&self.table, name).map(|(_, value)| value);
        let mut section = Section::new(self.text, name.to_owned(), format!("`[{name}]`"), value);
        section.check_kind(&format!("write `{header}` on a line of its own"));
        let value = read(&mut section);
        self.problems.append(&mut section.finish());
        value
    }

    /// Reads a section that there may be several times, `most` times at most.
    pub(super) fn each<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut read: impl FnMut(&mut Section<'_>) -> T,
    ) -> Vec<T> {
        self.read.push(name);
        let Some((_, value)) = entry(&self.table, name) else {
            return Vec::new();
        };
        let header = format!("`[[{name}]]`");
        let DeValue::Array(entries) = value.get_ref() else {
            let what = kind(value.get_ref());
            self.problems.push(Problem {
                line: Some(line_of(self.text, value.span().start)),
                key: name.to_owned(),
                message: format!(
                    "this is a section that there may be several times, not {what}; write `[[{name}]]`"
                ),
            });
            return Vec::new();
        };
        if let Some(surplus) = entries.get(most) {
            self.problems.push(Problem {
                line: Some(line_of(self.text, surplus.span().start)),
                key: name.to_owned(),
                message: format!(
                    "there are {} {header}; at most {most} are read",
                    entries.len()
                ),
            });
        }
        let mut values = Vec::new();
        for value in entries.iter().take(most) {
            let mut section = Section::new(self.text, name.to_owned(), header.clone(), Some(value));
            section.check_kind(&format!("write `[[{name}]]` on a line of its own"));
            if value.get_ref().is_table() {
                values.push(read(&mut section));
            }
            self.problems.append(&mut section.finish());
        }
        values
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
                (Some(section), _) => format!("it belongs in {section}"),
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
        self.finish_partly()
    }

    /// The problems of what was read; what nobody read is somebody else's.
    pub(super) fn finish_partly(self) -> Result<(), Problems> {
        let mut problems = self.problems;
        problems.truncate(MOST);
        Problems::of(problems).map_or(Ok(()), Err)
    }
}

/// Number of the line, from 1, in which a byte stands.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    1 + text.get(..at).unwrap_or(text).matches('\n').count()
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

/// A value with its place in the file.
pub(super) type Placed<'d> = Spanned<DeValue<'d>>;
