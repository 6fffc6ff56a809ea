//! `match` and its like: conditions on labels, as a list of texts or as a table of names and values.

use std::borrow::Cow;
use std::collections::BTreeSet;

use alerting::Matcher;
use alerting::matcher::Comparison;
use toml::de::DeValue;

use crate::config::invalid::quotable;
use crate::config::nearest::nearest;
use crate::config::section::{Section, listed};
use crate::config::value::{kind, text};

/// Conditions of one key at most.
const MOST: usize = 32;

/// An example of a list of conditions, for messages.
const EXAMPLE: &str = r#"["server=\"memory\""]` or a table such as `{ server = "memory" }"#;

/// Conditions as they stand in a file.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
#[serde(transparent)]
pub struct Conditions(pub(super) Vec<Matcher>);

/// Which labels there are.
pub(super) struct Labels<'a> {
    /// What has them, for messages: `` `mcpvisor_server_up` ``.
    pub of: String,
    /// Their names.
    pub names: Vec<&'a str>,
    /// Names of rules, where `alertname` is one of the labels.
    pub rules: Option<&'a BTreeSet<String>>,
}

impl Labels<'_> {
    /// Why a name is none of them.
    pub(super) fn fault_of_name(&self, name: &str) -> Option<String> {
        if self.names.contains(&name) {
            return None;
        }
        let right = nearest(name, self.names.iter().copied());
        let has = match self.names.as_slice() {
            [] => "has none".to_owned(),
            names => format!("has {}", listed(names)),
        };
        Some(match right {
            Some(right) => format!(
                "{} has no label `{}`; did you mean `{right}`?",
                self.of,
                quotable(name)
            ),
            None => format!("{} has no label `{}`; it {has}", self.of, quotable(name)),
        })
    }

    fn fault(&self, matcher: &Matcher) -> Option<String> {
        if let Some(fault) = self.fault_of_name(&matcher.name) {
            return Some(fault);
        }
        let is_exact = matches!(matcher.how, Comparison::Equal | Comparison::Different);
        let value = matcher.value.as_str();
        let rules = self.rules.filter(|_| is_exact)?;
        let known: Vec<&str> = match matcher.name.as_str() {
            "alertname" | "rule" => rules.iter().map(String::as_str).collect(),
            "severity" => super::levels::NAMES.to_vec(),
            _ => return None,
        };
        if known.contains(&value) {
            return None;
        }
        let what = if matcher.name == "severity" {
            "severity"
        } else {
            "rule"
        };
        let shown = quotable(value);
        Some(match nearest(value, known.iter().copied()) {
            Some(right) => format!("there is no {what} `{shown}`; did you mean `{right}`?"),
            None if what == "rule" => {
                format!("there is no rule `{shown}`; `mcpvisor rules list` names them")
            }
            None => format!("there is no {what} `{shown}`; there are {}", listed(&known)),
        })
    }
}

/// Reads conditions; what is wrong with one is told at its own place.
pub(super) fn read(
    section: &mut Section<'_>,
    key: &'static str,
    labels: &Labels<'_>,
) -> Option<Vec<Matcher>> {
    let value = section.value(key)?;
    let mut found = Vec::new();
    let mut note = |section: &mut Section<'_>, place, read: Result<Matcher, String>| match read {
        Ok(matcher) => match labels.fault(&matcher) {
            Some(fault) => section.note(key, Some(place), fault),
            None => found.push(matcher),
        },
        Err(message) => section.note(key, Some(place), message),
    };
    match value.get_ref() {
        DeValue::Array(entries) => {
            for entry in entries {
                let read = text(entry.get_ref(), r#"server=\"memory\""#)
                    .map_err(|invalid| invalid.to_string())
                    .and_then(|text| text.parse::<Matcher>().map_err(|error| error.to_string()));
                note(section, entry.span(), read);
            }
        }
        DeValue::Table(table) => {
            for (name, entry) in table {
                let read = text(entry.get_ref(), "memory")
                    .map_err(|invalid| invalid.to_string())
                    .and_then(|value| from_pair(name.get_ref(), value));
                note(section, entry.span(), read);
            }
        }
        other => {
            let message = format!(
                "the value must be a list such as `{EXAMPLE}`, not {}",
                kind(other)
            );
            section.note(key, Some(value.span()), message);
        }
    }
    let count = found.len();
    section.require(key, count <= MOST, || {
        format!("{count} conditions are too many; {MOST} are read at most")
    });
    Some(found)
}

/// A name and the value that it must have, with `*` for anything and `?` for one character.
fn from_pair(name: &str, value: &str) -> Result<Matcher, String> {
    let matcher = if value.contains(['*', '?']) {
        Matcher::new(name, Comparison::Like, &pattern(value))
    } else {
        Matcher::new(name, Comparison::Equal, value)
    };
    matcher.map_err(|error| error.to_string())
}

/// The regular expression of a text with `*` and `?`.
fn pattern(glob: &str) -> String {
    let mut pattern = String::new();
    for c in glob.chars() {
        match c {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            c if c.is_ascii_punctuation() && !matches!(c, '_' | '-' | '/' | '@' | ':' | ',') => {
                pattern.push('\\');
                pattern.push(c);
            }
            c => pattern.push(c),
        }
    }
    pattern
}

impl schemars::JsonSchema for Conditions {
    fn schema_name() -> Cow<'static, str> {
        "Conditions".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [
            {"type": "array", "items": {"type": "string", "pattern": "^ *[A-Za-z_][A-Za-z0-9_]* *(=|!=|=~|!~)"}, "maxItems": MOST},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ]})
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_tables() {
        for (value, takes, refuses) in [
            ("Cur*", "Cursor", "aCursor"),
            ("a.b?", "a.bc", "a+bc"),
            ("(x)*{1}", "(x) and {1}", "xx1"),
            ("exact", "exact", "exactly"),
            ("ü*", "über", "uber"),
        ] {
            let matcher = from_pair("owner", value).unwrap();
            assert!(matcher.takes(takes) && !matcher.takes(refuses), "{value}");
            assert_eq!(matcher.to_string().parse::<Matcher>().unwrap(), matcher);
        }
        assert!(from_pair("no name", "x").is_err());
    }
}
