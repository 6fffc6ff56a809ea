//! The thread's side: what is read, how often, and how long it counts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use inventory::declared::Home;
use model::LabelValues;

use super::disks::{self, Disk};
use super::errand::Errand;
use super::gateways::{self, Database};
use super::logs::{Logs, Written};
use super::{as_user, ports};

/// Disks and ports are read this often, nanoseconds.
const DISKS_EVERY_NS: u64 = 30_000_000_000;
const PORTS_EVERY_NS: u64 = 30_000_000_000;
/// Databases are read this often, nanoseconds.
const DATABASES_EVERY_NS: u64 = 60_000_000_000;
/// Logs count for this long, nanoseconds; everything else for three times its own pace.
const LOGS_COUNT_NS: u64 = 60_000_000_000;
/// File systems at most.
const MOST_DISKS: usize = 8;

/// Something that was read, when, and how long it counts.
#[derive(Clone, Debug)]
pub(super) struct Part<T> {
    taken_ns: Option<u64>,
    counts_ns: u64,
    values: Arc<[T]>,
}

impl<T> Part<T> {
    fn new(counts_ns: u64) -> Self {
        Self {
            taken_ns: None,
            counts_ns,
            values: Arc::from([]),
        }
    }

    fn take(&mut self, now_ns: u64, values: Vec<T>) {
        self.taken_ns = Some(now_ns);
        self.values = values.into();
    }

    fn is_due(&self, now_ns: u64, every_ns: u64) -> bool {
        self.taken_ns
            .is_none_or(|then| now_ns.saturating_sub(then) >= every_ns)
    }

    /// What counts at this time, nanoseconds since boot.
    pub(super) fn at(&self, now_ns: u64) -> &[T] {
        match self.taken_ns {
            Some(then) if now_ns.saturating_sub(then) < self.counts_ns => &self.values,
            _ => &[],
        }
    }
}

/// What was read last, each part at its own time.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) logs: Part<Written>,
    /// Server and owner, and whether something listens where it should.
    pub(super) ports: Part<(LabelValues, bool)>,
    pub(super) disks: Part<(LabelValues, Disk)>,
    /// Gateway, and bytes.
    pub(super) databases: Part<(LabelValues, u64)>,
}

impl Default for Answer {
    fn default() -> Self {
        Self {
            logs: Part::new(LOGS_COUNT_NS),
            ports: Part::new(3 * PORTS_EVERY_NS),
            disks: Part::new(3 * DISKS_EVERY_NS),
            databases: Part::new(3 * DATABASES_EVERY_NS),
        }
    }
}

/// What the thread keeps between errands.
pub(super) struct Reader {
    logs: Logs,
    answer: Answer,
}

impl Reader {
    /// `since`: now, seconds since 1970.
    pub(super) fn new(since: i64) -> Self {
        Self {
            logs: Logs::new(since),
            answer: Answer::default(),
        }
    }

    /// Reads what is due.
    pub(super) fn carry_out(&mut self, errand: Errand) -> Answer {
        let now = errand.now_ns;
        let written = self.logs.read(
            now,
            errand.now,
            &errand.servers,
            &errand.writers,
            &errand.homes,
        );
        let answer = &mut self.answer;
        answer.logs.take(now, written);
        if answer.ports.is_due(now, PORTS_EVERY_NS) {
            answer.ports.take(now, ports::listening(&errand.ports));
        }
        if answer.disks.is_due(now, DISKS_EVERY_NS) {
            answer.disks.take(now, disks(errand.state, &errand.homes));
        }
        if answer.databases.is_due(now, DATABASES_EVERY_NS) {
            answer.databases.take(now, databases(errand.databases));
        }
        answer.clone()
    }
}

fn label(value: &str) -> LabelValues {
    Arc::from([Arc::from(value)])
}

fn disks(state: PathBuf, homes: &[(u32, Home)]) -> Vec<(LabelValues, Disk)> {
    let mut found = disks::of([state]);
    for (uid, home) in homes {
        let folders = folders(home);
        found.extend(as_user(*uid, move || disks::of(folders)).unwrap_or_default());
    }
    let mut kept: Vec<Disk> = Vec::new();
    for disk in found {
        if kept.len() < MOST_DISKS && kept.iter().all(|other| other.mount != disk.mount) {
            kept.push(disk);
        }
    }
    kept.into_iter()
        .map(|disk| (label(&disk.mount), disk))
        .collect()
}

/// Where a user's clients keep state and logs.
fn folders(home: &Home) -> Vec<PathBuf> {
    let moved = [&home.claude_config_dir, &home.codex_home];
    let mut folders = vec![
        home.home.clone(),
        home.xdg_config.clone(),
        home.xdg_state.clone(),
        home.xdg_data.clone(),
        home.home.join(".cache"),
    ];
    folders.extend(moved.into_iter().flatten().cloned());
    folders
}

/// The largest of each gateway.
fn databases(databases: Vec<Database>) -> Vec<(LabelValues, u64)> {
    let mut largest: BTreeMap<String, u64> = BTreeMap::new();
    for database in databases {
        let path = database.path;
        if let Ok(Some(bytes)) = as_user(database.uid, move || gateways::size(&path)) {
            let most = largest.entry(database.gateway).or_default();
            *most = bytes.max(*most);
        }
    }
    let all = largest.into_iter();
    all.map(|(gateway, bytes)| (label(&gateway), bytes))
        .collect()
}
