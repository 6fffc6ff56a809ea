//! YAML: the events of the parser built into [`Node`]s.
//!
//! The tree is built here, and not by the library, because aliases have to be counted:
//! nine lines of them can stand for a billion values, and one can contain itself.
//! Scalars follow the core schema of YAML 1.2; a merge key (`<<`) is honoured because
//! people share entries by it. Only the first document is read.

use foldhash::HashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::count;
use crate::declared::node::{Budget, Entry, MAX_DEPTH, Measure, Node, Value, too_deep};
use crate::declared::problem::{Fault, ProblemKind};

/// Reads the first document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let mut builder = Builder {
        open: Vec::new(),
        anchors: HashMap::default(),
        budget: Budget::new(),
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            Fault::new(ProblemKind::Syntax, error.info())
                .at(count(marker.line()), count(marker.col() + 1))
        })?;
        if let Some(document) = builder.event(event, span)? {
            return Ok(document);
        }
    }
    Ok(Node {
        line: 1,
        value: Value::Null,
    })
}

/// A list or map whose end has not come yet.
struct Open {
    line: u32,
    anchor: usize,
    collection: Collection,
}

enum Collection {
    List(Vec<Node>),
    /// With the key that waits for its value.
    Map(Vec<Entry>, Option<(String, u32)>),
}

struct Builder {
    open: Vec<Open>,
    /// What an alias stands for; nothing while its end has not come.
    anchors: HashMap<usize, Option<(Node, Measure)>>,
    budget: Budget,
}

impl Builder {
    /// Takes one event; answers the document when it is complete.
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>, Fault> {
        let line = count(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.budget.spend_text(text.len(), line)?;
                let plain = style == ScalarStyle::Plain && tag.is_none();
                let value = if plain {
                    resolve(&text)
                } else {
                    Value::Text(text.into_owned())
                };
                self.add(Node { line, value }, anchor)
            }
            Event::SequenceStart(anchor, _) => {
                self.begin(line, anchor, Collection::List(Vec::new()))
            }
            Event::MappingStart(anchor, _) => {
                self.begin(line, anchor, Collection::Map(Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open {
                    line,
                    anchor,
                    collection,
                }) => {
                    let value = match collection {
                        Collection::List(nodes) => Value::List(nodes),
                        Collection::Map(entries, _) => Value::Map(entries),
                    };
                    self.add(Node { line, value }, anchor)
                }
                None => Ok(None),
            },
            Event::Alias(anchor) => {
                let node = self.alias(anchor, line)?;
                self.add(node, 0)
            }
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(None),
        }
    }

    fn begin(
        &mut self,
        line: u32,
        anchor: usize,
        collection: Collection,
    ) -> Result<Option<Node>, Fault> {
        self.budget.spend_text(0, line)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(line));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, None);
        }
        self.open.push(Open {
            line,
            anchor,
            collection,
        });
        Ok(None)
    }

    /// A copy of what an alias stands for, paid from the budget.
    fn alias(&mut self, anchor: usize, line: u32) -> Result<Node, Fault> {
        match self.anchors.get(&anchor) {
            Some(Some((node, measure))) => {
                if self.open.len() + measure.depth > MAX_DEPTH {
                    return Err(too_deep(line));
                }
                self.budget.spend(measure.cost, line)?;
                Ok(node.clone())
            }
            Some(None) => {
                let message = "this alias stands for something that contains it";
                Err(Fault::new(ProblemKind::Cyclic, message).at_line(line))
            }
            None => Err(Fault::new(ProblemKind::Syntax, "this alias has no anchor").at_line(line)),
        }
    }

    /// Puts a complete node where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<Option<Node>, Fault> {
        if anchor != 0 {
            let measure = node.measure();
            self.budget.spend(measure.cost, node.line)?;
            self.anchors.insert(anchor, Some((node.clone(), measure)));
        }
        let Some(Open { collection, .. }) = self.open.last_mut() else {
            return Ok(Some(node));
        };
        match collection {
            Collection::List(nodes) => nodes.push(node),
            Collection::Map(entries, key) => match key.take() {
                None => {
                    let word = node.as_word().or_else(|| node.is_null().then(String::new));
                    let message = "a key has to be text";
                    *key = Some((
                        word.ok_or_else(|| Fault::shape(node.line, message))?,
                        node.line,
                    ));
                }
                Some((key, _)) if key == "<<" => merge(entries, node),
                Some((key, line)) => entries.push(Entry { key, line, node }),
            },
        }
        Ok(None)
    }
}

