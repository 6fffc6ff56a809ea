//! Whose an instance is, and whether that owner still lives.
//!
//! While the owner lives it is an ancestor: the nearest known client or gateway, a
//! person's shell, or whatever program the parent is. When it has died the kernel has
//! given the instance to init or to the nearest subreaper, and does not say so. Three
//! things show it: the parent adopts others' children by trade (PID 1, `systemd
//! --user`, a container's init); the instance is in a session that its parent is not in
//! and did not start itself, so it cannot have been forked by that parent; or it was
//! seen before under an owner that is gone. Then the leader of its session or group,
//! the other ends of its standard streams, the hubs' own state files and what earlier
//! runs remembered tell whose it was.

use std::path::PathBuf;

use foldhash::HashSet;
use model::{Process, ProcessTable};

use super::gather::Draft;
use super::look::{Looks, listens};
use crate::command::Command;
use crate::declared::DeclaredServer;
use crate::owners::{is_reaper, is_session_keeper, is_shell};
use crate::server::Orphaned;
use crate::wiring::{Channel, OtherEnd, Wiring};
use crate::{Context, Owner, OwnerKind};

/// The owner of an instance, and what shows that it is gone.
#[derive(Clone, Debug)]
pub struct Found {
    /// Owner.
    pub owner: Owner,
    /// It is gone.
    pub orphaned: Option<Orphaned>,
    /// It lives but has let go of the instance: what shows that.
    pub unused: Option<String>,
    /// Configuration files that the owner was started with.
    configs: Vec<PathBuf>,
}

impl Found {
    pub(crate) fn living(owner: Owner, configs: Vec<PathBuf>) -> Self {
        Self {
            owner,
            orphaned: None,
            unused: None,
            configs,
        }
    }

    /// More than nothing for declarations in a file that this owner was started with.
    pub fn source_bonus(&self, declared: &DeclaredServer) -> f64 {
        if self.configs.contains(&declared.source) {
            0.05
        } else {
            0.0
        }
    }

    /// The owner; one that left no name gets that of the client that declares the server.
    pub fn owner_named(&self, declared: Option<&DeclaredServer>) -> Owner {
        match declared {
            Some(declared) if self.owner.kind == OwnerKind::Unknown => Owner {
                name: declared.client.to_owned(),
                kind: if matches!(declared.scope, crate::declared::Scope::Gateway) {
                    OwnerKind::Gateway
                } else {
                    OwnerKind::Client
                },
                ..self.owner.clone()
            },
            _ => self.owner.clone(),
        }
    }
}

/// Finds the owner of an instance.
pub fn find(
    table: &ProcessTable,
    looks: &Looks,
    context: &Context,
    wiring: &Wiring,
    draft: &Draft,
) -> Found {
    let all = table.processes();
    let root = &all[draft.root];
    if let Some(found) = context.keeper_of(root.id(), table) {
        return found;
    }
    let own: HashSet<usize> = draft.members.iter().copied().collect();
    if let Some(container) = &root.sample.facts.container_id
        && own_container(table, context) != Some(container.as_str())
    {
        return Found::living(in_container(container), Vec::new());
    }
    let stdin = stdin(all, draft, wiring, &own, context);
    let top = top(table, looks, draft.root);
    let parent = table.parent(top);
    let adopted = adoption(table, &all[top], parent);
    if adopted.is_empty() {
        let Some(parent) = parent else {
            // PID 1 of a container that we are in, or a parent that we may not see.
            return Found::living(service("the system", None), Vec::new());
        };
        let (owner, at) = climb(table, looks, parent);
        let mut found = Found::living(owner, configs(&all[at]));
        if stdin == Channel::Wire(OtherEnd::Gone)
            && !draft.members.iter().any(|&at| listens(&all[at]))
        {
            found.unused = Some(format!(
                "{} still runs but has closed the standard input of this instance",
                found.owner.name
            ));
        }
        return found;
    }
    // Given to another process. Whoever holds the other end of its input still owns it.
    if let Channel::Wire(OtherEnd::Held(holders)) = &stdin
        && let Some(&holder) = holders.first()
    {
        let (owner, at) = climb(table, looks, holder);
        return Found::living(owner, configs(&all[at]));
    }
    let leaders = leaders(table, &all[top]);
    if let Some(&leader) = leaders
        .living
        .iter()
        .find(|&&at| looks.owner(at).is_some() && !own.contains(&at))
    {
        let (owner, at) = climb(table, looks, leader);
        let mut found = Found::living(owner, configs(&all[at]));
        found.unused = Some(format!(
            "the process that {} started it through is gone, and nobody holds its standard input",
            found.owner.name
        ));
        if stdin != Channel::Wire(OtherEnd::Gone) {
            found.unused = None;
        }
        return found;
    }
    let seen = context.memory.instance(root.id());
    let remembered = seen.and_then(|seen| seen.owner.clone());
    let hung_up = matches!(
        stdin,
        Channel::Wire(OtherEnd::Gone) | Channel::Terminal { gone: true }
    );
    if leaders.dead.is_empty()
        && !hung_up
        && remembered.as_ref().is_none_or(|owner| lives(table, owner))
    {
        // Leads its own session below a service manager: started as a service.
        let name = parent
            .map_or("the system", |parent| all[parent].comm())
            .to_owned();
        return Found::living(service(&name, parent.map(|at| &all[at])), Vec::new());
    }
    let mut evidence = adopted;
    evidence.extend(
        leaders
            .dead
            .iter()
            .map(|(what, pid, _)| format!("{what} {pid} is gone")),
    );
    evidence.push(input_in_words(&stdin).to_owned());
    let replaced = leaders.dead.iter().filter_map(|(_, _, since)| *since).min();
    let since = seen
        .and_then(|seen| seen.gone_since)
        .into_iter()
        .chain(replaced)
        .min();
    let (owner, configs) = dead_owner(context, &leaders, remembered);
    Found {
        owner,
        orphaned: Some(Orphaned { since, evidence }),
        unused: None,
        configs,
    }
}

