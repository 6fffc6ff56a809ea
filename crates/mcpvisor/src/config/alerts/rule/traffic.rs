//! How much must happen before a rule says anything.

use std::time::Duration;

use alerting::Unit;
use alerting::rule::Rule;
use model::{Metric, MetricKind};

use super::names::metric;
use crate::config::alerts::{quantity, spans};
use crate::config::section::Section;

/// Time over which traffic is counted.
const TRAFFIC_OVER: Duration = Duration::from_mins(5);

/// `min_traffic` before it is known which conditions apply to it.
pub(super) struct TrafficWish {
    pub metric: &'static Metric,
    pub at_least: f64,
    pub over: Duration,
}

impl TrafficWish {
    pub(super) fn read(
        section: &mut Section<'_>,
        base: Option<&Rule>,
        own: &'static Metric,
    ) -> Option<Self> {
        let old = base.and_then(|base| base.traffic.as_ref());
        let old_over = old.and_then(|old| old.figure.how.window());
        let mut wish = Self {
            metric: old.map_or(own, |old| old.figure.metric),
            at_least: old.map_or(0.0, |old| old.at_least),
            over: old_over.unwrap_or(TRAFFIC_OVER),
        };
        let is_given = section.has("min_traffic");
        if section.is_table("min_traffic") {
            section.table("min_traffic", "{ at_least = 20 }", |table| {
                wish.metric = table.with("metric", metric).unwrap_or(wish.metric);
                wish.over = spans::window(table, "over").unwrap_or(wish.over);
                let at_least = table.with("at_least", |value| quantity::read(value, Unit::Count));
                let is_there = at_least.is_some() || old.is_some() || table.has("at_least");
                table.require("at_least", is_there, || {
                    "how much is the least? `at_least = 20`".to_owned()
                });
                wish.at_least = at_least.unwrap_or(wish.at_least);
            });
        } else {
            let number = section.with("min_traffic", |value| quantity::read(value, Unit::Count));
            wish.at_least = number.unwrap_or(wish.at_least);
        }
        if !is_given {
            return old.map(|_| wish);
        }
        let fits = wish.metric.kind == MetricKind::Counter;
        let at = if section.is_table("min_traffic") {
            "min_traffic.metric"
        } else {
            "min_traffic"
        };
        if !fits {
            section.blame(at, format!("`{}` goes up and down; traffic is counted by a counter: `{{ metric = \"server_operations_total\", at_least = 20, over = \"5m\" }}`", wish.metric.name));
        }
        fits.then_some(wish)
    }
}
