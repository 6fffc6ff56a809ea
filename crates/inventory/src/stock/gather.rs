//! Gathering processes into instances.

use foldhash::HashSet;
use model::{ProcessState, ProcessTable};

use super::look::Looks;
use super::ownership::Found;
use crate::evidence::{LISTED, Streams, Verdict};
use crate::matching::{Link, Spec};
use crate::owners::{is_reaper, is_session_keeper};
use crate::{Context, Instance, Member, Owner, OwnerKind, Role, ServerState, Transport};

/// An instance before its owner is known; positions in the table.
#[derive(Debug)]
pub struct Draft {
    /// Topmost process.
    pub root: usize,
    /// The process that speaks MCP.
    pub leaf: usize,
    /// From root to leaf.
    pub chain: Vec<usize>,
    /// All processes, parents before children.
    pub members: Vec<usize>,
}

/// Gateways that also are servers when a client runs them over stdio.
const BRIDGES: [&str; 4] = [
    "mcp-remote",
    "mcp-proxy",
    "supergateway",
    "docker/mcp-gateway",
];

/// Gathers all instances of a table.
pub fn gather(
    table: &ProcessTable,
    looks: &Looks,
    context: &Context,
    specs: &[Spec<'_>],
) -> Vec<Draft> {
    let count = table.processes().len();
    let mut taken: Vec<bool> = vec![false; count];
    let mut drafts = Vec::new();
    for at in parents_first(table) {
        if taken[at] {
            continue;
        }
        let root = if context.kept_as(table.processes()[at].id()).is_some() {
            at
        } else if starts_instance(table, looks, specs, at) {
            climb(table, looks, at, &taken)
        } else {
            continue;
        };
        let members = members(table, looks, root);
        for &member in &members {
            taken[member] = true;
        }
        let chain = chain(table, looks, root, &members);
        let leaf = chain.last().copied().unwrap_or(root);
        drafts.push(Draft {
            root,
            leaf,
            chain,
            members,
        });
    }
    drafts
}

/// Positions in an order where each parent comes before its children.
fn parents_first(table: &ProcessTable) -> Vec<usize> {
    (0..table.processes().len())
        .filter(|&at| table.parent(at).is_none())
        .flat_map(|at| table.subtree(at))
        .collect()
}

fn starts_instance(table: &ProcessTable, looks: &Looks, specs: &[Spec<'_>], at: usize) -> bool {
    let process = &table.processes()[at];
    if looks.command(at).is_none()
        || matches!(
            process.sample.counters.state,
            ProcessState::Dead | ProcessState::Zombie
        )
    {
        return false;
    }
    if let Some(owner) = looks.owner(at) {
        let bridge = BRIDGES.contains(&owner.name) && looks.streams(at) == Streams::Wired;
        return bridge && owner_above(table, looks, at).is_some();
    }
    if looks.is_launcher(at) && servers_below(table, looks, at) > 1 {
        return false;
    }
    if looks
        .verdict(at)
        .is_some_and(|verdict| verdict.confidence >= LISTED)
    {
        return true;
    }
    // A person's shell or terminal is never a server, whatever a configuration says.
    if is_session_keeper(process.comm()) || specs.is_empty() {
        return false;
    }
    let link = Link {
        process,
        command: looks.command(at),
        package: None,
    };
    let owner = owner_above(table, looks, at);
    let links = [link];
    specs.iter().any(|spec| {
        let owned = owner
            .as_ref()
            .is_some_and(|owner| owner.name == spec.declared.client);
        spec.fit(&links, owner.as_ref().unwrap_or(&NOBODY))
            .is_some()
            && (owned || spec.is_specific())
            && looks.streams(at) != Streams::Terminal
    })
}

/// Children that look like servers themselves: `sh -c 'a & b & wait'` has two, and is neither.
fn servers_below(table: &ProcessTable, looks: &Looks, at: usize) -> usize {
    let listed = |child: &&usize| {
        table.processes()[**child].sample.counters.state != ProcessState::Zombie
            && looks
                .verdict(**child)
                .is_some_and(|verdict| verdict.confidence >= LISTED)
    };
    table.children(at).iter().filter(listed).count()
}

static NOBODY: Owner = Owner {
    name: String::new(),
    kind: OwnerKind::Unknown,
    pid: None,
    start_ticks: None,
    alive: false,
};

/// The nearest known owner above a process.
fn owner_above(table: &ProcessTable, looks: &Looks, at: usize) -> Option<Owner> {
    let above = table
        .ancestors(at)
        .find(|&above| looks.owner(above).is_some())?;
    let known = looks.owner(above)?;
    Some(Owner {
        name: known.name.to_owned(),
        kind: known.kind,
        pid: Some(table.processes()[above].pid()),
        start_ticks: Some(table.processes()[above].id().start_ticks),
        alive: true,
    })
}

/// The topmost launcher above a process that launches nothing else.
fn climb(table: &ProcessTable, looks: &Looks, from: usize, taken: &[bool]) -> usize {
    let mut root = from;
    while let Some(parent) = table.parent(root) {
        let process = &table.processes()[parent];
        let alone = table
            .children(parent)
            .iter()
            .filter(|&&child| {
                table.processes()[child].sample.counters.state != ProcessState::Zombie
            })
            .count()
            <= 1;
        if !looks.is_launcher(parent)
            || !alone
            || taken[parent]
            || is_reaper(process)
            || is_session_keeper(process.comm())
            || looks.streams(parent) == Streams::Terminal
        {
            break;
        }
        root = parent;
    }
    root
}

/// The tree below the root, without what a gateway in it has started: those are its own.
fn members(table: &ProcessTable, looks: &Looks, root: usize) -> Vec<usize> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        next += 1;
        let gateway = looks
            .owner(at)
            .is_some_and(|owner| owner.kind == OwnerKind::Gateway);
        if !gateway && found.len() <= table.processes().len() {
            found.extend_from_slice(table.children(at));
        }
    }
    found
}

