//! A place where a server's limits can be set, where our own group is none.
//!
//! On a machine with cgroup v2 the group of an ordinary user's session belongs to root, and has the
//! client and others in it: it can neither have groups below it nor give them controllers. Three ways are
//! tried, the cleanest first:
//!
//! 1. our own group, if systemd has delegated it and nobody else is in it;
//! 2. a scope that systemd makes for us;
//! 3. our own group without being told that it is ours, if we may write there and are alone.
//!
//! Where systemd is not there, and as root in a container, only the third is left.

use linux::cgroup::{
    Controller, Enforced, GroupName, Hierarchies, LEAF, Limit, NotEnforced, Outcome, Version,
};
use linux::systemd::{self, ScopeError};
use rustix::io::Errno;

/// Marks of systemd on a group that it leaves to others ("Delegation" in its `CGROUP_DELEGATION` page);
/// who is not root can read only the first, which is of version 251.
const DELEGATED: [&str; 2] = ["user.delegate", "trusted.delegate"];

/// Somewhere.
#[derive(Debug)]
pub(crate) struct Room {
    /// With our own processes out of the way.
    pub(crate) hierarchies: Hierarchies,
    /// The scope that it is in, if one was made.
    pub(crate) scope: Option<systemd::Entered>,
}

/// Whether some limit does not hold only because of the group that we are in.
pub(crate) fn would_help(hierarchies: &Hierarchies, enforced: &Enforced) -> bool {
    let lacks = |limit: Limit, outcome: &Outcome| {
        // Limits of version 1 are nothing that systemd delegates.
        let place = hierarchies.of(controller(limit));
        let is_v1 = place.is_some_and(|place| place.version() == Version::V1);
        !is_v1 && matches!(outcome, Outcome::Not(why) if is_our_groups_fault(why))
    };
    let mut limits = enforced.limits.iter();
    hierarchies.unified().is_some() && limits.any(|entry| lacks(entry.limit, &entry.outcome))
}

fn is_our_groups_fault(why: &NotEnforced) -> bool {
    match why {
        NotEnforced::NotDelegated { .. } | NotEnforced::NotGiven { .. } => true,
        NotEnforced::Refused(error) => matches!(error.source, Errno::ACCESS | Errno::PERM),
        _ => false,
    }
}

fn controller(limit: Limit) -> Controller {
    match limit {
        Limit::MemoryMax | Limit::MemoryHigh | Limit::SwapMax => Controller::Memory,
        Limit::PidsMax => Controller::Pids,
        Limit::Cpu => Controller::Cpu,
        Limit::IoWeight => Controller::Io,
    }
}

/// Finds some for the group `name`. The error says why systemd could not help; it is empty where there
/// is none.
pub(crate) fn find(mut hierarchies: Hierarchies, name: &GroupName) -> Result<Room, Option<String>> {
    if is_delegated(&hierarchies) && hierarchies.make_room().is_ok() {
        return Ok(Room {
            hierarchies,
            scope: None,
        });
    }
    let description = format!("mcpvisor run: MCP server {}", name.label());
    let why = match systemd::enter(name, &description) {
        Ok(mut entered) => {
            let made = entered.hierarchies.make_room();
            made.map_err(|error| Some(error.to_string()))?;
            return Ok(Room {
                hierarchies: entered.hierarchies.clone(),
                scope: Some(entered),
            });
        }
        Err(why) => why,
    };
    if hierarchies.make_room().is_ok() {
        return Ok(Room {
            hierarchies,
            scope: None,
        });
    }
    Err(match why {
        ScopeError::NoSystemd | ScopeError::NoUnified => None,
        why => Some(why.to_string()),
    })
}

