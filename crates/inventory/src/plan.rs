//! What could be cleaned, and why the rest may not.
//!
//! A plan is a list of processes with their reasons, made from one picture of the machine.
//! It has an id over all identities in it: what is applied is what was shown, or nothing.
//! Only orphans are removed. Everything else that looks wrong has a living owner who
//! would be surprised, so it is reported and left alone.

use foldhash::HashSet;
use jiff::Timestamp;
use model::{ProcessId, ProcessTable};
use serde::{Deserialize, Serialize};

use crate::wiring::Wiring;
use crate::{Context, Instance, Inventory, Server, ServerState};

mod refuse;

pub use refuse::{Refusal, RefusalKind};

/// What to plan for.
#[derive(Clone, Debug)]
pub struct Wishes {
    /// How long an owner must be gone, seconds.
    pub grace_seconds: f64,
    /// Only instances that have run at least this long, seconds.
    pub older_than_seconds: Option<f64>,
    /// Only these: ids of servers or findings, names, kinds of findings, or pids. Empty: all orphans.
    pub only: Vec<String>,
    /// Not these, in the same words.
    pub exclude: Vec<String>,
    /// Names of servers, programs and command-line parts that are never touched.
    pub never_touch: Vec<String>,
    /// Other users' processes too; only root can.
    pub all_users: bool,
    /// A person insists on these very instances: only what must never be touched is refused, not
    /// what still serves somebody.
    pub insist: bool,
    /// The process on whose behalf this is, where that is not our own: what it runs below is refused
    /// as our own ancestors are.
    pub caller: Option<u32>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            grace_seconds: 60.0,
            older_than_seconds: None,
            only: Vec::new(),
            exclude: Vec::new(),
            never_touch: Vec::new(),
            all_users: false,
            insist: false,
            caller: None,
        }
    }
}

/// An instance to be removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Removal {
    /// Id of its server.
    pub server: String,
    /// Name of its server.
    pub name: String,
    /// Name of the owner that is gone.
    pub owner: String,
    /// Topmost process.
    pub root: ProcessId,
    /// All processes to be ended, root first.
    pub processes: Vec<ProcessId>,
    /// Why, one fact a line.
    pub reasons: Vec<String>,
    /// Descendants that are left alone, with the reason.
    pub spared: Vec<(ProcessId, String)>,
}

/// An instance that was looked at and is left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Id of its server.
    pub server: String,
    /// Name of its server.
    pub name: String,
    /// Topmost process.
    pub root: ProcessId,
    /// Why.
    pub refusals: Vec<Refusal>,
}

/// What would be done, made from one picture.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Eight hexadecimal digits over all that is to be removed; the same world gives the same id.
    pub id: String,
    /// Instances to be removed.
    pub removals: Vec<Removal>,
    /// Instances that might have been, and why they are not.
    pub refused: Vec<Refused>,
}

impl Plan {
    /// The longest that a refused instance would have to wait until only its grace is over,
    /// seconds; `None` if none is refused for that alone.
    pub fn longest_wait(&self) -> Option<f64> {
        self.refused
            .iter()
            .filter_map(|refused| match refused.refusals.as_slice() {
                [only] => only.wait_seconds,
                _ => None,
            })
            .max_by(f64::total_cmp)
    }
}

