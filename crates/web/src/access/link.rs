//! Links that sign a browser in, once. The secret stands in the URL's fragment, which browsers never
//! send: the page takes it from there and posts it. Memory holds only hashes, so links do not survive
//! a restart.

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp};

use super::secret::Hashed;

/// How long a link can be used.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// Links at a time; a further one makes the oldest useless.
const MOST: usize = 16;

/// The links that have not been used yet.
#[derive(Default)]
pub(super) struct Links(VecDeque<(Hashed, Timestamp)>);

impl Links {
    /// Remembers a link; returns when it expires.
    pub(super) fn add(&mut self, secret: &str, now: Timestamp) -> Timestamp {
        self.forget(now);
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        let expires_at = now.saturating_add(LINK_LIFE).unwrap_or(Timestamp::MAX);
        self.0.push_back((Hashed::of(secret), expires_at));
        expires_at
    }

    /// Uses up the link with this secret; whether there was one.
    pub(super) fn take(&mut self, secret: &str, now: Timestamp) -> bool {
        self.forget(now);
        let hash = Hashed::of(secret);
        let before = self.0.len();
        self.0.retain(|(known, _)| !known.is(&hash));
        self.0.len() < before
    }

    fn forget(&mut self, now: Timestamp) {
        self.0.retain(|(_, expires_at)| *expires_at > now);
    }
}

/// The link to print, for a page at this URL.
pub(super) fn url(base: &str, secret: &str) -> String {
    format!("{}/#sign-in={secret}", base.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_link_works_once() {
        let mut links = Links::default();
        links.add("secret", at(0));
        assert!(!links.take("another", at(1)));
        assert!(links.take("secret", at(1)));
        assert!(!links.take("secret", at(1)));
    }

    #[test]
    fn a_link_expires() {
        let mut links = Links::default();
        assert_eq!(links.add("secret", at(0)), at(600));
        assert!(!links.take("secret", at(600)));
        links.add("second", at(600));
        assert!(links.take("second", at(1199)));
    }

    #[test]
    fn there_are_never_many() {
        let mut links = Links::default();
        for number in 0..=MOST {
            links.add(&number.to_string(), at(0));
        }
        assert!(!links.take("0", at(1)));
        assert!(links.take("1", at(1)));
        assert!(links.take(&MOST.to_string(), at(1)));
    }

    #[test]
    fn the_secret_stands_in_the_fragment() {
        let expected = "http://127.0.0.1:3001/#sign-in=s";
        assert_eq!(url("http://127.0.0.1:3001", "s"), expected);
        assert_eq!(url("http://127.0.0.1:3001/", "s"), expected);
    }
}
