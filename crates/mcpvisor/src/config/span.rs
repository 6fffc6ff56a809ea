//! Durations as people write them.

use std::fmt;
use std::time::Duration;

use super::invalid::{Invalid, split_unit};

/// A duration: `500ms`, `60s`, `5m`, `2h`, `1d`, or seconds as a bare number. Never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// Units with their seconds, longest first.
const UNITS: [(&str, f64); 5] = [
    ("d", 86_400.0),
    ("h", 3_600.0),
    ("m", 60.0),
    ("s", 1.0),
    ("ms", 0.001),
];

/// Other ways in which people write the units.
const OTHER_WORDS: [(&str, &[&str]); 5] = [
    ("d", &["day", "days"]),
    ("h", &["hr", "hrs", "hour", "hours"]),
    ("m", &["min", "mins", "minute", "minutes"]),
    ("s", &["sec", "secs", "second", "seconds"]),
    (
        "ms",
        &[
            "msec",
            "msecs",
            "milli",
            "millis",
            "millisecond",
            "milliseconds",
        ],
    ),
];

impl Span {
    /// From whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// From whole hours.
    pub const fn hours(hours: u64) -> Self {
        Self(Duration::from_hours(hours))
    }

    /// From whole days.
    pub const fn days(days: u64) -> Self {
        Self::hours(24 * days)
    }
}

impl std::str::FromStr for Span {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let wrong = || {
            Invalid::new(
                text,
                "is no duration; write `500ms`, `60s`, `5m`, `2h` or `1d`",
            )
        };
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let seconds = match unit {
            "" => 1.0,
            // `min` was accepted from the beginning.
            "min" => 60.0,
            _ => match UNITS.iter().find(|(name, _)| *name == unit) {
                Some((_, seconds)) => *seconds,
                None => {
                    return Err(
                        wrong().or_rather(usual_unit(unit).map(|unit| format!("{number}{unit}")))
                    );
                }
            },
        };
        Duration::try_from_secs_f64(number * seconds)
            .map(Self)
            .map_err(|_| Invalid::new(text, "is longer than can be counted"))
    }
}

/// The unit that is meant by another word for it.
fn usual_unit(word: &str) -> Option<&'static str> {
    let word = word.to_lowercase();
    OTHER_WORDS
        .iter()
        .find(|(unit, words)| *unit == word || words.contains(&word.as_str()))
        .map(|(unit, _)| *unit)
}

impl fmt::Display for Span {
    /// In the longest unit of which it is a whole number, as people would choose it: `60s`, `90s`,
    /// `2h`, `48h`, `30d`, `1500ms`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        // The unit, and how many of it there must be at least.
        let units = [
            (86_400_000, "d", 3),
            (3_600_000, "h", 1),
            (60_000, "m", 2),
            (1_000, "s", 1),
        ];
        let fitting = |size: u128, least: u128| ms >= size * least && ms.is_multiple_of(size);
        match units.iter().find(|(size, _, least)| fitting(*size, *least)) {
            Some((size, unit, _)) => write!(f, "{}{unit}", ms / size),
            None if ms == 0 => f.write_str("0s"),
            None => write!(f, "{ms}ms"),
        }
    }
}

impl serde::Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "number"],
            "pattern": r"^[0-9]+(\.[0-9]+)? ?(ms|s|m|min|h|d)?$",
            "minimum": 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        for (text, ms) in [
            ("500ms", 500),
            ("60s", 60_000),
            ("5m", 300_000),
            ("5 min", 300_000),
            ("1.5h", 5_400_000),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Span(Duration::from_millis(ms))));
        }
        for text in [
            "",
            "s",
            "5 weeks",
            "-1s",
            "1e9d",
            "1.2.3s",
            "99999999999999999999d",
        ] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_right_unit_is_told() {
        for (text, right) in [
            ("5 sec", "5s"),
            ("2 Hours", "2h"),
            ("10S", "10s"),
            ("1.5 days", "1.5d"),
        ] {
            let said = text.parse::<Span>().map_err(|error| error.to_string());
            let expected = format!(
                "`{text}` is no duration; write `500ms`, `60s`, `5m`, `2h` or `1d`; did you mean `{right}`?"
            );
            assert_eq!(said, Err(expected));
        }
    }

    #[test]
    fn written_spans_read_back() {
        for (ms, text) in [
            (0, "0s"),
            (1500, "1500ms"),
            (90_000, "90s"),
            (7_200_000, "2h"),
            (172_800_000, "48h"),
            (60_000, "60s"),
            (2_592_000_000, "30d"),
        ] {
            let span = Span(Duration::from_millis(ms));
            assert_eq!(span.to_string(), text);
            assert_eq!(text.parse(), Ok(span));
        }
    }
}
