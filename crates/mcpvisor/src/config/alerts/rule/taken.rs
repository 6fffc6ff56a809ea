//! How a metric is taken: as it is, over time, and divided by another.

use alerting::rule::{Combine, Figure, How};
use alerting::{Matcher, Unit};
use model::{Metric, MetricKind};

use crate::config::alerts::{quantity, spans};
use crate::config::section::Section;

/// Keys that say how a metric is taken.
pub(super) const WAYS: [&str; 4] = ["rate", "increase", "growth", "reaches"];

/// The way in which values are taken, if the section says one.
pub(super) fn how(section: &mut Section<'_>, metric: &'static Metric) -> Option<How> {
    let mut given = WAYS.into_iter().filter(|key| section.has(key));
    let (first, second) = (given.next(), given.next());
    if let (Some(first), Some(second)) = (first, second) {
        section.blame(
            second,
            format!("a metric is taken one way; leave `{first}` or `{second}` out"),
        );
    }
    let rate = spans::window(section, "rate").map(How::Rate);
    let increase = spans::window(section, "increase").map(How::Increase);
    let growth = spans::window(section, "growth").map(How::Growth);
    let unit = Unit::of(metric, How::Value);
    let reaches = section.table("reaches", r#"{ limit = "1GB", over = "1h" }"#, |reaches| {
        let limit = reaches.with("limit", |value| quantity::read(value, unit));
        let over = spans::window(reaches, "over");
        for key in ["limit", "over"] {
            let is_there = reaches.has(key);
            reaches.require(key, is_there, || {
                format!("`reaches` needs `{key}`: `{{ limit = .., over = \"1h\" }}`")
            });
        }
        Some(How::TimeTo {
            limit: limit?,
            over: over?,
        })
    });
    rate.or(increase).or(growth).or(reaches.flatten())
}

/// Shares add up to nothing: of several the worst counts, which is the least where low is wrong.
pub(super) fn worst(section: &Section<'_>, usual: Combine) -> Combine {
    let is_low = section.has("below") || section.has("at_most");
    match usual {
        Combine::Max if is_low => Combine::Min,
        usual => usual,
    }
}

pub(super) fn divisor(
    section: &mut Section<'_>,
    figure: &Figure,
    metric: &'static Metric,
    only: Vec<Matcher>,
) -> Figure {
    let is_counter = metric.kind == MetricKind::Counter;
    let per = Figure {
        only,
        how: if is_counter { figure.how } else { How::Value },
        ..Figure::of(metric)
    };
    if matches!(figure.how, How::TimeTo { .. }) {
        section.blame(
            "per",
            "a time to a limit is not divided; leave `per` or `reaches` out".to_owned(),
        );
    } else if let Some(fault) = per.fault() {
        section.blame("per", fault);
    }
    per
}

pub(super) fn unit(figure: &Figure, per: Option<&Figure>) -> Unit {
    let own = Unit::of(figure.metric, figure.how);
    let Some(per) = per else { return own };
    let other = Unit::of(per.metric, per.how);
    // Things per other things are counted still; bytes per bytes are a share.
    if per.metric == figure.metric || (own == other && own != Unit::Count) {
        Unit::Ratio
    } else {
        own
    }
}
