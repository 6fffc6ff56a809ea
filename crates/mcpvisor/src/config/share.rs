//! Shares of one processor.

use std::fmt;

use super::invalid::Invalid;

/// A share of one processor, above 0 and up to 100 %: `1%`, `0.5%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// From percent; `None` unless above 0 and at most 100.
    pub const fn of_percent(percent: f64) -> Option<Self> {
        if percent > 0.0 && percent <= 100.0 {
            Some(Self(percent))
        } else {
            None
        }
    }

    /// One percent.
    pub const ONE_PERCENT: Self = Self(1.0);

    /// Percent of one processor.
    pub fn percent(self) -> f64 {
        self.0
    }

    /// Seconds of processor time a second.
    pub fn fraction(self) -> f64 {
        self.0 / 100.0
    }
}

impl std::str::FromStr for Share {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let wrong = || Invalid::new(text, "is no share of a processor; write `1%` or `0.5%`");
        let Some(number) = text.strip_suffix('%') else {
            let number: Option<f64> = text.parse().ok();
            return Err(wrong().or_rather(number.map(|number| format!("{number}%"))));
        };
        let percent: f64 = number.trim().parse().map_err(|_| wrong())?;
        Self::of_percent(percent)
            .ok_or_else(|| Invalid::new(text, "is not above 0% and at most 100% of one processor"))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl serde::Serialize for Share {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl schemars::JsonSchema for Share {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?%$"})
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn shares() {
        for (text, percent) in [("1%", 1.0), ("0.5 %", 0.5), ("100%", 100.0)] {
            assert_eq!(text.parse::<Share>().map(Share::percent), Ok(percent));
        }
        for text in ["", "%", "0%", "101%", "-1%", "NaN%", "inf%", "1", "one"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        let error = "2".parse::<Share>().err();
        assert_eq!(error.as_ref().and_then(|error| error.right()), Some("2%"));
    }
}
