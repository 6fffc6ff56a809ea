//! Rules about what servers and gateways answer.

use model::metric::table as metrics;

use super::{MINUTE, MINUTES_5, NOW, at, both, exactly, over, rule, with};
use crate::rule::{Combine, Figure, How, Rule, Scope, Side};
use crate::unit::Unit;

pub(super) fn operations() -> Vec<Rule> {
    use Side::{Above, Below};
    let all = |over| How::Rate(over);
    let operations = |how| over(metrics::SERVER_OPERATIONS_TOTAL, how);
    let cache = |how| over(metrics::GATEWAY_CACHE_REQUESTS_TOTAL, how);
    vec![
        rule("low_success_rate", "process_health", Scope::Server, with(operations(all(MINUTES_5)), "outcome", "ok"), Below,
            both(exactly(0.95, NOW), exactly(0.9, NOW)))
            .per(operations(all(MINUTES_5)), Unit::Ratio)
            .with_traffic(operations(How::Increase(MINUTES_5)), 20.0)
            .says("successful operations",
                "Read the errors that it answers with: its log and its client's have them.",
                "Judged over five minutes and from 20 operations on: with fewer, one error is a large share."),
        rule("slow_operations", "process_health", Scope::Server, Figure { combine: Combine::Max, ..Figure::of(metrics::SERVER_OPERATION_P95_SECONDS) }, Above,
            both(at(Above, 2.0, MINUTE), at(Above, 5.0, MINUTE)))
            .says("95th percentile of operation times",
                "See which tool is slow; clients give up after 60 seconds, some earlier.",
                "People wait for each call."),
        rule("low_cache_hit_rate", "process_health", Scope::Gateway, with(cache(all(MINUTES_5)), "outcome", "hit"), Below,
            both(exactly(0.8, MINUTE), exactly(0.4, MINUTE)))
            .per(cache(all(MINUTES_5)), Unit::Ratio)
            .with_traffic(cache(How::Increase(MINUTES_5)), 20.0)
            .says("cache hits",
                "Every miss is a request to a server. See whether the cache is too small or its entries expire too early.",
                "Judged from 20 requests in five minutes on: an empty cache misses first."),
    ]
}
