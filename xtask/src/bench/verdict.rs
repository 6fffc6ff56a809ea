//! A promise with what was measured.

use serde_json::{Value, json};

/// A limit and the figure that is held against it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// What was promised.
    pub(crate) what: String,
    /// The figure.
    pub(crate) measured: f64,
    /// How it must be.
    pub(crate) bound: Bound,
    /// Unit of both, with the space before it where it has one.
    pub(crate) unit: &'static str,
}

/// On which side of the limit the figure must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bound {
    /// Not above.
    Most(f64),
    /// Not below.
    Least(f64),
}

impl Verdict {
    pub(crate) fn most(
        what: impl Into<String>,
        measured: f64,
        most: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            bound: Bound::Most(most),
            unit,
        }
    }

    pub(crate) fn least(
        what: impl Into<String>,
        measured: f64,
        least: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            bound: Bound::Least(least),
            unit,
        }
    }

    pub(crate) fn is_met(&self) -> bool {
        match self.bound {
            Bound::Most(most) => self.measured <= most,
            Bound::Least(least) => self.measured >= least,
        }
    }

    fn limit(&self) -> f64 {
        match self.bound {
            Bound::Most(limit) | Bound::Least(limit) => limit,
        }
    }
}

/// All of them as a table.
pub(crate) fn markdown(verdicts: &[Verdict]) -> String {
    let mut text = "| limit | measured | allowed | met |\n|---|--:|--:|---|\n".to_owned();
    for verdict in verdicts {
        let side = match verdict.bound {
            Bound::Most(_) => "≤",
            Bound::Least(_) => "≥",
        };
        let met = if verdict.is_met() { "yes" } else { "**no**" };
        let (unit, digits) = (verdict.unit, digits(verdict.limit()));
        text.push_str(&format!(
            "| {} | {:.digits$}{unit} | {side} {:.digits$}{unit} | {met} |\n",
            verdict.what,
            verdict.measured,
            verdict.limit(),
        ));
    }
    text
}

/// As many as tell a figure near the limit from the limit.
fn digits(limit: f64) -> usize {
    match limit {
        limit if limit >= 100.0 || limit == 0.0 => 0,
        limit if limit >= 10.0 => 1,
        limit if limit >= 2.0 => 2,
        _ => 3,
    }
}

pub(crate) fn json(verdicts: &[Verdict]) -> Value {
    let each = verdicts.iter().map(|verdict| {
        let (most, least) = match verdict.bound {
            Bound::Most(most) => (Some(most), None),
            Bound::Least(least) => (None, Some(least)),
        };
        json!({
            "what": verdict.what,
            "measured": verdict.measured,
            "most": most,
            "least": least,
            "unit": verdict.unit.trim(),
            "met": verdict.is_met(),
        })
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides() {
        let verdicts = [
            Verdict::most("memory", 30.0, 30.0, " MB"),
            Verdict::most("share", 0.31, 0.3, " %"),
            Verdict::least("ingest", 0.9, 1.0, " M/s"),
            Verdict::least("ingest", 1.5, 1.0, " M/s"),
            Verdict::most("nothing", f64::NAN, 1.0, ""),
        ];
        let met = verdicts.each_ref().map(Verdict::is_met);
        assert_eq!(met, [true, false, false, true, false]);
        let text = markdown(&verdicts);
        assert!(
            text.contains("| memory | 30.0 MB | ≤ 30.0 MB | yes |"),
            "{text}"
        );
        assert!(
            text.contains("| share | 0.310 % | ≤ 0.300 % | **no** |"),
            "{text}"
        );
        assert!(
            text.contains("| ingest | 0.900 M/s | ≥ 1.000 M/s | **no** |"),
            "{text}"
        );
        assert_eq!(json(&verdicts)[2]["least"], 1.0);
        assert_eq!(json(&verdicts)[0]["least"], Value::Null);
    }
}
