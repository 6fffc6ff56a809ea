//! The browsers that are signed in: each has a secret of its own, of which we keep the hash, in memory
//! and in `sign-ins.json`. There are at most [`MOST`]; one that was not used for [`UNUSED_LIFE`] is
//! gone. When it was used last is written down at most once an hour, since a file that is replaced at
//! each request would cost more than it tells.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::secret::Hashed;

/// The file's name in the state directory.
pub const SIGN_INS_FILE: &str = "sign-ins.json";

/// After this long without use, a browser must sign in anew.
pub const UNUSED_LIFE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Browsers at a time; a further one signs out the one that was not used for longest.
pub const MOST: usize = 32;

/// How old the time of the last use in the file may become.
const SAVE_AFTER: SignedDuration = SignedDuration::from_hours(1);

const VERSION: u32 = 1;

/// A browser that is signed in.
#[derive(Clone)]
pub(super) struct SignIn {
    pub(super) id: String,
    secret: Hashed,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Timestamp,
    /// As the file has it.
    saved_last_used_at: Timestamp,
    pub(super) user_agent: String,
    pub(super) address: String,
}

/// All of them, oldest first.
#[derive(Default)]
pub(super) struct SignIns {
    list: Vec<SignIn>,
    /// Grows with each change that belongs into the file.
    pub(super) revision: u64,
}

/// `sign-ins.json`.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    sign_ins: Vec<StoredSignIn>,
}

#[derive(Serialize, Deserialize)]
struct StoredSignIn {
    id: String,
    secret_sha256: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    user_agent: String,
    address: String,
}

/// Who signs in.
pub(super) struct Browser {
    pub(super) user_agent: String,
    pub(super) address: String,
}

impl SignIns {
    /// Reads what [`SignIns::write_json`] wrote; the reason where it is something else.
    pub(super) fn from_json(bytes: &[u8]) -> Result<Self, String> {
        let stored: Stored = serde_json::from_slice(bytes).map_err(|error| {
            // Without the text of the error, which may quote the file.
            format!("line {}, column {}", error.line(), error.column())
        })?;
        if stored.version != VERSION {
            return Err(format!("version {} is unknown", stored.version));
        }
        let list = stored.sign_ins.into_iter().map(|each| {
            let secret = Hashed::from_hex(&each.secret_sha256).ok_or("a hash is damaged")?;
            Ok(SignIn {
                id: each.id,
                secret,
                created_at: each.created_at,
                last_used_at: each.last_used_at,
                saved_last_used_at: each.last_used_at,
                user_agent: each.user_agent,
                address: each.address,
            })
        });
        let mut list = list.collect::<Result<Vec<_>, String>>()?;
        let surplus = list.len().saturating_sub(MOST);
        list.drain(..surplus);
        Ok(Self { list, revision: 0 })
    }

    /// The file's content, which from now on counts as saved.
    pub(super) fn write_json(&mut self) -> Vec<u8> {
        let sign_ins = self.list.iter_mut().map(|each| {
            each.saved_last_used_at = each.last_used_at;
            StoredSignIn {
                id: each.id.clone(),
                secret_sha256: each.secret.to_hex(),
                created_at: each.created_at,
                last_used_at: each.last_used_at,
                user_agent: each.user_agent.clone(),
                address: each.address.clone(),
            }
        });
        let stored = Stored {
            version: VERSION,
            sign_ins: sign_ins.collect(),
        };
        // Strings and numbers only: this cannot fail, and an empty file counts as damaged.
        serde_json::to_vec_pretty(&stored).unwrap_or_default()
    }

    /// Adds a browser; returns the ids of those that had to go.
    pub(super) fn add(
        &mut self,
        id: String,
        secret: &str,
        browser: Browser,
        now: Timestamp,
    ) -> Vec<String> {
        self.expire(now);
        let mut gone = Vec::new();
        while self.list.len() >= MOST {
            let oldest = self.list.iter().enumerate();
            let Some((place, _)) = oldest.min_by_key(|(_, each)| each.last_used_at) else {
                break;
            };
            gone.push(self.list.remove(place).id);
        }
        self.list.push(SignIn {
            id,
            secret: Hashed::of(secret),
            created_at: now,
            last_used_at: now,
            saved_last_used_at: now,
            user_agent: browser.user_agent,
            address: browser.address,
        });
        self.revision += 1;
        gone
    }

