//! The values in force as TOML.
//!
//! Sections are written as people would: `[daemon]` with a line for each key, one `[[rule]]` after the
//! other, tables in sections on one line. Keys keep the order of their types.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::Config;

/// Longest table on a line, characters.
const LINE: usize = 90;

/// A value in the order in which it was given; maps of other libraries sort their keys.
enum Node {
    Nothing,
    /// A value as it is written.
    Leaf(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Config {
    /// All values in force as TOML that could be a configuration file, but for secrets, which are not
    /// shown. Sections and keys that are empty by default and were not given are missing.
    pub fn effective(&self) -> String {
        sections(self)
    }
}

/// The sections of a document as TOML.
pub(super) fn sections(document: &impl serde::Serialize) -> String {
    // What is written here has text, numbers, lists and tables with text for keys: nothing of it can
    // fail to be JSON.
    let json = serde_json::to_string(document).unwrap_or_default();
    let mut text = String::new();
    if let Ok(Node::Table(sections)) = serde_json::from_str(&json) {
        for (name, section) in &sections {
            match section {
                Node::Table(keys) => push_section(&mut text, name, keys),
                Node::List(several) => {
                    for section in several {
                        if let Node::Table(keys) = section {
                            push(&mut text, &format!("[[{name}]]"), keys);
                        }
                    }
                }
                Node::Leaf(_) | Node::Nothing => {}
            }
        }
    }
    text
}

/// A section; tables in it that have no place on a line, and those in a section of nothing else, have
/// headers of their own.
fn push_section(text: &mut String, name: &str, keys: &[(String, Node)]) {
    let is_of_tables = keys.iter().all(|(_, value)| value.is_table());
    let is_apart = |value: &Node| {
        value.is_table() && (is_of_tables || value.to_string().chars().count() > LINE)
    };
    if keys.iter().any(|(_, value)| !is_apart(value)) || keys.is_empty() {
        let own = keys.iter().filter(|(_, value)| !is_apart(value));
        push(text, &format!("[{name}]"), own);
    }
    for (key, value) in keys.iter().filter(|(_, value)| is_apart(value)) {
        if let Node::Table(keys) = value {
            push(text, &format!("[{name}.{}]", Key(key)), keys);
        }
    }
}

fn push<'n>(text: &mut String, header: &str, keys: impl IntoIterator<Item = &'n (String, Node)>) {
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(header);
    text.push('\n');
    for (key, value) in keys {
        if !matches!(value, Node::Nothing) {
            text.push_str(&format!("{} = {value}\n", Key(key)));
        }
    }
}

/// A key, in quotes where it needs them.
struct Key<'a>(&'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        if !self.0.is_empty() && self.0.bytes().all(fits) {
            return f.write_str(self.0);
        }
        f.write_str(&quoted(self.0))
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Node {
    fn is_table(&self) -> bool {
        matches!(self, Self::Table(_))
    }
}

impl fmt::Display for Node {
    /// On one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Leaf(text) => f.write_str(text),
            Self::List(entries) => {
                f.write_str("[")?;
                for (at, entry) in entries.iter().enumerate() {
                    let comma = if at > 0 { ", " } else { "" };
                    write!(f, "{comma}{entry}")?;
                }
                f.write_str("]")
            }
            Self::Table(entries) if entries.is_empty() => f.write_str("{}"),
            Self::Table(entries) => {
                let there = entries
                    .iter()
                    .filter(|(_, value)| !matches!(value, Self::Nothing));
                for (at, (key, value)) in there.enumerate() {
                    let before = if at > 0 { ", " } else { "{ " };
                    write!(f, "{before}{} = {value}", Key(key))?;
                }
                f.write_str(" }")
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Leaf(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Leaf(toml::Value::Float(value).to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Leaf(quoted(text)))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element()? {
            list.push(entry);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            table.push(entry);
        }
        Ok(Node::Table(table))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::{Config, parse};

    #[test]
    fn what_is_shown_reads_back() {
        let text = "[daemon]\nlisten = \"[::1]:0\"\nallowed_hosts = [\"a.example:8443\"]\n\
                    trusted_proxies = [\"10.0.0.0/8\"]\nbase_path = \"/x\"\n\
                    [log]\nfile = \"x\\\"y.log\"\n[tls]\ncert = \"c\"\nkey = \"k\"\n\
                    [clean]\nnever_touch = [\"a\\nb\"]\n[budget]\ncpu = \"0.5%\"\n";
        let config = parse(text, Path::new("/etc")).ok();
        for config in config.into_iter().chain([Config::default()]) {
            let shown = config.effective();
            assert!(
                shown.contains("[history]\nmax_disk = \"1GiB\"\nraw = \"48h\"\n"),
                "{shown}"
            );
            assert_eq!(parse(&shown, Path::new("/elsewhere")), Ok(config));
        }
    }
}
