//! What rules need to be measured.

use std::time::Duration;

use alerting::Rule;
use alerting::rule::{Condition, Figure, Source};
use model::Metric;
use model::metric::table as metrics;

/// A metric, and how far back its values matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Need {
    /// The metric.
    pub metric: &'static Metric,
    /// The longest window over it.
    pub window: Duration,
}

/// What says which objects there are, and that there was a look at all.
pub fn presence() -> [&'static Metric; 4] {
    [
        metrics::SERVER_UP,
        metrics::OWNER_SERVERS,
        metrics::GATEWAY_SERVERS,
        metrics::PROCESS_CPU_SECONDS_TOTAL,
    ]
}

/// All metrics that rules judge, with those that say what there is; each once, in the table's order.
pub fn metrics(rules: &[Rule]) -> Vec<&'static Metric> {
    let judged = rules.iter().flat_map(figures).map(|figure| figure.metric);
    in_order(judged.chain(presence()).collect())
}

/// Is all that a rule judges kept in the history?
pub fn kept(rule: &Rule) -> bool {
    figures(rule).iter().all(|figure| figure.metric.kept)
}

/// Metrics that are judged over a window, with the longest of each. A rule about what is missing looks
/// back `seen_within`: what was there then is missed.
pub fn windows(rules: &[Rule], seen_within: Duration) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    for rule in rules {
        let awaits = matches!(rule.condition, Condition::Absent { .. });
        for figure in figures(rule) {
            let window = figure
                .how
                .window()
                .or_else(|| awaits.then_some(seen_within));
            let Some(window) = window else { continue };
            let same = |need: &&mut Need| std::ptr::eq(need.metric, figure.metric);
            match needs.iter_mut().find(same) {
                Some(need) => need.window = need.window.max(window),
                None => needs.push(Need {
                    metric: figure.metric,
                    window,
                }),
            }
        }
    }
    needs
}

fn figures(rule: &Rule) -> Vec<&Figure> {
    let (own, per) = match &rule.source {
        Source::Figure { figure, per } => (Some(figure), per.as_ref()),
        Source::Finding(_) => (None, None),
    };
    let traffic = rule.traffic.as_ref().map(|traffic| &traffic.figure);
    own.into_iter().chain(per).chain(traffic).collect()
}

fn in_order(mut all: Vec<&'static Metric>) -> Vec<&'static Metric> {
    all.sort_by_key(|metric| metric.place());
    all.dedup_by_key(|metric| metric.place());
    all
}
