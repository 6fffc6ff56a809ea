//! From processes that come and go to figures of servers that only grow where they must.
//!
//! A counter of a server is the sum over all processes that it ever had. The kernel tells each
//! process's own counters only while it lives, so an account adds up what each has gained from
//! one look to the next. What a process gained between the last look and its end is lost; a server
//! that is away for a quarter of an hour starts again from what its processes have then.
//!
//! Servers of one name under owners of one name share an account: to whoever watches a laptop for
//! weeks, `memory` under `Claude Code` is one thing, whatever sessions come and go.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt as _, HashSet};
use inventory::{Inventory, Server, ServerState};
use model::{
    ConnectionState, FdKinds, LabelValues, Process, ProcessId, ProcessState, ProcessTable,
};

/// Accounts of servers that are away are closed after this long, nanoseconds.
const FORGET_NS: u64 = 900_000_000_000;
/// Accounts at most; more servers than that are not counted.
const MOST: usize = 10_000;

/// Counters of a process that only grow, in a fixed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counter {
    /// CPU in user mode, clock ticks.
    UserTicks,
    /// CPU in kernel mode, clock ticks.
    SystemTicks,
    /// Faults without storage.
    MinorFaults,
    /// Faults with storage.
    MajorFaults,
    /// Context switches by waiting.
    VoluntarySwitches,
    /// Context switches by the scheduler.
    InvoluntarySwitches,
    /// Bytes from storage.
    ReadBytes,
    /// Bytes to storage.
    WriteBytes,
    /// Bytes by read calls.
    ReadChars,
    /// Bytes by write calls.
    WriteChars,
    /// Read calls.
    ReadCalls,
    /// Write calls.
    WriteCalls,
    /// Time ready but not running, nanoseconds.
    RunDelayNs,
}

/// How many counters there are.
const COUNTERS: usize = 13;

type Counts<T> = [T; COUNTERS];

/// Name of a server and of its owner.
type Key = (Arc<str>, Arc<str>);

fn key(server: &Server) -> (&str, &str) {
    (&server.name, &server.owner.name)
}

/// What is added up for one server.
#[derive(Debug)]
struct Account {
    totals: Counts<u64>,
    members: HashMap<ProcessId, Counts<Option<u64>>>,
    roots: HashSet<ProcessId>,
    /// Instances that have ended and have not been replaced.
    ended: u64,
    restarts: u64,
    last_seen_ns: u64,
    /// The values `server, owner`, shared by all measurements.
    labels: LabelValues,
    /// The same with a third value.
    more: HashMap<&'static str, LabelValues>,
}

/// All accounts.
#[derive(Debug, Default)]
pub struct Ledger {
    accounts: BTreeMap<Key, Account>,
    /// Looks so far: what a process has at the first was there before us.
    looks: u64,
    left_out: u64,
}

/// Figures of one server at one look. `None` is "not known for every process of it".
#[derive(Debug)]
pub struct Figures<'a> {
    account: &'a mut Account,
    /// Whether any of it runs.
    pub up: bool,
    /// Instances.
    pub instances: u64,
    /// Instances whose owner is gone.
    pub orphaned: u64,
    /// Processes.
    pub processes: u64,
    /// Processes that have ended and are not waited for.
    pub zombies: u64,
    counters: Counts<bool>,
    /// Resident memory, bytes.
    pub rss_bytes: u64,
    /// Address space, bytes.
    pub vms_bytes: u64,
    /// Proportional memory, bytes.
    pub pss_bytes: Option<u64>,
    /// Memory of these processes alone, bytes.
    pub private_bytes: Option<u64>,
    /// Swapped-out memory, bytes.
    pub swap_bytes: Option<u64>,
    /// Resident file and shared-memory pages, bytes.
    pub shared_bytes: Option<u64>,
    /// Threads.
    pub threads: u64,
    /// Descriptors by kind, the last for what was not told apart.
    pub fds: Option<(FdKinds, u64)>,
    /// Lowest limit of descriptors.
    pub fd_limit: Option<u64>,
    /// Highest share of its limit that a process uses.
    pub fd_ratio: Option<f64>,
    /// Descriptors of the process that has most.
    pub worst_fds: Option<u32>,
    /// Threads of the process that has most.
    pub worst_threads: Option<u32>,
    /// Processor time of the busiest process since the last look, as a share of one processor.
    pub worst_cpu: Option<f64>,
    /// Connections by state.
    pub connections: Option<Vec<(ConnectionState, u64)>>,
    /// Start of the newest instance, seconds since 1970.
    pub started_at: Option<f64>,
}

