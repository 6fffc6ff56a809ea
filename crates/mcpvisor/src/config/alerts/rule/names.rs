//! Names of what a rule judges, as they are written and as they are said.

use alerting::Unit;
use alerting::rule::{Combine, How, Scope, Source};
use model::metric::METRICS;
use model::{FindingKind, Metric};
use toml::de::DeValue;

use crate::config::Span;
use crate::config::invalid::Invalid;
use crate::config::nearest::nearest;
use crate::config::value::{Choice, FromValue, choice, text};

/// The metric of a name, with or without its prefix.
pub(super) fn metric(value: &DeValue<'_>) -> Result<&'static Metric, Invalid> {
    let name = text(value, "resident_memory_bytes")?;
    let all = || {
        METRICS
            .iter()
            .flat_map(|metric| [metric.name, short(metric.name), shortest(metric.name)])
    };
    Metric::named(name).ok_or_else(|| {
        let right = nearest(name, all()).map(str::to_owned);
        Invalid::new(name, "is no metric; docs/metrics.md lists them").or_rather(right)
    })
}

/// The name without the prefix that all have.
pub(super) fn short(name: &str) -> &str {
    name.strip_prefix("mcpvisor_").unwrap_or(name)
}

/// The name without what says that it is about a server.
pub(super) fn shortest(name: &str) -> &str {
    name.strip_prefix("mcpvisor_server_")
        .unwrap_or_else(|| short(name))
}

/// What a figure is called in sentences.
pub(super) fn words(source: &Source) -> String {
    let plain = |metric: &Metric| {
        let name = shortest(metric.name);
        let name = name.strip_suffix("_total").unwrap_or(name);
        let units = ["_bytes", "_seconds", "_ratio"];
        let name = units
            .iter()
            .find_map(|unit| name.strip_suffix(unit))
            .unwrap_or(name);
        name.replace('_', " ")
    };
    match source {
        Source::Finding(kind) => kind.name().replace('_', " "),
        Source::Figure { figure, per } => {
            let name = plain(figure.metric);
            let unit = Unit::of(figure.metric, How::Value);
            let taken = match figure.how {
                How::Value | How::Rate(_) => name,
                How::Increase(over) => format!("{name} within {}", Span(over)),
                How::Growth(over) => format!("growth of {name} within {}", Span(over)),
                How::TimeTo { limit, .. } => {
                    format!("time until {name} reaches {}", unit.show(limit))
                }
            };
            match per {
                Some(per) => format!("{taken} per {}", plain(per.metric)),
                None => taken,
            }
        }
    }
}

impl FromValue for FindingKind {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        let name = text(value, "orphan")?;
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.name() == name).ok_or_else(|| {
            let right = nearest(name, Self::ALL.map(Self::name)).map(str::to_owned);
            let all = Self::ALL.map(|kind| format!("`{}`", kind.name()));
            Invalid::new(name, format!("is none of {}", all.join(", "))).or_rather(right)
        })
    }
}

impl Choice for Scope {
    const ALL: &[(&str, Self)] = &[
        ("process", Self::Process),
        ("server", Self::Server),
        ("owner", Self::Owner),
        ("container", Self::Container),
        ("gateway", Self::Gateway),
        ("machine", Self::Machine),
    ];
}

impl Choice for Combine {
    const ALL: &[(&str, Self)] = &[("sum", Self::Sum), ("max", Self::Max), ("min", Self::Min)];
}

impl FromValue for Scope {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}

impl FromValue for Combine {
    fn from_value(value: &DeValue<'_>) -> Result<Self, Invalid> {
        choice(value)
    }
}
