//! Instances with a limit of processes, followed fork by fork.
//!
//! A look each few seconds is too slow for a server that forks without end. So the kernel tells a thread of
//! its own of each fork and exit; what a member of a warded instance forks is a member too. An instance
//! that comes to have more than it may is stopped and killed at once. Which instances are warded, and what
//! ending one would be, the looks say: the same plans as for cleaning, with all their refusals.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use inventory::bounds::Bounds;
use inventory::plan::{Plan, Removal};
use linux::ProcRoot;
use linux::control::Target;
use linux::events::{ProcessEvent, ProcessEvents};
use model::{ProcessId, Severity};
use serde_json::json;

use crate::cleaning;
use crate::daemon::Daemon;
use crate::daemon::changes::Change;
use crate::daemon::signals::Signal;
use crate::observe;

/// The thread looks at least so often whether it is still wanted.
const TICK: Duration = Duration::from_millis(500);
/// What is over its limit gets so long to end by itself: it forks on meanwhile.
const KILL_AFTER: Duration = Duration::ZERO;
/// A server that starts brings the next look forward, but not more often than this, ns.
const LOOKS_APART: u64 = 200_000_000;

/// An instance that is warded.
#[derive(Clone, Debug)]
struct Ward {
    removal: Removal,
    most: u32,
}

/// What looks and the thread share.
#[derive(Debug, Default)]
struct Shared {
    wards: Mutex<(u64, Vec<Ward>)>,
    ends: AtomicBool,
}

/// The thread, while it is wanted.
#[derive(Debug)]
pub(in crate::daemon) struct Warden {
    shared: Arc<Shared>,
}

impl Drop for Warden {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Relaxed);
    }
}

impl Warden {
    /// Begins to listen; `None` where the kernel tells nothing, which is said.
    pub(in crate::daemon) fn start(daemon: &Weak<Daemon>) -> Option<Self> {
        let events = ProcessEvents::open()
            .inspect_err(|error| {
                tracing::warn!("limits of processes are looked at with each look only: {error}");
            })
            .ok()?;
        let shared = Arc::new(Shared::default());
        let (daemon, theirs) = (daemon.clone(), Arc::clone(&shared));
        let thread = std::thread::Builder::new().name("warden".to_owned());
        let started = thread.spawn(move || Watch::new(events, theirs, daemon).run());
        started
            .inspect_err(|error| tracing::warn!("limits of processes are not warded: {error}"))
            .ok()?;
        Some(Self { shared })
    }

    /// What a look has seen.
    pub(in crate::daemon) fn note(&self, plan: &Plan, bounds: &Bounds) {
        let ward = |removal: &Removal| {
            let most = bounds.of(&removal.name).processes?;
            let removal = removal.clone();
            Some(Ward { removal, most })
        };
        let mut wards = self
            .shared
            .wards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        wards.0 += 1;
        wards.1 = plan.removals.iter().filter_map(ward).collect();
    }
}

struct Watch {
    events: ProcessEvents,
    shared: Arc<Shared>,
    daemon: Weak<Daemon>,
    version: u64,
    wards: Vec<Ward>,
    /// Which ward a process belongs to.
    members: HashMap<u32, usize>,
    looked_ns: u64,
}

impl Watch {
    fn new(events: ProcessEvents, shared: Arc<Shared>, daemon: Weak<Daemon>) -> Self {
        Self {
            events,
            shared,
            daemon,
            version: 0,
            wards: Vec::new(),
            members: HashMap::new(),
            looked_ns: 0,
        }
    }

    fn run(mut self) {
        let mut noted = Vec::new();
        while !self.shared.ends.load(Ordering::Relaxed) {
            if let Err(error) = self.events.wait(TICK) {
                tracing::warn!("limits of processes are not warded any more: {error}");
                return;
            }
            self.take_wards();
            noted.clear();
            if let Err(error) = self.events.read(&mut noted) {
                tracing::warn!("limits of processes are not warded any more: {error}");
                return;
            }
            for event in &noted {
                self.on(event);
            }
            self.contain_all();
        }
    }

    /// Takes what the last look has seen. Processes that were forked since it stay known.
    fn take_wards(&mut self) {
        let wards = self
            .shared
            .wards
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if wards.0 == self.version {
            return;
        }
        self.version = wards.0;
        let old = std::mem::replace(&mut self.wards, wards.1.clone());
        drop(wards);
        let before = std::mem::take(&mut self.members);
        let at = |root: ProcessId| self.wards.iter().position(|ward| ward.removal.root == root);
        let kept: HashMap<u32, usize> = before
            .into_iter()
            .filter_map(|(pid, ward)| Some((pid, at(old.get(ward)?.removal.root)?)))
            .collect();
        self.members = kept;
        for (at, ward) in self.wards.iter().enumerate() {
            self.members
                .extend(ward.removal.processes.iter().map(|id| (id.pid, at)));
        }
    }

    fn on(&mut self, event: &ProcessEvent) {
        match event {
            ProcessEvent::Fork { parent, child } => {
                if let Some(ward) = self.members.get(parent).copied() {
                    self.members.insert(*child, ward);
                }
            }
            ProcessEvent::Exit { pid, .. } => {
                self.members.remove(pid);
            }
            ProcessEvent::Exec { pid } => self.look_soon(*pid),
            _ => {}
        }
    }

