//! Writes one limit into the files of a group, and reads back what is in force.

mod v1;
mod v2;
mod weights;

use std::path::{Path, PathBuf};

use super::{
    controller::{Controller, Version},
    enforced::{NotEnforced, Outcome},
    files,
    limits::{Amount, Limit},
};

pub(super) use v2::end_whole_on_oom;

/// How long a period is in which processor time is given out, microseconds. It is the kernel's own
/// choice (`default_cfs_period`); with 0.01 processors a quota is the shortest that is allowed.
const CPU_PERIOD_US: u64 = 100_000;

/// The controller that holds a limit.
pub(super) fn controller_of(limit: Limit) -> Controller {
    match limit {
        Limit::MemoryMax | Limit::MemoryHigh | Limit::SwapMax => Controller::Memory,
        Limit::PidsMax => Controller::Pids,
        Limit::Cpu => Controller::Cpu,
        Limit::IoWeight => Controller::Io,
    }
}

/// Sets `limit` of the group at `folder`.
pub(super) fn set(version: Version, folder: &Path, limit: Limit, amount: Amount) -> Outcome {
    let set = match (limit, amount) {
        (Limit::IoWeight, Amount::Weight(weight)) => weights::set(version, folder, weight),
        (Limit::PidsMax, Amount::Tasks(tasks)) => {
            put(folder, "pids.max", &tasks.to_string(), tasks_or_max)
        }
        _ => match version {
            Version::V1 => v1::set(folder, limit, amount),
            Version::V2 => v2::set(folder, limit, amount),
        },
    };
    match set {
        Ok(set) => judge(version, amount, set),
        Err(why) => Outcome::Not(why),
    }
}

/// What is in force after a setting was written.
struct Set {
    file: PathBuf,
    says: Amount,
    /// What `says` must be where the kernel counts in other units than we do.
    expected: Option<Amount>,
    weaker: Option<&'static str>,
}

/// Writes `text` and reads the file back.
fn put(
    folder: &Path,
    name: &str,
    text: &str,
    parse: impl Fn(&[u8]) -> Option<Amount>,
) -> Result<Set, NotEnforced> {
    let file = folder.join(name);
    files::write(&file, text)?;
    let says = read_back(&file, parse)?;
    Ok(Set {
        file,
        says,
        expected: None,
        weaker: None,
    })
}

fn read_back(file: &Path, parse: impl Fn(&[u8]) -> Option<Amount>) -> Result<Amount, NotEnforced> {
    let text = files::read(file)?;
    let text = files::trim(&text);
    parse(text).ok_or_else(|| NotEnforced::Unreadable {
        file: file.to_owned(),
        text: String::from_utf8_lossy(text).chars().take(80).collect(),
    })
}

fn judge(version: Version, asked: Amount, set: Set) -> Outcome {
    let Set {
        file,
        says,
        expected,
        weaker,
    } = set;
    if holds(expected.unwrap_or(asked), says) {
        Outcome::Held {
            says,
            file,
            version,
            weaker,
        }
    } else {
        Outcome::Not(NotEnforced::Different { file, says })
    }
}

/// Whether what the kernel says is what was asked for, but for its rounding: sizes go down to whole
/// pages, and processor time to whole microseconds of a period.
fn holds(asked: Amount, says: Amount) -> bool {
    match (asked, says) {
        (Amount::Bytes(asked), Amount::Bytes(says)) => {
            let page = rustix::param::page_size() as u64;
            says <= asked && asked - says < page
        }
        (Amount::Processors(asked), Amount::Processors(says)) => {
            (asked - says).abs() <= 2.0 / CPU_PERIOD_US as f64
        }
        _ => asked == says,
    }
}

fn bytes_or_max(text: &[u8]) -> Option<Amount> {
    match text {
        b"max" => Some(Amount::Unlimited),
        _ => crate::parse::number(text).map(Amount::of_bytes),
    }
}

fn tasks_or_max(text: &[u8]) -> Option<Amount> {
    match text {
        b"max" => Some(Amount::Unlimited),
        _ => crate::parse::number(text).map(Amount::Tasks),
    }
}

/// The quota for `processors` in a period, whole microseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0.01 to 10,000 processors were checked before"
)]
fn quota_us(processors: f64, period_us: u64) -> u64 {
    (processors * period_us as f64).round() as u64
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{Amount, Limit, NotEnforced, Outcome, Version, holds, quota_us, set};

    #[test]
    fn rounding_is_no_difference_but_anything_else_is() {
        let page = rustix::param::page_size() as u64;
        let bytes = Amount::Bytes;
        for (asked, says, same) in [
            (bytes(64 * page), bytes(64 * page), true),
            (bytes(64 * page + 1), bytes(64 * page), true),
            (bytes(64 * page), bytes(63 * page), false),
            (bytes(64 * page), bytes(65 * page), false),
            (bytes(64 * page), Amount::Unlimited, false),
            (
                Amount::Processors(0.333_333),
                Amount::Processors(0.33333),
                true,
            ),
            (Amount::Processors(0.33), Amount::Processors(0.34), false),
            (Amount::Tasks(15), Amount::Tasks(15), true),
            (Amount::Tasks(15), Amount::Tasks(14), false),
        ] {
            assert_eq!(holds(asked, says), same, "{asked} {says}");
        }
    }

    #[test]
    fn what_was_written_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        // It takes every write, and says nothing.
        std::os::unix::fs::symlink("/dev/null", folder.path().join("pids.max")).unwrap();
        let outcome = set(
            Version::V2,
            folder.path(),
            Limit::PidsMax,
            Amount::Tasks(15),
        );
        let silent = matches!(outcome, Outcome::Not(NotEnforced::Unreadable { .. }));
        assert!(silent, "{outcome}");
    }

    #[test]
    fn the_ends_of_the_range_make_quotas_that_the_kernel_takes() {
        assert_eq!(quota_us(0.01, 100_000), 1000);
        assert_eq!(quota_us(10_000.0, 100_000), 1_000_000_000);
        assert_eq!(quota_us(1.5, 100_000), 150_000);
    }
}
