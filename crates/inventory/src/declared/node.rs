//! One tree for all formats, with the line of each value.
//!
//! JSON, TOML and YAML are read into [`Node`]s, so that the rules about the shape of
//! an entry are written once. A [`Budget`] bounds what is kept, because a few bytes of
//! YAML aliases or a few megabytes of `[0,0,0,..]` would otherwise grow without end.

use super::problem::{Fault, ProblemKind};

/// Deepest nesting that is read; the deepest real configuration has about eight levels.
pub(super) const MAX_DEPTH: usize = 128;

/// A value and the line on which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) value: Value,
}

/// What a [`Node`] holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As it is written: it is only ever shown or compared as an argument.
    Number(String),
    Text(String),
    List(Vec<Node>),
    /// In the order of the file. A key that comes twice is kept twice; the last one counts.
    Map(Vec<Entry>),
}

/// A key, its line, and what it stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: u32,
    pub(super) node: Node,
}

impl Node {
    /// The value of a key of a map; of a key given twice the last, as parsers of clients do.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(entries) = &self.value else {
            return None;
        };
        entries
            .iter()
            .rev()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.node)
    }

    /// The value of the first of several names for the same thing, without nulls.
    pub(super) fn get_any(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter()
            .find_map(|key| self.get(key).filter(|node| !node.is_null()))
    }

    pub(super) fn is_null(&self) -> bool {
        self.value == Value::Null
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Text, number or truth value as an argument would be written.
    pub(super) fn as_word(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// Depth of nesting, and what keeping a copy costs in the unit of [`Budget`].
    pub(super) fn measure(&self) -> Measure {
        let mut total = Measure { depth: 1, cost: 0 };
        let mut add = |node: &Self| {
            let inner = node.measure();
            total.depth = total.depth.max(inner.depth + 1);
            total.cost += inner.cost;
        };
        match &self.value {
            Value::Null | Value::Bool(_) => total.cost += cost(0),
            Value::Number(text) | Value::Text(text) => total.cost += cost(text.len()),
            Value::List(nodes) => nodes.iter().for_each(&mut add),
            Value::Map(entries) => {
                for entry in entries {
                    add(&entry.node);
                }
                total.cost += entries
                    .iter()
                    .map(|entry| cost(entry.key.len()))
                    .sum::<usize>();
            }
        }
        total.cost += 1;
        total
    }
}

/// See [`Node::measure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) depth: usize,
    pub(super) cost: usize,
}

/// A node is some 60 bytes, as much as 64 bytes of text.
fn cost(text_bytes: usize) -> usize {
    1 + text_bytes / 64
}

/// What may still be kept of one file.
#[derive(Debug)]
pub(super) struct Budget(usize);

impl Budget {
    /// 250,000 values or 16 MB of text: twenty times the largest catalogue of servers.
    pub(super) const WHOLE: usize = 250_000;

    pub(super) fn new() -> Self {
        Self(Self::WHOLE)
    }

    /// Takes a value with so much text from the budget.
    pub(super) fn spend_text(&mut self, bytes: usize, line: u32) -> Result<(), Fault> {
        self.spend(cost(bytes), line)
    }

    pub(super) fn spend(&mut self, cost: usize, line: u32) -> Result<(), Fault> {
        match self.0.checked_sub(cost) {
            Some(left) => {
                self.0 = left;
                Ok(())
            }
            None => Err(Fault::new(
                ProblemKind::TooMany,
                format!("more than {} values: not read further", Self::WHOLE),
            )
            .at_line(line)),
        }
    }
}

/// The fault of nesting deeper than [`MAX_DEPTH`].
pub(super) fn too_deep(line: u32) -> Fault {
    Fault::new(
        ProblemKind::TooDeep,
        format!("values are nested more than {MAX_DEPTH} deep"),
    )
    .at_line(line)
}
