//! Figures of containers of MCP servers, as measurements.
//!
//! Containers of one server, owner and name are one series. Counters add up what each of them has gained
//! from one look to the next, so the end of one is no fall; what was counted before the first look counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use containers::orphan::Judged;
use jiff::Timestamp;
use model::metric::table as metrics;
use model::{LabelValues, Measurement, Metric};

use crate::engines::{self, Look};

/// Series at most; more containers than that are not counted.
const MOST: usize = 1_000;

/// Server, owner, container.
type Key = [Arc<str>; 3];

/// What is added up over looks.
#[derive(Debug, Default)]
pub(super) struct Figures {
    accounts: BTreeMap<Key, Account>,
    looks: u64,
}

#[derive(Debug, Default)]
struct Account {
    cpu_ns: u64,
    restarts: u64,
    /// Runs that were counted, by id of their container.
    runs: BTreeMap<String, Run>,
    /// It was empty at some look: what comes next comes in the place of what was.
    has_ended: bool,
}

/// A container as it was at the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Run {
    started: Option<Timestamp>,
    cpu_ns: Option<u64>,
    restarts: u64,
}

/// What the containers of one series have together.
#[derive(Debug, Default)]
struct Sum {
    running: u64,
    memory: Option<u64>,
    limit: Option<u64>,
    pids: Option<u64>,
    has_cpu: bool,
}

impl Figures {
    pub(super) fn measure(&mut self, look: &Look, out: &mut Vec<Measurement>) {
        let mut groups: BTreeMap<Key, Vec<&Judged>> = BTreeMap::new();
        for judged in look.of_mcp() {
            let key = key(look, judged);
            if groups.contains_key(&key) || groups.len() < MOST {
                groups.entry(key).or_default().push(judged);
            }
        }
        self.looks += 1;
        let is_first = self.looks == 1;
        // Where an engine is silent its containers are not known to be gone.
        if look.view.is_complete() {
            for (key, account) in &mut self.accounts {
                if !groups.contains_key(key) {
                    account.runs.clear();
                    account.has_ended = true;
                }
            }
            while self.accounts.len() > MOST {
                let gone = self
                    .accounts
                    .iter()
                    .find(|(key, _)| !groups.contains_key(*key));
                let Some(key) = gone.map(|(key, _)| key.clone()) else {
                    break;
                };
                self.accounts.remove(&key);
            }
        }
        for (key, group) in groups {
            let account = self.accounts.entry(key.clone()).or_default();
            let sum = account.take_in(look, &group, is_first);
            put(&key, account, &sum, out);
        }
    }
}

impl Account {
    fn take_in(&mut self, look: &Look, group: &[&Judged], is_first: bool) -> Sum {
        let mut sum = Sum::default();
        let (mut memory, mut limit, mut pids) = (Some(0), Some(0), Some(0));
        let mut there = BTreeSet::new();
        for judged in group {
            let container = &judged.owned.container;
            there.insert(container.id.as_str());
            let seen = look.view.container(&container.id);
            let stats = seen.and_then(|seen| seen.stats);
            let run = Run {
                started: container.started,
                cpu_ns: stats.and_then(|stats| stats.cpu_ns),
                restarts: container.restarts.unwrap_or(0),
            };
            sum.has_cpu |= run.cpu_ns.is_some();
            self.count(&container.id, run, is_first);
            if !container.state.is_alive() {
                continue;
            }
            sum.running += 1;
            let add = |sum: Option<u64>, value: Option<u64>| Some(sum? + value?);
            memory = add(memory, stats.and_then(|stats| stats.memory_bytes));
            limit = add(limit, container.limits.memory_bytes);
            pids = add(pids, stats.and_then(|stats| stats.pids));
        }
        self.runs.retain(|id, _| there.contains(id.as_str()));
        if sum.running > 0 {
            (sum.memory, sum.limit, sum.pids) = (memory, limit, pids);
        }
        sum
    }

