//! Sizes as people write them.

use std::fmt;

use super::invalid::{Invalid, split_unit};

/// A number of bytes: `64MiB`, `1GB`, or a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

/// Units with their bytes, largest first and binary before decimal.
const UNITS: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("KB", 1_000),
    ("kB", 1_000),
    ("B", 1),
];

impl Size {
    /// From mebibytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }
}

impl std::str::FromStr for Size {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let wrong = || {
            Invalid::new(
                text,
                "is no size; write `512KiB`, `64MiB`, `1GiB`, `1GB` or bytes",
            )
        };
        let (number, unit) = split_unit(text).ok_or_else(wrong)?;
        let bytes = match UNITS.iter().find(|(name, _)| *name == unit) {
            Some((_, bytes)) => *bytes,
            None if unit.is_empty() => 1,
            None => {
                return Err(
                    wrong().or_rather(usual_unit(unit).map(|unit| format!("{number}{unit}")))
                );
            }
        };
        let total = number * bytes as f64;
        if total >= 2_f64.powi(63) {
            return Err(Invalid::new(text, "is more than any machine has"));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, below 2^63, and a part of a byte is none"
        )]
        Ok(Self(total as u64))
    }
}

/// `64M`, `64mb` and `64 mib` are meant as `MiB`, `MB` and `MiB`.
fn usual_unit(word: &str) -> Option<&'static str> {
    let same = |name: &str| {
        name.eq_ignore_ascii_case(word)
            || (word.len() == 1
                && name.len() == 3
                && name
                    .get(..1)
                    .is_some_and(|first| first.eq_ignore_ascii_case(word)))
    };
    UNITS.iter().map(|(name, _)| *name).find(|name| same(name))
}

impl fmt::Display for Size {
    /// In the largest unit of which it is a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS
            .iter()
            .find(|(_, bytes)| self.0 > 0 && self.0.is_multiple_of(*bytes));
        let (unit, bytes) = whole.copied().unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl serde::Serialize for Size {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl schemars::JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": ["string", "integer"],
            "pattern": r"^[0-9]+(\.[0-9]+)? ?([KMGT]i?B|B)?$",
            "minimum": 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("64MiB", 64 << 20),
            ("1GB", 1_000_000_000),
            ("1.5 KiB", 1536),
            ("17", 17),
            ("0B", 0),
        ] {
            assert_eq!(text.parse(), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "MiB", "-1MiB", "1e9", "20000000TiB", "3 apples"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_right_unit_is_told() {
        for (text, right) in [
            ("64mb", "64MB"),
            ("64M", "64MiB"),
            ("1 gib", "1GiB"),
            ("2k", "2KiB"),
        ] {
            let right_told = text
                .parse::<Size>()
                .err()
                .and_then(|error| error.right().map(str::to_owned));
            assert_eq!(right_told.as_deref(), Some(right), "{text}");
        }
    }

    #[test]
    fn written_sizes_read_back() {
        for (bytes, text) in [
            (1 << 30, "1GiB"),
            (64 << 20, "64MiB"),
            (5_000_000, "5MB"),
            (1537, "1537B"),
            (0, "0B"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
            assert_eq!(text.parse(), Ok(Size(bytes)));
        }
    }
}
