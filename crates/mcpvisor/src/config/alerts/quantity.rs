//! Values of thresholds: numbers in the unit of their rule, as people write them.

use std::borrow::Cow;
use std::time::Duration;

use alerting::Unit;
use toml::de::DeValue;

use crate::config::invalid::{Invalid, split_unit};
use crate::config::value::kind;
use crate::config::{Size, Span};

/// A value as it stands in a file.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Quantity {
    /// With its unit: `300MB`, `80%`, `5m`.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Number(f64),
}

/// The value in a unit, or why it is none.
pub(super) fn read(value: &DeValue<'_>, unit: Unit) -> Result<f64, Invalid> {
    let (written, number) = match value {
        DeValue::Integer(number) => {
            let whole = i64::from_str_radix(number.as_str(), number.radix()).ok();
            (number.as_str(), whole.map(|whole| whole as f64))
        }
        DeValue::Float(number) => (number.as_str(), number.as_str().parse().ok()),
        DeValue::String(text) => return from_text(text, unit),
        other => {
            let what = kind(other);
            return Err(Invalid::unquoted(format!(
                "must be {}, not {what}",
                example(unit)
            )));
        }
    };
    number
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .ok_or_else(|| Invalid::new(written, "is no number from 0 on"))
}

fn from_text(written: &str, unit: Unit) -> Result<f64, Invalid> {
    let written = written.trim();
    let wrong = || {
        Invalid::new(
            written,
            format!("does not fit; here it must be {}", example(unit)),
        )
    };
    let bytes = |text: &str| text.parse::<Size>().map(|size| size.0 as f64);
    match unit {
        Unit::Bytes => bytes(written),
        // The second is said by the rule's `rate`, too.
        Unit::BytesPerSecond => bytes(written.strip_suffix("/s").unwrap_or(written)),
        Unit::Seconds => Ok(written.parse::<Span>()?.0.as_secs_f64()),
        Unit::Ratio => match split_unit(written) {
            Some((percent, "%")) => Ok(percent / 100.0),
            Some((share, "")) => Err(wrong().or_rather(Some(format!("{}%", share * 100.0)))),
            _ => Err(wrong()),
        },
        Unit::PerSecond => match split_unit(written) {
            Some((number, "/s")) => Ok(number),
            _ => Err(wrong()),
        },
        Unit::Count => Err(match split_unit(written) {
            Some((number, "")) => {
                Invalid::new(written, format!("is text; write {number} without quotes"))
            }
            _ => wrong(),
        }),
    }
}

/// What is right in a unit.
fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "a bare number such as `100`, because things are counted",
        Unit::Bytes => "a size such as `\"300MB\"` or `\"512MiB\"`",
        Unit::BytesPerSecond => "a size a second such as `\"1MB/s\"`",
        Unit::Ratio => "a share such as `\"80%\"` or `0.8`",
        Unit::Seconds => "a duration such as `\"500ms\"` or `\"4h\"`",
        Unit::PerSecond => "a number a second such as `\"12/s\"` or `12`",
    }
}

impl Quantity {
    /// A value as people would write it; as a bare number where that would not be the same.
    pub(super) fn of(value: f64, unit: Unit) -> Self {
        let text = match unit {
            Unit::Bytes => whole(value).map(|bytes| Size(bytes.unsigned_abs()).to_string()),
            Unit::BytesPerSecond => {
                whole(value).map(|bytes| format!("{}/s", Size(bytes.unsigned_abs())))
            }
            Unit::Ratio => Some(format!("{}%", value * 100.0)),
            Unit::Seconds => Duration::try_from_secs_f64(value)
                .ok()
                .map(|time| Span(time).to_string()),
            Unit::Count | Unit::PerSecond => None,
        };
        let is_same = |text: &String| from_text(text, unit) == Ok(value);
        match (text.filter(is_same), whole(value)) {
            (Some(text), _) => Self::Text(text),
            (None, Some(whole)) => Self::Whole(whole),
            (None, None) => Self::Number(value),
        }
    }
}

/// A number without a fraction that can be counted exactly.
fn whole(value: f64) -> Option<i64> {
    let is_whole = value.fract() == 0.0 && (0.0..9e15).contains(&value);
    #[expect(clippy::cast_possible_truncation, reason = "whole, and far below 2^63")]
    is_whole.then_some(value as i64)
}

impl schemars::JsonSchema for Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"],
            "pattern": r"^[0-9]+(\.[0-9]+)? ?(%|/s|[KMGT]i?B|B|[KMGT]?i?B/s|ms|s|m|min|h|d)?$",
            "minimum": 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, unit: Unit) -> Result<f64, String> {
        from_text(text, unit).map_err(|error| error.to_string())
    }

    #[test]
    fn units() {
        for (unit, text, value) in [
            (Unit::Bytes, "300MB", 300e6),
            (Unit::Bytes, "512 MiB", 536_870_912.0),
            (Unit::BytesPerSecond, "1MB/s", 1e6),
            (Unit::BytesPerSecond, "1 MB", 1e6),
            (Unit::Ratio, "95%", 0.95),
            (Unit::Ratio, "0.5 %", 0.005),
            (Unit::Seconds, "4h", 14_400.0),
            (Unit::PerSecond, "12/s", 12.0),
        ] {
            assert_eq!(said(text, unit), Ok(value), "{text}");
        }
        for (unit, text, words) in [
            (Unit::Bytes, "80%", "`80%` is no size; write `512KiB`"),
            (Unit::Bytes, "300M", "did you mean `300MiB`?"),
            (Unit::Ratio, "0.8", "did you mean `80%`?"),
            (
                Unit::Ratio,
                "300MB",
                "`300MB` does not fit; here it must be a share",
            ),
            (Unit::Seconds, "5 sec", "did you mean `5s`?"),
            (Unit::Count, "100", "is text; write 100 without quotes"),
            (Unit::Count, "80%", "here it must be a bare number"),
            (Unit::PerSecond, "12", "such as `\"12/s\"`"),
        ] {
            let said = said(text, unit).err().unwrap_or_default();
            assert!(said.contains(words), "{text}: {said}");
        }
    }

    #[test]
    fn written_values_read_back() {
        for (unit, value, written) in [
            (Unit::Bytes, 300e6, Quantity::Text("300MB".into())),
            (Unit::Bytes, 1e8 / 24.0, Quantity::Number(1e8 / 24.0)),
            (Unit::Ratio, 0.95, Quantity::Text("95%".into())),
            (Unit::Seconds, 0.25, Quantity::Text("250ms".into())),
            (Unit::Seconds, 0.0001, Quantity::Number(0.0001)),
            (Unit::Count, 15.0, Quantity::Whole(15)),
            (Unit::PerSecond, 0.5, Quantity::Number(0.5)),
        ] {
            assert_eq!(Quantity::of(value, unit), written);
        }
    }
}
