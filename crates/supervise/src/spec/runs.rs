//! What a server runs: a change of it is what restarts a server.
//!
//! Values of the environment and arguments may be secrets. They are here because whoever starts the
//! server needs them; they are not serialised, and `Debug` does not show them.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How clients talk to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Over its stdin and stdout, which we hold.
    #[default]
    Stdio,
    /// Over HTTP; its stdin is empty.
    Http,
}

impl Transport {
    /// The name used in configuration and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdio => "stdio",
            Self::Http => "http",
        }
    }
}

/// A text that is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Hidden(pub String);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

/// Where the value of an environment variable comes from. Files and variables are read when the server
/// starts, so another content of theirs is no change of what it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// It stands in the configuration.
    Plain(Hidden),
    /// It is what is in this file.
    File(String),
    /// It is that of our own variable of this name.
    Variable(String),
}

/// What a server runs.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Runs {
    /// The program, by path or by a name that is looked for.
    pub program: String,
    /// Its arguments, without the program.
    pub arguments: Vec<String>,
    /// Variables of its environment that are set besides the usual ones.
    pub environment: BTreeMap<String, Value>,
    /// Its working directory.
    pub directory: Option<String>,
    /// The user that it runs as; ours if there is none.
    pub user: Option<String>,
    /// How clients talk to it.
    pub transport: Transport,
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("program", &self.program)
            .field("arguments", &self.arguments.len())
            .field("environment", &self.environment)
            .field("directory", &self.directory)
            .field("user", &self.user)
            .field("transport", &self.transport)
            .finish()
    }
}

impl Runs {
    /// A checksum of 32 bits over all of it, as eight hexadecimal digits. It is kept to tell after a crash
    /// whether what still runs is what is wanted; nothing can be read from it.
    pub fn fingerprint(&self) -> String {
        let mut parts = vec![self.program.as_str(), self.transport.name()];
        // A tag before each list and option, so that no value can pass for another's.
        parts.push("arguments");
        parts.extend(self.arguments.iter().map(String::as_str));
        for (name, value) in &self.environment {
            let (kind, text) = match value {
                Value::Plain(Hidden(text)) => ("plain", text),
                Value::File(path) => ("file", path),
                Value::Variable(variable) => ("variable", variable),
            };
            parts.extend(["environment", name.as_str(), kind, text.as_str()]);
        }
        for (tag, option) in [("directory", &self.directory), ("user", &self.user)] {
            parts.push(tag);
            parts.extend(option.as_deref());
        }
        model::identity::fingerprint(parts)
    }

    /// What differs, for people: names only, no values.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let mut unless = |same: bool, what: &str| {
            if !same {
                found.push(what.to_owned());
            }
        };
        unless(self.program == other.program, "program");
        unless(self.arguments == other.arguments, "arguments");
        unless(self.directory == other.directory, "directory");
        unless(self.user == other.user, "user");
        unless(self.transport == other.transport, "transport");
        let names = self.environment.keys();
        let others = other.environment.keys();
        let gone_or_other =
            names.filter(|name| self.environment.get(*name) != other.environment.get(*name));
        let new = others.filter(|name| !self.environment.contains_key(*name));
        found.extend(
            gone_or_other
                .chain(new)
                .map(|name| format!("variable `{name}`")),
        );
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs() -> Runs {
        Runs {
            program: "npx".to_owned(),
            arguments: vec!["-y".to_owned(), "server-memory".to_owned()],
            environment: BTreeMap::from([
                (
                    "TOKEN".to_owned(),
                    Value::Plain(Hidden("s3cret".to_owned())),
                ),
                ("KEY".to_owned(), Value::File("/srv/demo/key".to_owned())),
            ]),
            directory: Some("/srv/demo".to_owned()),
            user: None,
            transport: Transport::Stdio,
        }
    }

    #[test]
    fn each_part_counts_and_is_named() {
        type Change = fn(&mut Runs);
        let cases: [(Change, &str); 9] = [
            (|runs| runs.program = "uvx".to_owned(), "program"),
            (
                |runs| runs.arguments = vec!["-y server-memory".to_owned()],
                "arguments",
            ),
            (|runs| runs.directory = None, "directory"),
            (|runs| runs.user = Some("ada".to_owned()), "user"),
            (|runs| runs.transport = Transport::Http, "transport"),
            (
                |runs| drop(runs.environment.remove("TOKEN")),
                "variable `TOKEN`",
            ),
            (
                |runs| {
                    let value = Value::Variable("/srv/demo/key".to_owned());
                    runs.environment.insert("KEY".to_owned(), value);
                },
                "variable `KEY`",
            ),
            (
                |runs| {
                    let value = Value::Plain(Hidden("other".to_owned()));
                    runs.environment.insert("TOKEN".to_owned(), value);
                },
                "variable `TOKEN`",
            ),
            (
                |runs| {
                    let value = Value::Plain(Hidden(String::new()));
                    runs.environment.insert("NEW".to_owned(), value);
                },
                "variable `NEW`",
            ),
        ];
        for (change, named) in cases {
            let mut changed = runs();
            change(&mut changed);
            assert_eq!(runs().differences(&changed), [named]);
            assert_ne!(runs().fingerprint(), changed.fingerprint(), "{named}");
        }
        assert!(runs().differences(&runs()).is_empty());
        assert_eq!(runs().fingerprint(), runs().fingerprint());
    }

    #[test]
    fn a_directory_is_not_a_user() {
        let mut one = runs();
        let mut other = runs();
        (one.directory, one.user) = (Some("ada".to_owned()), None);
        (other.directory, other.user) = (None, Some("ada".to_owned()));
        assert_ne!(one.fingerprint(), other.fingerprint());
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut runs = runs();
        runs.arguments.push("--api-key=s3cret".to_owned());
        assert!(!format!("{runs:?}").contains("s3cret"), "{runs:?}");
    }
}