/// What the standard input of an orphan leads to, as evidence.
fn input_in_words(stdin: &Channel) -> &'static str {
    match stdin {
        Channel::Wire(OtherEnd::Gone) => "nobody holds the other end of its standard input",
        Channel::Wire(OtherEnd::Unseen) => {
            "its standard input is held by a process that cannot be looked into"
        }
        Channel::Terminal { gone: true } => "its terminal is gone",
        Channel::Null => "its standard input is /dev/null",
        Channel::Unknown | Channel::Wire(_) => "who holds its standard input cannot be told",
        Channel::Terminal { .. } | Channel::File | Channel::Closed => {
            "its standard input is no pipe"
        }
    }
}

/// The topmost launcher above the root that started other servers too, and so is no part of the
/// instance: `sh -c 'a & b & wait'`. A script that goes on running is a program like others.
fn top(table: &ProcessTable, looks: &Looks, root: usize) -> usize {
    let mut top = root;
    while let Some(parent) = table.parent(top).filter(|&parent| {
        let process = &table.processes()[parent];
        let script = looks.command(parent).is_some_and(Command::runs_a_script);
        looks.is_launcher(parent)
            && !script
            && !is_reaper(process)
            && !is_session_keeper(process.comm())
    }) {
        top = parent;
    }
    top
}

/// What shows that the parent did not fork the root; empty if it may have.
fn adoption(table: &ProcessTable, root: &Process, parent: Option<usize>) -> Vec<String> {
    let Some(parent) = parent.map(|at| &table.processes()[at]) else {
        return Vec::new();
    };
    let (own, above) = (&root.sample.counters, &parent.sample.counters);
    let mut evidence = Vec::new();
    if is_reaper(parent) {
        evidence.push(format!(
            "its parent is {} (PID {}), which adopts what others leave",
            parent.comm(),
            parent.pid()
        ));
    } else if own.sid != 0
        && above.sid != own.sid
        && own.sid != root.pid()
        && own.sid != parent.pid()
    {
        // A child is born in its parent's session and can leave it only by leading a new one.
        let leader_lives = table
            .get(own.sid)
            .is_some_and(|leader| leader.id().start_ticks <= root.id().start_ticks);
        if !leader_lives {
            evidence.push(format!(
                "it belongs to session {}, which {} (PID {}) is not in: that adopted it",
                own.sid,
                parent.comm(),
                parent.pid()
            ));
        }
    }
    evidence
}

