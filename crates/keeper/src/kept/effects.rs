//! What a server's machine wants done, done to its run.

use std::sync::Arc;

use linux::cgroup::{Events, Outcome};
use model::ProcessId;
use supervise::adopt;
use supervise::lifecycle::{Effect, News, Told};
use supervise::spec::{Readiness, Transport};

use super::{HELD_EVERY, Kept};
use crate::keeper::Shop;
use crate::launch;
use crate::notice::Happened;
use crate::run::{Run, Source};
use crate::talk::Talk;
use crate::tree::Tree;

impl Kept {
    pub(super) fn carry_out(&mut self, effect: Effect, shop: &mut Shop) -> Vec<News> {
        match effect {
            Effect::Spawn { generation } => self.spawn(generation, shop),
            Effect::CheckReadiness { .. } => {
                let readiness = self.wanted.spec.readiness;
                let news = self
                    .run
                    .as_mut()
                    .and_then(|run| run.check(readiness, shop.now()));
                news.into_iter().collect()
            }
            Effect::CloseStdin { .. } => {
                if let Some(run) = &mut self.run {
                    run.ours.stdin = None;
                }
                Vec::new()
            }
            Effect::Terminate { .. } => self.signal(shop, Tree::terminate),
            Effect::Kill { .. } => self.signal(shop, Tree::kill),
            Effect::VerifyEmpty { .. } => self.verify(shop),
            Effect::SetTimer { at } => {
                self.timer = Some(at);
                Vec::new()
            }
            Effect::Tell(told) => {
                self.note(&told);
                self.tell(Happened::Told(told), shop);
                Vec::new()
            }
        }
    }

    /// What people are told of its state later.
    fn note(&mut self, told: &Told) {
        match told {
            Told::Degraded { reason, .. } => self.reason = Some(reason.clone()),
            Told::SpawnFailed { .. } | Told::StartTimedOut { .. } => {
                self.reason = Some(told.to_string());
            }
            Told::Exited {
                exit, is_ordered, ..
            } => {
                self.last_exit = Some(*exit);
                if !is_ordered {
                    self.reason = Some(exit.to_string());
                }
            }
            Told::CrashLoop(found) => self.crash_loop = Some(found.clone()),
            Told::Steady { .. } => self.crash_loop = None,
            Told::Starting { generation, .. } if *generation > 1 => self.record.restarts += 1,
            _ => {}
        }
    }

    fn signal(
        &mut self,
        shop: &Shop,
        send: fn(&Tree, &linux::ProcRoot) -> std::io::Result<()>,
    ) -> Vec<News> {
        if let Some(run) = &self.run
            && let Err(error) = send(&run.tree, &shop.ground.root)
        {
            // It is looked afterwards what is left, and done again.
            tracing::warn!(
                "{}: not all of its processes were found: {error}",
                self.name()
            );
        }
        Vec::new()
    }

    /// Starts it, unless it has to wait for another's download.
    pub(super) fn spawn(&mut self, generation: u64, shop: &mut Shop) -> Vec<News> {
        if let Some(package) = self.wanted.package.clone()
            && !shop.packages.may_start(&package, self.wanted.name())
        {
            if self.held.is_none() {
                self.tell(Happened::WaitsForPackage(package), shop);
            }
            self.held = Some((generation, shop.now().saturating_add(HELD_EVERY)));
            return vec![News::Progress];
        }
        self.held = None;
        let mut prepared = launch::prepare(&shop.ground, &self.wanted, generation);
        self.record.run = Some(adopt::Run {
            server: self.wanted.name().to_owned(),
            fingerprint: self.wanted.spec.runs.fingerprint(),
            transport: self.wanted.spec.runs.transport,
            generation,
            root: None,
            boot_id: shop.boot_id.clone(),
            cgroup: Some(prepared.name()),
            is_wanted: true,
        });
        self.record.mark = Some(prepared.mark.clone());
        self.record.root = None;
        self.write(shop);
        self.limited(&prepared, shop);
        self.log.begin();
        let fifo = shop.records.path(self.wanted.name(), "fifo");
        let started = launch::start(&shop.ground, &self.wanted, &mut prepared, &fifo);
        let mut run = Run::new(generation, prepared.tree, shop.now());
        let news = match started {
            Ok(started) => {
                let id = started.id;
                if let Some(record) = &mut self.record.run {
                    record.root = Some(id);
                }
                run.child = Some(started.child);
                if let Some((held, expected)) = started.held {
                    run.held = Some(held);
                    self.record.root = Some(expected);
                }
                run.ours = started.ours;
                self.write(shop);
                self.begin_talk(&mut run, shop);
                News::Spawned { id }
            }
            Err(reason) => News::SpawnFailed { reason },
        };
        let is_unheld = run.child.is_some() && run.held.is_none();
        self.run = Some(run);
        self.attend(shop);
        let mut news = vec![news];
        if is_unheld {
            // Nothing would wake us at its end.
            news.extend(self.reap(shop));
        }
        news
    }

