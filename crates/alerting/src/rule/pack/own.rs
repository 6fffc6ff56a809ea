//! Rules about mcpvisor itself.

use model::metric::table as metrics;

use super::{HOUR, MINUTES_5, NOW, both, exactly, over, rule};
use crate::rule::{Figure, How, Rule, Scope, Side};

pub(super) fn own() -> Vec<Rule> {
    use Side::Above;
    vec![
        rule("mcpvisor_late", "process_health", Scope::Machine, over(metrics::LOOK_OVERRUNS_TOTAL, How::Increase(MINUTES_5)), Above,
            [None, Some(exactly(5.0, NOW)), None, None])
            .reads("mcpvisor was late for {value} looks at the machine within five minutes")
            .says("looks that took too long within five minutes",
                "The machine is overloaded, or `daemon.interval` is too short for it. What mcpvisor says is older than it should be.",
                "Figures that come late hide what happens between them."),
        rule("mcpvisor_history_fails", "process_health", Scope::Machine, over(metrics::HISTORY_ERRORS_TOTAL, How::Increase(MINUTES_5)), Above,
            [None, None, Some(exactly(0.0, NOW)), None])
            .keeping(MINUTES_5)
            .reads("failed reads and writes of mcpvisor's history within five minutes: {value}")
            .says("failures of the history within five minutes",
                "See the log of mcpvisor: a full disk, a damaged file, or permissions.",
                "What cannot be kept cannot be told later, alerts included."),
        rule("mcpvisor_notices_wait", "process_health", Scope::Machine, Figure::of(metrics::NOTICES_WAITING), Above,
            both(exactly(0.0, MINUTES_5), exactly(0.0, HOUR)))
            .reads("notices that no receiver has taken yet: {value}")
            .says("notices that wait",
                "`mcpvisor receivers test` tells why. Until then nobody hears of alerts there.",
                "A receiver that is down for minutes should be known before the alert that matters."),
    ]
}
