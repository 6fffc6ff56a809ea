//! From a TOML value to a type: what is accepted, and how a wrong one is told.

use std::path::PathBuf;

use model::Severity;
use toml::de::DeValue;

use super::invalid::Invalid;
use super::nearest::nearest;
use super::{BasePath, HostName, Network, Share, Size, Span};

/// A type that a value of a key becomes.
pub(super) trait FromValue: Sized {
    /// The value, or why it is none.
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid>;
}

/// A type that people write as text.
trait FromText: std::str::FromStr<Err = Invalid> {
    /// An example of what to write, for messages.
    const EXAMPLE: &str;
    /// A bare number is taken too, as if it were text.
    const BARE: bool;
}

/// A type with few values, each with its name.
pub(super) trait Choice: Sized + Copy + 'static {
    /// All names with their values.
    const ALL: &[(&str, Self)];
}

impl FromText for Span {
    const EXAMPLE: &str = "5s";
    const BARE: bool = true;
}

impl FromText for Size {
    const EXAMPLE: &str = "64MiB";
    const BARE: bool = true;
}

impl FromText for Share {
    const EXAMPLE: &str = "1%";
    const BARE: bool = false;
}

impl FromText for Network {
    const EXAMPLE: &str = "10.0.0.0/8";
    const BARE: bool = false;
}

impl FromText for HostName {
    const EXAMPLE: &str = "mcpvisor.example.org";
    const BARE: bool = false;
}

impl FromText for BasePath {
    const EXAMPLE: &str = "/mcpvisor";
    const BARE: bool = false;
}

macro_rules! from_text {
    ($($kind:ty),+) => {$(
        impl FromValue for $kind {
            fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
                from_text(value)
            }
        }
    )+};
}

from_text!(Span, Size, Share, Network, HostName, BasePath);

fn from_text<T: FromText>(value: &DeValue<'_>) -> Result<T, Invalid> {
    match value {
        DeValue::Integer(number) if T::BARE && number.radix() == 10 => number.as_str().parse(),
        DeValue::Float(number) if T::BARE => number.as_str().parse(),
        _ => text(value, T::EXAMPLE)?.parse(),
    }
}

impl FromValue for String {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        text(value, "text").map(str::to_owned)
    }
}

impl FromValue for bool {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        match value {
            DeValue::Boolean(value) => Ok(*value),
            other => Err(Invalid::unquoted(format!(
                "must be `true` or `false`, not {}",
                kind(other)
            ))),
        }
    }
}

impl Choice for Severity {
    const ALL: &[(&str, Self)] = &[
        ("info", Self::Info),
        ("warning", Self::Warning),
        ("error", Self::Error),
        ("critical", Self::Critical),
    ];
}

impl FromValue for Severity {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

impl FromValue for PathBuf {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let path = text(value, "/path/to/file")?;
        if path.is_empty() || path.contains('\0') {
            return Err(Invalid::new(path, "is no path of a file"));
        }
        if path.starts_with("~/") {
            let why = "begins with `~`, which only shells know; write the whole path";
            return Err(Invalid::new(path, why));
        }
        Ok(Self::from(path))
    }
}

impl FromValue for u32 {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let wrong = |why: String| Invalid::unquoted(why);
        let DeValue::Integer(number) = value else {
            return Err(wrong(format!(
                "must be a whole number such as `5`, not {}",
                kind(value)
            )));
        };
        Self::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| Invalid::new(number.as_str(), format!("is not from 0 to {}", Self::MAX)))
    }
}

/// A whole number from `least` to `most`.
pub(super) fn whole(
    value: &DeValue<'_>,
    example: u64,
    least: u64,
    most: u64,
) -> Result<u64, Invalid> {
    let DeValue::Integer(number) = value else {
        let what = kind(value);
        let why = format!("must be a whole number such as `{example}`, not {what}");
        return Err(Invalid::unquoted(why));
    };
    u64::from_str_radix(number.as_str(), number.radix())
        .ok()
        .filter(|number| (least..=most).contains(number))
        .ok_or_else(|| Invalid::new(number.as_str(), format!("is not from {least} to {most}")))
}

/// A number from `least` to `most`, with or without a point.
pub(super) fn number(
    value: &DeValue<'_>,
    example: f64,
    least: f64,
    most: f64,
) -> Result<f64, Invalid> {
    let (written, number) = match value {
        DeValue::Integer(whole) => {
            let number = i64::from_str_radix(whole.as_str(), whole.radix()).ok();
            (whole.as_str(), number.map(|number| number as f64))
        }
        DeValue::Float(float) => (float.as_str(), float.as_str().parse().ok()),
        other => {
            let what = kind(other);
            let why = format!("must be a number such as `{example}`, not {what}");
            return Err(Invalid::unquoted(why));
        }
    };
    number
        .filter(|number: &f64| (least..=most).contains(number))
        .ok_or_else(|| Invalid::new(written, format!("is not from {least} to {most}")))
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let DeValue::Array(entries) = value else {
            return Err(Invalid::unquoted(format!(
                "must be a list such as `[\"one\", \"two\"]`, not {}",
                kind(value)
            )));
        };
        entries
            .iter()
            .map(|entry| T::from_value(entry.get_ref()))
            .collect()
    }
}

/// One of a few words.
pub(super) fn choice<T: Choice>(value: &DeValue<'_>) -> Result<T, Invalid> {
    let names = || T::ALL.iter().map(|(name, _)| *name);
    let word = text(value, names().next().unwrap_or_default())?;
    if let Some((_, value)) = T::ALL.iter().find(|(name, _)| *name == word) {
        return Ok(*value);
    }
    let all: Vec<String> = names().map(|name| format!("`{name}`")).collect();
    let right = nearest(word, names()).map(str::to_owned);
    Err(Invalid::new(word, format!("is none of {}", all.join(", "))).or_rather(right))
}

/// The text of a string.
pub(super) fn text<'v>(value: &'v DeValue<'_>, example: &str) -> Result<&'v str, Invalid> {
    match value {
        DeValue::String(text) => Ok(text),
        other => Err(Invalid::unquoted(format!(
            "must be text in quotes such as `\"{example}\"`, not {}",
            kind(other)
        ))),
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
