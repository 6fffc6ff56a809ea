//! The rows of the table: which servers, instances and processes are shown, in which order.
//!
//! Rows are places in the picture and hold no text: that is made only for those on the screen.

use std::collections::HashSet;

use inventory::{Instance, Inventory, Member, Server, ServerState};
use model::{Process, ProcessId, ProcessTable};

use super::figures::Totals;
use super::order::{self, Rank, SortKey};
use super::shown;
use super::tree::{self, Branch};
use crate::picture::Picture;

/// A row, as places in the inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A server.
    Server(usize),
    /// One of several instances of a server.
    Instance(usize, usize),
    /// A process: server, instance, member, and its place in the tree (`None` in a flat list).
    Process(usize, usize, usize, Option<Branch>),
}

/// What a row stands for, whatever its place: rows move, this stays.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowKey {
    /// A server by its id.
    Server(String),
    /// An instance by its root.
    Instance(ProcessId),
    /// A process.
    Process(ProcessId),
}

/// How rows are chosen and ordered.
#[derive(Clone, Debug, Default)]
pub struct Arrangement {
    /// Sorted by.
    pub key: SortKey,
    /// The other way round.
    pub reversed: bool,
    /// All processes in one list instead of a tree under servers.
    pub flat: bool,
    /// Only what holds this text, in lower case; empty for everything.
    pub filter: String,
    /// Servers that are open, by id.
    pub open_servers: HashSet<String>,
    /// Instances that are open, by root.
    pub open_instances: HashSet<ProcessId>,
}

impl Row {
    /// The server that the row belongs to.
    pub fn server(self, inventory: &Inventory) -> Option<&Server> {
        let (Self::Server(at) | Self::Instance(at, _) | Self::Process(at, ..)) = self;
        inventory.servers.get(at)
    }

    /// The instance that the row belongs to; a server's only one for its own row.
    pub fn instance(self, inventory: &Inventory) -> Option<&Instance> {
        let instances = &self.server(inventory)?.instances;
        match self {
            Self::Server(_) if instances.len() == 1 => instances.first(),
            Self::Server(_) => None,
            Self::Instance(_, at) | Self::Process(_, at, ..) => instances.get(at),
        }
    }

    /// The member that a process row shows.
    pub fn member(self, inventory: &Inventory) -> Option<&Member> {
        match self {
            Self::Process(_, _, at, _) => self.instance(inventory)?.members.get(at),
            _ => None,
        }
    }

    /// Is the other row directly or further down inside this one?
    pub fn holds(self, other: Self) -> bool {
        match (self, other) {
            (Self::Server(own), Self::Instance(at, _) | Self::Process(at, ..)) => own == at,
            (Self::Instance(own, number), Self::Process(at, other, ..)) => {
                own == at && number == other
            }
            _ => false,
        }
    }

    /// What it stands for.
    pub fn key(self, inventory: &Inventory) -> Option<RowKey> {
        Some(match self {
            Self::Server(_) => RowKey::Server(self.server(inventory)?.id.clone()),
            Self::Instance(..) => RowKey::Instance(self.instance(inventory)?.root),
            Self::Process(..) => RowKey::Process(self.member(inventory)?.id),
        })
    }
}

/// All rows. `totals` has the figures of each server of the picture.
pub fn arrange(picture: &Picture, totals: &[Totals], how: &Arrangement) -> Vec<Row> {
    if how.flat {
        return flat(picture, how);
    }
    let inventory = &picture.inventory;
    let mut rows = Vec::new();
    for at in sorted_servers(inventory, totals, how) {
        let server = &inventory.servers[at];
        let itself = how.filter.is_empty() || holds_server(server, &how.filter);
        let shown: Vec<usize> = sorted_instances(picture, server, how)
            .into_iter()
            .filter(|at| {
                itself || holds_instance(&picture.table, &server.instances[*at], &how.filter)
            })
            .collect();
        if !itself && shown.is_empty() {
            continue;
        }
        rows.push(Row::Server(at));
        // A process that was looked for is shown, whether its server is open or not.
        if itself && !how.open_servers.contains(&server.id) {
            continue;
        }
        let single = server.instances.len() == 1;
        for number in shown {
            let instance = &server.instances[number];
            if !single {
                rows.push(Row::Instance(at, number));
            }
            if single || !itself || how.open_instances.contains(&instance.root) {
                let members = tree::walk(&picture.table, instance);
                rows.extend(
                    members
                        .into_iter()
                        .map(|(member, branch)| Row::Process(at, number, member, Some(branch))),
                );
            }
        }
    }
    rows
}

