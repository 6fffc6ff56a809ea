//! Which processes there are: kept in line with the listing of `/proc`, or between listings with
//! what kernel events tell.

use std::ops::Range;
use std::time::Duration;

use super::cheap::Reader;
use super::list::numbered_entries;
use super::tracked::Tracked;
use crate::events::ProcessEvent;

/// More starts than this are not remembered: a listing is cheaper, and needs no memory.
const MOST_STARTED: usize = 100_000;

/// All processes known, by pid.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    pub(crate) tracked: Vec<Tracked>,
    /// Processes that events say have started or executed a program since the last pass.
    started: Vec<u32>,
    /// Events were lost.
    list_all: bool,
    /// Pid after which the slow rotation of facts goes on.
    rotated_to: u32,
    pids: Vec<u32>,
}

impl Roster {
    pub(crate) fn note(&mut self, event: &ProcessEvent) {
        match *event {
            ProcessEvent::Fork { child, .. } => self.started.push(child),
            ProcessEvent::Exec { pid } => {
                self.touch(pid, |process| process.executed = true);
                self.started.push(pid);
            }
            ProcessEvent::Exit { pid, .. }
            | ProcessEvent::Uid { pid, .. }
            | ProcessEvent::Sid { pid }
            | ProcessEvent::Comm { pid } => self.touch(pid, |_| {}),
            ProcessEvent::Lost => self.list_all = true,
        }
        if self.started.len() > MOST_STARTED {
            self.started.clear();
            self.list_all = true;
        }
    }

    fn touch(&mut self, pid: u32, change: impl FnOnce(&mut Tracked)) {
        if let Ok(at) = self.tracked.binary_search_by_key(&pid, Tracked::pid) {
            self.tracked[at].touched = true;
            change(&mut self.tracked[at]);
        }
    }

    /// Lists all pids if it is time to, or if events were lost; else takes in what has started.
    pub(crate) fn update(&mut self, reader: &mut Reader, time_to_list: bool) {
        if time_to_list || self.list_all {
            self.started.clear();
            self.pids.clear();
            let pids = &mut self.pids;
            let listed = numbered_entries(reader.root.folder(), &mut reader.scratch, |pid| {
                pids.push(pid);
            });
            // Without a listing nobody is known to have ended.
            self.list_all = listed.is_err();
            if self.list_all {
                return;
            }
            if !self.pids.is_sorted() {
                self.pids.sort_unstable();
            }
            self.drop_unlisted(reader);
        } else {
            std::mem::swap(&mut self.pids, &mut self.started);
            self.started.clear();
            self.pids.sort_unstable();
            self.pids.dedup();
        }
        self.add_listed();
    }

    fn add_listed(&mut self) {
        let known = self.tracked.len();
        let mut at = 0;
        for &pid in &self.pids {
            while at < known && self.tracked[at].pid() < pid {
                at += 1;
            }
            if at == known || self.tracked[at].pid() != pid {
                self.tracked.push(Tracked::new(pid));
            }
        }
        if self.tracked.len() > known {
            self.tracked.sort_unstable_by_key(Tracked::pid);
        }
    }

    fn drop_unlisted(&mut self, reader: &mut Reader) {
        let mut listed = self.pids.iter().peekable();
        self.tracked.retain_mut(|process| {
            while listed.next_if(|&&pid| pid < process.pid()).is_some() {}
            let there = listed.peek() == Some(&&process.pid());
            if !there {
                process.handles.close(&mut reader.handles);
            }
            there
        });
    }

    /// Positions whose facts are read again because it is their turn: all of them in `every`.
    pub(crate) fn rotation(&mut self, elapsed_ns: u64, every: Duration) -> Range<usize> {
        let count = self.tracked.len();
        let turn = (count as f64 * elapsed_ns as f64 / every.as_nanos().max(1) as f64).ceil();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "not negative, and cut to the number of processes"
        )]
        let turn = (turn as usize).min(count);
        let next = |process: &Tracked| process.pid() <= self.rotated_to;
        let mut from = self.tracked.partition_point(next);
        if from >= count {
            from = 0;
        }
        let to = (from + turn).min(count);
        if let Some(last) = self.tracked[from..to].last() {
            self.rotated_to = last.pid();
        }
        from..to
    }

    /// When files were missed for want of room, processes that were not read in pass number `pass`
    /// give theirs back, the longest unread first. When descriptors have run out, others must too.
    pub(crate) fn give_back_handles(&mut self, reader: &mut Reader, pass: u64) {
        let mut missed = std::mem::take(&mut reader.handles.missed);
        let mut owners: Vec<&mut Tracked> = if reader.handles.exhausted {
            missed = reader.handles.shrink();
            self.tracked.iter_mut().collect()
        } else if missed > 0 {
            let idle = self.tracked.iter_mut().filter(|p| p.read_in < pass);
            idle.collect()
        } else {
            return;
        };
        owners.sort_by_key(|process| process.read_in);
        for process in owners {
            if missed == 0 {
                break;
            }
            missed = missed.saturating_sub(process.handles.close(&mut reader.handles));
        }
    }
}
