//! When a rule holds: thresholds with their holds, nothing measured, or findings.

use std::time::Duration;

use alerting::Unit;
use alerting::rule::{Condition, Rule, Side, Threshold, Thresholds, Times};
use model::Severity;

use crate::config::Span;
use crate::config::alerts::levels::{self, Given, NAMES, Reading, WARNING};
use crate::config::alerts::{quantity, spans};
use crate::config::invalid::Invalid;
use crate::config::section::Section;
use crate::config::value::FromValue as _;

/// Keys of thresholds, with the side that is wrong.
pub(super) const SIDES: [(&str, Side); 4] = [
    ("above", Side::Above),
    ("below", Side::Below),
    ("at_least", Side::AtLeast),
    ("at_most", Side::AtMost),
];

/// All severities.
const EVERY: [usize; 4] = [0, 1, 2, 3];

/// Can the same be said of both?
pub(super) fn is_alike(one: &Condition, other: &Condition) -> bool {
    match (one, other) {
        (Condition::Threshold { side, .. }, Condition::Threshold { side: other, .. }) => {
            side == other
        }
        (Condition::Absent { .. }, Condition::Absent { .. })
        | (Condition::Found { .. }, Condition::Found { .. }) => true,
        _ => false,
    }
}

/// The condition of a rule about findings.
pub(super) fn of_findings(section: &mut Section<'_>, base: Option<&Rule>) -> Condition {
    let old = base.and_then(|base| match base.condition {
        Condition::Found { least, hold } => Some((least, hold)),
        _ => None,
    });
    let (old_least, old_hold) = old.unwrap_or((Severity::Warning, Duration::ZERO));
    section.require("for", !section.is_table("for"), || {
        "findings have a severity of their own, so here it is one duration such as `\"1m\"`"
            .to_owned()
    });
    section.require("severity", !section.has("severity"), || {
        "findings have a severity of their own; `least` leaves out those below it".to_owned()
    });
    let hold = if section.is_table("for") {
        None
    } else {
        spans::hold(section, "for")
    };
    Condition::Found {
        least: section.take("least", old_least),
        hold: hold.unwrap_or(old_hold),
    }
}

/// The condition of a rule about a metric.
pub(super) fn of_metric(
    section: &mut Section<'_>,
    base: Option<&Rule>,
    unit: Unit,
) -> Option<Condition> {
    section.require("least", !section.has("least"), || {
        "this is for rules about findings; thresholds say the severity here".to_owned()
    });
    let mut sides = SIDES.into_iter().filter(|(key, _)| section.has(key));
    let (first, second) = (sides.next(), sides.next());
    if let (Some((first, _)), Some((second, _))) = (first, second) {
        section.blame(
            second,
            format!("a rule has thresholds on one side; leave `{first}` or `{second}` out"),
        );
    }
    if section.has("absent") {
        return absent(section, first.map(|(key, _)| key));
    }
    section.require("severity", !section.has("severity"), || {
        "this is for `absent`; thresholds say the severity: `above = { warning = .., critical = .. }`".to_owned()
    });
    let old = base.and_then(|base| match &base.condition {
        Condition::Threshold { side, levels } => Some((*side, levels)),
        _ => None,
    });
    let Some((key, side)) = first.or_else(|| {
        let side = old?.0;
        SIDES.into_iter().find(|(_, known)| *known == side)
    }) else {
        section.blame_all(
            "where does it begin to be wrong? give `above`, `below`, `at_least` or `at_most`, or `absent`".to_owned(),
        );
        return None;
    };
    // The numbers of the other direction would make no sense.
    let old = old.filter(|(old, _)| old.is_upward() == side.is_upward());
    let wish = Wish {
        key,
        side,
        unit,
        old: old.map(|(_, levels)| levels),
    };
    let levels = wish.read(section)?;
    Some(Condition::Threshold { side, levels })
}

fn absent(section: &mut Section<'_>, side: Option<&'static str>) -> Option<Condition> {
    if let Some(key) = side {
        section.blame(
            "absent",
            format!(
                "a rule has thresholds or waits for what is missing; leave `{key}` or `absent` out"
            ),
        );
    }
    for key in ["for", "clear", "times", "of"] {
        section.require(key, !section.has(key), || {
            "this goes with thresholds; `absent` says how long nothing was measured".to_owned()
        });
    }
    let hold = spans::within(section, "absent", Span::seconds(1), Span::days(7));
    Some(Condition::Absent {
        severity: section.take("severity", Severity::Warning),
        hold: hold?,
    })
}

/// Thresholds that are to be read.
struct Wish<'a> {
    key: &'static str,
    side: Side,
    unit: Unit,
    old: Option<&'a Thresholds>,
}