    /// What the kernel holds of its limits; what it does not is told.
    fn limited(&mut self, prepared: &launch::Prepared, shop: &mut Shop) {
        let asks = self.wanted.limits.asked().next().is_some();
        let news = *self.enforced != prepared.enforced || self.nowhere != prepared.nowhere;
        self.enforced = Arc::new(prepared.enforced.clone());
        self.nowhere.clone_from(&prepared.nowhere);
        if !news || !asks {
            return;
        }
        if let Some(why) = &prepared.nowhere {
            self.tell(Happened::NotLimited(why.clone()), shop);
        }
        for limit in &prepared.enforced.limits {
            if matches!(limit.outcome, Outcome::Not(_)) {
                self.tell(Happened::NotLimited(limit.to_string()), shop);
            }
        }
    }

    fn begin_talk(&self, run: &mut Run, shop: &Shop) {
        if self.wanted.spec.runs.transport != Transport::Stdio {
            return;
        }
        let pings = self.wanted.spec.readiness == Readiness::Probe;
        let (talk, hello) = Talk::begin(&shop.version, pings);
        run.talk = Some(talk);
        run.write(hello.as_bytes());
    }

    /// Waits for its descriptors.
    pub(super) fn attend(&mut self, shop: &mut Shop) {
        let Some(run) = &self.run else { return };
        for source in Source::ALL {
            if let Some(descriptor) = run.descriptor(source) {
                shop.wait_for(descriptor, self.slot, source);
            }
        }
    }

    /// What of it is left.
    fn verify(&mut self, shop: &mut Shop) -> Vec<News> {
        let mut news = self.reap(shop);
        let left = match &self.run {
            Some(run) => run.tree.members(&shop.ground.root),
            None => Ok(Vec::new()),
        };
        match left {
            Ok(left) if left.is_empty() => {
                self.over(shop);
                news.push(News::Emptied);
            }
            Ok(_) => {
                let living = self
                    .run
                    .as_ref()
                    .map(|run| run.tree.living(&shop.ground.root));
                let processes: Vec<ProcessId> = living.and_then(Result::ok).unwrap_or_default();
                self.is_dirty = true;
                news.push(News::Remains { processes });
            }
            Err(error) => {
                tracing::warn!(
                    "{}: whether anything of it is left is not known: {error}",
                    self.name()
                );
                news.push(News::Remains {
                    processes: Vec::new(),
                });
            }
        }
        news
    }

    /// Its root's end, once.
    pub(super) fn reap(&mut self, shop: &mut Shop) -> Vec<News> {
        let Some(run) = &mut self.run else {
            return Vec::new();
        };
        let Some(exit) = run.reap() else {
            return Vec::new();
        };
        run.drain(&mut self.log, shop.now());
        let events = run.look_at_limits(None);
        self.tell_events(events, shop);
        let lines = self.log.last_lines();
        vec![News::Exited { exit, lines }]
    }

    /// Nothing of it is left.
    fn over(&mut self, shop: &mut Shop) {
        let Some(mut run) = self.run.take() else {
            return;
        };
        run.drain(&mut self.log, shop.now());
        let events = run.look_at_limits(None);
        self.tell_events(events, shop);
        run.tree.remove();
        self.record.run = None;
        self.record.root = None;
        self.record.mark = None;
        self.write(shop);
    }

    pub(super) fn tell_events(&mut self, events: Option<(Events, Events)>, shop: &mut Shop) {
        let Some((before, now)) = events else { return };
        self.events = now;
        let gained = |now: Option<u64>, before: Option<u64>| {
            now.map(|now| now.saturating_sub(before.unwrap_or(0)))
                .filter(|gain| *gain > 0)
        };
        if let Some(count) = gained(now.oom_kills, before.oom_kills) {
            self.tell(Happened::OomKilled(count), shop);
        }
        if let Some(count) = gained(now.pids_max_hits, before.pids_max_hits) {
            self.tell(Happened::ForksRefused(count), shop);
        }
        // Once a run: what is held back is so many times a second.
        if before.throttled.is_none_or(|time| time.is_zero())
            && let Some(time) = now.throttled.filter(|time| !time.is_zero())
        {
            self.tell(Happened::Throttled(time), shop);
        }
    }
}