    /// Whose secret this is, and whether the file should be written again.
    pub(super) fn find(&mut self, secret: &Hashed, now: Timestamp) -> Option<(String, bool)> {
        self.expire(now);
        // All are compared, so that the time tells nothing about the place.
        let mut found = None;
        for each in &mut self.list {
            if each.secret.is(secret) {
                found = Some(each);
            }
        }
        let found = found?;
        found.last_used_at = now;
        let stale = now.duration_since(found.saved_last_used_at) >= SAVE_AFTER;
        if stale {
            // Said once, not again by each request until the file is written.
            found.saved_last_used_at = now;
            self.revision += 1;
        }
        Some((found.id.clone(), stale))
    }

    /// Ends a sign-in; whether there was such a one.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let before = self.list.len();
        self.list.retain(|each| each.id != id);
        let removed = self.list.len() < before;
        self.revision += u64::from(removed);
        removed
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.list.iter().any(|each| each.id == id)
    }

    /// Those that are good now.
    pub(super) fn list(&mut self, now: Timestamp) -> &[SignIn] {
        self.expire(now);
        &self.list
    }

    fn expire(&mut self, now: Timestamp) {
        let before = self.list.len();
        self.list.retain(|each| each.expires_at() > now);
        self.revision += u64::from(self.list.len() < before);
    }
}

impl SignIn {
    pub(super) fn expires_at(&self) -> Timestamp {
        self.last_used_at
            .saturating_add(UNUSED_LIFE)
            .unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const DAY: i64 = 24 * 3600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn browser() -> Browser {
        Browser {
            user_agent: "Browser/1".to_owned(),
            address: "127.0.0.1".to_owned(),
        }
    }

    fn one() -> SignIns {
        let mut all = SignIns::default();
        all.add("aaaaaa".to_owned(), "secret", browser(), at(0));
        all
    }

    fn find(all: &mut SignIns, secret: &str, now: Timestamp) -> Option<(String, bool)> {
        all.find(&Hashed::of(secret), now)
    }

    #[test]
    fn use_keeps_it_alive() {
        let mut all = one();
        assert!(find(&mut all, "secret", at(29 * DAY)).is_some());
        assert!(find(&mut all, "secret", at(58 * DAY)).is_some());
        assert!(find(&mut all, "secret", at(88 * DAY)).is_none());
        assert!(all.list(at(88 * DAY)).is_empty());
    }

    #[test]
    fn the_last_use_is_saved_once_an_hour() {
        let mut all = one();
        let mut stale = |seconds| find(&mut all, "secret", at(seconds)).unwrap().1;
        assert!(!stale(3599));
        assert!(stale(3600));
        assert!(!stale(3601));
        assert!(stale(7200));
    }

    #[test]
    fn it_survives_being_written() {
        let mut all = one();
        let mut again = SignIns::from_json(&all.write_json()).unwrap();
        assert!(find(&mut again, "wrong", at(1)).is_none());
        assert_eq!(find(&mut again, "secret", at(1)).unwrap().0, "aaaaaa");
        assert!(
            !String::from_utf8(all.write_json())
                .unwrap()
                .contains("\"secret\"")
        );
    }

    #[test]
    fn the_one_unused_for_longest_makes_room() {
        let mut all = SignIns::default();
        for number in 0..MOST {
            let now = at(i64::try_from(number).unwrap());
            let id = format!("{number:06}");
            assert!(all.add(id.clone(), &id, browser(), now).is_empty());
        }
        find(&mut all, "000000", at(100)).unwrap();
        let gone = all.add("ffffff".to_owned(), "new", browser(), at(101));
        assert_eq!(gone, ["000001"]);
        assert_eq!(all.list(at(101)).len(), MOST);
    }

    #[test]
    fn removed_is_gone() {
        let mut all = one();
        let before = all.revision;
        assert!(!all.remove("bbbbbb"));
        assert_eq!(all.revision, before);
        assert!(all.remove("aaaaaa"));
        assert!(all.revision > before);
        assert!(find(&mut all, "secret", at(1)).is_none());
    }

    #[test]
    fn damage_is_told_without_quoting() {
        let text = String::from_utf8(one().write_json()).unwrap();
        let half = &text[..text.len() / 2];
        for (text, expected) in [
            ("", "line 1"),
            ("{\"version\": \"hunter2\"}", "line 1"),
            (half, "line "),
            (
                &text.replace("\"version\": 1", "\"version\": 9"),
                "version 9",
            ),
            (&text.replace("sha256\": \"", "sha256\": \"x"), "hash"),
        ] {
            let message = SignIns::from_json(text.as_bytes()).err().unwrap();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
