//! Taking stock: from processes to servers, instances and owners.
//!
//! 1. Each process is looked at by itself: its command, whether it is a known owner, and
//!    how much it looks like a server ([`look`]).
//! 2. Processes are gathered into instances, parents before children: a process that
//!    looks like a server starts an instance unless its parent belongs to one, and the
//!    launchers above it are its wrappers ([`gather`]).
//! 3. Each instance gets its owner, living or gone ([`ownership`]), and its declaration.
//! 4. Instances of one name under one owner become a server; siblings that are too many
//!    are told apart (`siblings`).

use foldhash::{HashMap, HashMapExt, HashSet};
use model::ProcessTable;

use crate::kept::{self, KeptServer};
use crate::matching::{Link, Spec, assign};
use crate::wiring::Wiring;
use crate::{Context, Instance, Owner, OwnerKind, Server, ServerState};

mod absent;
pub mod gather;
pub mod look;
pub mod ownership;
mod siblings;

use gather::Draft;
use look::Looks;

/// What runs and what is declared, at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// Servers: those of living owners first, by owner and name.
    pub servers: Vec<Server>,
    /// Known owners that run, clients and gateways, whether they have servers or not.
    pub owners: Vec<Owner>,
    /// Watched processes, as servers. They may belong to one of the servers above too.
    pub watched: Vec<Server>,
}

impl Inventory {
    /// All instances with their servers.
    pub fn instances(&self) -> impl Iterator<Item = (&Server, &Instance)> {
        self.servers.iter().flat_map(|server| {
            server
                .instances
                .iter()
                .map(move |instance| (server, instance))
        })
    }

    /// The instance that a process belongs to, with its server.
    pub fn instance_of(&self, pid: u32) -> Option<(&Server, &Instance)> {
        self.instances()
            .find(|(_, instance)| instance.members.iter().any(|member| member.id.pid == pid))
    }
}

/// Takes stock. `looks` remembers what it saw of each process and may be used again and again.
pub fn take(table: &ProcessTable, context: &Context, looks: &mut Looks) -> Inventory {
    let wiring = Wiring::new(table);
    take_with(table, context, looks, &wiring)
}

/// As [`take`], with wiring that the caller has already.
pub fn take_with(
    table: &ProcessTable,
    context: &Context,
    looks: &mut Looks,
    wiring: &Wiring,
) -> Inventory {
    looks.refresh(table, context);
    let specs: Vec<Spec<'_>> = context.declared.iter().map(Spec::new).collect();
    let mut drafts = gather::gather(table, looks, context, &specs);
    drafts.sort_by_key(|draft| table.processes()[draft.root].id().start_ticks);
    let owners: Vec<ownership::Found> = drafts
        .iter()
        .map(|draft| ownership::find(table, looks, context, wiring, draft))
        .collect();
    let entries = declarations(table, looks, context, &specs, &drafts, &owners);
    let mut servers = group(table, looks, context, &specs, &drafts, &owners, &entries);
    siblings::judge(table, &mut servers);
    let running = running_owners(table, looks);
    servers.extend(absent::servers(context, &servers, &running));
    servers.extend(kept::absent(context, &servers, table));
    for server in &mut servers {
        let worst = server.instances.iter().map(|instance| instance.state).max();
        server.state = worst.unwrap_or(server.state);
    }
    servers.sort_by(|a, b| order(a).cmp(&order(b)));
    Inventory {
        servers,
        owners: running,
        watched: Vec::new(),
    }
}

fn order(server: &Server) -> (bool, bool, &str, Option<u32>, &str, &str) {
    (
        server.instances.is_empty(),
        !server.owner.alive,
        &server.owner.name,
        server.owner.pid,
        &server.name,
        &server.id,
    )
}

fn running_owners(table: &ProcessTable, looks: &Looks) -> Vec<Owner> {
    table
        .processes()
        .iter()
        .enumerate()
        .filter_map(|(at, process)| {
            let known = looks.owner(at)?;
            // One product is many processes: only the topmost of one name stands for it.
            let nested = table.ancestors(at).any(|above| {
                looks
                    .owner(above)
                    .is_some_and(|other| other.name == known.name)
            });
            (!nested).then(|| Owner {
                name: known.name.to_owned(),
                kind: known.kind,
                pid: Some(process.pid()),
                start_ticks: Some(process.id().start_ticks),
                alive: true,
            })
        })
        .collect()
}

