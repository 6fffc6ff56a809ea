//! The process table in the words of `containers`.

use containers::process::{Process, Processes};
use model::{ProcessState, ProcessTable};

/// What the collector says is missing where a process may not be shown at all, or not what it is.
const HIDING: [&str; 5] = [
    "details of other users' processes",
    "processes of other users",
    "processes that we may not trace",
    "some processes",
    "processes outside of this PID namespace",
];

/// All processes. Who is missing is only dead if nothing hides processes from us.
pub(super) fn of(table: &ProcessTable) -> Processes {
    let own = table.get(std::process::id());
    let own = own.and_then(|own| own.sample.facts.pid_namespace);
    let mut is_complete = own_is_shown(table) && !hides(table);
    let processes: Vec<Process> = table
        .processes()
        .iter()
        .map(|process| {
            let state = process.sample.counters.state;
            let is_zombie = matches!(state, ProcessState::Zombie | ProcessState::Dead);
            let facts = &process.sample.facts;
            let is_read = facts.cmdline.is_some() || process.is_kernel_thread() || is_zombie;
            is_complete &= is_read;
            Process {
                id: process.id(),
                ppid: process.ppid(),
                argv: process.argv().to_vec(),
                started: Some(table.moment.wall_of(process.id().start_ticks, &table.host)),
                is_zombie,
                shares_our_pids: facts.pid_namespace.zip(own).map(|(its, own)| its == own),
            }
        })
        .collect();
    Processes::new(processes, is_complete)
}

/// A table without ourselves is none of this machine.
fn own_is_shown(table: &ProcessTable) -> bool {
    table.get(std::process::id()).is_some()
}

fn hides(table: &ProcessTable) -> bool {
    let mut missing = table.unavailable.iter();
    missing.any(|missing| HIDING.contains(&missing.what.as_str()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use linux::{Collector, Options, ProcRoot, Wants};

    use super::*;

    fn table() -> ProcessTable {
        let root = ProcRoot::system().unwrap();
        let host = linux::host::read(&root);
        let ticks = host.ticks_per_second;
        let mut collector = Collector::new(root, Options::one_shot());
        let pass = collector.pass(linux::clock::now(), &Wants::cheap());
        let processes = model::derive::processes(&[], pass.samples, ticks);
        ProcessTable::new(host, pass.moment, processes, pass.unavailable)
    }

    #[test]
    fn ourselves_with_arguments_and_start() {
        let table = table();
        let processes = of(&table);
        let own = processes.get(std::process::id()).unwrap();
        let first = std::env::args().next().unwrap();
        assert_eq!(own.argv[0], first);
        let age = table.moment.wall.duration_since(own.started.unwrap());
        assert!((0..3_600).contains(&age.as_secs()), "{age:?}");
        assert_ne!(own.shares_our_pids, Some(false));
    }

    #[test]
    fn nobody_is_dead_where_processes_are_hidden() {
        let mut table = table();
        table.unavailable.clear();
        let was = of(&table).is_complete();
        for what in HIDING {
            let mut hidden = table.clone();
            hidden.unavailable.push(model::Unavailable {
                what: what.to_owned(),
                why: String::new(),
                remedy: String::new(),
            });
            assert!(!of(&hidden).is_complete(), "{what}");
        }
        // As root every command line is read.
        assert!(was || !rustix::process::geteuid().is_root());
    }

    /// The words are those of the collector.
    #[test]
    fn words_are_what_the_collector_says() {
        let source = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../linux/src/collect/visibility.rs"
        ));
        for what in HIDING {
            assert!(source.contains(&format!("\"{what}\"")), "{what}");
        }
    }
}
