//! Tables in a section: those whose names are anybody's, and those in lists.

use super::{Placed, Section, line_of, listed};
use crate::config::invalid::quotable;
use crate::config::value::kind;

use toml::de::DeValue;

impl<'d> Section<'d> {
    /// Names of all that is in it. Whatever they are, they are known from now on.
    pub(in crate::config) fn names(&mut self) -> Vec<String> {
        self.takes_all = true;
        let table = self.entry.and_then(|entry| entry.get_ref().as_table());
        let names = table.into_iter().flatten().map(|(key, _)| key.get_ref());
        names.map(|name| name.as_ref().to_owned()).collect()
    }

    /// Notes a problem with a name that stands in it.
    pub(in crate::config) fn blame_name(&mut self, name: &str, message: String) {
        let place = self.find(name).map(|(key, _)| key.span());
        self.note(name, place, message);
    }

    /// Reads the table of a name; nothing where it is no table, which was then told with what to write.
    pub(in crate::config) fn named<T>(
        &mut self,
        name: &str,
        what_to_do: &str,
        read: impl FnOnce(&mut Section<'d>) -> T,
    ) -> Option<T> {
        let (_, value) = self.find(name)?;
        if !value.get_ref().is_table() {
            let what = kind(value.get_ref());
            let message = format!("the value must be a table, not {what}; {what_to_do}");
            self.note(name, Some(value.span()), message);
            return None;
        }
        let full = format!("{}.{}", self.name, quotable(name));
        let header = format!("`[{full}]`");
        Some(self.inside(full, header, value, read))
    }

    /// Reads each table of the list that a key has, `most` at most. An example of one is for messages.
    pub(in crate::config) fn each<T>(
        &mut self,
        key: &'static str,
        most: usize,
        example: &str,
        mut read: impl FnMut(&mut Section<'d>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(entries) = value.get_ref() else {
            let what = kind(value.get_ref());
            let message = format!("the value must be a list such as `[{example}]`, not {what}");
            self.note(key, Some(value.span()), message);
            return Vec::new();
        };
        if let Some(surplus) = entries.get(most) {
            let message = format!("there are {}; at most {most} are read", entries.len());
            self.note(key, Some(surplus.span()), message);
        }
        let mut found = Vec::new();
        for entry in entries.iter().take(most) {
            if entry.get_ref().is_table() {
                let full = format!("{}.{key}", self.name);
                let header = format!("`{full}`");
                found.push(self.inside(full, header, entry, &mut read));
            } else {
                let what = kind(entry.get_ref());
                let message = format!("each must be a table such as `{example}`, not {what}");
                self.note(key, Some(entry.span()), message);
            }
        }
        found
    }

    /// Reads a table as a section of this full name.
    pub(in crate::config) fn inside<T>(
        &mut self,
        full: String,
        header: String,
        table: &'d Placed<'d>,
        read: impl FnOnce(&mut Section<'d>) -> T,
    ) -> T {
        let mut inner = Section {
            is_inner: true,
            ..Section::new(self.text, full, header, Some(table))
        };
        let read = read(&mut inner);
        self.problems.append(&mut inner.finish());
        read
    }

    /// The line of a key, else that of the section.
    pub(in crate::config) fn line(&self, key: &str) -> Option<usize> {
        let value = self.find(key).map(|(_, value)| value).or(self.entry)?;
        Some(line_of(self.text, value.span().start))
    }

    /// Notes those of these keys that are there, although they are of no use here.
    pub(in crate::config) fn refuse(
        &mut self,
        keys: &[&'static str],
        why: impl Fn(&str) -> String,
    ) {
        for key in keys {
            self.knows([*key]);
            if self.has(key) {
                self.blame(key, why(key));
            }
        }
    }

    /// Notes that of several keys just one must be there; says which one it is.
    pub(in crate::config) fn one_of(
        &mut self,
        keys: &[&'static str],
        example: &str,
    ) -> Option<&'static str> {
        self.knows(keys.iter().copied());
        let mut given = keys.iter().copied().filter(|key| self.has(key));
        let (first, second) = (given.next(), given.next());
        match (first, second) {
            (None, _) => {
                self.blame_all(format!(
                    "it needs one of {}, such as `{example}`",
                    listed(keys)
                ));
                None
            }
            (Some(first), Some(second)) => {
                let message = format!(
                    "it is one of {}; leave `{first}` or `{second}` out",
                    listed(keys)
                );
                self.blame(second, message);
                None
            }
            (first, None) => first,
        }
    }
}
