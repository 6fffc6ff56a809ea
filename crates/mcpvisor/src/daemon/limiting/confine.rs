//! Servers of others, moved into control groups of ours.
//!
//! A group is made for each instance, below our own group, and all processes of the instance are moved
//! there; what they fork is born there. Each is held by its pidfd meanwhile, and looked at again afterwards:
//! should the pid have changed hands, the other process is left where it was put, which is told. When the
//! instance has ended its group is removed. The daemon's end changes nothing: limits hold on, and the next
//! daemon finds the groups by their names.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use inventory::{Instance, Server};
use linux::ProcRoot;
use linux::cgroup::{
    Enforced, Group, GroupName, Hierarchies, Leftover, Outcome, PREFIX, leftovers,
};
use linux::control::Target;
use linux::descendants;
use model::ProcessId;

use crate::config::Config;
use crate::daemon::keeping::of_group;
use crate::picture::Picture;

/// What labels of these groups begin with.
const LABEL: &str = "limit.";

/// An instance that is confined, or could not be.
pub(in crate::daemon) struct Confined {
    server: String,
    owner: String,
    group: Group,
    enforced: Arc<Enforced>,
}

/// One that is confined, for others to read.
#[derive(Clone, Debug)]
pub(crate) struct ConfinedView {
    /// Name of the server.
    pub(crate) server: String,
    /// Its owner.
    pub(crate) owner: String,
    /// Its first process.
    pub(crate) root: ProcessId,
    /// What the kernel holds.
    pub(crate) enforced: Arc<Enforced>,
}

impl Confined {
    pub(in crate::daemon) fn view(&self, root: ProcessId) -> ConfinedView {
        ConfinedView {
            server: self.server.clone(),
            owner: self.owner.clone(),
            root,
            enforced: Arc::clone(&self.enforced),
        }
    }
}

/// All that are confined.
pub(in crate::daemon) struct Confiner {
    hierarchies: Option<Hierarchies>,
    us: Option<ProcessId>,
    all: BTreeMap<ProcessId, Confined>,
    /// Groups of an earlier daemon.
    earlier: Vec<Leftover>,
}

/// What came of confining an instance, for people.
pub(in crate::daemon) struct News {
    pub(in crate::daemon) server: String,
    pub(in crate::daemon) words: String,
    pub(in crate::daemon) is_held: bool,
}

impl Confiner {
    /// Finds where groups can be made, and those of an earlier daemon.
    pub(in crate::daemon) fn open(us: Option<ProcessId>) -> Self {
        let hierarchies = Hierarchies::system()
            .inspect_err(|error| tracing::info!("servers of others cannot be limited: {error}"))
            .ok();
        let found = hierarchies
            .as_ref()
            .and_then(|all| leftovers(all, &format!("{PREFIX}{LABEL}")).ok());
        Self {
            hierarchies,
            us,
            all: BTreeMap::new(),
            earlier: found.unwrap_or_default(),
        }
    }

    /// Those that are confined.
    pub(in crate::daemon) fn all(&self) -> impl Iterator<Item = (&ProcessId, &Confined)> {
        self.all.iter()
    }

    /// Confines what has limits and is not confined yet; forgets what has ended.
    pub(in crate::daemon) fn look(&mut self, config: &Config, picture: &Picture) -> Vec<News> {
        self.forget(picture);
        let mut news = Vec::new();
        for (server, run) in picture.inventory.instances() {
            let is_left_alone = config.clean.never_touch.contains(&server.name);
            if is_left_alone || self.all.contains_key(&run.root) || !may(server, run, picture) {
                continue;
            }
            let limits = of_group(&config.limits_of(&server.name));
            if limits.asked().next().is_some() {
                news.extend(self.confine(server, run, &limits));
            }
        }
        news
    }

    fn forget(&mut self, picture: &Picture) {
        let lives = |root: &ProcessId| {
            picture
                .inventory
                .instances()
                .any(|(_, run)| run.root == *root)
        };
        self.all.retain(|root, confined| {
            if lives(root) {
                return true;
            }
            // It stays while anything is in it, and is tried again at the next look.
            confined.group.remove().is_err()
        });
        self.earlier
            .retain_mut(|leftover| leftover.pids.as_ref().is_ok_and(|pids| !pids.is_empty()));
    }