/// Makes the plan. `now` is the time of the picture.
pub fn plan(
    table: &ProcessTable,
    inventory: &Inventory,
    context: &Context,
    wiring: &Wiring,
    wishes: &Wishes,
) -> Plan {
    let candidates: Vec<(&Server, &Instance)> = inventory
        .instances()
        .filter(|(server, instance)| wanted(table, server, instance, wishes))
        .collect();
    // Whether somebody outside the plan still uses an instance depends on what is in the plan.
    // Start with all that could be in it; whoever is refused drops out and may then be such a
    // somebody for others, until nothing changes any more.
    let mut inside: Vec<bool> = vec![true; candidates.len()];
    let mut refusals: Vec<Vec<Refusal>> = vec![Vec::new(); candidates.len()];
    loop {
        let planned = positions_of(table, &candidates, &inside);
        let judge = refuse::Judge::new(table, inventory, context, wiring, wishes, &planned);
        let mut changed = false;
        for (at, (server, instance)) in candidates.iter().enumerate() {
            if inside[at] {
                refusals[at] = judge.refusals(server, instance);
                if !refusals[at].is_empty() {
                    inside[at] = false;
                    changed = true;
                }
            }
        }
        if !changed {
            break;
        }
    }
    let planned = positions_of(table, &candidates, &inside);
    let judge = refuse::Judge::new(table, inventory, context, wiring, wishes, &planned);
    let mut plan = Plan::default();
    for (at, (server, instance)) in candidates.into_iter().enumerate() {
        if inside[at] {
            plan.removals.push(removal(table, server, instance, &judge));
        } else {
            plan.refused.push(Refused {
                server: server.id.clone(),
                name: server.name.clone(),
                root: instance.root,
                refusals: std::mem::take(&mut refusals[at]),
            });
        }
    }
    plan.removals.sort_by_key(|removal| removal.root);
    plan.refused.sort_by_key(|refused| refused.root);
    plan.id = id(table, &plan.removals);
    plan
}

/// Positions of all processes of the candidates that are still in the plan.
fn positions_of(
    table: &ProcessTable,
    candidates: &[(&Server, &Instance)],
    inside: &[bool],
) -> HashSet<usize> {
    let planned = candidates.iter().zip(inside).filter(|(_, inside)| **inside);
    planned
        .flat_map(|((_, instance), _)| tree(table, instance))
        .collect()
}

/// Positions of everything below an instance's root, the children of its gateways too.
fn tree(table: &ProcessTable, instance: &Instance) -> Vec<usize> {
    table
        .position(instance.root.pid)
        .map(|at| table.subtree(at))
        .unwrap_or_default()
}

fn removal(
    table: &ProcessTable,
    server: &Server,
    instance: &Instance,
    judge: &refuse::Judge<'_>,
) -> Removal {
    let spared = judge.spared(instance);
    let mut left: HashSet<usize> = HashSet::default();
    for (at, _) in &spared {
        left.extend(table.subtree(*at));
    }
    let processes = tree(table, instance)
        .into_iter()
        .filter(|at| !left.contains(at))
        .map(|at| table.processes()[at].id())
        .collect();
    Removal {
        server: server.id.clone(),
        name: server.name.clone(),
        owner: server.owner.name.clone(),
        root: instance.root,
        processes,
        reasons: instance
            .orphaned
            .as_ref()
            .map(|gone| gone.evidence.clone())
            .unwrap_or_default(),
        spared: spared
            .into_iter()
            .map(|(at, why)| (table.processes()[at].id(), why))
            .collect(),
    }
}

/// Orphans by default; with `only`, whatever that names.
fn wanted(table: &ProcessTable, server: &Server, instance: &Instance, wishes: &Wishes) -> bool {
    let named = |words: &[String]| {
        words
            .iter()
            .any(|word| names(table, server, instance, word))
    };
    let chosen = if wishes.only.is_empty() {
        instance.state == ServerState::Orphan || instance.orphaned.is_some()
    } else {
        named(&wishes.only)
    };
    chosen && !named(&wishes.exclude)
}

/// Does a word of `--only` or `--exclude` mean this instance?
fn names(table: &ProcessTable, server: &Server, instance: &Instance, word: &str) -> bool {
    word == server.id
        || word == server.name
        || word == instance.state.name()
        || (word == "orphan" && instance.orphaned.is_some())
        || crate::findings::instance_finding_ids(instance).any(|id| id == word)
        || word.parse().is_ok_and(|pid: u32| {
            table.get(pid).is_some() && instance.members.iter().any(|member| member.id.pid == pid)
        })
}

fn id(table: &ProcessTable, removals: &[Removal]) -> String {
    let mut parts = vec![table.host.boot_id.clone()];
    for removal in removals {
        parts.push(removal.root.to_string());
        parts.extend(removal.processes.iter().map(ToString::to_string));
    }
    model::identity::fingerprint(parts.iter().map(String::as_str))
}

/// Seconds from one time to another, never below zero.
fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}
