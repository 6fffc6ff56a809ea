//! Why an instance is not cleaned.
//!
//! Each rule looks for a reason to leave it alone, and what cannot be judged is such a
//! reason. All of them are asked, so that a person sees everything that stands in the way.

mod kind;
mod signs;

use foldhash::HashSet;
use model::{Connection, ConnectionState, FileTarget, Process, ProcessTable, Protocol};

pub use kind::{Refusal, RefusalKind};
use signs::{accepted, connections, has_peers, is_visible, local_port, system_service};

use super::{Wishes, seconds_between, tree};
use crate::evidence::CERTAIN_ENOUGH;
use crate::owners::{is_session_keeper, is_shell};
use crate::stock::look::listens;
use crate::stock::positions;
use crate::watches::watches_any;
use crate::wiring::{Channel, OtherEnd, Wiring, streams};
use crate::{Context, Instance, Inventory, OwnerKind, Role, Server};

/// Judges instances against one set of planned processes.
pub(super) struct Judge<'a> {
    table: &'a ProcessTable,
    inventory: &'a Inventory,
    context: &'a Context,
    wiring: &'a Wiring,
    wishes: &'a Wishes,
    planned: &'a HashSet<usize>,
    ancestors: HashSet<usize>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(
        table: &'a ProcessTable,
        inventory: &'a Inventory,
        context: &'a Context,
        wiring: &'a Wiring,
        wishes: &'a Wishes,
        planned: &'a HashSet<usize>,
    ) -> Self {
        let ancestors = std::iter::once(context.own_pid)
            .chain(wishes.caller)
            .filter_map(|pid| table.position(pid))
            .flat_map(|at| std::iter::once(at).chain(table.ancestors(at)))
            .collect();
        Self {
            table,
            inventory,
            context,
            wiring,
            wishes,
            planned,
            ancestors,
        }
    }

    /// All reasons against removing an instance; empty if there are none.
    pub(super) fn refusals(&self, server: &Server, instance: &Instance) -> Vec<Refusal> {
        let mut found = Vec::new();
        found.extend(self.owner(server, instance));
        found.extend(self.age(instance));
        found.extend(certainty(server));
        let spared: HashSet<usize> = self
            .spared(instance)
            .iter()
            .flat_map(|(at, _)| self.table.subtree(*at))
            .collect();
        let own: Vec<usize> = tree(self.table, instance)
            .into_iter()
            .filter(|at| !spared.contains(at))
            .collect();
        found.extend(self.whose(server, &own));
        found.extend(self.stdio(instance));
        found.extend(self.sockets(&own));
        found.extend(self.locks(server, instance));
        if self.wishes.insist {
            found.retain(|refusal| refusal.kind.is_absolute());
        }
        found
    }

    fn owner(&self, server: &Server, instance: &Instance) -> Option<Refusal> {
        let Some(gone) = &instance.orphaned else {
            let owner = &server.owner;
            let pid = owner
                .pid
                .map(|pid| format!(" (PID {pid})"))
                .unwrap_or_default();
            let kind = if owner.kind == OwnerKind::Service && owner.name.starts_with("container") {
                RefusalKind::InContainer
            } else {
                RefusalKind::OwnerAlive
            };
            return Some(Refusal::new(
                kind,
                format!("its owner {}{pid} lives", owner.name),
            ));
        };
        let gone_for = gone
            .since
            .map(|since| seconds_between(since, self.table.moment.wall));
        let left = self.wishes.grace_seconds - gone_for.unwrap_or(0.0);
        (left > 0.0).then(|| Refusal {
            kind: RefusalKind::Grace,
            detail: match gone_for {
                Some(gone) => format!("its owner has been gone for only {gone:.0} s"),
                None => "its owner was found gone only now".to_owned(),
            },
            wait_seconds: Some(left),
        })
    }

    fn age(&self, instance: &Instance) -> Option<Refusal> {
        let wanted = self.wishes.older_than_seconds?;
        let age = self
            .table
            .moment
            .age_of(instance.root.start_ticks, &self.table.host);
        (age < wanted).then(|| Refusal {
            kind: RefusalKind::Younger,
            detail: format!("it has run for {age:.0} s, less than the {wanted:.0} s asked for"),
            wait_seconds: None,
        })
    }

    /// User, container, service, ancestors, terminals, never-touch.
    fn whose(&self, server: &Server, own: &[usize]) -> Vec<Refusal> {
        let mut found = Vec::new();
        if let Some(detail) = watches_any(&self.context.watches, self.table, own) {
            found.push(Refusal::new(RefusalKind::Watched, detail));
        }
        let all = self.table.processes();
        for &at in own {
            let process = &all[at];
            let facts = &process.sample.facts;
            let (pid, comm) = (process.pid(), process.comm());
            if self.ancestors.contains(&at) {
                found.push(Refusal::new(
                    RefusalKind::OurAncestor,
                    format!("mcpvisor runs below PID {pid}"),
                ));
            }
            let may = self.context.own_uid == 0 && self.wishes.all_users;
            match facts.uid {
                Some(uid) if uid == self.context.own_uid || may => {}
                Some(uid) => found.push(Refusal::new(
                    RefusalKind::OtherUser,
                    format!(
                        "PID {pid} belongs to {}",
                        facts.user.clone().unwrap_or_else(|| format!("user {uid}"))
                    ),
                )),
                None => found.push(Refusal::new(
                    RefusalKind::CannotJudge,
                    format!("whose PID {pid} is cannot be read"),
                )),
            }
            if let Some(cgroup) = &facts.cgroup
                && let Some(service) = system_service(cgroup)
            {
                found.push(Refusal::new(
                    RefusalKind::SystemService,
                    format!("PID {pid} belongs to {service}"),
                ));
            }
            if let Some(container) = &facts.container_id
                && self.own_container() != Some(container.as_str())
            {
                found.push(Refusal::new(
                    RefusalKind::InContainer,
                    format!("PID {pid} runs in a container"),
                ));
            }
            if is_session_keeper(comm) {
                found.push(Refusal::new(
                    RefusalKind::SessionKeeper,
                    format!("PID {pid} is {comm}"),
                ));
            }
            if self.never_touched(server, process) {
                found.push(Refusal::new(
                    RefusalKind::NeverTouch,
                    format!("the configuration says never to touch {comm} (PID {pid})"),
                ));
            }
        }
        let mut kinds = HashSet::default();
        found.retain(|refusal| kinds.insert(refusal.kind));
        found
    }

    fn own_container(&self) -> Option<&str> {
        self.table
            .get(self.context.own_pid)?
            .sample
            .facts
            .container_id
            .as_deref()
    }

    fn never_touched(&self, server: &Server, process: &Process) -> bool {
        self.wishes
            .never_touch
            .iter()
            .filter(|word| !word.is_empty())
            .any(|word| {
                *word == server.name
                    || *word == server.id
                    || word == process.comm()
                    || process
                        .argv()
                        .iter()
                        .any(|argument| argument.contains(word.as_str()))
            })
    }

    /// Somebody outside the plan at the other end of input or output.
    fn stdio(&self, instance: &Instance) -> Vec<Refusal> {
        let own = self.own(instance);
        let mut found = Vec::new();
        let mut hung_up = false;
        let mut readable = false;
        let chain = instance
            .members
            .iter()
            .filter(|member| member.role != Role::Helper);
        for process in chain.filter_map(|member| self.table.get(member.id.pid)) {
            let input = self.wiring.channel(process, 0, &own, &self.context.writers);
            readable |= input != Channel::Unknown;
            // A daemon may hold some pipe of the shell that it was started from.
            let at_its_place = streams(process).0 == 0 || !listens(process);
            hung_up |= at_its_place
                && matches!(
                    input,
                    Channel::Wire(OtherEnd::Gone) | Channel::Terminal { gone: true }
                );
            if !input.is_wire()
                && let Some(&at) = self
                    .wiring
                    .speakers(process, &own)
                    .iter()
                    .find(|at| !self.planned.contains(at))
            {
                let holder = &self.table.processes()[at];
                found.push(Refusal::new(
                    RefusalKind::StdioInUse,
                    format!(
                        "{} (PID {}) can write to PID {}",
                        holder.comm(),
                        holder.pid(),
                        process.pid()
                    ),
                ));
            }
            let output = self.wiring.channel(process, 1, &own, &self.context.writers);
            for (what, channel) in [("input", input), ("output", output)] {
                match channel {
                    Channel::Wire(OtherEnd::Held(holders)) => {
                        let outside: Vec<String> = holders
                            .into_iter()
                            .filter(|at| !self.planned.contains(at))
                            .map(|at| &self.table.processes()[at])
                            .map(|holder| format!("{} (PID {})", holder.comm(), holder.pid()))
                            .collect();
                        if !outside.is_empty() {
                            found.push(Refusal::new(
                                RefusalKind::StdioInUse,
                                format!("{} holds the other end of its standard {what}", outside.join(", ")),
                            ));
                        }
                    }
                    Channel::Wire(OtherEnd::Unseen) => found.push(Refusal::new(
                        RefusalKind::StdioInUse,
                        format!("a process that cannot be looked into holds the other end of its standard {what}"),
                    )),
                    Channel::Wire(OtherEnd::Unknown) if what == "input" => found.push(Refusal::new(
                        RefusalKind::CannotJudge,
                        "who holds the other end of its standard input cannot be told",
                    )),
                    Channel::Terminal { gone: false } => found.push(Refusal::new(
                        RefusalKind::StdioInUse,
                        format!("its standard {what} is a terminal that is still open"),
                    )),
                    _ => {}
                }
            }
        }
        if !readable {
            found.push(Refusal::new(
                RefusalKind::CannotJudge,
                "its open files cannot be read",
            ));
        } else if !hung_up && found.is_empty() && self.may_be_daemon(instance) {
            found.push(Refusal::new(
                RefusalKind::MayBeDaemon,
                "it listens on a socket and does not hang on anybody's pipe: it may be meant to run by itself",
            ));
        }
        found.dedup();
        found
    }

    fn own(&self, instance: &Instance) -> HashSet<usize> {
        let mut own = positions(self.table, instance);
        own.extend(tree(self.table, instance));
        own
    }

    fn may_be_daemon(&self, instance: &Instance) -> bool {
        instance
            .members
            .iter()
            .filter_map(|member| self.table.get(member.id.pid))
            .any(|process| listens(process) || process.sample.connections.is_none())
    }

    /// Somebody outside the plan connected to a socket that the instance accepted on. What it is
    /// itself connected to keeps nobody waiting for it.
    fn sockets(&self, own: &[usize]) -> Vec<Refusal> {
        let mut found = Vec::new();
        for &at in own {
            let process = &self.table.processes()[at];
            let all = connections(process);
            let listening: Vec<&Connection> = all
                .iter()
                .filter(|c| c.state == ConnectionState::Listen)
                .collect();
            for connection in all.iter().filter(|c| accepted(c, &listening)) {
                let holders = connection
                    .peer_inode
                    .map(|peer| self.wiring.holders(peer))
                    .unwrap_or_default();
                let inside = !holders.is_empty()
                    && holders
                        .iter()
                        .all(|at| self.planned.contains(at) || own.contains(at));
                if inside || connection.peer_inode == Some(0) {
                    continue;
                }
                let who = holders
                    .iter()
                    .find(|at| !self.planned.contains(at))
                    .map_or_else(
                        || format!("somebody ({})", connection.peer),
                        |&at| {
                            let holder = &self.table.processes()[at];
                            format!("{} (PID {})", holder.comm(), holder.pid())
                        },
                    );
                found.push(Refusal::new(
                    RefusalKind::PeersConnected,
                    format!(
                        "{who} is connected to {} of PID {}",
                        connection.local,
                        process.pid()
                    ),
                ));
            }
        }
        found.extend(self.unaccepted(own));
        found.truncate(4);
        found
    }

    /// Clients whose connection the instance has not accepted yet, or whose accepted side cannot be
    /// seen: found from their end, by the port that they are connected to on this machine.
    fn unaccepted(&self, own: &[usize]) -> Vec<Refusal> {
        let ports: HashSet<u16> = own
            .iter()
            .flat_map(|&at| connections(&self.table.processes()[at]))
            .filter_map(Connection::listening_port)
            .collect();
        if ports.is_empty() {
            return Vec::new();
        }
        let outside = self
            .table
            .processes()
            .iter()
            .enumerate()
            .filter(|(at, _)| !own.contains(at) && !self.planned.contains(at));
        outside
            .flat_map(|(_, process)| connections(process).iter().map(move |c| (process, c)))
            .filter(|(_, c)| {
                c.state == ConnectionState::Established && c.protocol != Protocol::Unix
            })
            .filter(|(_, c)| local_port(&c.peer).is_some_and(|port| ports.contains(&port)))
            .map(|(process, c)| {
                Refusal::new(
                    RefusalKind::PeersConnected,
                    format!(
                        "{} (PID {}) is connected to {}",
                        process.comm(),
                        process.pid(),
                        c.peer
                    ),
                )
            })
            .collect()
    }

    /// A lock or port of this instance that a living sibling, one of the same server, uses.
    fn locks(&self, server: &Server, instance: &Instance) -> Vec<Refusal> {
        let held: Vec<&str> = self
            .context
            .locks
            .iter()
            .filter(|(id, _)| instance.members.iter().any(|member| member.id == *id))
            .map(|(_, path)| path.as_str())
            .collect();
        if held.is_empty() {
            return Vec::new();
        }
        let siblings = self
            .inventory
            .instances()
            .filter(|(other, sibling)| other.name == server.name && sibling.root != instance.root);
        let mut found = Vec::new();
        for (_, sibling) in siblings {
            for at in positions(self.table, sibling)
                .into_iter()
                .filter(|at| !self.planned.contains(at))
            {
                let process = &self.table.processes()[at];
                let files = process
                    .files()
                    .map(|files| files.entries.as_slice())
                    .unwrap_or_default();
                let shared = files.iter().find_map(|file| match &file.target {
                    FileTarget::File { path, .. } if held.contains(&path.as_str()) => Some(path),
                    _ => None,
                });
                if let Some(path) = shared {
                    found.push(Refusal::new(
                        RefusalKind::SharedWithSibling,
                        format!(
                            "it holds a lock on {path}, which PID {} of the same server uses",
                            process.pid()
                        ),
                    ));
                }
            }
        }
        found
    }

    /// Descendants that have become something of the user's own: left alone when the rest goes.
    pub(super) fn spared(&self, instance: &Instance) -> Vec<(usize, String)> {
        let Some(root) = self.table.position(instance.root.pid) else {
            return Vec::new();
        };
        let all = self.table.processes();
        let root_sid = all[root].sample.counters.sid;
        let mut spared = Vec::new();
        let mut with_them: HashSet<usize> = HashSet::default();
        for at in self.table.subtree(root).into_iter().skip(1) {
            let process = &all[at];
            let own = &process.sample.counters;
            if instance.leaf == process.id() || with_them.contains(&at) {
                continue;
            }
            let left = own.sid != root_sid;
            let why = if left && own.tty != 0 {
                Some("it leads a session of its own with a terminal")
            } else if left && is_shell(process.comm()) && own.tty != 0 {
                Some("it is a person's shell")
            } else if is_session_keeper(process.comm()) {
                Some("it keeps people's sessions")
            } else if is_visible(process) {
                Some("it is a browser or editor that the user sees")
            } else if left && has_peers(process) {
                Some("others are connected to it")
            } else {
                None
            };
            if let Some(why) = why {
                spared.push((at, why.to_owned()));
                with_them.extend(self.table.subtree(at));
            }
        }
        spared
    }
}

/// Sure enough that it is a server.
fn certainty(server: &Server) -> Option<Refusal> {
    (server.confidence < CERTAIN_ENOUGH).then(|| {
        Refusal::new(
            RefusalKind::NotSure,
            format!(
                "it is an MCP server with a confidence of {:.2}, and {CERTAIN_ENOUGH:.2} is needed",
                server.confidence
            ),
        )
    })
}