impl Figures<'_> {
    /// A counter's sum; `None` while it cannot be read of every process.
    pub fn counter(&self, counter: Counter) -> Option<u64> {
        self.counters[counter as usize].then(|| self.account.totals[counter as usize])
    }

    /// Instances that were started in place of one that had ended, since we look.
    pub fn restarts(&self) -> u64 {
        self.account.restarts
    }

    /// Label values `server, owner`.
    pub fn labels(&self) -> LabelValues {
        Arc::clone(&self.account.labels)
    }

    /// Label values `server, owner` and one more.
    pub fn labels_with(&mut self, value: &'static str) -> LabelValues {
        let account = &mut *self.account;
        let [server, owner] = &*account.labels else {
            return Arc::clone(&account.labels);
        };
        let made = account.more.entry(value).or_insert_with(|| {
            Arc::from([Arc::clone(server), Arc::clone(owner), Arc::from(value)])
        });
        Arc::clone(made)
    }
}

impl Ledger {
    /// Takes in a look and tells each server's figures, by name and owner.
    pub fn on(
        &mut self,
        table: &ProcessTable,
        inventory: &Inventory,
        mut tell: impl FnMut(Figures<'_>),
    ) {
        let now = table.moment.boot_ns;
        let mut groups: BTreeMap<(&str, &str), Vec<&Server>> = BTreeMap::new();
        for server in &inventory.servers {
            if server.state != ServerState::Disabled || !server.instances.is_empty() {
                groups.entry(key(server)).or_default().push(server);
            }
        }
        for watch in &inventory.watched {
            // A watch of a server's own name and owner is that server again.
            if let Entry::Vacant(place) = groups.entry(key(watch)) {
                place.insert(vec![watch]);
            }
        }
        for ((name, owner), servers) in groups {
            let key: Key = (Arc::from(name), Arc::from(owner));
            if !self.accounts.contains_key(&key) {
                if self.accounts.len() >= MOST {
                    self.left_out += 1;
                    continue;
                }
                let account = Account::new(&key);
                self.accounts.insert(key.clone(), account);
            }
            if let Some(account) = self.accounts.get_mut(&key) {
                account.last_seen_ns = now;
                tell(account.on(table, &servers, self.looks > 0));
            }
        }
        self.accounts
            .retain(|_, account| now.saturating_sub(account.last_seen_ns) < FORGET_NS);
        self.looks += 1;
    }

    /// Servers that were left out because there were too many, since the start.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl Account {
    fn new((server, owner): &Key) -> Self {
        Self {
            totals: [0; COUNTERS],
            members: HashMap::new(),
            roots: HashSet::default(),
            ended: 0,
            restarts: 0,
            last_seen_ns: 0,
            labels: Arc::from([Arc::clone(server), Arc::clone(owner)]),
            more: HashMap::new(),
        }
    }

    fn on(&mut self, table: &ProcessTable, servers: &[&Server], earlier: bool) -> Figures<'_> {
        self.count_roots(servers, earlier);
        let instances = || servers.iter().flat_map(|server| &server.instances);
        let processes: Vec<&Process> = instances()
            .flat_map(|run| &run.members)
            .filter_map(|member| table.get(member.id.pid).filter(|p| p.id() == member.id))
            .collect();
        let mut known = [true; COUNTERS];
        let mut members = HashMap::with_capacity(processes.len());
        for process in &processes {
            let now = counts(process);
            let before = self.members.get(&process.id());
            let ended = is_zombie(process);
            for at in 0..COUNTERS {
                let before = before.and_then(|before| before[at]);
                let gained = now[at].map(|now| now.saturating_sub(before.unwrap_or(0)));
                self.totals[at] += gained.unwrap_or(0);
                // What cannot be read of an ended process any more has been counted before.
                known[at] &= now[at].is_some() || ended;
            }
            let kept = std::array::from_fn(|at| now[at].or(before.and_then(|before| before[at])));
            members.insert(process.id(), kept);
        }
        self.members = members;
        let living = || processes.iter().filter(|process| !is_zombie(process));
        let any = !processes.is_empty();
        let sum = |value: &dyn Fn(&Process) -> Option<u64>| -> Option<u64> {
            living()
                .map(|p| value(p))
                .sum::<Option<u64>>()
                .filter(|_| any)
        };
        let memory = |p: &Process| p.sample.memory.as_ref().and_then(|reading| reading.value);
        Figures {
            up: any,
            instances: instances().count() as u64,
            orphaned: instances().filter(|run| run.orphaned.is_some()).count() as u64,
            processes: processes.len() as u64,
            zombies: processes.iter().filter(|p| is_zombie(p)).count() as u64,
            counters: known.map(|known| known && any),
            rss_bytes: living().map(|p| p.sample.counters.rss_bytes).sum(),
            vms_bytes: living().map(|p| p.sample.counters.vms_bytes).sum(),
            pss_bytes: sum(&|p| memory(p).map(|memory| memory.pss_bytes)),
            private_bytes: sum(&|p| memory(p).map(|memory| memory.private_bytes)),
            swap_bytes: sum(&|p| p.sample.counters.swap_bytes),
            shared_bytes: sum(&|p| p.sample.counters.shared_bytes),
            threads: living().map(|p| u64::from(p.sample.counters.threads)).sum(),
            fds: descriptors(living().copied()).filter(|_| any),
            fd_limit: living().filter_map(|p| p.sample.facts.fd_limit).min(),
            fd_ratio: living()
                .filter_map(|p| {
                    let limit = p.sample.facts.fd_limit.filter(|limit| *limit > 0)?;
                    Some(f64::from(p.sample.counters.fd_total?) / limit as f64)
                })
                .max_by(f64::total_cmp),
            worst_fds: living().filter_map(|p| p.sample.counters.fd_total).max(),
            worst_threads: living().map(|p| p.sample.counters.threads).max(),
            worst_cpu: living()
                .filter_map(|p| p.usage.cpu_percent)
                .max_by(f64::total_cmp)
                .map(|percent| percent / 100.0),
            connections: connections(living().copied()).filter(|_| any),
            started_at: instances()
                .map(|run| run.started_at.as_millisecond() as f64 / 1000.0)
                .max_by(f64::total_cmp),
            account: self,
        }
    }

