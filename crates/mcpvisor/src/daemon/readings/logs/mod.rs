//! Logs of servers: how much is written to them, and how many lines of it report an error.
//!
//! A server's log is the regular file that is its standard error, or a file that its client keeps
//! for it alone. A file that is the standard error of several servers, or of a server and of its
//! owner, is nobody's: who wrote what cannot be told. Each file is followed from where it ended when
//! it was first seen (from its begin if it is younger than this daemon), also for a while after its
//! writer has ended, because last words tell most.
//!
//! Files are read with the rights of the user whose process writes them, and only appended bytes,
//! within bounds. What was read is not kept.

mod json;
mod line;
mod places;
mod tail;
mod words;
mod writers;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use inventory::declared::Home;
use model::LabelValues;

use super::{Key, as_user};
use line::Dialect;
use places::{Name, Place, file_name};
use tail::{Ask, FileId, Found, Known, look};
use writers::Links;

pub(super) use writers::Writer;

/// Bytes of all files that are searched at a time.
const MOST_AT_A_TIME: u64 = 8 << 20;
/// Files at most, and for one server.
const MOST_FILES: usize = 512;
const MOST_OF_A_SERVER: usize = 16;
/// Clients' logs are looked for this often, nanoseconds.
const PLACES_EVERY_NS: u64 = 60_000_000_000;
/// Figures of a server that is away are forgotten after this long, nanoseconds.
const FORGET_NS: u64 = 900_000_000_000;
/// Figures of files that could not be read for this long are not told, nanoseconds.
const STALE_NS: u64 = 60_000_000_000;
/// That a log grows too fast to be searched is said this often, nanoseconds.
const SAY_EVERY_NS: u64 = 3_600_000_000_000;

/// A file that is the standard error of a server's process.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    /// Whose log it is.
    key: Key,
    /// With whose rights it is read.
    uid: u32,
    /// The process.
    pid: u32,
    /// Where its descriptor says that the file is.
    path: PathBuf,
}

/// What is counted for one server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Written {
    /// Server and owner.
    pub(super) labels: LabelValues,
    /// Bytes since we look.
    pub(super) bytes: u64,
    /// Lines that report an error since we look.
    pub(super) errors: u64,
}

struct Account {
    written: Written,
    present_ns: u64,
    read_ns: u64,
    said_ns: Option<u64>,
}

struct Tail {
    key: Key,
    uid: u32,
    dialect: Dialect,
    known: Option<Known>,
    /// The process whose standard error it is; `None` for clients' logs and when it has ended.
    pid: Option<u32>,
    /// It is followed because it is in a client's folder.
    placed: bool,
    /// When it was last found to be somebody's log.
    found_ns: u64,
}

/// All logs.
pub(super) struct Logs {
    accounts: HashMap<Key, Account>,
    tails: BTreeMap<PathBuf, Tail>,
    links: Links,
    places: Vec<(u32, HashMap<Name, Vec<Place>>)>,
    placed_ns: Option<u64>,
    /// Files that began later are read from their begin, seconds since 1970.
    since: i64,
    /// Who comes first changes, so that one flood does not use up what others may read.
    turn: usize,
}

impl Logs {
    /// Nothing is known yet. `since`: now, seconds since 1970.
    pub(super) fn new(since: i64) -> Self {
        Self {
            accounts: HashMap::new(),
            tails: BTreeMap::new(),
            links: Links::default(),
            places: Vec::new(),
            placed_ns: None,
            since,
            turn: 0,
        }
    }

    /// Reads what is new in the logs of these servers.
    pub(super) fn read(
        &mut self,
        now_ns: u64,
        now: i64,
        servers: &[Key],
        writers: &[Writer],
        homes: &[(u32, Home)],
    ) -> Vec<Written> {
        let sources = self.links.sources(writers, now_ns);
        self.read_these(now_ns, now, servers, sources, homes)
    }

    fn read_these(
        &mut self,
        now_ns: u64,
        now: i64,
        servers: &[Key],
        sources: Vec<Source>,
        homes: &[(u32, Home)],
    ) -> Vec<Written> {
        for key in servers {
            if let Some(account) = self.accounts.get_mut(key) {
                account.present_ns = now_ns;
            }
        }
        self.accounts
            .retain(|_, account| now_ns.saturating_sub(account.present_ns) < FORGET_NS);
        if self
            .placed_ns
            .is_none_or(|then| now_ns.saturating_sub(then) >= PLACES_EVERY_NS)
        {
            self.placed_ns = Some(now_ns);
            self.places = find(homes, now);
        }
        for source in sources {
            let Source {
                key,
                uid,
                pid,
                path,
            } = source;
            let tail = Tail {
                key,
                uid,
                dialect: Dialect::Plain,
                known: None,
                pid: Some(pid),
                placed: false,
                found_ns: now_ns,
            };
            self.follow(path, tail);
        }
        self.follow_places(servers, now_ns);
        self.tails.retain(|_, tail| {
            servers.contains(&tail.key) && (!tail.placed || tail.found_ns == now_ns)
        });
        self.limit();
        self.read_all(now_ns);
        let fresh = |account: &&Account| {
            account.present_ns == now_ns && now_ns.saturating_sub(account.read_ns) < STALE_NS
        };
        let accounts = self.accounts.values().filter(fresh);
        accounts.map(|account| account.written.clone()).collect()
    }

    fn follow(&mut self, path: PathBuf, new: Tail) {
        if let Some(tail) = self.tails.get_mut(&path) {
            let known = tail.known;
            *tail = Tail { known, ..new };
        } else if self.tails.len() < MOST_FILES {
            self.tails.insert(path, new);
        }
    }

