//! Who a process is: a pid alone is reused by the kernel, a pid with its start
//! time (and the boot it belongs to) is not, but for starts within one clock tick.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A process of the running boot: pid and start time.
///
/// The start time is field 22 of `/proc/PID/stat` (proc(5)): clock ticks since
/// boot, usually 10 ms each. A pid that is recycled within one tick has the same
/// identity, so whoever signals holds a pidfd or compares more than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProcessId {
    /// Process id in our own PID namespace, above zero.
    pub pid: u32,
    /// Start time in clock ticks since boot.
    pub start_ticks: u64,
}

impl fmt::Display for ProcessId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.pid, self.start_ticks)
    }
}

/// A short, stable name for a thing that is described by several parts: the same
/// parts give the same eight hexadecimal digits on every machine and version.
///
/// FNV-1a, 64 bit, folded to 32 (Fowler, Noll and Vo, draft-eastlake-fnv): no
/// secret is protected by it, it only keeps ids short.
pub fn fingerprint<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = OFFSET;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    format!("{:08x}", (hash >> 32) ^ (hash & 0xffff_ffff))
}

#[cfg(test)]
mod tests {
    use super::fingerprint;

    #[test]
    fn fingerprints_keep_part_borders_apart() {
        assert_ne!(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
        assert_eq!(fingerprint(["ab", "c"]), fingerprint(["ab", "c"]));
        assert_eq!(fingerprint(["x"]).len(), 8);
    }
}
