//! The processes of one instance as a tree: wrapper, server, helpers.

use inventory::Instance;
use model::ProcessTable;

use super::Look;

/// Deeper levels are drawn at this one.
const DEEPEST: u8 = 12;

/// Where a process stands in its tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Branch {
    /// Levels below the root.
    pub depth: u8,
    /// No sibling follows.
    pub last: bool,
    /// Levels, as bits, at which a line to a later sibling passes by.
    pub rails: u16,
}

impl Branch {
    /// The lines in front of a row.
    pub fn prefix(self, look: Look) -> String {
        let (rail, blank, fork, end) = if look.unicode {
            ("│ ", "  ", "├ ", "└ ")
        } else {
            ("| ", "  ", "+ ", "` ")
        };
        let passing = (0..self.depth).map(|level| {
            if self.rails & (1 << level) == 0 {
                blank
            } else {
                rail
            }
        });
        passing
            .chain([if self.last { end } else { fork }])
            .collect()
    }
}

/// Indices into the instance's members in the order of their tree, each with its place.
pub fn walk(table: &ProcessTable, instance: &Instance) -> Vec<(usize, Branch)> {
    let members = &instance.members;
    let parent = |at: usize| {
        let pid = table.get(members[at].id.pid)?.ppid();
        // Parents stand before children, so a cycle cannot arise.
        members[..at].iter().position(|member| member.id.pid == pid)
    };
    let parents: Vec<Option<usize>> = (0..members.len()).map(parent).collect();
    let children = |of: Option<usize>| -> Vec<usize> {
        (0..members.len()).filter(|at| parents[*at] == of).collect()
    };
    let mut found = Vec::with_capacity(members.len());
    // Those that are still to be visited, the next one last.
    let mut waiting: Vec<(usize, Branch)> = Vec::new();
    let enlist = |waiting: &mut Vec<(usize, Branch)>, of: Option<usize>, depth: u8, rails: u16| {
        let siblings = children(of);
        let count = siblings.len();
        for (number, at) in siblings.into_iter().enumerate().rev() {
            waiting.push((
                at,
                Branch {
                    depth,
                    last: number + 1 == count,
                    rails,
                },
            ));
        }
    };
    enlist(&mut waiting, None, 0, 0);
    while let Some((at, branch)) = waiting.pop() {
        found.push((at, branch));
        let rails = if branch.last {
            branch.rails
        } else {
            branch.rails | (1 << branch.depth)
        };
        enlist(
            &mut waiting,
            Some(at),
            (branch.depth + 1).min(DEEPEST),
            rails,
        );
    }
    found
}