    fn follow_places(&mut self, servers: &[Key], now_ns: u64) {
        let mut found = Vec::new();
        for (uid, places) in &self.places {
            for key in servers {
                let (server, owner) = key;
                let client = places.keys().find(|(client, _)| **client == **owner);
                let Some((client, _)) = client else {
                    continue;
                };
                for place in places
                    .get(&(*client, file_name(server)))
                    .into_iter()
                    .flatten()
                {
                    let tail = Tail {
                        key: key.clone(),
                        uid: *uid,
                        dialect: place.dialect,
                        known: None,
                        pid: None,
                        placed: true,
                        found_ns: now_ns,
                    };
                    found.push((place.path.clone(), tail));
                }
            }
        }
        for (path, tail) in found {
            self.follow(path, tail);
        }
    }

    /// Of one server the files are kept that were somebody's last.
    fn limit(&mut self) {
        let mut of_server: HashMap<Key, Vec<u64>> = HashMap::new();
        for tail in self.tails.values() {
            of_server
                .entry(tail.key.clone())
                .or_default()
                .push(tail.found_ns);
        }
        for (key, mut times) in of_server {
            if times.len() > MOST_OF_A_SERVER {
                times.sort_unstable();
                let oldest = times[times.len() - MOST_OF_A_SERVER];
                self.tails
                    .retain(|_, tail| tail.key != key || tail.found_ns >= oldest);
            }
        }
    }

    fn read_all(&mut self, now_ns: u64) {
        let mut by_user: BTreeMap<u32, Vec<Ask>> = BTreeMap::new();
        let mut gone = Vec::new();
        let known: HashMap<FileId, Known> = self
            .tails
            .values()
            .filter_map(|tail| Some((tail.known?.id, tail.known?)))
            .collect();
        for (path, tail) in &mut self.tails {
            let written = tail.pid.and_then(standard_error);
            if written.is_none() {
                tail.pid = None;
            }
            // Whose last writer has ended is followed as long as it stays that file.
            let must_be = match (written, tail.placed) {
                (Some(id), _) => Some(id),
                (None, true) => None,
                (None, false) => tail.known.map(|known| known.id),
            };
            if must_be.is_none() && !tail.placed {
                gone.push(path.clone());
                continue;
            }
            // It was renamed: what is known of it goes with it.
            if tail.known.is_none() {
                tail.known = must_be.and_then(|id| known.get(&id).copied());
            }
            by_user.entry(tail.uid).or_default().push(Ask {
                path: path.clone(),
                must_be,
                known: tail.known,
                since: self.since,
                dialect: tail.dialect,
            });
        }
        self.turn = self.turn.wrapping_add(1);
        let mut allowance = MOST_AT_A_TIME;
        for (uid, mut asks) in by_user {
            let first = self.turn % asks.len().max(1);
            asks.rotate_left(first);
            let paths: Vec<PathBuf> = asks.iter().map(|ask| ask.path.clone()).collect();
            let work = move || {
                let mut left = allowance;
                let found: Vec<Option<Found>> =
                    asks.iter().map(|ask| look(ask, &mut left)).collect();
                (found, left)
            };
            let Ok((found, left)) = as_user(uid, work) else {
                continue;
            };
            allowance = left;
            for (path, found) in paths.into_iter().zip(found) {
                match found {
                    Some(found) => self.note(&path, found, now_ns),
                    None => gone.push(path),
                }
            }
        }
        for path in gone {
            // A writer that lives, and a client's folder, bring a file back.
            if self
                .tails
                .get(&path)
                .is_some_and(|tail| tail.pid.is_none() && !tail.placed)
            {
                self.tails.remove(&path);
            }
        }
    }

    fn note(&mut self, path: &PathBuf, found: Found, now_ns: u64) {
        let Some(tail) = self.tails.get_mut(path) else {
            return;
        };
        tail.known = Some(found.known);
        let (server, owner) = &tail.key;
        let account = self
            .accounts
            .entry(tail.key.clone())
            .or_insert_with(|| Account {
                written: Written {
                    labels: Arc::from([Arc::clone(server), Arc::clone(owner)]),
                    bytes: 0,
                    errors: 0,
                },
                present_ns: now_ns,
                read_ns: now_ns,
                said_ns: None,
            });
        account.read_ns = now_ns;
        account.written.bytes += found.bytes;
        account.written.errors += found.errors;
        let said = account.said_ns;
        if found.skipped > 0 && said.is_none_or(|said| now_ns.saturating_sub(said) >= SAY_EVERY_NS)
        {
            account.said_ns = Some(now_ns);
            tracing::info!(
                "{} of the log of `{}` ({}) were not searched for errors: it grows too fast",
                model::units::bytes(found.skipped),
                model::text::safe(server),
                model::text::safe(owner)
            );
        }
    }
}

/// Which file a process has as its standard error; `None` if it has ended.
fn standard_error(pid: u32) -> Option<FileId> {
    let metadata = std::fs::metadata(format!("/proc/{pid}/fd/2")).ok()?;
    Some(FileId::of(&metadata))
}

/// Clients' logs of all users.
fn find(homes: &[(u32, Home)], now: i64) -> Vec<(u32, HashMap<Name, Vec<Place>>)> {
    let found = homes.iter().filter_map(|(uid, home)| {
        let own = home.clone();
        let places = as_user(*uid, move || places::find(&own, now)).ok()?;
        Some((*uid, places))
    });
    found.collect()
}

#[cfg(test)]
mod tests;
