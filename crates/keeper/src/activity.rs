//! What a start has done so far, to tell a download from a hang.

use linux::{ProcRoot, parse};
use supervise::lifecycle::Activity;

use crate::tree::Tree;

/// Longest of the two files.
const LONGEST: usize = 4096;

/// Reads it; `errors` are the bytes that it wrote for people.
pub(crate) fn read(root: &ProcRoot, tree: &Tree, errors: u64, now: u64) -> Activity {
    let members = tree.members(root).unwrap_or_default();
    let usage = tree
        .group()
        .map(linux::cgroup::Group::usage)
        .unwrap_or_default();
    let of_group = usage
        .cpu
        .map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    Activity {
        at: now,
        stderr_bytes: Some(errors),
        cpu_ns: of_group.or_else(|| sum(&members, |pid| cpu(root, pid))),
        io_bytes: sum(&members, |pid| io(root, pid)),
        network_bytes: None,
    }
}

/// `None` if it is known of none of them.
fn sum(members: &[u32], of: impl Fn(u32) -> Option<u64>) -> Option<u64> {
    let known: Vec<u64> = members.iter().filter_map(|pid| of(*pid)).collect();
    (!known.is_empty()).then(|| known.iter().sum())
}

/// With that of its children that have ended.
fn cpu(root: &ProcRoot, pid: u32) -> Option<u64> {
    let text = root.read(&format!("{pid}/stat"), LONGEST).ok()?;
    let stat = parse::stat::stat(&text)?;
    let ticks = stat.user_ticks.checked_add(stat.system_ticks)?;
    Some(ticks.saturating_mul(1_000_000_000) / rustix::param::clock_ticks_per_second())
}

fn io(root: &ProcRoot, pid: u32) -> Option<u64> {
    let text = root.read(&format!("{pid}/io"), LONGEST).ok()?;
    let io = parse::io::io(&text)?;
    Some(io.read_chars.saturating_add(io.write_chars))
}
