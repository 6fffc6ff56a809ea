//! Lines that start with `@`: what is known besides the processes.
//!
//! ```text
//! @me PID UID                                  our own process
//! @declared CLIENT FILE NAME command args...   [scope=project|local] [off]
//! @hub PID PORT FILE                           an entry of mcp-hub's state file
//! @seen PID NAME [gone=SECONDS] [owner=NAME/PID/AGE]
//! @ended NAME OWNER/PID/AGE                    ended while its owner went on
//! @writer PID yes|no                           does a writer of its standard input exist?
//! @lock PID PATH
//! @package PID name=.. sdk=.. imports=.. entry
//! @zombie PID SECONDS                          first seen as a zombie so long ago
//! @wish grace=S older=S only=W exclude=W never=W all-users
//! @findings KIND ...                           show findings of these kinds
//! ```

use std::path::PathBuf;

use inventory::context::Context;
use inventory::declared::{DeclaredServer, HubWorkspace, Launch, Scope};
use inventory::memory::{Ended, Seen};
use inventory::packages::PackageFacts;
use inventory::plan::Wishes;
use inventory::{Owner, OwnerKind};
use jiff::{SignedDuration, Timestamp};
use model::{FindingKind, ProcessId, ProcessTable};

use super::table::{moment, started, words};

/// What the directives said.
#[derive(Default)]
pub(crate) struct Known {
    context: Context,
    wishes: Wishes,
    shown: Vec<FindingKind>,
    by_pid: Vec<(u32, Fact)>,
}

enum Fact {
    Seen(String, Option<Timestamp>, Option<Owner>),
    Writer(bool),
    Lock(String),
    Package(PackageFacts),
    Zombie(Timestamp),
}

fn ago(seconds: &str) -> Timestamp {
    moment().wall - SignedDuration::from_secs(seconds.parse().unwrap())
}

impl Known {
    pub(crate) fn take(&mut self, line: &str) {
        let words = words(line);
        let text: Vec<&str> = words.iter().map(String::as_str).collect();
        match text.as_slice() {
            ["me", pid, uid] => {
                self.context.own_pid = pid.parse().unwrap();
                self.context.own_uid = uid.parse().unwrap();
            }
            ["declared", client, file, rest @ ..] => {
                self.context.declared.push(declared(client, file, rest));
            }
            ["hub", pid, port, file] => self.context.hubs.push(HubWorkspace {
                port: port.parse().unwrap(),
                pid: pid.parse().unwrap(),
                cwd: None,
                config_files: vec![PathBuf::from(file)],
                state: "active".to_owned(),
                started_at: None,
                file: PathBuf::from("/home/user/.local/state/mcp-hub/workspaces.json"),
                line: 1,
            }),
            ["ended", name, owner] => {
                let ended = Ended {
                    server: (*name).to_owned(),
                    owner: remembered(owner),
                    root: "7@1".to_owned(),
                    last: moment().wall,
                };
                self.context.memory.ended.insert(ended.key(), ended);
            }
            ["wish", rest @ ..] => rest.iter().for_each(|word| self.wish(word)),
            ["findings", rest @ ..] => self.shown.extend(rest.iter().map(|name| {
                FindingKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == *name)
                    .unwrap()
            })),
            [what, pid, rest @ ..] => {
                let fact = fact(what, rest);
                self.by_pid.push((pid.parse().unwrap(), fact));
            }
            _ => panic!("no such directive: {line}"),
        }
    }

    fn wish(&mut self, word: &str) {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "grace" => self.wishes.grace_seconds = value.parse().unwrap(),
            "older" => self.wishes.older_than_seconds = Some(value.parse().unwrap()),
            "only" => self.wishes.only.push(value.to_owned()),
            "exclude" => self.wishes.exclude.push(value.to_owned()),
            "never" => self.wishes.never_touch.push(value.to_owned()),
            "all-users" => self.wishes.all_users = true,
            _ => panic!("no such wish: {word}"),
        }
    }

    pub(crate) fn finish(mut self, table: &ProcessTable) -> (Context, Wishes, Vec<FindingKind>) {
        if self.context.own_pid == 0 && self.context.own_uid == 0 {
            // The person at the machine, unless a picture says otherwise.
            self.context.own_uid = 1000;
        }
        self.context.memory.boot_id.clone_from(&table.host.boot_id);
        for (pid, fact) in self.by_pid {
            let id: ProcessId = table
                .get(pid)
                .unwrap_or_else(|| panic!("no PID {pid}"))
                .id();
            match fact {
                Fact::Seen(server, gone_since, owner) => {
                    let seen = Seen {
                        server,
                        owner,
                        gone_since,
                        last: moment().wall,
                    };
                    self.context.memory.instances.insert(id.to_string(), seen);
                }
                Fact::Writer(exists) => drop(self.context.writers.insert(id, exists)),
                Fact::Lock(path) => self.context.locks.push((id, path)),
                Fact::Package(facts) => drop(self.context.packages.insert(id, facts)),
                Fact::Zombie(since) => {
                    self.context.memory.zombies.insert(id.to_string(), since);
                }
            }
        }
        (self.context, self.wishes, self.shown)
    }
}