    fn count(&mut self, id: &str, run: Run, is_first: bool) {
        let before = self.runs.get(id).copied();
        match before {
            None => {
                self.cpu_ns += run.cpu_ns.unwrap_or(0);
                let is_in_place = std::mem::take(&mut self.has_ended) && !is_first;
                self.restarts += run.restarts + u64::from(is_in_place);
            }
            Some(before) => {
                let is_same_run = before.started == run.started;
                let gained = match (before.cpu_ns, run.cpu_ns) {
                    (Some(before), Some(now)) if is_same_run && now >= before => now - before,
                    (_, Some(now)) if !is_same_run => now,
                    _ => 0,
                };
                self.cpu_ns += gained;
                // A restart that somebody ordered is not in the engine's count.
                let by_engine = run.restarts.saturating_sub(before.restarts);
                let by_order = u64::from(!is_same_run && run.started.is_some() && by_engine == 0);
                self.restarts += by_engine + by_order;
            }
        }
        // What could not be read now is compared with what was read last.
        let cpu_ns = match before {
            Some(before) if before.started == run.started => run.cpu_ns.or(before.cpu_ns),
            _ => run.cpu_ns,
        };
        self.runs.insert(id.to_owned(), Run { cpu_ns, ..run });
    }
}

fn key(look: &Look, judged: &Judged) -> Key {
    [
        Arc::from(engines::server_name(look, judged)),
        Arc::from(engines::owner_name(judged)),
        Arc::from(engines::label(&judged.owned.container)),
    ]
}

fn put(key: &Key, account: &Account, sum: &Sum, out: &mut Vec<Measurement>) {
    let labels: LabelValues = key.iter().cloned().collect();
    let mut one = |metric: &'static Metric, value: Option<f64>| {
        out.extend(value.map(|value| Measurement {
            metric,
            labels: Arc::clone(&labels),
            value,
        }));
    };
    let count = |value: Option<u64>| value.map(|value| value as f64);
    one(
        metrics::CONTAINER_UP,
        Some(f64::from(u8::from(sum.running > 0))),
    );
    let cpu = sum.has_cpu || account.cpu_ns > 0;
    one(
        metrics::CONTAINER_CPU_SECONDS_TOTAL,
        cpu.then_some(account.cpu_ns as f64 / 1e9),
    );
    one(metrics::CONTAINER_MEMORY_BYTES, count(sum.memory));
    one(metrics::CONTAINER_MEMORY_LIMIT_BYTES, count(sum.limit));
    one(metrics::CONTAINER_PIDS, count(sum.pids));
    one(
        metrics::CONTAINER_RESTARTS_TOTAL,
        Some(account.restarts as f64),
    );
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn run(start: i64, cpu_ns: u64, restarts: u64) -> Run {
        Run {
            started: Some(Timestamp::from_second(start).unwrap()),
            cpu_ns: Some(cpu_ns),
            restarts,
        }
    }

    #[test]
    fn what_ended_runs_had_counted_stays() {
        let mut account = Account::default();
        account.count("a", run(1, 100, 0), true);
        account.count("a", run(1, 150, 0), false);
        assert_eq!((account.cpu_ns, account.restarts), (150, 0));
        // Unreadable once: nothing is counted twice.
        account.count(
            "a",
            Run {
                cpu_ns: None,
                ..run(1, 0, 0)
            },
            false,
        );
        account.count("a", run(1, 160, 0), false);
        assert_eq!(account.cpu_ns, 160);
        // The engine started it again, then somebody did.
        account.count("a", run(2, 5, 1), false);
        account.count("a", run(3, 5, 0), false);
        assert_eq!((account.cpu_ns, account.restarts), (170, 2));
        // Another container in its place.
        account.runs.clear();
        account.has_ended = true;
        account.count("b", run(9, 1, 0), false);
        assert_eq!((account.cpu_ns, account.restarts), (171, 3));
    }
}
