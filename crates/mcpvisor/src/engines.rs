//! Container engines beside the process table: what a picture says of containers.
//!
//! The crate `containers` asks engines and judges; here is what it needs from the rest: where a view comes
//! from ([`Source`]), the process table in its words, the memory that one run leaves the next, and what comes
//! of it: findings, and what may be removed ([`plan`]) or is ([`removal`]). Without an engine all of it is
//! empty, and nothing is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use containers::View;
use containers::cidfile::{Cidfile, CidfileVerdict};
use containers::container::Container;
use containers::finding::Wrong;
use containers::orphan::{Judge, Judged, LONG, judge_all};
use containers::process::Processes;
use inventory::context::WatchedFile;
use inventory::plan::Wishes;
use model::{Finding, ProcessTable, Unavailable};

mod files;
mod memory;
mod names;
pub mod plan;
mod processes;
pub mod removal;
#[cfg(test)]
pub(crate) mod samples;
mod source;
mod telling;

pub use names::{label, owner_name, server_name};
pub use plan::Plan;
pub use source::Source;

use crate::config::{Config, What};
use crate::state::State;

/// Containers at one moment, judged.
#[derive(Debug)]
pub struct Look {
    /// What engines told, with all figures.
    pub view: Arc<View>,
    /// Containers of engines that answer, whose they are, and whether they still serve somebody.
    pub judged: Vec<Judged>,
    /// What may be removed, and what may not.
    pub plan: Plan,
    /// Containers that the configuration names, by the name of their server.
    pub named: BTreeMap<String, Arc<Container>>,
    /// Which container a finding is about, by the finding's id.
    about: BTreeMap<String, String>,
    /// What cannot be seen.
    pub unavailable: Vec<Unavailable>,
}

impl Look {
    /// A container by its id, judged.
    pub fn judged(&self, id: &str) -> Option<&Judged> {
        let is_it = |judged: &&Judged| judged.owned.container.id == id;
        self.judged.iter().find(is_it)
    }

    /// Containers of MCP servers: by their owner, by the configuration, or by their looks.
    pub fn of_mcp(&self) -> impl Iterator<Item = &Judged> {
        self.judged.iter().filter(|judged| self.is_mcp(judged))
    }

    /// Is it the container of an MCP server?
    pub fn is_mcp(&self, judged: &Judged) -> bool {
        self.is_ours_to_judge(judged) || judged.owned.container.looks_like_mcp()
    }

    /// It is an MCP server for sure: an owner of such, or the configuration, says so.
    pub fn is_ours_to_judge(&self, judged: &Judged) -> bool {
        judged.owned.owner.is_mcp() || self.config_name(&judged.owned.container.id).is_some()
    }

    /// The server of the configuration that a container is.
    pub fn config_name(&self, id: &str) -> Option<&str> {
        let mut named = self.named.iter();
        let found = named.find(|(_, container)| container.id == id);
        found.map(|(name, _)| name.as_str())
    }

    /// Which server of whom a finding is about.
    pub fn subject(&self, finding: &str) -> Option<(String, String)> {
        let judged = self.judged(self.about.get(finding)?)?;
        Some((server_name(self, judged), owner_name(judged)))
    }
}

/// Looks at containers again and again, or once.
pub struct Engines {
    source: Source,
    memory: memory::Kept,
    files: files::Scanner,
    /// Name of a server, name or id of its container.
    named: Vec<(String, String)>,
}

/// What else is known when containers are judged.
pub struct Beside<'a> {
    /// Processes of the same moment.
    pub table: &'a ProcessTable,
    /// What to plan for.
    pub wishes: &'a Wishes,
    /// State files of others.
    pub files: &'a [WatchedFile],
    /// Nothing that is older than this look, where something would come of it.
    pub is_thorough: bool,
}

impl Engines {
    /// Goes on from what earlier runs remembered.
    pub fn open(source: Source, state: &State, config: &Config, boot_id: &str) -> Self {
        Self {
            source,
            memory: memory::Kept::open(state, boot_id),
            files: files::Scanner::new(state),
            named: named(config),
        }
    }

    /// Takes another configuration into force.
    pub fn configure(&mut self, config: &Config) {
        self.named = named(config);
    }

    /// Judges what engines tell now. The findings are those about containers.
    pub fn look(&mut self, beside: &Beside<'_>) -> (Look, Vec<Finding>) {
        let view = self.source.view();
        let (look, findings) = self.judge(view, beside);
        if !look.plan.needs_engines() || !beside.is_thorough {
            return (look, findings);
        }
        // Something may be removed: that is not decided by a view of some seconds ago.
        match self.source.again() {
            Some(view) => self.judge(view, beside),
            None => (look, findings),
        }
    }

    fn judge(&mut self, view: Arc<View>, beside: &Beside<'_>) -> (Look, Vec<Finding>) {
        let table = beside.table;
        let unavailable = telling::unavailable(&view);
        if view.engines.is_empty() {
            let plan = plan::plan(&plan::Scene::without_engines(beside));
            let look = Look {
                view,
                judged: Vec::new(),
                plan,
                named: BTreeMap::new(),
                about: BTreeMap::new(),
                unavailable,
            };
            return (look, Vec::new());
        }
        let processes = processes::of(table);
        let containers = view.containers();
        let judge = Judge {
            now: table.moment.wall,
            grace: plan::seconds(beside.wishes.grace_seconds),
            long: LONG,
        };
        let judged = judge_all(&containers, &processes, self.memory.memory(), &judge);
        if view.is_complete() {
            self.memory.remember(&judged, table.moment.wall);
        }
        let cidfiles = self.cidfiles(&view, &processes, beside);
        let backends = containers::backends::backends(&processes);
        let found = containers::finding::findings(Wrong {
            view: &view,
            judged: &judged,
            cidfiles: &cidfiles,
            backends: &backends,
        });
        let about = telling::about(&found);
        let findings = telling::findings(found, &containers, table);
        let named = find_named(&self.named, &containers);
        let plan = plan::plan(&plan::Scene {
            beside,
            view: &view,
            judged: &judged,
            cidfiles: &cidfiles,
            about: &about,
        });
        let look = Look {
            view,
            judged,
            plan,
            named,
            about,
            unavailable,
        };
        (look, findings)
    }

    fn cidfiles(
        &mut self,
        view: &View,
        processes: &Processes,
        beside: &Beside<'_>,
    ) -> Vec<(Cidfile, CidfileVerdict)> {
        let moment = beside.table.moment;
        self.files.scan(moment.boot_ns, beside.is_thorough);
        let grace = plan::seconds(beside.wishes.grace_seconds);
        self.files.judge(view, processes, moment.wall, grace)
    }

    /// Stores what the next run should know.
    ///
    /// # Errors
    /// The state directory cannot be written.
    pub fn store(&self, state: &State) -> std::io::Result<()> {
        self.memory.store(state)
    }
}

fn named(config: &Config) -> Vec<(String, String)> {
    let servers = config.servers.iter();
    let named = servers.filter_map(|server| match &server.what {
        What::Container(container) => Some((server.name.clone(), container.clone())),
        What::Command(_) | What::Url(_) => None,
    });
    named.collect()
}

fn find_named(
    named: &[(String, String)],
    containers: &[Arc<Container>],
) -> BTreeMap<String, Arc<Container>> {
    let found = named.iter().filter_map(|(server, container)| {
        let is_it = |known: &&Arc<Container>| names::means(container, known);
        let known = containers.iter().find(is_it)?;
        Some((server.clone(), Arc::clone(known)))
    });
    found.collect()
}
