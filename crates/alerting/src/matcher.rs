//! Conditions on labels: `server="memory"`, `owner!="Cursor"`, `server=~"play.*"`, `owner!~".*Code"`.
//!
//! Patterns match the whole value, as in Prometheus; they are of the linear-time kind. A label that is
//! not there has the empty value.

use std::fmt;
use std::str::FromStr;

use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest pattern that is taken, bytes: compiled ones are larger than they look.
const MOST_BYTES: usize = 1024;

/// One condition on one label.
#[derive(Clone, Debug, JsonSchema)]
#[schemars(with = "String")]
pub struct Matcher {
    /// The label.
    pub name: String,
    /// How its value is compared.
    pub how: Comparison,
    /// With what.
    pub value: String,
    pattern: Option<Regex>,
}

/// How a label is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `!=`
    Different,
    /// `=~`
    Like,
    /// `!~`
    Unlike,
}

impl Comparison {
    /// As it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Different => "!=",
            Self::Like => "=~",
            Self::Unlike => "!~",
        }
    }
}

/// Why a matcher cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadMatcher {
    /// It is not of the form.
    #[error("`{0}` is no condition on a label; write `server=\"memory\"`, or `!=`, `=~`, `!~`")]
    Form(String),
    /// The label's name is none.
    #[error("`{0}` is no name of a label: letters, digits and underscores")]
    Name(String),
    /// The pattern cannot be used.
    #[error("`{pattern}` is no regular expression: {why}")]
    Pattern {
        /// As written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
}

impl Matcher {
    /// A condition; fails for a name that no label has, or a pattern that is none.
    pub fn new(name: &str, how: Comparison, value: &str) -> Result<Self, BadMatcher> {
        let first = name.chars().next().is_some_and(|c| !c.is_ascii_digit());
        let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !first || !rest {
            return Err(BadMatcher::Name(shortened(name)));
        }
        let pattern = match how {
            Comparison::Equal | Comparison::Different => None,
            Comparison::Like | Comparison::Unlike => Some(compiled(value)?),
        };
        Ok(Self {
            name: name.to_owned(),
            how,
            value: value.to_owned(),
            pattern,
        })
    }

    /// Does a value satisfy it? A label that is not there is empty.
    pub fn takes(&self, value: &str) -> bool {
        match (self.how, &self.pattern) {
            (Comparison::Equal, _) => value == self.value,
            (Comparison::Different, _) => value != self.value,
            (Comparison::Like, pattern) => pattern.as_ref().is_some_and(|p| p.is_match(value)),
            (Comparison::Unlike, pattern) => pattern.as_ref().is_none_or(|p| !p.is_match(value)),
        }
    }
}

/// Do labels satisfy all conditions?
pub fn all_take<'a>(matchers: &[Matcher], label: impl Fn(&str) -> Option<&'a str>) -> bool {
    let value = |matcher: &Matcher| label(&matcher.name).unwrap_or_default();
    matchers.iter().all(|matcher| matcher.takes(value(matcher)))
}

fn compiled(pattern: &str) -> Result<Regex, BadMatcher> {
    let bad = |why: String| BadMatcher::Pattern {
        pattern: shortened(pattern),
        why,
    };
    if pattern.len() > MOST_BYTES {
        return Err(bad(format!("it is longer than {MOST_BYTES} bytes")));
    }
    let built = |pattern: &str| {
        let mut builder = regex::RegexBuilder::new(pattern);
        builder.size_limit(1 << 20).build().map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            bad(last.trim_start_matches("error: ").to_owned())
        })
    };
    // By itself first: `a)|(b` is a pattern only between the parentheses.
    built(pattern)?;
    built(&format!("^(?s:{pattern})$"))
}

fn shortened(text: &str) -> String {
    let clean = text.chars().filter(|c| !c.is_control());
    clean.take(80).collect()
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.how, &self.value) == (&other.name, other.how, &other.value)
    }
}

impl Eq for Matcher {}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.replace('\\', "\\\\").replace('"', "\\\"");
        let value = value.replace('\n', "\\n");
        write!(f, "{}{}\"{value}\"", self.name, self.how.sign())
    }
}

impl FromStr for Matcher {
    type Err = BadMatcher;

    fn from_str(text: &str) -> Result<Self, BadMatcher> {
        let bad = || BadMatcher::Form(shortened(text));
        let text = text.trim();
        let end = text.find(['=', '!']).ok_or_else(bad)?;
        let (name, rest) = text.split_at(end);
        let signs = [
            ("=~", Comparison::Like),
            ("!~", Comparison::Unlike),
            ("!=", Comparison::Different),
            ("=", Comparison::Equal),
        ];
        let (how, value) = signs
            .into_iter()
            .find_map(|(sign, how)| Some((how, rest.strip_prefix(sign)?)))
            .ok_or_else(bad)?;
        let value = value.trim();
        let value = match value.strip_prefix('"') {
            Some(rest) => unquoted(rest.strip_suffix('"').ok_or_else(bad)?),
            None => value.to_owned(),
        };
        Self::new(name.trim(), how, &value)
    }
}

fn unquoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, true) => match chars.next() {
                Some('n') => out.push('\n'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
            (c, false) => out.push(c),
        }
    }
    out
}

impl Serialize for Matcher {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Matcher {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn as_people_write_them() {
        for (text, value, takes) in [
            ("server=\"memory\"", "memory", true),
            ("server=memory", "memory", true),
            (" server = memory ", "memory ", false),
            ("server!=memory", "memory", false),
            ("server!=memory", "", true),
            ("server=~\"mem.*\"", "memory", true),
            // The whole value, as in Prometheus.
            ("server=~\"mem\"", "memory", false),
            ("server=~\"a|b\"", "xb", false),
            ("server!~\"mem.*\"", "time", true),
            ("server=\"a\\\"b\"", "a\"b", true),
            ("server=", "", true),
        ] {
            let matcher: Matcher = text.parse().unwrap();
            assert_eq!(matcher.takes(value), takes, "{text} {value}");
            let again: Matcher = matcher.to_string().parse().unwrap();
            assert_eq!(again, matcher, "{text}");
        }
    }

    #[test]
    fn what_is_none_is_said() {
        for (text, words) in [
            ("server", "is no condition"),
            ("=x", "is no name of a label"),
            ("1a=x", "is no name of a label"),
            ("a b=x", "is no name of a label"),
            ("a=\"x", "is no condition"),
            ("a=~\"(\"", "is no regular expression"),
            ("a=~\"a)|(b\"", "is no regular expression"),
            ("a=~\"(x{1000}){1000}\"", "is no regular expression"),
        ] {
            let error = text.parse::<Matcher>().unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
