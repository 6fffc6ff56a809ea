//! Keys of a file, asked for one by one: what nobody asked for is unknown, and all that is wrong is
//! written down with its line.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::FileError;
use super::tree::{Node, Value};
use crate::config::{Span, nearest};

/// Everything that is wrong with a file.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) errors: Vec<FileError>,
}

/// Wrong places that are told.
const MOST: usize = 100;

impl Wrong {
    pub(super) fn tell(&mut self, line: usize, key: &str, message: impl Into<String>) {
        if self.errors.len() < MOST {
            self.errors.push(FileError {
                file: String::new(),
                line: Some(line),
                key: key.to_owned(),
                message: message.into(),
            });
        }
    }
}

impl Wrong {
    /// All of it, by line, as what is wrong with a file.
    pub(super) fn of(self, file: &str) -> Vec<FileError> {
        let mut errors = self.errors;
        errors.sort_by_key(|error| error.line);
        for error in &mut errors {
            file.clone_into(&mut error.file);
        }
        errors
    }
}

/// Keys with their values.
pub(super) struct Fields<'n> {
    /// Where it is: `tests[0]`; empty for the whole file.
    path: String,
    entries: &'n [(String, usize, Node)],
    /// It has no keys at all, which was told.
    is_none: bool,
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The keys of a node; of one that has none it is told.
    pub(super) fn of(node: &'n Node, path: String, wrong: &mut Wrong) -> Self {
        let entries = match &node.value {
            Value::Map(entries) => Some(entries.as_slice()),
            Value::Scalar(_) | Value::List(_) => None,
        };
        if entries.is_none() {
            let message = format!("here are keys with values wanted, not {}", node.kind());
            wrong.tell(node.line, &path, message);
        }
        Self {
            path,
            is_none: entries.is_none(),
            entries: entries.unwrap_or_default(),
            asked: Vec::new(),
        }
    }

    /// The full name of a key.
    pub(super) fn key(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// The value of a key.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        let found = self.entries.iter().find(|(known, ..)| known == key);
        found
            .map(|(.., node)| node)
            .filter(|node| node.value != Value::Scalar(String::new()))
    }

    /// A single value.
    pub(super) fn text(
        &mut self,
        key: &'static str,
        wrong: &mut Wrong,
    ) -> Option<(&'n str, usize)> {
        let node = self.get(key)?;
        if let Value::Scalar(text) = &node.value {
            return Some((text, node.line));
        }
        let message = format!("here is a single value wanted, not {}", node.kind());
        wrong.tell(node.line, &self.key(key), message);
        None
    }

    /// A single value that must be there.
    pub(super) fn needed(
        &mut self,
        key: &'static str,
        line: usize,
        wrong: &mut Wrong,
    ) -> Option<(&'n str, usize)> {
        let is_there = self.get(key).is_some();
        if !is_there && !self.is_none {
            wrong.tell(line, &self.key(key), "this is missing");
        }
        self.text(key, wrong)
    }

    /// A value that is read from text.
    pub(super) fn parsed<T: FromStr<Err: ToString>>(
        &mut self,
        key: &'static str,
        wrong: &mut Wrong,
    ) -> Option<T> {
        let (text, line) = self.text(key, wrong)?;
        let parsed = text.parse::<T>();
        parsed
            .map_err(|error| wrong.tell(line, &self.key(key), error.to_string()))
            .ok()
    }

    /// A duration: `5s`, `1m30s`.
    pub(super) fn span(&mut self, key: &'static str, wrong: &mut Wrong) -> Option<Duration> {
        self.parsed::<Time>(key, wrong).map(|time| time.0)
    }

    /// Entries of a list.
    pub(super) fn list(&mut self, key: &'static str, wrong: &mut Wrong) -> &'n [Node] {
        match self.get(key) {
            None => &[],
            Some(Node {
                value: Value::List(nodes),
                ..
            }) => nodes,
            Some(other) => {
                let message = format!("here is a list wanted, not {}", other.kind());
                wrong.tell(other.line, &self.key(key), message);
                &[]
            }
        }
    }

    /// Names with texts.
    pub(super) fn map(&mut self, key: &'static str, wrong: &mut Wrong) -> BTreeMap<String, String> {
        let Some(node) = self.get(key) else {
            return BTreeMap::new();
        };
        let inner = Fields::of(node, self.key(key), wrong);
        let mut map = BTreeMap::new();
        for (name, line, node) in inner.entries {
            if let Value::Scalar(text) = &node.value {
                map.insert(name.clone(), text.clone());
            } else {
                let message = format!("here is a single value wanted, not {}", node.kind());
                wrong.tell(*line, &inner.key(name), message);
            }
        }
        map
    }

    /// Tells what nobody asked for.
    pub(super) fn finish(self, wrong: &mut Wrong) {
        for (key, line, _) in self.entries {
            if self.asked.contains(&key.as_str()) {
                continue;
            }
            let message = if let Some(right) = nearest(key, self.asked.iter().copied()) {
                format!("there is no such key; did you mean `{right}`?")
            } else {
                let known: Vec<String> = self.asked.iter().map(|key| format!("`{key}`")).collect();
                format!("there is no such key; there are {}", known.join(", "))
            };
            wrong.tell(*line, &self.key(key), message);
        }
    }
}

/// A duration, of several units as promtool has them.
struct Time(Duration);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            let text: String = text.chars().filter(|c| !c.is_control()).take(40).collect();
            format!("`{text}` is no duration; write `5s`, `1m30s`, `2h` or `1d`")
        };
        let mut total = Duration::ZERO;
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(bad());
        }
        while !rest.is_empty() {
            let unit = rest.find(|c: char| c.is_alphabetic()).unwrap_or(rest.len());
            let next = rest[unit..].find(|c: char| !c.is_alphabetic());
            let (part, after) = rest.split_at(next.map_or(rest.len(), |next| unit + next));
            let span: Span = part.parse().map_err(|_| bad())?;
            total = total.checked_add(span.0).ok_or_else(bad)?;
            rest = after;
        }
        Ok(Self(total))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_may_have_several_units() {
        for (text, seconds) in [
            ("5s", 5.0),
            ("1m30s", 90.0),
            ("1h2m3s", 3723.0),
            ("500ms", 0.5),
            ("1d", 86_400.0),
            ("0s", 0.0),
            ("90", 90.0),
        ] {
            let time = text.parse::<Time>().map(|time| time.0.as_secs_f64());
            assert_eq!(time, Ok(seconds), "{text}");
        }
        for text in ["", "s", "5 parsecs", "-5s", "5s-1s", "1e400s"] {
            assert!(text.parse::<Time>().is_err(), "{text}");
        }
    }
}
