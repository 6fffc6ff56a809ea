//! What a pass is asked to read.

use std::sync::Arc;

use super::schedule::Costly;

/// A set of processes, by pid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// No process.
    None,
    /// Every process, all alike.
    #[default]
    All,
    /// These, and no others.
    Only(Arc<[u32]>),
    /// These before all others.
    First(Arc<[u32]>),
}

/// How a process stands to a [`Selection`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Out,
    Rest,
    Wanted,
}

impl Selection {
    /// These pids and no others; in any order.
    pub fn only(pids: impl IntoIterator<Item = u32>) -> Self {
        Self::Only(sorted(pids))
    }

    /// These pids before all others; in any order.
    pub fn first(pids: impl IntoIterator<Item = u32>) -> Self {
        Self::First(sorted(pids))
    }

    pub(crate) fn rank(&self, pid: u32) -> Rank {
        let (pids, others) = match self {
            Self::None => return Rank::Out,
            Self::All => return Rank::Wanted,
            Self::Only(pids) => (pids, Rank::Out),
            Self::First(pids) => (pids, Rank::Rest),
        };
        if pids.binary_search(&pid).is_ok() {
            Rank::Wanted
        } else {
            others
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }
}

fn sorted(pids: impl IntoIterator<Item = u32>) -> Arc<[u32]> {
    let mut pids: Vec<u32> = pids.into_iter().collect();
    pids.sort_unstable();
    pids.into()
}

/// What is wanted of a pass.
///
/// `counters` decides whose cheap figures are read; processes outside of it (`None`, `Only`) keep
/// those of an earlier pass, with its time, until they are seen ending. A process that is new is
/// always read. The other three are costly readings: they are taken as far as the budget goes,
/// wanted processes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wants {
    /// Cheap figures. `First` is the same as `All`.
    pub counters: Selection,
    /// Proportional memory.
    pub pss: Selection,
    /// Open files and their kinds.
    pub files: Selection,
    /// Network connections; reads the open files of the same processes too.
    pub connections: Selection,
    /// Take every costly reading of the wanted processes at this pass, whatever it costs: for
    /// commands that make one pass and end.
    pub all_now: bool,
}

impl Default for Wants {
    /// Everything of every process, on the budget.
    fn default() -> Self {
        Self {
            counters: Selection::All,
            pss: Selection::All,
            files: Selection::All,
            connections: Selection::All,
            all_now: false,
        }
    }
}

impl Wants {
    pub(crate) fn selection(&self, kind: Costly) -> &Selection {
        match kind {
            Costly::Pss => &self.pss,
            Costly::Files => &self.files,
            Costly::Connections => &self.connections,
        }
    }

    /// Cheap figures of all processes, nothing costly.
    pub fn cheap() -> Self {
        Self {
            counters: Selection::All,
            pss: Selection::None,
            files: Selection::None,
            connections: Selection::None,
            all_now: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rank, Selection};

    #[test]
    fn selections_rank() {
        let set = [9, 2, 5];
        for (selection, inside, outside) in [
            (Selection::None, Rank::Out, Rank::Out),
            (Selection::All, Rank::Wanted, Rank::Wanted),
            (Selection::only(set), Rank::Wanted, Rank::Out),
            (Selection::first(set), Rank::Wanted, Rank::Rest),
        ] {
            assert_eq!(
                (selection.rank(9), selection.rank(3)),
                (inside, outside),
                "{selection:?}"
            );
        }
    }
}
