//! What a group may be limited to.

use std::fmt;

/// Limits of a group; what is `None` is not limited by it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Memory in bytes, at least one; above it the kernel kills.
    pub memory_max: Option<u64>,
    /// Memory in bytes above which the kernel reclaims and slows down, but does not kill.
    pub memory_high: Option<u64>,
    /// Swap space in bytes; zero is none.
    pub swap_max: Option<u64>,
    /// Tasks, at least one; each thread of a process is one.
    pub pids_max: Option<u64>,
    /// Processors' worth of time, 0.01 to 10,000.
    pub cpu: Option<f64>,
    /// Share of a busy disk, 1 to 10,000; a group that nobody has set has 100.
    pub io_weight: Option<u16>,
}

impl Limits {
    /// What is asked for, in the order in which it has to be set.
    pub fn asked(&self) -> impl Iterator<Item = (Limit, Amount)> + use<> {
        // Memory comes before swap: version 1 sets them on top of each other.
        [
            (Limit::MemoryMax, self.memory_max.map(Amount::Bytes)),
            (Limit::MemoryHigh, self.memory_high.map(Amount::Bytes)),
            (Limit::SwapMax, self.swap_max.map(Amount::Bytes)),
            (Limit::PidsMax, self.pids_max.map(Amount::Tasks)),
            (Limit::Cpu, self.cpu.map(Amount::Processors)),
            (
                Limit::IoWeight,
                self.io_weight.map(|weight| Amount::Weight(weight.into())),
            ),
        ]
        .into_iter()
        .filter_map(|(limit, amount)| Some((limit, amount?)))
    }
}

/// One kind of limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::memory_max`].
    MemoryMax,
    /// [`Limits::memory_high`].
    MemoryHigh,
    /// [`Limits::swap_max`].
    SwapMax,
    /// [`Limits::pids_max`].
    PidsMax,
    /// [`Limits::cpu`].
    Cpu,
    /// [`Limits::io_weight`].
    IoWeight,
}

impl Limit {
    /// What the kernel can take, where `amount` is outside of it.
    pub(super) fn out_of_range(self, amount: Amount) -> Option<&'static str> {
        let fits = match (self, amount) {
            // Sizes above this are "no limit" to the kernel.
            (Self::MemoryMax | Self::MemoryHigh, Amount::Bytes(bytes)) => {
                (1..Amount::ENDLESS_BYTES).contains(&bytes)
            }
            (Self::SwapMax, Amount::Bytes(bytes)) => bytes < Amount::ENDLESS_BYTES,
            // `PID_MAX_LIMIT` of a 64-bit kernel.
            (Self::PidsMax, Amount::Tasks(tasks)) => (1..=4_194_304).contains(&tasks),
            // The kernel takes no quota below a millisecond (`min_cfs_quota_period`).
            (Self::Cpu, Amount::Processors(count)) => (0.01..=10_000.0).contains(&count),
            (Self::IoWeight, Amount::Weight(weight)) => (1..=10_000).contains(&weight),
            _ => false,
        };
        (!fits).then_some(match self {
            Self::MemoryMax | Self::MemoryHigh => "1 byte to 8 EiB",
            Self::SwapMax => "0 bytes to 8 EiB",
            Self::PidsMax => "1 to 4194304",
            Self::Cpu => "0.01 to 10000",
            Self::IoWeight => "1 to 10000",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MemoryMax => "memory max",
            Self::MemoryHigh => "memory high",
            Self::SwapMax => "swap max",
            Self::PidsMax => "pids max",
            Self::Cpu => "cpu",
            Self::IoWeight => "io weight",
        })
    }
}

/// How much a limit allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// Memory or swap.
    Bytes(u64),
    /// Processes and threads.
    Tasks(u64),
    /// Processors' worth of time.
    Processors(f64),
    /// A share in proportion to those of others.
    Weight(u64),
    /// No limit.
    Unlimited,
}

impl Amount {
    /// From here on version 1 means no limit: it shows the largest number of whole pages.
    pub(super) const ENDLESS_BYTES: u64 = 0x7fff_ffff_ffff_0000;

    pub(super) fn of_bytes(bytes: u64) -> Self {
        if bytes >= Self::ENDLESS_BYTES {
            Self::Unlimited
        } else {
            Self::Bytes(bytes)
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => f.write_str(&model::units::bytes(*bytes)),
            Self::Tasks(count) => write!(f, "{count} tasks"),
            Self::Processors(count) => write!(f, "{count} processors"),
            Self::Weight(weight) => write!(f, "weight {weight}"),
            Self::Unlimited => f.write_str("no limit"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, Limit, Limits};

    #[test]
    fn only_what_is_asked_for_is_set() {
        assert_eq!(Limits::default().asked().count(), 0);
        let limits = Limits {
            swap_max: Some(0),
            memory_max: Some(5),
            ..Limits::default()
        };
        let asked: Vec<_> = limits.asked().collect();
        assert_eq!(
            asked,
            [
                (Limit::MemoryMax, Amount::Bytes(5)),
                (Limit::SwapMax, Amount::Bytes(0))
            ]
        );
    }

    #[test]
    fn ranges() {
        for (limit, amount, fits) in [
            (Limit::Cpu, Amount::Processors(0.01), true),
            (Limit::Cpu, Amount::Processors(0.009), false),
            (Limit::Cpu, Amount::Processors(10_000.0), true),
            (Limit::Cpu, Amount::Processors(10_001.0), false),
            (Limit::Cpu, Amount::Processors(f64::NAN), false),
            (Limit::PidsMax, Amount::Tasks(0), false),
            (Limit::PidsMax, Amount::Tasks(1), true),
            (Limit::MemoryMax, Amount::Bytes(0), false),
            (Limit::MemoryMax, Amount::Bytes(u64::MAX), false),
            (Limit::SwapMax, Amount::Bytes(0), true),
            (Limit::IoWeight, Amount::Weight(0), false),
            (Limit::IoWeight, Amount::Weight(10_000), true),
        ] {
            let refused = limit.out_of_range(amount);
            assert_eq!(refused.is_none(), fits, "{limit} {amount}");
        }
    }
}
