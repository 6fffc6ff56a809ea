//! Limits of servers that others started.
//!
//! - What they may take is watched at each look, and told as a finding, in every mode.
//! - In `enforce` they are moved into a control group with their limits where that is permitted
//!   ([`confine`]): from then on the kernel holds them. Memory that they have already stays charged to
//!   where it was.
//! - In `enforce` those with a limit of processes are warded besides ([`warden`]): the kernel tells of each
//!   fork, and an instance that comes to have too many is ended at once.

pub(super) mod confine;
pub(super) mod warden;

use inventory::bounds::{Bound, Bounds};
use model::{ProcessId, Severity};
use serde_json::json;
use supervise::policy::Mode;

use super::changes::Change;
use super::handle::Daemon;
use crate::config::{Config, ServerLimits};
use crate::observe::Observer;
use crate::picture::Picture;
use confine::Confiner;
use warden::Warden;

/// What a configuration bounds.
fn bounds_of(config: &Config) -> Bounds {
    let names = config.limits.names().filter(|name| *name != "default");
    let named = names.map(|name| (name.to_owned(), bound(&config.limits_of(name))));
    Bounds {
        usual: bound(&config.limits_of("")),
        named: named.collect(),
    }
}

fn bound(limits: &ServerLimits) -> Bound {
    Bound {
        processes: limits.processes,
        tasks: limits.pids_max,
        instances: limits.instances,
        memory: limits.memory_max,
    }
}

/// Looks after limits of others' servers, as part of the thread that looks.
#[derive(Default)]
pub(super) struct Limiter {
    /// What is bounded, as the last look was told.
    bounds: Bounds,
    confiner: Option<Confiner>,
    warden: Option<Warden>,
    /// It was tried, and the kernel tells nothing.
    is_deaf: bool,
}

impl Limiter {
    /// Before a look: what is bounded.
    pub(super) fn before(&mut self, config: &Config, observer: &mut Observer<'_>) {
        self.bounds = bounds_of(config);
        let acts = config.policy.settings.mode == Mode::Enforce;
        let wards = acts && has_processes(&self.bounds);
        observer.set_bounds(self.bounds.clone(), wards);
    }

    /// After a look: in `enforce`, confines and wards what it has seen.
    pub(super) fn after(
        &mut self,
        daemon: &Daemon,
        config: &Config,
        observer: &Observer<'_>,
        picture: &Picture,
    ) {
        let bounds = &self.bounds;
        if config.policy.settings.mode != Mode::Enforce || bounds.is_empty() {
            // What is confined stays so; nobody is ended any more.
            self.warden = None;
            return;
        }
        let confiner = self
            .confiner
            .get_or_insert_with(|| Confiner::open(ourselves(picture)));
        let news = confiner.look(config, picture);
        let changes = news.into_iter().map(|news| Change {
            kind: "action",
            severity: if news.is_held {
                Severity::Info
            } else {
                Severity::Warning
            },
            server: None,
            title: format!("`{}` {}", news.server, news.words),
            data: json!({ "server": news.server, "held": news.is_held }),
        });
        daemon.tell(picture.table.moment.wall, changes);
        daemon.set_confined(confiner.all().map(|(root, one)| one.view(*root)).collect());
        if !has_processes(bounds) {
            self.warden = None;
            return;
        }
        if self.warden.is_none() && !self.is_deaf {
            self.warden = Warden::start(&daemon.weak());
            self.is_deaf = self.warden.is_none();
        }
        if let (Some(warden), Some(plan)) = (&self.warden, observer.wards()) {
            warden.note(plan, bounds);
        }
    }
}

fn has_processes(bounds: &Bounds) -> bool {
    bounds.usual.processes.is_some() || bounds.named.values().any(|bound| bound.processes.is_some())
}

/// This process, as names of groups tell it.
fn ourselves(picture: &Picture) -> Option<ProcessId> {
    Some(picture.table.get(std::process::id())?.id())
}