fn is_delegated(hierarchies: &Hierarchies) -> bool {
    let Some(unified) = hierarchies.unified() else {
        return false;
    };
    // systemd may have put us into the leaf at once (`DelegateSubgroup=`).
    let group = match unified.own_group() {
        own if own.ends_with(LEAF) => own.parent().unwrap_or(own),
        own => own,
    };
    DELEGATED.iter().any(|mark| {
        let mut value = [0; 8];
        let length = rustix::fs::getxattr(group, *mark, &mut value);
        length.is_ok_and(|length| value.get(..length) == Some(b"1"))
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::Path;

    use linux::ProcRoot;
    use linux::cgroup::{Amount, Enforcement};

    use super::*;

    /// A machine with these mounts, and ourselves in `/session.scope` of each.
    fn hierarchies(mounts: &[(&str, &str, &str)]) -> Hierarchies {
        let machine = tempfile::tempdir().unwrap();
        let (mut mountinfo, mut own) = (String::new(), String::new());
        for (number, (kind, place, controllers)) in mounts.iter().enumerate() {
            let options = if *kind == "cgroup" {
                *controllers
            } else {
                "rw"
            };
            mountinfo += &format!("{number} 1 0:{number} / {place} rw - {kind} x rw,{options}\n");
            let named = if *kind == "cgroup" { *controllers } else { "" };
            own += &format!("{number}:{named}:/session.scope\n")
                .replace(&format!("{number}::"), "0::");
            let group = machine
                .path()
                .join(place.trim_start_matches('/'))
                .join("session.scope");
            std::fs::create_dir_all(&group).unwrap();
            std::fs::write(group.join("cgroup.controllers"), controllers).unwrap();
            std::fs::write(group.join("cgroup.procs"), "").unwrap();
        }
        std::fs::create_dir_all(machine.path().join("proc/self")).unwrap();
        std::fs::write(machine.path().join("proc/self/cgroup"), own).unwrap();
        std::fs::write(machine.path().join("proc/self/mountinfo"), mountinfo).unwrap();
        let proc = ProcRoot::open(machine.path().join("proc")).unwrap();
        Hierarchies::read(&proc, machine.path()).unwrap()
    }

    fn not(limit: Limit, why: NotEnforced) -> Enforced {
        let entry = Enforcement {
            limit,
            asked: Amount::Tasks(5),
            outcome: Outcome::Not(why),
        };
        Enforced {
            limits: vec![entry],
            ..Enforced::default()
        }
    }

    fn not_delegated(controller: Controller) -> NotEnforced {
        NotEnforced::NotDelegated {
            group: Path::new("/session.scope").to_owned(),
            controller,
        }
    }

    #[test]
    fn only_what_another_group_could_do_is_a_reason_to_look_for_one() {
        let v2 = hierarchies(&[("cgroup2", "/sys/fs/cgroup", "memory")]);
        assert!(v2.unified().is_some());
        let lacking = not(Limit::PidsMax, not_delegated(Controller::Pids));
        assert!(would_help(&v2, &lacking));
        assert!(!would_help(&v2, &Enforced::default()));
        let wrong = not(Limit::PidsMax, NotEnforced::OutOfRange("1 to 5"));
        assert!(!would_help(&v2, &wrong));
        let absent = not(Limit::PidsMax, NotEnforced::NoController(Controller::Pids));
        assert!(!would_help(&v2, &absent));
    }

    #[test]
    fn what_version_1_does_not_let_us_do_no_scope_does() {
        let hybrid = hierarchies(&[
            ("cgroup", "/sys/fs/cgroup/pids", "pids"),
            ("cgroup2", "/sys/fs/cgroup/unified", "memory"),
        ]);
        let pids = hybrid.of(Controller::Pids).unwrap();
        assert_eq!(pids.version(), Version::V1);
        let lacking = not(Limit::PidsMax, not_delegated(Controller::Pids));
        assert!(!would_help(&hybrid, &lacking));
        let lacking = not(Limit::MemoryMax, not_delegated(Controller::Memory));
        assert!(would_help(&hybrid, &lacking));
        let v1 = hierarchies(&[("cgroup", "/sys/fs/cgroup/pids", "pids")]);
        let lacking = not(Limit::MemoryMax, not_delegated(Controller::Memory));
        assert!(!would_help(&v1, &lacking));
    }
}
