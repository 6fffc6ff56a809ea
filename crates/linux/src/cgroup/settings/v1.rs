//! Settings of version 1 (`admin-guide/cgroup-v1/memory.rst`, `scheduler/sched-bwc.rst`).

use std::path::Path;

use super::{CPU_PERIOD_US, Set, bytes_or_max, put, quota_us, read_back};
use crate::cgroup::{
    enforced::NotEnforced,
    files,
    limits::{Amount, Limit},
};

const SOFT: &str = "under cgroup v1 this is a soft limit: memory is taken back only while the whole \
                    machine is short of it, and nobody is slowed down";
const TOGETHER: &str = "cgroup v1 limits memory and swap together: what is not used of one can be \
                        used of the other";

pub(super) fn set(folder: &Path, limit: Limit, amount: Amount) -> Result<Set, NotEnforced> {
    match (limit, amount) {
        (Limit::MemoryMax, Amount::Bytes(max)) => put(
            folder,
            "memory.limit_in_bytes",
            &max.to_string(),
            bytes_or_max,
        ),
        (Limit::MemoryHigh, Amount::Bytes(high)) => {
            let name = "memory.soft_limit_in_bytes";
            let set = put(folder, name, &high.to_string(), bytes_or_max)?;
            Ok(Set {
                weaker: Some(SOFT),
                ..set
            })
        }
        (Limit::SwapMax, Amount::Bytes(swap)) => set_swap(folder, swap),
        (Limit::Cpu, Amount::Processors(count)) => set_cpu(folder, count),
        _ => Err(NotEnforced::OutOfRange("of the limit's own kind")),
    }
}

/// The limit of both together has to be at least that of memory, which was set before.
fn set_swap(folder: &Path, swap: u64) -> Result<Set, NotEnforced> {
    let memory = folder.join("memory.limit_in_bytes");
    let Amount::Bytes(memory) = read_back(&memory, bytes_or_max)? else {
        return Err(NotEnforced::SwapWithoutMemory);
    };
    let both = memory.saturating_add(swap).to_string();
    let set = put(folder, "memory.memsw.limit_in_bytes", &both, bytes_or_max)?;
    let says = match set.says {
        Amount::Bytes(both) => Amount::Bytes(both.saturating_sub(memory)),
        other => other,
    };
    Ok(Set {
        says,
        weaker: Some(TOGETHER),
        ..set
    })
}

fn set_cpu(folder: &Path, count: f64) -> Result<Set, NotEnforced> {
    // A new group has the kernel's own period.
    let period = files::read_number(&folder.join("cpu.cfs_period_us")).filter(|period| *period > 0);
    let period = period.unwrap_or(CPU_PERIOD_US);
    let quota = quota_us(count, period).to_string();
    put(folder, "cpu.cfs_quota_us", &quota, |text| {
        if text == b"-1" {
            return Some(Amount::Unlimited);
        }
        let quota = crate::parse::number(text)?;
        Some(Amount::Processors(quota as f64 / period as f64))
    })
}
