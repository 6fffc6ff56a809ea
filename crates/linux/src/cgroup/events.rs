//! How often a group ran into its limits.

use std::time::Duration;

use super::{
    controller::{Controller, Version},
    files,
    group::Group,
};

/// Counters since the group was made; `None` where the kernel or this hierarchy does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// Processes that were killed because memory ran out.
    pub oom_kills: Option<u64>,
    /// Times that memory went above `memory high`; version 2 only.
    pub memory_high_hits: Option<u64>,
    /// Times that memory was about to go above `memory max`.
    pub memory_max_hits: Option<u64>,
    /// Forks, and starts of threads, that were refused.
    pub pids_max_hits: Option<u64>,
    /// Periods, of 100 ms, in which the group wanted to run.
    pub periods: Option<u64>,
    /// Periods of these in which it used up its processor time.
    pub throttled_periods: Option<u64>,
    /// Time for which it was kept from running, summed over processors.
    pub throttled: Option<Duration>,
}

impl Group {
    /// What happened so far. It reads at most four files.
    pub fn events(&self) -> Events {
        let mut events = Events::default();
        self.count_memory(&mut events);
        if let Some(text) = self.text_of(Controller::Pids, "pids.events") {
            events.pids_max_hits = files::keyed(&text, "max");
        }
        if let Some(text) = self.text_of(Controller::Cpu, "cpu.stat") {
            events.periods = files::keyed(&text, "nr_periods");
            events.throttled_periods = files::keyed(&text, "nr_throttled");
            // Version 1 counts nanoseconds.
            events.throttled = files::keyed(&text, "throttled_usec")
                .map(Duration::from_micros)
                .or_else(|| files::keyed(&text, "throttled_time").map(Duration::from_nanos));
        }
        events
    }

    fn count_memory(&self, events: &mut Events) {
        let Some(folder) = self.folder_of(Controller::Memory) else {
            return;
        };
        match folder.version {
            Version::V2 => {
                let Some(text) = self.text_of(Controller::Memory, "memory.events") else {
                    return;
                };
                events.oom_kills = files::keyed(&text, "oom_kill");
                events.memory_high_hits = files::keyed(&text, "high");
                events.memory_max_hits = files::keyed(&text, "max");
            }
            Version::V1 => {
                // The kernel counts kills here since 4.13.
                if let Some(text) = self.text_of(Controller::Memory, "memory.oom_control") {
                    events.oom_kills = files::keyed(&text, "oom_kill");
                }
                events.memory_max_hits = files::read_number(&folder.path.join("memory.failcnt"));
            }
        }
    }

    pub(super) fn text_of(&self, controller: Controller, name: &str) -> Option<Vec<u8>> {
        files::read_plain(&self.folder_of(controller)?.path.join(name)).ok()
    }
}
