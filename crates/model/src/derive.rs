//! Rates from two samples: `derive(previous, now)`, without a clock.

use crate::{Process, Sample, Usage};

/// Rates between two samples of the same process.
///
/// `ticks_per_second` is the kernel's clock tick rate. Samples of different
/// identities, out of order or at the same instant give no rates. A counter that
/// went backwards gives none either: no data is better than a negative rate.
pub fn usage(previous: &Sample, now: &Sample, ticks_per_second: u64) -> Usage {
    if previous.id != now.id || now.boot_ns <= previous.boot_ns || ticks_per_second == 0 {
        return Usage::default();
    }
    let seconds = (now.boot_ns - previous.boot_ns) as f64 / 1e9;
    let (then, new) = (&previous.counters, &now.counters);
    let rate = |old: Option<u64>, new: Option<u64>| Some(new?.checked_sub(old?)? as f64 / seconds);
    let ticks =
        (new.user_ticks + new.system_ticks).checked_sub(then.user_ticks + then.system_ticks);
    Usage {
        cpu_percent: ticks.map(|ticks| 100.0 * ticks as f64 / ticks_per_second as f64 / seconds),
        read_bytes_per_second: rate(
            then.io.map(|io| io.read_bytes),
            new.io.map(|io| io.read_bytes),
        ),
        write_bytes_per_second: rate(
            then.io.map(|io| io.write_bytes),
            new.io.map(|io| io.write_bytes),
        ),
        run_delay_percent: rate(then.run_delay_ns, new.run_delay_ns).map(|rate| rate / 1e7),
    }
}

/// Joins a pass with what was made of the one before it; both sorted by pid.
///
/// A process that was not read again in this pass (its sample has the old time) keeps its rates.
pub fn processes(previous: &[Process], now: Vec<Sample>, ticks_per_second: u64) -> Vec<Process> {
    let mut earlier = previous.iter().peekable();
    now.into_iter()
        .map(|sample| {
            while earlier.next_if(|old| old.pid() < sample.id.pid).is_some() {}
            let usage = earlier
                .peek()
                .filter(|old| old.id() == sample.id)
                .map(|old| {
                    if old.sample.boot_ns == sample.boot_ns {
                        old.usage
                    } else {
                        usage(&old.sample, &sample, ticks_per_second)
                    }
                })
                .unwrap_or_default();
            Process { sample, usage }
        })
        .collect()
}
