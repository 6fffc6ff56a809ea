//! Rules about the machine: how much there is of everything, and what is left.

use model::metric::table as metrics;

use super::{SETTLED, at, both, exactly, rule};
use crate::rule::{Combine, Figure, Rule, Scope, Side};
use crate::unit::Unit;

pub(super) fn machine(wishes: &super::Wishes) -> Vec<Rule> {
    use Side::{AtLeast, Below};
    let counts_machine = wishes.profile != super::Profile::Default;
    let budget = wishes.memory_budget as f64;
    let processes = Figure::of(metrics::OWNER_PROCESSES);
    let mut all_processes = rule(
        "process_count",
        "resource_limit",
        Scope::Machine,
        processes,
        AtLeast,
        both(exactly(12.0, SETTLED), exactly(15.0, SETTLED)),
    );
    all_processes = if counts_machine {
        all_processes.says(
            "processes of MCP servers",
            "`mcpvisor doctor` tells what is left over and `mcpvisor clean` removes it.",
            "The limit that people set by hand.",
        )
    } else {
        all_processes
            .per(Figure::of(metrics::OWNER_SERVERS), Unit::Count)
            .says("processes for each server",
                "Something starts servers again and again. `mcpvisor doctor` tells what is left over and `mcpvisor clean` removes it.",
                "12 and 15 processes on the machine, as people set it by hand, is what four healthy servers from npm have: npx, a shell and node each. So the default counts for each server that is declared or runs; `strict` and `gateway` count the machine.")
    };
    let disk = Rule {
        by: vec!["disk".to_owned()],
        ..rule(
            "disk_space",
            "resource_limit",
            Scope::Machine,
            Figure {
                combine: Combine::Min,
                ..Figure::of(metrics::DISK_FREE_RATIO)
            },
            Below,
            both(at(Below, 0.2, SETTLED), at(Below, 0.1, SETTLED)),
        )
    };
    vec![
        all_processes,
        rule("total_memory", "high_memory", Scope::Machine, Figure::of(metrics::OWNER_RESIDENT_MEMORY_BYTES), AtLeast,
            both(at(AtLeast, budget * 0.75, SETTLED), at(AtLeast, budget, SETTLED)))
            .says("resident memory of all MCP servers",
                "`mcpvisor ps` lists what each costs, `mcpvisor clean` removes what nobody uses. If they need this much, raise `alerts.memory_budget`.",
                "`alerts.memory_budget`, 4 GiB unless set, is what servers may take of a laptop before people notice."),
        rule("container_count", "resource_limit", Scope::Container, Figure::of(metrics::CONTAINERS), AtLeast,
            both(exactly(10.0, SETTLED), exactly(20.0, SETTLED)))
            .says("containers of MCP servers",
                "See which are still used: `docker ps`. Containers outlive the client that started them unless it stops them.",
                "Ten servers in containers at once is more than anybody configures."),
        disk.says("free space",
            "Free some: logs and caches of clients and servers are the usual reason. A full disk stops the history, and most servers.",
            "Below a tenth, file systems become slow and a single log can fill the rest."),
    ]
}
