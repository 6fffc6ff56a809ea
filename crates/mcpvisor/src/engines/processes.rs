//! The process table in the words of `containers`.

use containers::process::{Process, Processes};
use linux::ProcRoot;
use linux::parse::stat::stat;
use model::{ProcessId, ProcessState, ProcessTable};

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
            let mut is_zombie = matches!(state, ProcessState::Zombie | ProcessState::Dead);
            let facts = &process.sample.facts;
            let is_read = facts.cmdline.is_some() || process.is_kernel_thread() || is_zombie;
            if !is_read {
                // One that ended while it was read is not hidden.
                is_zombie = has_ended(process.id());
                is_complete &= is_zombie;
            }
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

fn has_ended(id: ProcessId) -> bool {
    let Ok(root) = ProcRoot::system() else {
        return false;
    };
    let text = match root.read(&format!("{}/stat", id.pid), 4096) {
        Ok(text) => text,
        Err(error) => return error.kind() == std::io::ErrorKind::NotFound || is_gone(&error),
    };
    let now = stat(&text);
    now.is_some_and(|now| {
        let is_it = now.start_ticks == id.start_ticks;
        !is_it
            || matches!(
                ProcessState::from_letter(now.state),
                ProcessState::Zombie | ProcessState::Dead
            )
    })
}

fn is_gone(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
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

    use linux::{Collector, Options, Wants};

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
    fn who_has_ended_is_not_hidden() {
        let own = table().get(std::process::id()).unwrap().id();
        assert!(!has_ended(own));
        let another = ProcessId {
            start_ticks: own.start_ticks + 1,
            ..own
        };
        assert!(has_ended(another), "the number was given out again");
        let nobody = ProcessId {
            pid: u32::try_from(i32::MAX).unwrap(),
            start_ticks: 1,
        };
        assert!(has_ended(nobody));
    }

    #[test]
    fn nobody_is_dead_where_processes_are_hidden() {
        let mut seen = table();
        seen.unavailable.clear();
        for what in HIDING {
            let mut hidden = seen.clone();
            hidden.unavailable.push(model::Unavailable {
                what: what.to_owned(),
                why: String::new(),
                remedy: String::new(),
            });
            assert!(!of(&hidden).is_complete(), "{what}");
        }
        // Root reads every command line, but for those of processes that execute another just then.
        let is_complete = || {
            let mut seen = table();
            seen.unavailable.clear();
            of(&seen).is_complete()
        };
        let is_root = rustix::process::geteuid().is_root();
        assert!(!is_root || (0..20).any(|_| is_complete()));
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
