//! Rules about servers: what they use, whether they live, what they write.

use model::metric::table as metrics;

use super::{CPU_OVER, DAY, HOUR, MINUTE, MINUTES_5, NOW, SETTLED, at, both, exactly, over, rule};
use crate::rule::{Combine, Figure, How, Rule, Scope, Side};

pub(super) fn servers(wishes: &super::Wishes) -> Vec<Rule> {
    use Side::{Above, AtLeast};
    let (busy, busy_why) = if wishes.profile == super::Profile::Gateway {
        (
            0.6,
            "60 % is what people allow a server of a gateway, which answers many clients. 100 % is one processor, over all processes of the server.",
        )
    } else {
        (
            0.5,
            "A server answers in milliseconds and waits the rest of the time: half a processor for five minutes is work that nobody asked for. 100 % is one processor, over all processes of the server.",
        )
    };
    let cpu = over(metrics::SERVER_CPU_SECONDS_TOTAL, How::Rate(CPU_OVER));
    vec![
        rule("high_cpu", "high_cpu", Scope::Server, cpu, Above,
            both(at(Above, busy, MINUTES_5), at(Above, 0.8, MINUTE)))
            .keeping(SETTLED)
            .says("processor time",
                "See which process it is with `mcpvisor top`. A server that spins for nobody can be restarted by its client; an orphan is removed with `mcpvisor clean`.",
                busy_why),
        rule("high_memory", "high_memory", Scope::Server, Figure::of(metrics::SERVER_RESIDENT_MEMORY_BYTES), Above,
            both(at(Above, 300e6, SETTLED), at(Above, 500e6, SETTLED)))
            .says("resident memory",
                "Look at its growth with `mcpvisor history query resident_memory_bytes`. If it only grows it leaks: restart it through its client. If it needs this much, give it a rule of its own with a higher number.",
                "Servers from npm take 60 to 150 MB with their npx, those from PyPI 40 to 80 MB. A server that drives a browser needs more: give it a rule of its own."),
        rule("many_threads", "resource_limit", Scope::Process, Figure::of(metrics::SERVER_WORST_THREADS), AtLeast,
            both(at(AtLeast, 100.0, SETTLED), at(AtLeast, 200.0, SETTLED)))
            .says("threads in one process",
                "A process that starts a thread for each request and never ends it will stop at the limit of processes. Restart the server, and tell its authors.",
                "Node has about 11 threads, Python 1 to 10; a thread for each call shows as a hundred."),
        rule("many_open_files", "resource_limit", Scope::Process, Figure::of(metrics::SERVER_WORST_OPEN_FDS), AtLeast,
            both(at(AtLeast, 100.0, SETTLED), at(AtLeast, 200.0, SETTLED)))
            .says("open files in one process",
                "`mcpvisor explain PID` tells of which kind they are. Sockets or pipes that only grow are a leak: restart the server, and tell its authors.",
                "An idle node process has 20 to 30 open files, a busy one 50."),
        rule("open_files_near_limit", "resource_limit", Scope::Process, Figure::of(metrics::SERVER_WORST_FD_RATIO), AtLeast,
            both(at(AtLeast, 0.7, NOW), at(AtLeast, 0.9, NOW)))
            .reads("a process of {object} has {value} of the open files that it may have, at least {threshold}")
            .says("share of the open files that one process may have",
                "At the limit it can open no file and no connection. Restart the server, or raise its limit (`ulimit -n`) if it needs so many.",
                "At the limit every open fails with EMFILE, and servers seldom survive that."),
        rule("flapping", "process_health", Scope::Server,
            over(metrics::SERVER_RESTARTS_TOTAL, How::Increase(MINUTES_5)), Above,
            both(exactly(3.0, NOW), exactly(10.0, NOW)))
            .reads("{object} ended and was started again {value} times within five minutes")
            .says("starts within five minutes, after it had ended",
                "It is started again and again. Its last words are in its client's log, or in `mcpvisor logs` if mcpvisor keeps it; run its command by hand and read what it says.",
                "A client that restarts a server more than three times in five minutes does not get it to run."),
        rule("port_not_listening", "process_health", Scope::Server, Figure { combine: Combine::Min, ..Figure::of(metrics::SERVER_LISTENING) }, Side::Below,
            [None, None, None, Some(exactly(1.0, SETTLED))])
            .reads("nothing listens on the port that {object} is declared with")
            .says("listeners on its port",
                "Nothing listens where the configuration says that this server is. Start it, or correct the address in the configuration.",
                "A declared address on this machine without a listener answers nobody."),
        rule("log_errors", "process_health", Scope::Server,
            over(metrics::SERVER_LOG_ERRORS_TOTAL, How::Increase(MINUTES_5)), Above,
            both(exactly(10.0, NOW), exactly(100.0, NOW)))
            .reads("errors in the log of {object} within five minutes: {value}, above {threshold}")
            .says("errors in its log within five minutes",
                "Read its log: the lines say what fails.",
                "A server that is well writes no errors; some write one for each request that they refuse."),
        rule("log_rate", "resource_limit", Scope::Server,
            over(metrics::SERVER_LOG_BYTES_TOTAL, How::Increase(HOUR)), Above,
            both(at(Above, 100e6 / 24.0, NOW), at(Above, 1e9 / 24.0, NOW)))
            .reads("the log of {object} grew by {value} within an hour")
            .says("growth of its log within an hour",
                "At this rate the disk fills. See what it writes, lower its log level, and let its log be rotated.",
                "100 MB and 1 GB a day, judged by the hour (4.17 and 41.7 MB), because a disk is full before a day has passed."),
        rule("log_growth_of_a_day", "resource_limit", Scope::Server,
            over(metrics::SERVER_LOG_BYTES_TOTAL, How::Increase(DAY)), Above,
            both(at(Above, 100e6, NOW), at(Above, 1e9, NOW)))
            .reads("the log of {object} grew by {value} within a day")
            .says("growth of its log within a day",
                "See what it writes, lower its log level, and let its log be rotated.",
                "Logs of 240 GB have been reported; 100 MB a day is more than anybody reads."),
    ]
}
