//! Processor time and memory of a running process, as the kernel counts them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Nanoseconds on a processor so far, all living threads together: the first figure of each thread's
/// `schedstat`. `utime` and `stime` would say the same in steps of 10 ms.
pub(crate) fn nanoseconds(pid: u32) -> Result<u64> {
    let threads = format!("/proc/{pid}/task");
    let listing = fs::read_dir(&threads).with_context(|| format!("process {pid} has ended"))?;
    let of_thread = |folder: &Path| -> Option<u64> {
        let text = fs::read_to_string(folder.join("schedstat")).ok()?;
        text.split_ascii_whitespace().next()?.parse().ok()
    };
    let times = listing.filter_map(|entry| of_thread(&entry.ok()?.path()));
    Ok(times.sum())
}

/// Resident memory in bytes.
pub(crate) fn resident(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

/// How many processes the machine has, kernel threads included.
pub(crate) fn processes() -> usize {
    let Ok(entries) = fs::read_dir("/proc") else {
        return 0;
    };
    let is_pid = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_pid(name))
        .count()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::hint::black_box;

    use super::*;

    #[test]
    fn our_own_work_is_counted() {
        let pid = std::process::id();
        let before = nanoseconds(pid).unwrap();
        let mut sum = 0_u64;
        for number in 0..20_000_000_u64 {
            sum = black_box(sum.wrapping_add(number));
        }
        // The kernel updates the figure when a thread leaves the processor.
        std::thread::yield_now();
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(nanoseconds(pid).unwrap() > before + 1_000_000);
        assert!(resident(pid).unwrap() > 500_000);
        assert!(processes() > 1);
    }

    #[test]
    fn a_process_that_is_gone_is_an_error() {
        assert!(nanoseconds(u32::MAX).is_err());
        assert_eq!(resident(u32::MAX), None);
    }
}