/// Leaders of the session and group that the root was born into.
struct Leaders {
    living: Vec<usize>,
    /// What it led, its pid, and when something else started under that pid.
    dead: Vec<(&'static str, u32, Option<jiff::Timestamp>)>,
}

fn leaders(table: &ProcessTable, root: &Process) -> Leaders {
    let own = &root.sample.counters;
    let mut leaders = Leaders {
        living: Vec::new(),
        dead: Vec::new(),
    };
    for (what, pid) in [
        ("the leader of its session,", own.sid),
        ("the leader of its process group,", own.pgid),
    ] {
        if pid == 0 || pid == root.pid() {
            continue;
        }
        match table.position(pid) {
            Some(at)
                if table.processes()[at].id().start_ticks <= root.id().start_ticks
                    && !is_dead(&table.processes()[at]) =>
            {
                leaders.living.push(at);
            }
            Some(at) if table.processes()[at].id().start_ticks > root.id().start_ticks => {
                let since = table
                    .moment
                    .wall_of(table.processes()[at].id().start_ticks, &table.host);
                leaders.dead.push((what, pid, Some(since)));
            }
            _ => leaders.dead.push((what, pid, None)),
        }
    }
    leaders.dead.dedup_by_key(|(_, pid, _)| *pid);
    leaders
}

fn is_dead(process: &Process) -> bool {
    matches!(
        process.sample.counters.state,
        model::ProcessState::Zombie | model::ProcessState::Dead
    )
}

/// The nearest known owner from `at` upwards, a shell with a terminal on the way, or `at` itself.
fn climb(table: &ProcessTable, looks: &Looks, at: usize) -> (Owner, usize) {
    let all = table.processes();
    let owner = |at: usize, name: &str, kind| Owner {
        name: name.to_owned(),
        kind,
        pid: Some(all[at].pid()),
        start_ticks: Some(all[at].id().start_ticks),
        alive: true,
    };
    for above in std::iter::once(at).chain(table.ancestors(at)) {
        if let Some(known) = looks.owner(above) {
            // The topmost process of the product that is in the same session stands for it.
            return (owner(above, known.name, known.kind), above);
        }
        let process = &all[above];
        if is_shell(process.comm()) && !looks.is_launcher(above) && process.sample.counters.tty != 0
        {
            return (
                owner(
                    above,
                    process.comm().trim_start_matches('-'),
                    OwnerKind::Terminal,
                ),
                above,
            );
        }
        if is_reaper(process) || is_session_keeper(process.comm()) {
            break;
        }
    }
    let process = &all[at];
    if is_reaper(process) {
        return (service(process.comm(), Some(process)), at);
    }
    let name = looks.command(at).map_or_else(
        || process.comm().to_owned(),
        |command| {
            command
                .script
                .as_deref()
                .map_or(command.program.as_str(), crate::command::base_name)
                .to_owned()
        },
    );
    let kind = if process.comm() == "mcpvisor" {
        OwnerKind::Mcpvisor
    } else {
        OwnerKind::Program
    };
    (owner(at, &name, kind), at)
}

fn service(name: &str, process: Option<&Process>) -> Owner {
    Owner {
        name: name.to_owned(),
        kind: OwnerKind::Service,
        pid: process.map(Process::pid),
        start_ticks: process.map(|process| process.id().start_ticks),
        alive: true,
    }
}

fn in_container(id: &str) -> Owner {
    service(&format!("container {}", &id[..id.len().min(12)]), None)
}

fn own_container<'a>(table: &'a ProcessTable, context: &Context) -> Option<&'a str> {
    table
        .get(context.own_pid)?
        .sample
        .facts
        .container_id
        .as_deref()
}

fn lives(table: &ProcessTable, owner: &Owner) -> bool {
    owner.pid.is_some_and(|pid| {
        table.get(pid).is_some_and(|process| {
            !is_dead(process)
                && owner
                    .start_ticks
                    .is_none_or(|start| process.id().start_ticks == start)
        })
    })
}

/// Name of a dead owner: from a hub's own state file, from memory, else unknown.
fn dead_owner(
    context: &Context,
    leaders: &Leaders,
    remembered: Option<Owner>,
) -> (Owner, Vec<PathBuf>) {
    let pids: Vec<u32> = leaders.dead.iter().map(|(_, pid, _)| *pid).collect();
    if let Some(hub) = context.hubs.iter().find(|hub| pids.contains(&hub.pid)) {
        let owner = Owner {
            name: "mcp-hub".to_owned(),
            kind: OwnerKind::Gateway,
            pid: Some(hub.pid),
            start_ticks: None,
            alive: false,
        };
        return (owner, hub.config_files.clone());
    }
    if let Some(owner) = remembered {
        return (
            Owner {
                alive: false,
                ..owner
            },
            Vec::new(),
        );
    }
    let owner = Owner {
        name: "unknown".to_owned(),
        kind: OwnerKind::Unknown,
        pid: pids.first().copied(),
        start_ticks: None,
        alive: false,
    };
    (owner, Vec::new())
}

/// Configuration files on an owner's command line: every value after `--config`.
pub fn configs(process: &Process) -> Vec<PathBuf> {
    let cwd = process.sample.facts.cwd.as_deref().unwrap_or("/");
    let argv = process.argv();
    argv.iter()
        .enumerate()
        .filter_map(|(at, word)| match word.strip_prefix("--config=") {
            Some(file) => Some(file),
            None if word == "--config" || word == "-c" => argv.get(at + 1).map(String::as_str),
            None => None,
        })
        .map(|file| std::path::Path::new(cwd).join(file))
        .collect()
}

/// What the input of the instance leads to: the first process of the chain whose input is wired
/// decides, because wrappers hand theirs down.
fn stdin(
    all: &[Process],
    draft: &Draft,
    wiring: &Wiring,
    own: &HashSet<usize>,
    context: &Context,
) -> Channel {
    let channels: Vec<Channel> = draft
        .chain
        .iter()
        .map(|&at| wiring.channel(&all[at], 0, own, &context.writers))
        .collect();
    let held = channels
        .iter()
        .find(|c| matches!(c, Channel::Wire(OtherEnd::Held(_))));
    held.or_else(|| channels.iter().rev().find(|channel| channel.is_wire()))
        .or_else(|| channels.last())
        .cloned()
        .unwrap_or(Channel::Unknown)
}