/// Takes over what `<<` names, in front: what comes later counts, so the map's own
/// entries do, and then those of the first of several maps.
fn merge(entries: &mut Vec<Entry>, node: Node) {
    match node.value {
        Value::Map(mut merged) => {
            merged.append(entries);
            *entries = merged;
        }
        Value::List(nodes) => nodes.into_iter().for_each(|node| merge(entries, node)),
        _ => {}
    }
}

/// What a scalar without quotes stands for.
fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))
            && text.parse::<f64>().is_ok() =>
        {
            Value::Number(text.to_owned())
        }
        _ => Value::Text(text.to_owned()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::parse;
    use crate::declared::node::{Node, Value};
    use crate::declared::problem::ProblemKind;

    fn text(node: &Node, way: &[&str]) -> Option<String> {
        way.iter()
            .try_fold(node, |node, key| node.get(key))?
            .as_word()
    }

    #[test]
    fn scalars_follow_the_core_schema() {
        let node = parse("a: yes\nb: True\nc: '8080'\nd: 8080\ne: ~\nf: !!str 1\ng: .5\n").unwrap();
        let value = |key: &str| &node.get(key).unwrap().value;
        assert_eq!(value("a"), &Value::Text("yes".into()));
        assert_eq!(value("b"), &Value::Bool(true));
        assert_eq!(value("c"), &Value::Text("8080".into()));
        assert_eq!(value("d"), &Value::Number("8080".into()));
        assert_eq!(value("e"), &Value::Null);
        assert_eq!(value("f"), &Value::Text("1".into()));
        assert_eq!(value("g"), &Value::Number(".5".into()));
    }

    #[test]
    fn aliases_and_merge_keys_are_followed() {
        let node = parse(
            "base: &base {command: npx, cwd: /a}\nother: &other {cwd: /b, type: stdio}\n\
             one: {<<: *base, cwd: /c}\ntwo: {<<: [*base, *other]}\nthree: *base\n",
        )
        .unwrap();
        assert_eq!(text(&node, &["one", "command"]).as_deref(), Some("npx"));
        assert_eq!(text(&node, &["one", "cwd"]).as_deref(), Some("/c"));
        assert_eq!(text(&node, &["two", "cwd"]).as_deref(), Some("/a"));
        assert_eq!(text(&node, &["two", "type"]).as_deref(), Some("stdio"));
        assert_eq!(text(&node, &["three", "cwd"]).as_deref(), Some("/a"));
    }

    #[test]
    fn an_alias_within_itself_is_named() {
        for text in ["a: &a\n  b: *a\n", "&a [x, *a]", "&a {<<: *a}"] {
            let fault = parse(text).unwrap_err();
            assert_eq!(fault.kind, ProblemKind::Cyclic, "{text}");
            assert!(fault.line.is_some());
        }
    }

    #[test]
    fn aliases_of_aliases_end_early() {
        let mut text = "l0: &l0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let inner = format!("*l{}, ", level - 1).repeat(9);
            text = format!("{text}l{level}: &l{level} [{inner}]\n");
        }
        assert_eq!(parse(&text).unwrap_err().kind, ProblemKind::TooMany);

        let long = format!(
            "a: &a {}\nb: [{}]",
            "x".repeat(100_000),
            "*a, ".repeat(100_000)
        );
        assert_eq!(parse(&long).unwrap_err().kind, ProblemKind::TooMany);

        let mut chain = "l0: &l0 [x]\n".to_owned();
        for level in 1..200 {
            chain = format!("{chain}l{level}: &l{level} [*l{}]\n", level - 1);
        }
        assert_eq!(parse(&chain).unwrap_err().kind, ProblemKind::TooDeep);
    }

    #[test]
    fn faults_have_a_place() {
        let fault = parse("a:\n  - b\n c: [\n").unwrap_err();
        assert_eq!((fault.kind, fault.line), (ProblemKind::Syntax, Some(3)));
        let fault = parse("a: *nowhere").unwrap_err();
        assert_eq!((fault.kind, fault.line), (ProblemKind::Syntax, Some(1)));
        let fault = parse("? [a, b]\n: c\n").unwrap_err();
        assert_eq!((fault.kind, fault.line), (ProblemKind::Shape, Some(1)));
    }

    #[test]
    fn the_first_document_counts() {
        let node = parse("---\na: 1\n---\na: 2\n").unwrap();
        assert_eq!(text(&node, &["a"]).as_deref(), Some("1"));
    }
}