    /// A server that starts is to be warded before it can do harm.
    fn look_soon(&mut self, pid: u32) {
        let now = linux::clock::boot_ns();
        if now.saturating_sub(self.looked_ns) < LOOKS_APART || !observe::looks_like_a_server(pid) {
            return;
        }
        self.looked_ns = now;
        if let Some(daemon) = self.daemon.upgrade() {
            daemon.signal(Signal::Soon);
        }
    }

    fn contain_all(&mut self) {
        let mut counts = vec![0_u32; self.wards.len()];
        for ward in self.members.values() {
            if let Some(count) = counts.get_mut(*ward) {
                *count += 1;
            }
        }
        let over: Vec<(usize, u32)> = self
            .wards
            .iter()
            .zip(counts)
            .enumerate()
            .filter(|(_, (ward, count))| *count > ward.most)
            .map(|(at, (_, count))| (at, count))
            .collect();
        for (at, count) in over {
            if let Some(ward) = self.wards.get(at).cloned() {
                let members = self.members.iter().filter(|(_, ward)| **ward == at);
                let members: Vec<u32> = members.map(|(pid, _)| *pid).collect();
                self.members.retain(|_, ward| *ward != at);
                self.contain(&ward, count, &members);
            }
        }
    }

    /// Ends an instance that has too many processes.
    fn contain(&self, ward: &Ward, count: u32, members: &[u32]) {
        let begun = linux::clock::boot_ns();
        let Some(daemon) = self.daemon.upgrade() else {
            return;
        };
        let Ok(root) = ProcRoot::system() else { return };
        let removal = &ward.removal;
        let targets = hold(&root, removal, members);
        if targets.is_empty() {
            return;
        }
        let evidence = vec![
            format!("{count} processes, its limit is {}", ward.most),
            format!("its first process is PID {}", removal.root.pid),
        ];
        let target = format!("instance of {} of {}", removal.name, removal.owner);
        // On the disk before the first signal; the history follows when there is time.
        let entry = |phase: &str, outcome: Option<&str>| {
            json!({
                "at": linux::clock::now().wall, "actor": "policy", "command": "contain", "target": target,
                "phase": phase, "outcome": outcome, "evidence": evidence, "processes": removal.processes,
            })
        };
        if let Err(error) = daemon.state().audit(&entry("begin", None)) {
            tracing::error!(
                "{target} is not ended, since the audit file cannot be written: {error}"
            );
            return;
        }
        let how = cleaning::stop(KILL_AFTER, [removal], targets, &|_| {});
        let ms = linux::clock::boot_ns().saturating_sub(begun) / 1_000_000;
        let words = match how {
            Ok(done) if done.complete => {
                let count = done.results.len();
                format!("done: {count} processes ended within {ms} ms")
            }
            Ok(done) => format!(
                "failed: {} of {} processes are left",
                done.left(),
                done.results.len()
            ),
            Err(error) => format!("failed: {error:#}"),
        };
        tracing::warn!("{target} was contained, {}: {words}", evidence.join(", "));
        if let Err(error) = daemon.state().audit(&entry("end", Some(&words))) {
            tracing::error!("the audit file cannot be written: {error}");
        }
        tell(&daemon, &target, &evidence, &words, removal);
    }
}

fn tell(daemon: &Daemon, target: &str, evidence: &[String], words: &str, removal: &Removal) {
    let at = linux::clock::now().wall;
    let data = json!({ "evidence": evidence, "processes": removal.processes, "outcome": words });
    daemon.audit_act(history::NewAudit {
        at: at.as_millisecond(),
        actor: "policy".to_owned(),
        command: "contain".to_owned(),
        target: target.to_owned(),
        phase: "end".to_owned(),
        outcome: Some(words.to_owned()),
        data: data.clone(),
    });
    let change = Change {
        kind: "action",
        severity: Severity::Error,
        server: Some(removal.server.clone()),
        title: format!("{target} had too many processes and was ended: {words}"),
        data,
    };
    daemon.tell(at, [change]);
    daemon.signal(Signal::Soon);
}

/// Its processes, as far as they are still who they were, and those that the kernel told of since: one of
/// these is taken if its parent is a member, or if it is in the session of the first process and younger.
fn hold(root: &ProcRoot, removal: &Removal, members: &[u32]) -> Vec<Target> {
    let mut held: Vec<Target> = Vec::new();
    let mut session = None;
    for id in &removal.processes {
        if let Ok((target, seen)) = Target::hold(root, id.pid)
            && target.id() == *id
        {
            if *id == removal.root {
                session = Some(seen.sid);
            }
            held.push(target);
        }
    }
    let spared = |pid: u32| removal.spared.iter().any(|(id, _)| id.pid == pid);
    let known: Vec<u32> = removal.processes.iter().map(|id| id.pid).collect();
    for pid in members
        .iter()
        .copied()
        .filter(|pid| !known.contains(pid) && !spared(*pid))
    {
        let Ok((target, seen)) = Target::hold(root, pid) else {
            continue;
        };
        let is_younger = target.id().start_ticks >= removal.root.start_ticks;
        let is_child = members.contains(&seen.ppid);
        if is_younger && (is_child || session == Some(seen.sid)) {
            held.push(target);
        }
    }
    held
}