/// From the root down through launchers to the first process that does the work.
fn chain(table: &ProcessTable, looks: &Looks, root: usize, members: &[usize]) -> Vec<usize> {
    let inside: HashSet<usize> = members.iter().copied().collect();
    let mut chain = vec![root];
    let mut at = root;
    while looks.is_launcher(at) && chain.len() <= members.len() {
        let living = |child: &usize| {
            inside.contains(child)
                && table.processes()[*child].sample.counters.state != ProcessState::Zombie
        };
        let children = table.children(at);
        let next = children
            .iter()
            .filter(|child| living(child))
            .max_by(|a, b| weight(looks, **a).total_cmp(&weight(looks, **b)));
        match next {
            Some(&child) => {
                chain.push(child);
                at = child;
            }
            None => break,
        }
    }
    chain
}

fn weight(looks: &Looks, at: usize) -> f64 {
    looks.verdict(at).map_or(0.0, |verdict| verdict.confidence)
}

impl Draft {
    /// The strongest verdict of the chain, under the name of its first launcher that knows one.
    pub fn verdict(&self, looks: &Looks) -> Verdict {
        let verdicts: Vec<&Verdict> = self
            .chain
            .iter()
            .filter_map(|&at| looks.verdict(at))
            .collect();
        let best = verdicts
            .iter()
            .max_by(|a, b| a.confidence.total_cmp(&b.confidence));
        let named = self.chain.iter().find(|&&at| {
            looks.verdict(at).is_some()
                && looks
                    .command(at)
                    .is_some_and(|command| command.package.is_some())
        });
        let mut verdict = best.map_or_else(
            || Verdict {
                name: self.fallback_name(looks),
                confidence: LISTED,
                evidence: Vec::new(),
            },
            |best| (*best).clone(),
        );
        if let Some(named) = named.and_then(|&at| looks.verdict(at)) {
            verdict.name.clone_from(&named.name);
        }
        verdict
    }

    fn fallback_name(&self, looks: &Looks) -> String {
        let command = looks.command(self.leaf);
        let name = command.and_then(|command| command.names().next().map(str::to_owned));
        name.unwrap_or_else(|| "server".to_owned())
    }

    /// How the leaf is reached, as far as its descriptors tell.
    pub fn transport(&self, looks: &Looks) -> Transport {
        match looks.streams(self.leaf) {
            Streams::Wired | Streams::Terminal => Transport::Stdio,
            Streams::Listening => Transport::Http,
            Streams::Unknown | Streams::Nothing => Transport::Unknown,
        }
    }

    /// The instance, with roles and state as far as its owner decides them.
    pub fn instance(&self, table: &ProcessTable, looks: &Looks, found: &Found) -> Instance {
        let all = table.processes();
        let root = &all[self.root];
        let members: Vec<Member> = self
            .members
            .iter()
            .map(|&at| {
                let process = &all[at];
                let role = if at == self.leaf {
                    Role::Server
                } else if self.chain.contains(&at) {
                    Role::Wrapper
                } else {
                    Role::Helper
                };
                let (own, tree) = (&process.sample.counters, &root.sample.counters);
                // The leaf may lead a group of its own by its wrapper's wish; a helper that does
                // has left.
                let stray =
                    role == Role::Helper && (own.sid != tree.sid || own.pgid == process.pid());
                Member {
                    id: process.id(),
                    role,
                    stray,
                }
            })
            .collect();
        let state = all[self.leaf].sample.counters.state;
        let state = match (&found.orphaned, state) {
            (_, ProcessState::Zombie) => ServerState::Zombie,
            (Some(_), _) => ServerState::Orphan,
            (None, _) if found.unused.is_some() => ServerState::Surplus,
            (None, ProcessState::Stopped | ProcessState::Traced) => ServerState::Stopped,
            (None, _) => ServerState::Running,
        };
        // A launcher that runs nothing is no server: it is what it launches, in its last moments
        // or first ones.
        let leaf = all[self.leaf].id();
        let mut members = members;
        if looks.is_launcher(self.leaf) {
            for member in members.iter_mut().filter(|member| member.id == leaf) {
                member.role = Role::Wrapper;
            }
        }
        Instance {
            root: root.id(),
            leaf,
            members,
            state,
            started_at: table.moment.wall_of(root.id().start_ticks, &table.host),
            orphaned: found.orphaned.clone(),
            unused: found.unused.clone(),
        }
    }
}