fn sorted_servers(inventory: &Inventory, totals: &[Totals], how: &Arrangement) -> Vec<usize> {
    let nothing = Totals::default();
    let rank = |at: usize| {
        let server = &inventory.servers[at];
        Rank {
            totals: totals.get(at).unwrap_or(&nothing),
            name: &server.name,
            owner: &server.owner.name,
            badness: badness(server.state),
            pid: server
                .instances
                .first()
                .map_or(u32::MAX, |instance| instance.root.pid),
        }
    };
    let mut places: Vec<usize> = (0..inventory.servers.len()).collect();
    places.sort_by(|a, b| order::compare(how.key, how.reversed, &rank(*a), &rank(*b)));
    places
}

fn sorted_instances(picture: &Picture, server: &Server, how: &Arrangement) -> Vec<usize> {
    if server.instances.len() < 2 {
        return (0..server.instances.len()).collect();
    }
    let ranked: Vec<Totals> = server
        .instances
        .iter()
        .map(|instance| Totals::of_instance(&picture.table, instance))
        .collect();
    let rank = |at: usize| Rank {
        totals: &ranked[at],
        name: "",
        owner: "",
        badness: badness(server.instances[at].state),
        pid: server.instances[at].root.pid,
    };
    let mut places: Vec<usize> = (0..ranked.len()).collect();
    places.sort_by(|a, b| order::compare(how.key, how.reversed, &rank(*a), &rank(*b)));
    places
}

fn flat(picture: &Picture, how: &Arrangement) -> Vec<Row> {
    let mut found: Vec<(Row, Totals)> = Vec::new();
    for (at, server) in picture.inventory.servers.iter().enumerate() {
        let itself = how.filter.is_empty() || holds_server(server, &how.filter);
        for (number, instance) in server.instances.iter().enumerate() {
            for (member, process) in instance.members.iter().enumerate() {
                let process = picture.table.get(process.id.pid);
                if itself || process.is_some_and(|process| holds_process(process, &how.filter)) {
                    let row = Row::Process(at, number, member, None);
                    found.push((row, Totals::of_process(process)));
                }
            }
        }
    }
    found.sort_by(|(a, totals), (b, others)| {
        match (
            process_rank(picture, *a, totals),
            process_rank(picture, *b, others),
        ) {
            (Some(a), Some(b)) => order::compare(how.key, how.reversed, &a, &b),
            _ => std::cmp::Ordering::Equal,
        }
    });
    found.into_iter().map(|(row, _)| row).collect()
}

fn process_rank<'a>(picture: &'a Picture, row: Row, totals: &'a Totals) -> Option<Rank<'a>> {
    let server = row.server(&picture.inventory)?;
    Some(Rank {
        totals,
        name: &server.name,
        owner: &server.owner.name,
        badness: badness(row.instance(&picture.inventory)?.state),
        pid: row.member(&picture.inventory)?.id.pid,
    })
}

/// Where a state stands among the states, the worst highest.
fn badness(state: ServerState) -> u8 {
    state as u8
}

fn holds_server(server: &Server, filter: &str) -> bool {
    [
        server.name.as_str(),
        &server.owner.name,
        &server.id,
        server.state.name(),
    ]
    .iter()
    .any(|text| holds(text, filter))
}

fn holds_instance(table: &ProcessTable, instance: &Instance, filter: &str) -> bool {
    holds(instance.state.name(), filter)
        || instance.members.iter().any(|member| {
            table
                .get(member.id.pid)
                .is_some_and(|process| holds_process(process, filter))
        })
}

fn holds_process(process: &Process, filter: &str) -> bool {
    // What is looked through is what could be shown: a filter finds no secrets.
    process.pid().to_string() == filter
        || holds(process.comm(), filter)
        || holds(&shown::command_line(process), filter)
}

fn holds(text: &str, filter: &str) -> bool {
    text.to_lowercase().contains(filter)
}