    fn count_roots(&mut self, servers: &[&Server], earlier: bool) {
        let roots: HashSet<ProcessId> = servers
            .iter()
            .flat_map(|server| &server.instances)
            .map(|run| run.root)
            .collect();
        self.ended += self.roots.difference(&roots).count() as u64;
        let started = roots.difference(&self.roots).count() as u64;
        if earlier {
            let restarted = started.min(self.ended);
            self.restarts += restarted;
            self.ended -= restarted;
        }
        self.roots = roots;
    }
}

fn is_zombie(process: &Process) -> bool {
    matches!(
        process.sample.counters.state,
        ProcessState::Zombie | ProcessState::Dead
    )
}

fn counts(process: &Process) -> Counts<Option<u64>> {
    let counters = &process.sample.counters;
    let io = |value: fn(&model::Io) -> u64| counters.io.as_ref().map(value);
    [
        Some(counters.user_ticks),
        Some(counters.system_ticks),
        Some(counters.minor_faults),
        Some(counters.major_faults),
        counters.voluntary_switches,
        counters.involuntary_switches,
        io(|io| io.read_bytes),
        io(|io| io.write_bytes),
        io(|io| io.read_chars),
        io(|io| io.write_chars),
        io(|io| io.read_calls),
        io(|io| io.write_calls),
        counters.run_delay_ns,
    ]
}

/// Descriptors by kind and how many of unknown kind; together they are the number that is open now.
fn descriptors<'a>(processes: impl Iterator<Item = &'a Process>) -> Option<(FdKinds, u64)> {
    let (mut kinds, mut unknown) = (FdKinds::default(), 0);
    for process in processes {
        let total = u64::from(process.sample.counters.fd_total?);
        let known = process.files().map(|files| files.kinds);
        // Kinds are read less often than the number: one that has shrunk since cannot be split.
        let split = known.filter(|kinds| sum(kinds) <= total);
        if let Some(split) = split {
            add(&mut kinds, &split);
        }
        unknown += total - split.as_ref().map_or(0, sum);
    }
    Some((kinds, unknown))
}

fn sum(kinds: &FdKinds) -> u64 {
    [
        kinds.socket,
        kinds.pipe,
        kinds.file,
        kinds.tty,
        kinds.anon_inode,
        kinds.inotify,
        kinds.eventfd,
    ]
    .into_iter()
    .map(u64::from)
    .sum()
}

