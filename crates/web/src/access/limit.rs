//! How many wrong tokens are answered with a plain 401. Each address has a bucket that empties with
//! each failure and fills again with time, and so have all addresses together; whoever has emptied one
//! is told to wait. A right token is never limited: 256 random bits need no protection from guessing,
//! the owner needs protection from being locked out.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use tokio::time::Instant;

/// Failures in a row that one address may have, and all together.
const BURST: f64 = 60.0;
const BURST_OF_ALL: f64 = 200.0;
/// How fast they are forgiven, per second.
const REFILL: f64 = 1.0 / 6.0;
const REFILL_OF_ALL: f64 = 5.0;
/// Addresses that are remembered.
const MOST: usize = 1024;

/// Whoever failed lately.
pub(super) struct Failures {
    all: Bucket,
    by_address: Vec<(IpAddr, Bucket)>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Failures {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            all: Bucket::full(BURST_OF_ALL, now),
            by_address: Vec::new(),
        }
    }

    /// Counts a failure; the seconds to wait where there were too many.
    pub(super) fn add(&mut self, address: IpAddr, now: Instant) -> Option<u64> {
        let address = network(address);
        let place = self
            .by_address
            .iter()
            .position(|(known, _)| *known == address);
        let place = place.unwrap_or_else(|| self.remember(address, now));
        let own = self
            .by_address
            .get_mut(place)
            .and_then(|(_, bucket)| bucket.take(BURST, REFILL, now));
        let all = self.all.take(BURST_OF_ALL, REFILL_OF_ALL, now);
        own.max(all)
    }

    /// Makes room by forgetting whoever failed longest ago.
    fn remember(&mut self, address: IpAddr, now: Instant) -> usize {
        if self.by_address.len() >= MOST {
            let oldest = self.by_address.iter().enumerate();
            let oldest = oldest.min_by_key(|(_, (_, bucket))| bucket.at);
            if let Some(place) = oldest.map(|(place, _)| place) {
                self.by_address.swap_remove(place);
            }
        }
        self.by_address.push((address, Bucket::full(BURST, now)));
        self.by_address.len() - 1
    }
}

impl Bucket {
    fn full(burst: f64, now: Instant) -> Self {
        Self {
            left: burst,
            at: now,
        }
    }

    /// Takes one; the seconds until there is one where there is none.
    fn take(&mut self, burst: f64, refill: f64, now: Instant) -> Option<u64> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.left = (self.left + passed * refill).min(burst);
        self.at = now;
        if self.left >= 1.0 {
            self.left -= 1.0;
            return None;
        }
        let wait = Duration::try_from_secs_f64((1.0 - self.left) / refill).unwrap_or_default();
        Some(wait.as_secs() + 1)
    }
}

/// Who has one IPv6 address has its whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(
            address.to_bits() & !u128::from(u64::MAX),
        )),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_sixty_and_then_one_each_six_seconds() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        let mut add =
            |seconds| failures.add(address("192.0.2.7"), start + Duration::from_secs(seconds));
        for _ in 0..60 {
            assert_eq!(add(0), None);
        }
        assert_eq!(add(0), Some(7));
        assert_eq!(add(5), Some(2));
        assert_eq!(add(7), None);
        assert!(add(7).is_some());
        assert_eq!(add(3600), None);
    }

    #[test]
    fn other_addresses_are_other_people_until_there_are_too_many() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        for number in 0..20_u8 {
            for _ in 0..10 {
                let each = IpAddr::from([192, 0, 2, number]);
                assert_eq!(failures.add(each, start), None);
            }
        }
        assert!(failures.add(address("198.51.100.1"), start).is_some());
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        for number in 0..60_u16 {
            let each = IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, number]);
            assert_eq!(failures.add(each, start), None);
        }
        assert!(
            failures
                .add(address("2001:db8:0:1:ffff::"), start)
                .is_some()
        );
        assert_eq!(failures.add(address("2001:db8:0:2::"), start), None);
    }

    #[test]
    fn the_memory_has_a_bound() {
        let start = Instant::now();
        let mut failures = Failures::new(start);
        for number in 0..3000_u32 {
            let now = start + Duration::from_millis(u64::from(number));
            failures.add(IpAddr::from(number.to_be_bytes()), now);
        }
        assert_eq!(failures.by_address.len(), MOST);
    }
}
