//! Which configurations to read: those of every user whose processes we may judge, of the
//! projects that clients work in, and of the gateways that run.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use foldhash::{HashMap, HashSet};
use inventory::Context;
use inventory::command::Command;
use inventory::declared::{
    DeclaredServer, GatewaySource, Home, HubWorkspace, Problem, Variables, discover, hub_workspaces,
};
use inventory::owners;
use model::{Facts, Process, ProcessId, Sample, Usage};

use super::reader::AsUser;

/// Projects read at most for one user: working directories come from other programs.
const MOST_PROJECTS: usize = 64;

/// What all configurations say, and when they were read.
#[derive(Default)]
pub struct Declarations {
    /// Declared servers.
    pub servers: Vec<DeclaredServer>,
    /// Files that could not be used.
    pub problems: Vec<Problem>,
    /// Hubs in hubs' own state files.
    pub hubs: Vec<HubWorkspace>,
    /// Homes that were looked into, with their users.
    pub homes: Vec<(u32, Home)>,
    /// When, nanoseconds since boot.
    pub read_at: Option<u64>,
    others: Others,
}

/// Processes that are known to be neither client nor gateway, as long as nothing about them changes:
/// most of a machine, which need not be looked at again each time.
#[derive(Default)]
struct Others {
    facts: HashMap<ProcessId, Arc<Facts>>,
}

impl Others {
    fn has(&self, sample: &Sample) -> bool {
        let known = self.facts.get(&sample.id);
        known.is_some_and(|facts| Arc::ptr_eq(facts, &sample.facts))
    }

    fn forget_ended(&mut self, samples: &[Sample]) {
        let alive: HashSet<ProcessId> = samples.iter().map(|sample| sample.id).collect();
        self.facts.retain(|id, _| alive.contains(id));
    }
}

/// A user whose configuration matters, with what that user's clients point to.
struct User {
    uid: u32,
    home: Home,
    projects: Vec<PathBuf>,
    gateways: Vec<GatewaySource>,
}

impl Declarations {
    /// Reads everything anew.
    pub fn read(&mut self, samples: &[Sample], context: &Context, now_ns: u64) {
        let mut others = std::mem::take(&mut self.others);
        others.forget_ended(samples);
        let users = users(samples, context, &mut others);
        *self = Self {
            read_at: Some(now_ns),
            others,
            ..Self::default()
        };
        for mut user in users {
            let reader = AsUser { uid: user.uid };
            let (hubs, problems) = hub_workspaces(&user.home, &reader);
            user.gateways
                .extend(hubs.iter().flat_map(HubWorkspace::sources));
            let mut seen = Vec::new();
            user.gateways.retain(|source| {
                let new = !seen.contains(source);
                seen.push(source.clone());
                new
            });
            let declared = discover(&user.home, &user.projects, &user.gateways, &reader);
            self.servers.extend(declared.servers);
            self.problems.extend(problems);
            self.problems.extend(declared.problems);
            self.hubs.extend(hubs);
            self.homes.push((user.uid, user.home));
        }
    }
}

/// Ourselves, and as root everybody who runs a client or gateway.
fn users(samples: &[Sample], context: &Context, others: &mut Others) -> Vec<User> {
    let mut users: Vec<User> = Vec::new();
    let own_home = context.home.clone().unwrap_or_else(|| "/".to_owned());
    users.push(User {
        uid: context.own_uid,
        home: Home::new(own_home, own_variables()),
        projects: std::env::current_dir().into_iter().collect(),
        gateways: Vec::new(),
    });
    let mut folders: BTreeSet<(u32, PathBuf)> = BTreeSet::new();
    for sample in samples {
        let Some(uid) = sample
            .facts
            .uid
            .filter(|&uid| uid == context.own_uid || context.own_uid == 0)
        else {
            continue;
        };
        // Configurations inside of a container are not on this file system.
        if sample.facts.cmdline.as_ref().is_none_or(Vec::is_empty)
            || sample.facts.container_id.is_some()
        {
            continue;
        }
        if others.has(sample) {
            continue;
        }
        let process = Process {
            sample: sample.clone(),
            usage: Usage::default(),
        };
        let command = Command::parse(process.argv());
        if owners::recognise(&process, command.as_ref(), None).is_none() {
            others.facts.insert(sample.id, Arc::clone(&sample.facts));
            continue;
        }
        let at = users.iter().position(|user| user.uid == uid);
        let at = match at {
            Some(at) => at,
            None => match home_of(uid) {
                Some(home) => {
                    users.push(User {
                        uid,
                        home: Home::new(home, Variables::default()),
                        projects: Vec::new(),
                        gateways: Vec::new(),
                    });
                    users.len() - 1
                }
                None => continue,
            },
        };
        let user = &mut users[at];
        if let Some(cwd) = &sample.facts.cwd
            && user.projects.len() < MOST_PROJECTS
            && folders.insert((uid, PathBuf::from(cwd)))
        {
            user.projects.push(PathBuf::from(cwd));
        }
        user.gateways.extend(sources(&process));
    }
    users
}

/// Configurations that a gateway's command line points to.
fn sources(process: &Process) -> Vec<GatewaySource> {
    let Some(command) = Command::parse(process.argv()) else {
        return Vec::new();
    };
    let Some(known) = owners::recognise(process, Some(&command), None) else {
        return Vec::new();
    };
    let cwd = Path::new(process.sample.facts.cwd.as_deref().unwrap_or("/"));
    match known.name {
        "mcp-hub" => inventory::stock::ownership::configs(process)
            .into_iter()
            .map(|file| GatewaySource::HubConfig { file })
            .collect(),
        "mcp-proxy" => {
            let words = &command.args;
            let after =
                |name: &str, at: usize| (words[at] == name).then(|| words.get(at + 1)).flatten();
            let mut found: Vec<GatewaySource> = (0..words.len())
                .filter_map(|at| after("--named-server-config", at))
                .map(|file| GatewaySource::ProxyConfig {
                    file: cwd.join(file),
                })
                .collect();
            let pairs: Vec<(String, String)> = (0..words.len())
                .filter_map(|at| {
                    Some((
                        after("--named-server", at)?.clone(),
                        words.get(at + 2)?.clone(),
                    ))
                })
                .collect();
            if !pairs.is_empty() {
                let process = PathBuf::from(format!("/proc/{}/cmdline", process.pid()));
                found.push(GatewaySource::ProxyServers { process, pairs });
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Our own variables. Those of others are never read.
fn own_variables() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Home folder of a user by `/etc/passwd`.
fn home_of(uid: u32) -> Option<PathBuf> {
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    text.lines().find_map(|line| {
        let mut fields = line.split(':').skip(2);
        let same = fields.next()?.parse() == Ok(uid);
        let home = fields.nth(2)?;
        (same && home.starts_with('/')).then(|| PathBuf::from(home))
    })
}