impl Wish<'_> {
    fn read(&self, section: &mut Section<'_>) -> Option<Thresholds> {
        let unit = self.unit;
        let values = levels::read(section, self.key, |value| quantity::read(value, unit))
            .by_level(&[WARNING]);
        let clears = levels::read(section, "clear", |value| quantity::read(value, unit));
        let holds = levels::read(section, "for", |value| {
            Span::from_value(value).and_then(bounded)
        });
        let is_bare_clear = matches!(clears, Reading::Bare(_));
        let (clears, holds) = (clears.by_level(&EVERY), holds.by_level(&EVERY));
        let old = |place: usize| self.old.and_then(|old| old[place]);
        let mut thresholds: Thresholds = [None; 4];
        for place in EVERY {
            let value = match values[place] {
                Given::Value(value) => Some(value),
                Given::Nothing => old(place).map(|old| old.value),
                Given::Out => None,
            };
            thresholds[place] = value.map(|value| Threshold {
                value,
                clear: match clears[place] {
                    Given::Value(clear) => clear,
                    _ => self.usual_clear(place, value),
                },
                hold: match holds[place] {
                    Given::Value(span) => span.0,
                    _ => self.usual_hold(place),
                },
            });
        }
        if thresholds == [None; 4] {
            // A value that could not be read was told.
            let is_none_said = section.count(self.key) == Some(0) || values.contains(&Given::Out);
            section.require(self.key, !is_none_said, || {
                "no threshold is left; `enabled = false` takes a rule out".to_owned()
            });
            return None;
        }
        for (key, is_said) in [
            ("clear", clears.each_ref().map(said)),
            ("for", holds.each_ref().map(said)),
        ] {
            for place in EVERY {
                let is_table = section.is_table(key);
                if is_said[place] && is_table && thresholds[place].is_none() {
                    let name = NAMES[place];
                    section.blame(
                        &format!("{key}.{name}"),
                        format!("there is no threshold for `{name}`"),
                    );
                }
            }
        }
        self.check_order(section, &thresholds);
        self.check_clear(section, &thresholds, is_bare_clear);
        Some(thresholds)
    }

    /// A threshold of the pack keeps its distance; one's own ends where it begins.
    fn usual_clear(&self, place: usize, value: f64) -> f64 {
        let Some(old) = self.old else { return value };
        match old[place].or_else(|| old.iter().flatten().next().copied()) {
            Some(old) if old.value.total_cmp(&value).is_eq() => old.clear,
            Some(old) if old.value > 0.0 => tidy(value * (old.clear / old.value)),
            _ => value,
        }
    }

    /// A severity that the pack does not have waits as the next one below it, else above it.
    fn usual_hold(&self, place: usize) -> Duration {
        let Some(old) = self.old else {
            return Duration::ZERO;
        };
        let below = old[..=place].iter().rev().flatten().next();
        let found = below.or_else(|| old[place..].iter().flatten().next());
        found.map_or(Duration::ZERO, |old| old.hold)
    }

    /// The worse the severity, the worse the value.
    fn check_order(&self, section: &mut Section<'_>, thresholds: &Thresholds) {
        let there: Vec<(&str, f64)> = NAMES
            .iter()
            .zip(thresholds)
            .filter_map(|(name, threshold)| Some((*name, threshold.as_ref()?.value)))
            .collect();
        for [(mild, mild_value), (bad, bad_value)] in there.array_windows().copied() {
            let fits = if self.side.is_upward() {
                mild_value <= bad_value
            } else {
                mild_value >= bad_value
            };
            if fits {
                continue;
            }
            let key = self.key;
            let at = [bad, mild]
                .into_iter()
                .find(|name| section.has_inner(key, name))
                .unwrap_or(mild);
            let (raise, lower) = if self.side.is_upward() {
                (bad, mild)
            } else {
                (mild, bad)
            };
            section.blame(
                &format!("{key}.{at}"),
                format!(
                    "`{bad}` ({}) begins before `{mild}` ({}); raise `{raise}` or lower `{lower}`",
                    self.unit.show(bad_value),
                    self.unit.show(mild_value)
                ),
            );
        }
    }

    /// What has begun ends on the good side.
    fn check_clear(&self, section: &mut Section<'_>, thresholds: &Thresholds, is_bare: bool) {
        for (name, threshold) in NAMES.iter().zip(thresholds) {
            let Some(threshold) = threshold else { continue };
            let is_upward = self.side.is_upward();
            let (clear, value) = (threshold.clear, threshold.value);
            let fits = if is_upward {
                clear <= value
            } else {
                clear >= value
            };
            if fits {
                continue;
            }
            let (where_it_is, right) = if is_upward {
                ("above", "lower")
            } else {
                ("below", "higher")
            };
            let key = if is_bare {
                "clear".to_owned()
            } else {
                format!("clear.{name}")
            };
            section.blame(&key, format!(
                "`{name}` would end at {}, {where_it_is} where it begins ({}); write a {right} value",
                self.unit.show(clear),
                self.unit.show(value)
            ));
        }
    }
}

/// Without the noise of the last digits: a tenth more than 5 % is 5.5 %.
fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

fn said<T>(given: &Given<T>) -> bool {
    matches!(given, Given::Value(_))
}

fn bounded(span: Span) -> Result<Span, Invalid> {
    let most = Span::days(7);
    if span <= most {
        return Ok(span);
    }
    Err(Invalid::new(
        &span.to_string(),
        format!("is longer than {most}"),
    ))
}

/// So many of the last looks.
pub(super) fn times(section: &mut Section<'_>, base: Option<&Rule>) -> Option<Times> {
    let old = base.and_then(|base| base.times);
    let (has_times, has_of) = (section.has("times"), section.has("of"));
    let times = section.optional::<u32>("times");
    let of = section.optional::<u32>("of");
    section.require("times", !has_times || has_of || old.is_some(), || {
        "of how many looks? give `of`, such as `of = 5`".to_owned()
    });
    section.require("of", !has_of || has_times || old.is_some(), || {
        "how many of them must be wrong? give `times`, such as `times = 3`".to_owned()
    });
    let found = Times {
        times: times.or(old.map(|old| old.times))?,
        of: of.or(old.map(|old| old.of))?,
    };
    section.require("of", (1..=64).contains(&found.of), || {
        format!("{} is not from 1 to 64", found.of)
    });
    section.require(
        "times",
        found.times >= 1 && found.times <= found.of.max(1),
        || {
            format!(
                "{} is not from 1 to {}, which is `of`",
                found.times, found.of
            )
        },
    );
    Some(found)
}
