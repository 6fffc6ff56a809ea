//! What a pass could not see, counted and said in words.

use model::{ProcessState, Unavailable};

use super::connections::Networks;
use super::handles::Kind;
use super::shed::{Shed, ShedLevel};
use super::tracked::Tracked;
use super::visibility::Visibility;

/// Processes of which something was refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Refused {
    /// Of other users.
    others: usize,
    /// Of our own user: they protect themselves, or run with more rights than we have.
    own: usize,
}

/// All that is unavailable, in a fixed order.
pub(crate) fn missing(
    tracked: &[Tracked],
    own_uid: u32,
    visibility: &Visibility,
    networks: &Networks,
    shed: Shed,
) -> Vec<Unavailable> {
    let mut found = Vec::new();
    tell_refused(refused(tracked, own_uid), own_uid == 0, &mut found);
    visibility.tell(hidden_parents(tracked), &mut found);
    if let Some(why) = &networks.no_unix_peers {
        found.push(Unavailable {
            what: "peers of Unix sockets".into(),
            why: why.clone(),
            remedy: String::new(),
        });
    }
    if let Some(why) = &networks.unreadable {
        found.push(Unavailable {
            what: "network connections".into(),
            why: why.clone(),
            remedy: String::new(),
        });
    }
    let given_up = match shed.level {
        ShedLevel::Nothing => return found,
        ShedLevel::Pss => "proportional memory (PSS)",
        ShedLevel::Files => "proportional memory (PSS) and open files",
        ShedLevel::Connections => "proportional memory (PSS), open files and connections",
    };
    found.push(Unavailable {
        what: given_up.into(),
        why: "reading them would cost more processor time than the budget allows".into(),
        remedy: "raise the budget, or wait until there is less to watch".into(),
    });
    found
}

fn refused(tracked: &[Tracked], own_uid: u32) -> Refused {
    let mut refused = Refused::default();
    for process in tracked {
        let any = process.facts_refused
            || process.handles.is_refused(Kind::Io)
            || process.sampled.iter().any(|sampled| sampled.refused);
        if !any || process.kernel_thread || process.sample.counters.state == ProcessState::Zombie {
            continue;
        }
        if process.sample.facts.uid == Some(own_uid) {
            refused.own += 1;
        } else {
            refused.others += 1;
        }
    }
    refused
}

fn tell_refused(refused: Refused, root: bool, found: &mut Vec<Unavailable>) {
    const WHAT: &str = "proportional memory (PSS), open files, I/O, program and folder of";
    // Root in a container or a sandbox need not have all of root's rights.
    let remedy = if root {
        "run with the capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
    } else {
        "run as root"
    };
    let processes = |count: usize| if count == 1 { "process" } else { "processes" };
    if refused.others > 0 {
        let count = refused.others;
        found.push(Unavailable {
            what: format!("{WHAT} {count} {} of other users", processes(count)),
            why: "the kernel shows them to their owner and to root only".into(),
            remedy: remedy.into(),
        });
    }
    if refused.own > 0 {
        let count = refused.own;
        found.push(Unavailable {
            what: format!("{WHAT} {count} {} of your own", processes(count)),
            why: "they protect themselves from being traced, or have rights that we lack".into(),
            remedy: remedy.into(),
        });
    }
}

/// Processes whose parent has not been shown, now and at the pass before: at a single pass it may
/// just have ended.
fn hidden_parents(tracked: &[Tracked]) -> usize {
    tracked
        .iter()
        .filter(|process| process.parent_hidden >= 2)
        .count()
}

/// Notes whose parent is not shown. All must be in order of their pids.
pub(crate) fn note_hidden_parents(tracked: &mut [Tracked]) {
    for at in 0..tracked.len() {
        let ppid = tracked[at].sample.counters.ppid;
        let shown = ppid == 0 || tracked.binary_search_by_key(&ppid, Tracked::pid).is_ok();
        let hidden = &mut tracked[at].parent_hidden;
        *hidden = if shown { 0 } else { hidden.saturating_add(1) };
    }
}

#[cfg(test)]
mod tests {
    use super::{Refused, tell_refused};

    #[test]
    fn refusals_are_counted_in_words() {
        let mut found = Vec::new();
        tell_refused(Refused { others: 41, own: 1 }, false, &mut found);
        assert!(
            found[0].what.ends_with("of 41 processes of other users"),
            "{found:?}"
        );
        assert!(
            found[1].what.ends_with("of 1 process of your own"),
            "{found:?}"
        );
        found.clear();
        tell_refused(Refused::default(), true, &mut found);
        assert!(found.is_empty());
    }
}