/// The declaration of each draft, as an index into the specs, with its fit.
fn declarations(
    table: &ProcessTable,
    looks: &Looks,
    context: &Context,
    specs: &[Spec<'_>],
    drafts: &[Draft],
    owners: &[ownership::Found],
) -> Vec<Option<(usize, f64)>> {
    let mut owner_numbers: HashMap<(Option<u32>, &str), usize> = HashMap::new();
    let mut numbers = Vec::with_capacity(drafts.len());
    let mut fits = Vec::with_capacity(drafts.len());
    for (draft, found) in drafts.iter().zip(owners) {
        let next = owner_numbers.len();
        let owner = &found.owner;
        numbers.push(
            *owner_numbers
                .entry((owner.pid, owner.name.as_str()))
                .or_insert(next),
        );
        let chain: Vec<Link<'_>> = draft
            .chain
            .iter()
            .map(|&at| {
                let process = &table.processes()[at];
                Link {
                    process,
                    command: looks.command(at),
                    package: context
                        .packages
                        .get(&process.id())
                        .and_then(|facts| facts.name.as_deref()),
                }
            })
            .collect();
        // Who was left behind keeps its name: another session's entry with the same command is not
        // what it was started from.
        let root = table.processes()[draft.root].id();
        let known_as = found
            .orphaned
            .as_ref()
            .and_then(|_| context.memory.instance(root))
            .map(|seen| seen.server.as_str());
        let fit: Vec<(usize, f64)> = specs
            .iter()
            .enumerate()
            .filter(|(_, spec)| known_as.is_none_or(|name| name == spec.declared.name))
            .filter_map(|(at, spec)| {
                Some((
                    at,
                    spec.fit(&chain, owner)? + found.source_bonus(spec.declared),
                ))
            })
            .collect();
        fits.push(fit);
    }
    assign(&fits, &numbers)
        .into_iter()
        .zip(&fits)
        .map(|(entry, fits)| {
            let entry = entry?;
            fits.iter().find(|(at, _)| *at == entry).copied()
        })
        .collect()
}

fn group(
    table: &ProcessTable,
    looks: &Looks,
    context: &Context,
    specs: &[Spec<'_>],
    drafts: &[Draft],
    owners: &[ownership::Found],
    entries: &[Option<(usize, f64)>],
) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    let mut by_id: HashMap<String, usize> = HashMap::new();
    for ((draft, found), entry) in drafts.iter().zip(owners).zip(entries) {
        let kept = context.kept_as(table.processes()[draft.root].id());
        let declared = entry
            .map(|(at, _)| specs[at].declared)
            .filter(|_| kept.is_none());
        let verdict = draft.verdict(looks);
        let remembered = context.memory.instance(table.processes()[draft.root].id());
        let name = match (kept, declared, remembered) {
            (Some(kept), _, _) => kept.name.clone(),
            (None, Some(declared), _) => declared.name.clone(),
            (None, None, Some(seen)) => seen.server.clone(),
            (None, None, None) => verdict.name.clone(),
        };
        let owner = found.owner_named(declared);
        let owner_pid = owner.pid.map(|pid| pid.to_string()).unwrap_or_default();
        let owner_start = owner
            .start_ticks
            .map(|ticks| ticks.to_string())
            .unwrap_or_default();
        let print = [name.as_str(), &owner.name, &owner_pid, &owner_start];
        let id = kept.map_or_else(
            || format!("{}-{}", slug(&name), model::identity::fingerprint(print)),
            KeptServer::id,
        );
        let instance = draft.instance(table, looks, found);
        let mut evidence = verdict.evidence.clone();
        let mut confidence = verdict.confidence;
        if let (Some(declared), Some((_, fit))) = (declared, entry) {
            confidence = confidence.max(if *fit >= 0.8 { 0.97 } else { 0.85 });
            evidence.insert(
                0,
                format!(
                    "`{}` is declared in {}",
                    declared.name,
                    declared.source.display()
                ),
            );
        }
        if let Some(kept) = kept {
            confidence = 1.0;
            evidence = vec![format!("mcpvisor keeps `{}` and has started it", kept.name)];
        }
        let at = *by_id.entry(id.clone()).or_insert_with(|| {
            servers.push(Server {
                id,
                name,
                owner,
                transport: kept.map_or_else(|| draft.transport(looks), |kept| kept.transport),
                declared_in: kept.map(KeptServer::place).into_iter().collect(),
                state: ServerState::Running,
                confidence,
                evidence,
                instances: Vec::new(),
            });
            servers.len() - 1
        });
        let server = &mut servers[at];
        server.confidence = server.confidence.max(confidence);
        if let Some(declared) = declared {
            let all = absent::same_elsewhere(declared, &context.declared);
            server.declared_in.extend(all);
            server.declared_in.sort();
            server.declared_in.dedup();
        }
        server.instances.push(instance);
    }
    servers
}

/// Lower-case letters, digits and hyphens, at most 40 characters.
pub fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
        if slug.len() >= 40 {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "server".to_owned()
    } else {
        slug.to_owned()
    }
}

/// Positions of all processes of an instance, for comparing with holders of pipes and sockets.
pub fn positions(table: &ProcessTable, instance: &Instance) -> HashSet<usize> {
    instance
        .members
        .iter()
        .filter_map(|member| table.position(member.id.pid))
        .collect()
}

/// Owners of one kind.
pub fn owners_of(inventory: &Inventory, kind: OwnerKind) -> impl Iterator<Item = &Owner> {
    inventory
        .owners
        .iter()
        .filter(move |owner| owner.kind == kind)
}
