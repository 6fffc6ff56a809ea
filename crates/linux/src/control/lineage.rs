//! The children that a tree forks while it is being ended.
//!
//! Between plan and signal, and in the time that SIGTERM gives it, a tree may fork. The
//! newcomers belong to it and must end with it; nothing else may. What proves that a
//! process came from the tree:
//! - Its parent is a member that lives. Parent and child are held by pidfds while this is
//!   read, so neither pid can have changed hands.
//! - It is in a *closed* session or process group: one that consisted of members only when
//!   the plan was carried out. A session is entered by being forked in it, and in no other
//!   way. A group can also be entered from another group of its session, which shells do
//!   for the processes of one pipeline, while starting it.
//!
//! A newcomer that made a session of its own *and* lost its parent before we looked is not
//! found: its trace is gone. That is why [`super::stop`] freezes what it is about to kill.
//! A newcomer that has a terminal and a session of its own is left: it has become something
//! that a person looks at.

use std::{collections::BTreeSet, io};

use model::ProcessId;

use super::{OpenError, Target};
use crate::{ProcRoot, parse};

/// Finds processes that belong to a tree but are not known yet.
pub trait Relatives {
    /// Holds what has joined the tree since `members` were held. Members may have ended.
    ///
    /// An error means that it cannot be known whether the tree is gone.
    fn newcomers(&mut self, members: &[Target]) -> io::Result<Vec<Target>>;
}

impl<F: FnMut(&[Target]) -> io::Result<Vec<Target>>> Relatives for F {
    fn newcomers(&mut self, members: &[Target]) -> io::Result<Vec<Target>> {
        self(members)
    }
}

/// [`Relatives`] by reading `/proc`.
#[derive(Debug)]
pub struct Lineage<'r> {
    root: &'r ProcRoot,
    spared: BTreeSet<ProcessId>,
    sessions: BTreeSet<u32>,
    groups: BTreeSet<u32>,
    left: BTreeSet<ProcessId>,
}

/// What matters of one line of the process table.
#[derive(Clone, Copy, Debug)]
struct Row {
    id: ProcessId,
    ppid: u32,
    pgid: u32,
    sid: u32,
    tty: i32,
    ended: bool,
}

impl<'r> Lineage<'r> {
    /// To be made just before the first signal. `spared` are the processes that were there
    /// when the plan was made, descend from its members, and were left out on purpose:
    /// neither they nor what they fork are touched.
    pub fn new(root: &'r ProcRoot, members: &[Target], spared: &[ProcessId]) -> io::Result<Self> {
        let rows = table(root)?;
        let spared: BTreeSet<_> = spared.iter().copied().collect();
        let mut own: BTreeSet<_> = members.iter().map(Target::id).collect();
        // What was forked since the plan counts as member here: else it would open the session.
        while let Some(row) = rows.iter().find(|row| {
            !own.contains(&row.id)
                && !spared.contains(&row.id)
                && own.iter().any(|id| id.pid == row.ppid)
        }) {
            own.insert(row.id);
        }
        let closed = |of: fn(&Row) -> u32| -> BTreeSet<u32> {
            let (inside, outside): (Vec<&Row>, Vec<&Row>) =
                rows.iter().partition(|row| own.contains(&row.id));
            let outside: BTreeSet<u32> = outside.into_iter().map(of).collect();
            let inside = inside.into_iter().map(of);
            inside
                .filter(|number| *number != 0 && !outside.contains(number))
                .collect()
        };
        Ok(Self {
            root,
            sessions: closed(|row| row.sid),
            groups: closed(|row| row.pgid),
            spared,
            left: BTreeSet::new(),
        })
    }

    /// Newcomers that were left because they have a terminal and a session of their own.
    pub fn left(&self) -> impl Iterator<Item = ProcessId> + '_ {
        self.left.iter().copied()
    }

    /// Forgets sessions and groups whose number may have been given to somebody else.
    ///
    /// The number is pinned as long as anybody is in it. Once nobody is, or its leader is
    /// not one of ours, it proves nothing any more.
    fn forget_recycled(&mut self, rows: &[Row], known: &BTreeSet<ProcessId>) {
        let ours = |number: u32| {
            rows.iter()
                .all(|row| row.id.pid != number || known.contains(&row.id))
        };
        self.sessions
            .retain(|sid| ours(*sid) && rows.iter().any(|row| row.sid == *sid));
        self.groups
            .retain(|pgid| ours(*pgid) && rows.iter().any(|row| row.pgid == *pgid));
    }

    fn is_own_something(&self, row: &Row) -> bool {
        row.tty != 0 && row.sid == row.id.pid && !self.sessions.contains(&row.sid)
    }

    /// Holds the process of `row` if it belongs to `family`. The order of the steps makes
    /// the proof: hold it, read its line, see that the parent and then it itself still live.
    fn adopt(&self, row: &Row, family: &[&Target]) -> Result<Option<Target>, OpenError> {
        let (target, now) = Target::look(self.root, row.id.pid)?;
        if target.id() != row.id {
            return Ok(None); // another process by now; if it is ours the next look finds it
        }
        let parent = family
            .iter()
            .find(|member| member.id().pid == now.expected.ppid);
        let by_parent = parent.is_some_and(|parent| matches!(parent.ending(), Ok(None)));
        let by_session = self.sessions.contains(&now.expected.sid);
        let by_group = self.groups.contains(&now.pgid);
        Ok((by_parent || by_session || by_group).then_some(target))
    }
}

impl Relatives for Lineage<'_> {
    fn newcomers(&mut self, members: &[Target]) -> io::Result<Vec<Target>> {
        let rows = table(self.root)?;
        let mut known: BTreeSet<_> = members.iter().map(Target::id).collect();
        self.forget_recycled(&rows, &known);
        let mut found: Vec<Target> = Vec::new();
        loop {
            let before = found.len();
            for row in &rows {
                let family = || members.iter().chain(&found);
                let related = self.sessions.contains(&row.sid)
                    || self.groups.contains(&row.pgid)
                    || family().any(|member| member.id().pid == row.ppid);
                if row.ended || !related || known.contains(&row.id) || self.spared.contains(&row.id)
                {
                    continue;
                }
                if self.is_own_something(row) {
                    self.left.insert(row.id);
                    known.insert(row.id);
                    continue;
                }
                match self.adopt(row, &family().collect::<Vec<_>>()) {
                    Ok(Some(target)) => {
                        known.insert(target.id());
                        found.push(target);
                    }
                    Ok(None) | Err(OpenError::Gone { .. } | OpenError::Forbidden(_)) => {
                        known.insert(row.id);
                    }
                    Err(OpenError::Io { source, .. }) if is_permission(&source) => {
                        known.insert(row.id);
                    }
                    Err(error) => return Err(io::Error::other(error)),
                }
            }
            if found.len() == before {
                return Ok(found);
            }
        }
    }
}

fn is_permission(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied
}

/// The whole process table. Processes that end meanwhile are left out.
fn table(root: &ProcRoot) -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(root.path())? {
        let name = entry?.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let Ok(text) = root.read(&format!("{pid}/stat"), 4096) else {
            continue;
        };
        let Some(stat) = parse::stat::stat(&text).filter(|stat| !stat.is_kernel_thread()) else {
            continue;
        };
        rows.push(Row {
            id: ProcessId {
                pid,
                start_ticks: stat.start_ticks,
            },
            ppid: stat.ppid,
            pgid: stat.pgid,
            sid: stat.sid,
            tty: stat.tty,
            ended: stat.state == b'Z' && stat.threads <= 1 || stat.state == b'X',
        });
    }
    Ok(rows)
}