    fn confine(
        &mut self,
        server: &Server,
        run: &Instance,
        limits: &linux::cgroup::Limits,
    ) -> Option<News> {
        // An earlier daemon has done it.
        let is_in = |leftover: &Leftover| {
            leftover
                .pids
                .as_ref()
                .is_ok_and(|pids| pids.contains(&run.root.pid))
        };
        if let Some(at) = self.earlier.iter().position(is_in) {
            let group = self.earlier.swap_remove(at).into_group();
            self.note(server, run, group, Enforced::default());
            return None;
        }
        let (hierarchies, us) = (self.hierarchies.as_ref()?, self.us?);
        let name = GroupName::new(&format!("{LABEL}{}", server.name), us);
        let (group, enforced) = Group::create(hierarchies, &name, limits);
        let held = enforced
            .limits
            .iter()
            .filter(|limit| matches!(limit.outcome, Outcome::Held { .. }));
        let held: Vec<String> = held.map(ToString::to_string).collect();
        let moved = if held.is_empty() {
            Err("the kernel holds none of its limits here".to_owned())
        } else {
            enter(&group, run)
        };
        let words = match &moved {
            Ok(count) => format!(
                "is limited from now on: {count} processes moved into the group {}; {}",
                group.name(),
                held.join("; ")
            ),
            Err(why) => format!("cannot be limited by the kernel, and is watched only: {why}"),
        };
        self.note(server, run, group, enforced);
        Some(News {
            server: server.name.clone(),
            words,
            is_held: moved.is_ok(),
        })
    }

    fn note(&mut self, server: &Server, run: &Instance, group: Group, enforced: Enforced) {
        let confined = Confined {
            server: server.name.clone(),
            owner: server.owner.name.clone(),
            group,
            enforced: Arc::new(enforced),
        };
        self.all.insert(run.root, confined);
    }
}

/// Whether an instance may be moved: not what is watched, runs in a container, is kept or guarded, or has
/// started ourselves.
fn may(server: &Server, run: &Instance, picture: &Picture) -> bool {
    let table = &picture.table;
    let Some(root) = table
        .get(run.root.pid)
        .filter(|process| process.id() == run.root)
    else {
        return false;
    };
    let mut watched = picture
        .inventory
        .watched
        .iter()
        .flat_map(|server| &server.instances);
    let is_watched =
        watched.any(|watched| run.members.iter().any(|member| member.id == watched.root));
    let has_us = run
        .members
        .iter()
        .any(|member| member.id.pid == std::process::id());
    let above = table.position(run.root.pid).is_some_and(|at| {
        table.ancestors(at).any(|at| {
            table
                .processes()
                .get(at)
                .is_some_and(|process| process.comm() == "mcpvisor")
        })
    });
    !is_watched
        && !has_us
        && !above
        && root.sample.facts.container_id.is_none()
        && root.comm() != "mcpvisor"
        && server.owner.name != inventory::kept::OWNER
}

/// Rounds in which what was forked meanwhile is moved too.
const ROUNDS: usize = 5;

/// Moves all processes of an instance; answers how many.
fn enter(group: &Group, run: &Instance) -> Result<usize, String> {
    let root = ProcRoot::system().map_err(|error| error.to_string())?;
    let mut wanted: Vec<ProcessId> = run.members.iter().map(|member| member.id).collect();
    let mut moved = Vec::new();
    for _ in 0..ROUNDS {
        for id in std::mem::take(&mut wanted) {
            let Some(target) = hold(&root, id) else {
                continue;
            };
            group.attach(id.pid).map_err(|error| error.to_string())?;
            if target.ending().is_ok_and(|ending| ending.is_none()) {
                moved.push(id);
            }
        }
        wanted = forked(&root, &moved);
        if wanted.is_empty() {
            break;
        }
    }
    Ok(moved.len())
}

/// The process, if it is still the same.
fn hold(root: &ProcRoot, id: ProcessId) -> Option<Target> {
    let (target, _) = Target::hold(root, id.pid).ok()?;
    (target.id() == id).then_some(target)
}

/// Descendants of what was moved that are not known yet: they were forked before their parent was moved.
fn forked(root: &ProcRoot, moved: &[ProcessId]) -> Vec<ProcessId> {
    let below = moved
        .iter()
        .flat_map(|parent| descendants::of(root, parent.pid));
    let pids: BTreeSet<u32> = below.collect();
    let unknown = pids
        .into_iter()
        .filter(|pid| moved.iter().all(|known| known.pid != *pid));
    unknown.filter_map(|pid| root.id_of(pid).ok()).collect()
}