fn add(to: &mut FdKinds, more: &FdKinds) {
    to.socket += more.socket;
    to.pipe += more.pipe;
    to.file += more.file;
    to.tty += more.tty;
    to.anon_inode += more.anon_inode;
    to.inotify += more.inotify;
    to.eventfd += more.eventfd;
}

fn connections<'a>(
    processes: impl Iterator<Item = &'a Process>,
) -> Option<Vec<(ConnectionState, u64)>> {
    let mut found: Vec<(ConnectionState, u64)> = Vec::new();
    for process in processes {
        let all = process.sample.connections.as_ref()?.value.as_ref()?;
        for connection in all.iter() {
            match found
                .iter_mut()
                .find(|(state, _)| *state == connection.state)
            {
                Some((_, count)) => *count += 1,
                None => found.push((connection.state, 1)),
            }
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use inventory::Inventory;
    use model::{Process, ProcessTable};

    use super::{Counter, Ledger};
    use crate::picture::Picture;
    use crate::top::tests::sample;

    /// What `memory` of Claude Code tells: its user ticks, processes and restarts.
    fn told(ledger: &mut Ledger, table: &ProcessTable, inventory: &Inventory) -> Option<Told> {
        let mut found = None;
        ledger.on(table, inventory, |figures| {
            if &*figures.labels()[0] == "memory" {
                found = Some((
                    figures.counter(Counter::UserTicks),
                    figures.processes,
                    figures.restarts(),
                ));
            }
        });
        found
    }

    type Told = (Option<u64>, u64, u64);

    /// The sample with other user ticks for PID 112, later by so many seconds.
    fn with_ticks(picture: &Picture, ticks: u64, seconds: u64) -> ProcessTable {
        let table = &picture.table;
        let processes: Vec<Process> = table
            .processes()
            .iter()
            .map(|process| {
                let mut process = process.clone();
                if process.pid() == 112 {
                    process.sample.counters.user_ticks = ticks;
                }
                process
            })
            .collect();
        let mut moment = table.moment;
        moment.boot_ns += seconds * 1_000_000_000;
        ProcessTable::new(table.host.clone(), moment, processes, Vec::new())
    }

    #[test]
    fn a_counter_goes_on_when_a_process_ends_and_starts_over_after_a_long_absence() {
        let picture = sample::picture();
        let gone = sample::without("memory");
        let mut ledger = Ledger::default();
        let first = with_ticks(&picture, 1_000, 0);
        let (before, processes, _) = told(&mut ledger, &first, &picture.inventory).unwrap();
        assert_eq!(processes, 3);
        let before = before.unwrap();
        let later = with_ticks(&picture, 1_250, 5);
        let (after, ..) = told(&mut ledger, &later, &picture.inventory).unwrap();
        assert_eq!(after, Some(before + 250));

        // It ends and comes back: what it had counted stays, what it has now is added.
        let away = with_ticks(&picture, 0, 10);
        assert_eq!(told(&mut ledger, &away, &gone.inventory), None);
        let back = with_ticks(&picture, 1_300, 15);
        let (after, ..) = told(&mut ledger, &back, &picture.inventory).unwrap();
        assert_eq!(after, Some(before + 300));

        let away = with_ticks(&picture, 0, 2_000);
        assert_eq!(told(&mut ledger, &away, &gone.inventory), None);
        let fresh = with_ticks(&picture, 7, 2_005);
        let (after, ..) = told(&mut ledger, &fresh, &picture.inventory).unwrap();
        assert!(
            after.unwrap() < before,
            "a new account begins with what is there"
        );
    }

    #[test]
    fn an_instance_in_place_of_one_that_ended_is_a_restart() {
        let picture = sample::picture();
        let mut ledger = Ledger::default();
        let table = with_ticks(&picture, 0, 0);
        assert_eq!(told(&mut ledger, &table, &picture.inventory).unwrap().2, 0);
        let mut inventory = (*picture.inventory).clone();
        for server in &mut inventory.servers {
            if server.name == "memory" {
                server.instances[0].root.start_ticks += 1;
            }
        }
        let table = with_ticks(&picture, 0, 5);
        assert_eq!(told(&mut ledger, &table, &inventory).unwrap().2, 1);
        let table = with_ticks(&picture, 0, 10);
        assert_eq!(told(&mut ledger, &table, &inventory).unwrap().2, 1);
    }
}
