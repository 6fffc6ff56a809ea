//! Rules about gateways.

use model::metric::table as metrics;

use super::{HOUR, MINUTE, MINUTES_5, NOW, SETTLED, at, both, exactly, over, rule, with};
use crate::rule::{Figure, How, Rule, Scope, Side};
use crate::unit::Unit;

pub(super) fn gateways() -> Vec<Rule> {
    use Side::{Above, AtLeast};
    let down = || with(Figure::of(metrics::GATEWAY_SERVERS), "state", "not_running");
    vec![
        rule("gateway_servers_down", "process_health", Scope::Gateway, down(), AtLeast,
            both(exactly(1.0, MINUTE), exactly(3.0, SETTLED)))
            .reads("servers of {object} that do not run: {value}")
            .says("declared servers that do not run",
                "`mcpvisor ps` tells which. Restart them in the gateway, and read its log.",
                "One or two servers that are down are a nuisance; three at once are the gateway's own trouble. A minute passes first, because a gateway starts its servers one after the other."),
        rule("gateway_down", "process_health", Scope::Gateway, down(), AtLeast,
            [None, None, None, Some(exactly(1.0, SETTLED))])
            .per(Figure::of(metrics::GATEWAY_SERVERS), Unit::Ratio)
            .reads("no server that {object} declares runs")
            .says("share of the declared servers that do not run",
                "The gateway runs and none of its servers does, so it answers nothing useful. Restart it, and read its log.",
                "A gateway without servers says that it is well."),
        rule("circuit_open", "process_health", Scope::Gateway, Figure::of(metrics::GATEWAY_CIRCUITS_OPEN), AtLeast,
            [None, None, None, Some(exactly(1.0, NOW))])
            .reads("servers that {object} has stopped calling: {value}")
            .says("servers that it has stopped calling",
                "The gateway has given a server up for a while after errors. See why it fails.",
                "An open circuit refuses every call at once."),
        rule("queue_depth", "process_health", Scope::Gateway, Figure::of(metrics::GATEWAY_QUEUE_DEPTH), Above,
            both(at(Above, 10.0, SETTLED), at(Above, 50.0, SETTLED)))
            .says("waiting requests",
                "More comes in than is answered: see which server is slow.",
                "A queue that does not empty within seconds only grows."),
        rule("gateway_database", "resource_limit", Scope::Gateway, Figure::of(metrics::GATEWAY_DATABASE_BYTES), Above,
            both(at(Above, 10e6, NOW), at(Above, 100e6, NOW)))
            .reads("the database of {object} has {value}, above {threshold}")
            .says("size of its database",
                "Such a file does not shrink by itself: stop the gateway, keep a copy, and compact or remove it as its manual says.",
                "A bbolt file keeps the size that it once had and is read whole at the start."),
        rule("many_goroutines", "resource_limit", Scope::Gateway, Figure::of(metrics::GATEWAY_GOROUTINES), Above,
            [None, None, None, Some(at(Above, 500.0, SETTLED))])
            .says("goroutines",
                "Take a profile (`/debug/pprof/goroutine?debug=1`) before restarting it: it names what does not end.",
                "A gateway needs about 15 for each server."),
        rule("goroutines_grow", "resource_limit", Scope::Gateway, over(metrics::GATEWAY_GOROUTINES, How::Growth(HOUR)), Above,
            [None, Some(at(Above, 15.0, MINUTES_5)), None, None])
            .per(Figure::of(metrics::GATEWAY_SERVERS), Unit::Count)
            .reads("{object} has gained {value} goroutines for each server within an hour, above {threshold}")
            .says("goroutines gained within an hour, for each server",
                "Take a profile (`/debug/pprof/goroutine?debug=1`) before restarting it: it names what does not end.",
                "Goroutines that are started and never end are the usual leak of gateways written in Go."),
    ]
}