fn fact(what: &str, rest: &[&str]) -> Fact {
    let value = |key: &str| {
        rest.iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
    };
    match what {
        "seen" => Fact::Seen(
            rest[0].to_owned(),
            value("gone").map(|seconds| ago(&seconds)),
            value("owner").map(|owner| remembered(&owner)),
        ),
        "writer" => Fact::Writer(rest[0] == "yes"),
        "lock" => Fact::Lock(rest[0].to_owned()),
        "zombie" => Fact::Zombie(ago(rest[0])),
        "package" => Fact::Package(PackageFacts {
            name: value("name"),
            sdk: value("sdk"),
            entry: rest.contains(&"entry"),
            speaks_of_mcp: rest.contains(&"mcp"),
            imports: value("imports"),
        }),
        _ => panic!("no such directive: {what}"),
    }
}

/// `NAME/PID/AGE`.
fn remembered(text: &str) -> Owner {
    let parts: Vec<&str> = text.split('/').collect();
    let known = inventory::declared::known_clients().any(|(name, _)| name == parts[0]);
    Owner {
        name: parts[0].to_owned(),
        kind: if known {
            OwnerKind::Client
        } else {
            OwnerKind::Program
        },
        pid: Some(parts[1].parse().unwrap()),
        start_ticks: Some(started(parts[2].parse().unwrap())),
        alive: true,
    }
}

fn declared(client: &str, file: &str, rest: &[&str]) -> DeclaredServer {
    let (client, client_id) = inventory::declared::known_clients()
        .find(|(name, _)| *name == client)
        .unwrap_or_else(|| panic!("no client {client}"));
    let source = PathBuf::from(file);
    let folder = source.parent().unwrap().to_owned();
    let mut scope = match client_id {
        "mcp-hub" | "mcp-proxy" => Scope::Gateway,
        _ => Scope::User,
    };
    let (mut enabled, mut cwd, mut env_names) = (true, None, Vec::new());
    let mut words = Vec::new();
    for word in rest {
        match *word {
            "off" if words.is_empty() => enabled = false,
            "scope=project" => scope = Scope::Project(folder.clone()),
            "scope=local" => scope = Scope::Local(folder.clone()),
            word => match (word.strip_prefix("cwd="), word.strip_prefix("env=")) {
                (Some(folder), _) => cwd = Some(folder.to_owned()),
                (_, Some(name)) => env_names.push(name.to_owned()),
                _ => words.push(word.to_owned()),
            },
        }
    }
    let shown = words[1..].join(" ");
    DeclaredServer {
        name: words[0].clone(),
        client,
        client_id,
        source,
        scope,
        line: Some(1),
        launch: Launch::Stdio {
            command: words[1].clone(),
            args: words[2..].to_vec(),
            cwd,
            env_names,
        },
        shown,
        enabled,
        why_disabled: None,
    }
}
