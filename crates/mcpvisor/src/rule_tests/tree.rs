//! YAML as a tree whose every node knows its line.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser};

/// Nodes at most, those that aliases stand for included: nine lines of aliases can stand for a billion.
const MOST_NODES: usize = 200_000;
/// Lists in lists at most.
const MOST_DEPTH: usize = 32;

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Line from 1.
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// Text, a number, or nothing.
    Scalar(String),
    List(Vec<Node>),
    /// Keys with their lines, in the order in which they are written.
    Map(Vec<(String, usize, Node)>),
}

/// Why a text is no YAML that we read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadYaml {
    pub(super) line: Option<usize>,
    pub(super) message: String,
}

impl Node {
    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(text) if text.is_empty() => "nothing",
            Value::Scalar(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "keys with values",
        }
    }
}

/// Reads the first document.
pub(super) fn parsed(text: &str) -> Result<Node, BadYaml> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| BadYaml {
            line: Some(error.marker().line()),
            message: format!("this is no YAML: {}", error.info()),
        })?;
        if let Some(document) = builder.event(event, span.start.line())? {
            return Ok(document);
        }
    }
    Ok(Node {
        line: 1,
        value: Value::Scalar(String::new()),
    })
}

/// A list or map whose end has not come.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: usize) -> Result<Option<Node>, BadYaml> {
        match event {
            Event::Scalar(text, _, anchor, _) => {
                self.spend(1, line)?;
                let is_null = matches!(&*text, "~" | "null" | "Null" | "NULL");
                let text = if is_null {
                    String::new()
                } else {
                    text.into_owned()
                };
                self.add(
                    Node {
                        line,
                        value: Value::Scalar(text),
                    },
                    anchor,
                    1,
                )
            }
            Event::SequenceStart(anchor, _) => self.begin(Value::List(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => self.begin(Value::Map(Vec::new()), anchor, line),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { node, anchor, .. }) => {
                    let size = if anchor == 0 { 1 } else { size(&node) };
                    self.add(node, anchor, size)
                }
                None => Ok(None),
            },
            Event::Alias(anchor) => {
                let found = self.anchors.get(&anchor).cloned();
                let (node, size) =
                    found.ok_or_else(|| bad(line, "this alias stands for nothing"))?;
                self.spend(size, line)?;
                self.add(node, 0, size)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
        }
    }

    fn begin(&mut self, value: Value, anchor: usize, line: usize) -> Result<Option<Node>, BadYaml> {
        self.spend(1, line)?;
        if self.open.len() >= MOST_DEPTH {
            return Err(bad(line, "this is too deep"));
        }
        self.open.push(Open {
            node: Node { line, value },
            anchor,
            key: None,
        });
        Ok(None)
    }

    fn spend(&mut self, nodes: usize, line: usize) -> Result<(), BadYaml> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MOST_NODES {
            return Err(bad(
                line,
                "there is too much in this file; make several of it",
            ));
        }
        Ok(())
    }

    /// Puts a complete node where it belongs.
    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<Option<Node>, BadYaml> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(node));
        };
        match (&mut open.node.value, open.key.take()) {
            (Value::List(nodes), _) => nodes.push(node),
            (Value::Map(entries), Some((key, line))) => {
                if entries.iter().any(|(known, ..)| *known == key) {
                    return Err(bad(line, &format!("`{key}` is here twice")));
                }
                entries.push((key, line, node));
            }
            (Value::Map(_), None) => match node.value {
                Value::Scalar(text) => open.key = Some((text, node.line)),
                Value::List(_) | Value::Map(_) => {
                    return Err(bad(node.line, "a key has to be text"));
                }
            },
            (Value::Scalar(_), _) => {}
        }
        Ok(None)
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar(_) => 0,
        Value::List(nodes) => nodes.iter().map(size).sum(),
        Value::Map(entries) => entries.iter().map(|(.., node)| size(node)).sum(),
    }
}

fn bad(line: usize, message: &str) -> BadYaml {
    BadYaml {
        line: Some(line),
        message: message.to_owned(),
    }
}
