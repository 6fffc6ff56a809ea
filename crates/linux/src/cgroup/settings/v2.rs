//! Settings of the unified hierarchy (`admin-guide/cgroup-v2.rst`).

use std::path::Path;

use super::{CPU_PERIOD_US, Set, bytes_or_max, put, quota_us};
use crate::{
    cgroup::{
        enforced::NotEnforced,
        files,
        limits::{Amount, Limit},
    },
    parse::Fields,
};

pub(super) fn set(folder: &Path, limit: Limit, amount: Amount) -> Result<Set, NotEnforced> {
    let bytes = |name, bytes: u64| put(folder, name, &bytes.to_string(), bytes_or_max);
    match (limit, amount) {
        (Limit::MemoryMax, Amount::Bytes(max)) => bytes("memory.max", max),
        (Limit::MemoryHigh, Amount::Bytes(high)) => bytes("memory.high", high),
        (Limit::SwapMax, Amount::Bytes(swap)) => bytes("memory.swap.max", swap),
        (Limit::Cpu, Amount::Processors(count)) => {
            let text = format!("{} {CPU_PERIOD_US}", quota_us(count, CPU_PERIOD_US));
            put(folder, "cpu.max", &text, processors)
        }
        _ => Err(NotEnforced::OutOfRange("of the limit's own kind")),
    }
}

/// `QUOTA PERIOD`, or `max PERIOD`.
fn processors(text: &[u8]) -> Option<Amount> {
    let mut fields = Fields::new(text);
    let quota = fields.text()?;
    let period = fields.unsigned().filter(|period| *period > 0)?;
    if quota == b"max" {
        return Some(Amount::Unlimited);
    }
    let quota = crate::parse::number(quota)?;
    Some(Amount::Processors(quota as f64 / period as f64))
}

/// Asks the kernel to end the whole group where one of it would be killed for its memory: what is
/// left of a tree is of no use. Whether it will.
pub(in crate::cgroup) fn end_whole_on_oom(folder: &Path) -> bool {
    let file = folder.join("memory.oom.group");
    files::write_plain(&file, "1").is_ok() && files::read_number(&file) == Some(1)
}

#[cfg(test)]
mod tests {
    use super::{Amount, processors};

    #[test]
    fn quotas() {
        for (text, expected) in [
            ("20000 100000", Some(Amount::Processors(0.2))),
            ("max 100000", Some(Amount::Unlimited)),
            ("20000 0", None),
            ("20000", None),
            ("", None),
        ] {
            assert_eq!(processors(text.as_bytes()), expected, "{text}");
        }
    }
}
