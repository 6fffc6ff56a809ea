//! TOML: the parser's own tree, with spans, turned into [`Node`]s.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::position;
use crate::declared::node::{Budget, Entry, MAX_DEPTH, Node, Value, too_deep};
use crate::declared::problem::{Fault, ProblemKind};

/// Reads one document.
pub(super) fn parse(text: &str) -> Result<Node, Fault> {
    let table = DeTable::parse(text).map_err(|error| {
        // The messages of the parser name kinds of tokens, never what the file holds.
        let fault = Fault::new(ProblemKind::Syntax, error.message());
        match error.span() {
            Some(span) => {
                let (line, column) = position(text.as_bytes(), span.start);
                fault.at(line, column)
            }
            None => fault,
        }
    })?;
    let starts = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let mut builder = Builder {
        starts,
        budget: Budget::new(),
    };
    Ok(Node {
        line: 1,
        value: builder.table(table.get_ref(), 0)?,
    })
}

struct Builder {
    /// Where each line starts, in bytes.
    starts: Vec<usize>,
    budget: Budget,
}

impl Builder {
    fn line(&self, offset: usize) -> u32 {
        super::count(self.starts.partition_point(|&start| start <= offset))
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize) -> Result<Value, Fault> {
        // The parser sorts by key; people expect the order of the file.
        let mut pairs: Vec<_> = table.iter().collect();
        pairs.sort_by_key(|(key, _)| key.span().start);
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            let line = self.line(key.span().start);
            self.budget.spend_text(key.get_ref().len(), line)?;
            let node = self.node(value, depth + 1)?;
            entries.push(Entry {
                key: key.get_ref().to_string(),
                line,
                node,
            });
        }
        Ok(Value::Map(entries))
    }

    fn node(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Fault> {
        let line = self.line(value.span().start);
        if depth >= MAX_DEPTH {
            return Err(too_deep(line));
        }
        let value = match value.get_ref() {
            DeValue::String(text) => {
                self.budget.spend_text(text.len(), line)?;
                Value::Text(text.to_string())
            }
            DeValue::Integer(number) => Value::Number(number.to_string()),
            DeValue::Float(number) => Value::Number(number.to_string()),
            DeValue::Boolean(value) => Value::Bool(*value),
            DeValue::Datetime(time) => Value::Text(time.to_string()),
            DeValue::Array(items) => {
                let mut nodes = Vec::with_capacity(items.len());
                for item in items {
                    nodes.push(self.node(item, depth + 1)?);
                }
                Value::List(nodes)
            }
            DeValue::Table(table) => self.table(table, depth)?,
        };
        self.budget.spend_text(0, line)?;
        Ok(Node { line, value })
    }
}

#[cfg(test)]
#[expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::parse;
    use crate::declared::node::Value;

    #[test]
    fn order_and_lines_are_those_of_the_file() {
        let node = parse("[servers.b]\ncommand = 'x'\n\n[servers.a]\ncommand = 'y'\n").unwrap();
        let Value::Map(servers) = &node.get("servers").unwrap().value else {
            panic!("{node:?}")
        };
        let found: Vec<_> = servers
            .iter()
            .map(|entry| (entry.key.as_str(), entry.line))
            .collect();
        assert_eq!(found, [("b", 1), ("a", 4)]);
    }

    #[test]
    fn faults_have_a_place() {
        let fault = parse("a = 1\nb = \n").unwrap_err();
        assert_eq!(fault.line, Some(2));
        let fault = parse("[a]\nx = 1\n[a]\nx = 2\n").unwrap_err();
        assert_eq!(
            (fault.line, fault.message.as_str()),
            (Some(3), "duplicate key")
        );
    }
}
