//! Members of a set that the kernel tells by pids, such as a control group, each held.

use std::io;

use super::Target;
use crate::ProcRoot;

/// Holds each that `pids` names. It is asked again once they are held: one that is named then too is a
/// member, and not somebody who was given the pid meanwhile. Those that cannot be held are left out.
///
/// # Errors
/// That of `pids`.
pub fn members(
    root: &ProcRoot,
    pids: impl Fn() -> io::Result<Vec<u32>>,
) -> io::Result<Vec<Target>> {
    let hold = |pid: u32| Some(Target::hold(root, pid).ok()?.0);
    let mut held: Vec<Target> = pids()?.into_iter().filter_map(hold).collect();
    let still = pids()?;
    held.retain(|target| still.contains(&target.id().pid));
    Ok(held)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    #![allow(clippy::disallowed_methods, reason = "the test starts what it holds")]

    use std::cell::Cell;
    use std::process::{Command, Stdio};

    use super::members;
    use crate::ProcRoot;

    #[test]
    fn one_that_is_no_member_once_it_is_held_is_left_out() {
        let start = || Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let mut children = [start(), start()];
        let [stays, leaves] = [children[0].id(), children[1].id()];
        let asked = Cell::new(0);
        let pids = || {
            asked.set(asked.get() + 1);
            Ok(if asked.get() == 1 {
                vec![stays, leaves]
            } else {
                vec![stays]
            })
        };
        let found = members(&ProcRoot::system().unwrap(), pids).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id().pid, stays);
        for child in &mut children {
            drop(child.stdin.take());
            child.wait().unwrap();
        }
    }
}
