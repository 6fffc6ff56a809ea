//! Shares of a busy disk, which three parts of the kernel give out on two scales.
//!
//! `io.weight` of version 2 has 1 to 10,000 with 100 as what nobody has set, as we have. The scheduler
//! BFQ has 1 to 1,000 with the same middle, and CFQ (kernels before 5.0) 10 to 1,000 with 500.

use std::path::Path;

use rustix::io::Errno;

use super::{Set, put};
use crate::{
    cgroup::{controller::Version, enforced::NotEnforced, limits::Amount},
    parse::{Fields, number},
};

const BFQ: &str = "only disks with the scheduler BFQ heed it, and its weights end at 1000: those \
                   above 100 were scaled down";
const CFQ: &str = "only disks with the scheduler CFQ heed it, whose weights of 10 to 1000 differ from \
                   ours";

pub(super) fn set(version: Version, folder: &Path, weight: u64) -> Result<Set, NotEnforced> {
    let scaled = |name, own: u64, weaker| {
        put(folder, name, &own.to_string(), weight_of).map(|set| Set {
            expected: Some(Amount::Weight(own)),
            weaker: Some(weaker),
            ..set
        })
    };
    match version {
        Version::V2 => {
            let plain = put(folder, "io.weight", &weight.to_string(), weight_of);
            or_else(plain, || scaled("io.bfq.weight", bfq(weight), BFQ))
        }
        Version::V1 => {
            let first = scaled("blkio.bfq.weight", bfq(weight), BFQ);
            or_else(first, || scaled("blkio.weight", cfq(weight), CFQ))
        }
    }
}

/// The second setting where the kernel has not the first.
fn or_else(
    first: Result<Set, NotEnforced>,
    second: impl FnOnce() -> Result<Set, NotEnforced>,
) -> Result<Set, NotEnforced> {
    let absent = |set: &Result<Set, NotEnforced>| match set {
        Err(NotEnforced::Refused(error)) => error.source == Errno::NOENT,
        _ => false,
    };
    if !absent(&first) {
        return first;
    }
    let second = second();
    if absent(&second) {
        return Err(NotEnforced::NoSetting("`io.weight`, BFQ and CFQ"));
    }
    second
}

/// 100 to 10,000 becomes 100 to 1,000.
fn bfq(weight: u64) -> u64 {
    match weight.checked_sub(100) {
        Some(above) => 100 + above / 11,
        None => weight,
    }
}

/// The middle, 100, becomes 500; the ends stay within 10 and 1,000.
fn cfq(weight: u64) -> u64 {
    weight.saturating_mul(5).clamp(10, 1000)
}

/// `WEIGHT`, or `default WEIGHT` with a line for each disk that has another one.
fn weight_of(text: &[u8]) -> Option<Amount> {
    let mut fields = Fields::new(text);
    let first = fields.text()?;
    let weight = match first {
        b"default" => fields.unsigned()?,
        _ => number(first)?,
    };
    Some(Amount::Weight(weight))
}

#[cfg(test)]
mod tests {
    use super::{Amount, bfq, cfq, weight_of};

    #[test]
    fn scales_agree_in_the_middle_and_stay_within_their_ends() {
        for (weight, by_bfq, by_cfq) in [
            (1, 1, 10),
            (50, 50, 250),
            (100, 100, 500),
            (200, 109, 1000),
            (10_000, 1000, 1000),
        ] {
            assert_eq!((bfq(weight), cfq(weight)), (by_bfq, by_cfq), "{weight}");
        }
    }

    #[test]
    fn both_ways_to_write_a_weight() {
        for (text, weight) in [
            ("default 200\n8:0 300", Some(200)),
            ("200", Some(200)),
            ("default", None),
            ("", None),
        ] {
            assert_eq!(weight_of(text.as_bytes()), weight.map(Amount::Weight));
        }
    }
}
