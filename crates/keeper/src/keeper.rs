//! The thread: waits for descriptors, timers and orders, and lets each server's machine take them in.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use linux::ProcRoot;
use linux::cgroup::Hierarchies;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use supervise::Order as StartOrder;
use supervise::lifecycle::{Event, State};

use crate::handle::{Order, Shared};
use crate::kept::Kept;
use crate::launch::Ground;
use crate::notice::Notice;
use crate::packages::Packages;
use crate::record::{Record, Records};
use crate::run::Source;
use crate::takeover;
use crate::view::View;
use crate::wanted::Wanted;

/// Events that are taken at once.
const EVENTS: usize = 64;
/// The number that stands for the bell of orders; slots of servers begin after it.
const BELL: u64 = 0;

/// What servers need that is not theirs.
pub(crate) struct Shop {
    pub(crate) ground: Ground,
    pub(crate) records: Records,
    pub(crate) packages: Packages,
    pub(crate) boot_id: String,
    pub(crate) version: String,
    /// All are being stopped.
    pub(crate) is_ending: bool,
    poll: OwnedFd,
    shared: Arc<Shared>,
}

impl Shop {
    /// The time that machines are told, ns.
    #[expect(
        clippy::unused_self,
        reason = "whoever works here is told the time here"
    )]
    pub(crate) fn now(&self) -> u64 {
        linux::clock::monotonic_ns()
    }

    pub(crate) fn tell(&self, notice: Notice) {
        self.shared.tell(notice);
    }

    /// Wakes a server when this descriptor has something. One that is closed is forgotten by the kernel.
    pub(crate) fn wait_for(&self, descriptor: BorrowedFd<'_>, slot: u32, source: Source) {
        let kind = match source {
            Source::End => 0,
            Source::Output => 1,
            Source::Log => 2,
            Source::Input => 3,
        };
        let data = epoll::EventData::new_u64(u64::from(slot) << 2 | kind);
        let flags = match source {
            // Once: it is waited for again if it was not enough.
            Source::Input => epoll::EventFlags::OUT | epoll::EventFlags::ONESHOT,
            Source::End | Source::Output | Source::Log => epoll::EventFlags::IN,
        };
        let added = match epoll::add(&self.poll, descriptor, data, flags) {
            Err(Errno::EXIST) => epoll::modify(&self.poll, descriptor, data, flags),
            other => other,
        };
        if let Err(error) = added {
            tracing::error!("a server's descriptor cannot be waited for: {error}");
        }
    }
}

/// What never changes.
pub(crate) struct Basics {
    pub(crate) version: String,
    pub(crate) groups: bool,
}

/// The thread's own state.
pub(crate) struct Keeper {
    shop: Shop,
    shared: Arc<Shared>,
    servers: BTreeMap<String, Kept>,
    slots: BTreeMap<u32, String>,
    last_slot: u32,
    order: StartOrder,
    orders_done: u64,
    is_dirty: bool,
}

impl Keeper {
    /// Opens what it needs, and takes over what an earlier one left.
    pub(crate) fn open(
        root: ProcRoot,
        folder: &Path,
        basics: Basics,
        shared: Arc<Shared>,
        wanted: Vec<Wanted>,
    ) -> io::Result<Self> {
        let records = Records::open(folder)?;
        let us = root.ourselves()?;
        let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let bell = epoll::EventData::new_u64(BELL);
        epoll::add(&poll, &shared.orders, bell, epoll::EventFlags::IN)?;
        let boot_id = root
            .read("sys/kernel/random/boot_id", 64)
            .unwrap_or_default();
        let shop = Shop {
            ground: Ground {
                root,
                us,
                hierarchies: if basics.groups {
                    hierarchies()
                } else {
                    Err("control groups are switched off".to_owned())
                },
            },
            records,
            packages: Packages::default(),
            boot_id: String::from_utf8_lossy(&boot_id).trim().to_owned(),
            version: basics.version,
            is_ending: false,
            poll,
            shared: Arc::clone(&shared),
        };
        let mut keeper = Self {
            shop,
            shared,
            servers: BTreeMap::new(),
            slots: BTreeMap::new(),
            last_slot: 0,
            order: StartOrder::default(),
            orders_done: 0,
            is_dirty: true,
        };
        keeper.begin(wanted);
        keeper.publish();
        Ok(keeper)
    }

    fn begin(&mut self, wanted: Vec<Wanted>) {
        self.set_order(&wanted);
        let mut records: BTreeMap<String, Record> = self
            .shop
            .records
            .read()
            .into_iter()
            .map(|record| (record.name.clone(), record))
            .collect();
        let mut first = Vec::new();
        for wanted in wanted {
            let record = records.remove(wanted.name());
            if record.is_none() && wanted.autostart {
                first.push(wanted.name().to_owned());
            }
            self.add(wanted, record);
        }
        // What is not configured any more is ended, and then forgotten.
        for (_, record) in records {
            let mut leaving = takeover::unconfigured(&record);
            leaving.autostart = false;
            self.add(leaving, Some(record)).leaves = true;
        }
        for kept in self.servers.values_mut() {
            takeover::take_over(kept, &mut self.shop);
        }
        let names: Vec<String> = self.order.start().map(str::to_owned).collect();
        for name in names {
            let event = if first.contains(&name) {
                Event::Start
            } else {
                Event::Resume
            };
            self.on(&name, event);
        }
    }

    fn set_order(&mut self, wanted: &[Wanted]) {
        let specs = wanted
            .iter()
            .map(|wanted| (wanted.name(), &*wanted.spec.depends_on));
        match StartOrder::of(specs) {
            Ok(order) => self.order = order,
            // Whoever reads the configuration has refused this; without an order all start at once.
            Err(error) => tracing::error!("{error}; servers are started without an order"),
        }
    }

    fn add(&mut self, wanted: Wanted, record: Option<Record>) -> &mut Kept {
        self.last_slot += 1;
        let name = wanted.name().to_owned();
        self.slots.insert(self.last_slot, name.clone());
        let kept = Kept::new(self.last_slot, wanted, record, &self.shop);
        self.is_dirty = true;
        self.servers.entry(name).insert_entry(kept).into_mut()
    }

    /// Keeps them until it is told to end and nothing of them is left.
    pub(crate) fn run(mut self) {
        loop {
            self.forget();
            self.stop_next();
            self.publish();
            if self.shop.is_ending && self.servers.values().all(is_stopped) {
                return;
            }
            self.wait();
            self.tick();
        }
    }

    /// Waits for something to happen, and takes it in.
    fn wait(&mut self) {
        let due = self
            .servers
            .values()
            .map(Kept::due)
            .min()
            .unwrap_or(u64::MAX);
        let left = due.saturating_sub(self.shop.now());
        let timeout = (due != u64::MAX).then(|| timespec(left));
        let mut events = Vec::with_capacity(EVENTS);
        let spare = rustix::buffer::spare_capacity(&mut events);
        match epoll::wait(&self.shop.poll, spare, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => tracing::error!("the keeper cannot wait: {error}"),
        }
        for event in &events {
            match event.data.u64() {
                BELL => self.orders(),
                data => self.woken(data),
            }
        }
    }

    fn woken(&mut self, data: u64) {
        let slot = u32::try_from(data >> 2).unwrap_or_default();
        let source = Source::ALL.get(usize::try_from(data & 3).unwrap_or_default());
        if let (Some(name), Some(source)) = (self.slots.get(&slot).cloned(), source) {
            self.with(&name, |kept, shop| kept.wake(*source, shop));
        }
    }

    fn tick(&mut self) {
        let now = self.shop.now();
        let due: Vec<String> = self
            .servers
            .iter()
            .filter(|(_, kept)| kept.due() <= now)
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            self.with(&name, Kept::tick);
        }
    }

    fn on(&mut self, name: &str, event: Event) {
        self.with(name, |kept, shop| kept.on(event, shop));
    }

    /// Works on a server, and lets those that depend on it hear of what has changed.
    fn with(&mut self, name: &str, work: impl FnOnce(&mut Kept, &mut Shop)) {
        let Some(kept) = self.servers.get_mut(name) else {
            return;
        };
        let before = kept.life.state();
        work(kept, &mut self.shop);
        let after = kept.life.state();
        self.is_dirty |= before != after;
        let was_up = matches!(before, State::Running | State::Degraded);
        let is_up = matches!(after, State::Running | State::Degraded);
        let event = match (was_up, is_up) {
            (false, true) => Event::DependencyReady(name.to_owned()),
            (true, false) => Event::DependencyLost(name.to_owned()),
            _ => return,
        };
        let needed_by: Vec<String> = self.order.needed_by(name).map(str::to_owned).collect();
        for other in needed_by {
            self.on(&other, event.clone());
        }
    }

    fn orders(&mut self) {
        self.shared.orders.silence();
        self.shop.is_ending |= self.shared.is_to_end();
        self.is_dirty |= self.shop.is_ending;
        loop {
            // Taken before it is looked for a configuration: an order may be about what that brought.
            let order = self.shared.orders.take();
            if let Some(wanted) = self.shared.take_configuration()
                && !self.shop.is_ending
            {
                self.configure(wanted);
                self.is_dirty = true;
            }
            let Some((ticket, order)) = order else { return };
            match order {
                // What comes up now would have to be stopped again.
                Order::Start(_) | Order::Restart(_) if self.shop.is_ending => {}
                Order::Start(name) => self.start(&name),
                Order::Stop(name) => self.on(&name, Event::Stop),
                Order::Restart(name) => {
                    self.start_needed(&name);
                    self.on(&name, Event::Restart);
                }
            }
            self.orders_done = self.orders_done.max(ticket);
            self.is_dirty = true;
        }
    }

    fn start(&mut self, name: &str) {
        self.start_needed(name);
        self.on(name, Event::Start);
    }

    /// What it depends on, and what that depends on, first.
    fn start_needed(&mut self, name: &str) {
        let needs: Vec<String> = self.order.needs(name).map(str::to_owned).collect();
        for other in needs {
            let runs = self
                .servers
                .get(&other)
                .is_some_and(|kept| kept.life.is_wanted());
            if !runs {
                self.start(&other);
            }
        }
    }

    fn configure(&mut self, wanted: Vec<Wanted>) {
        self.set_order(&wanted);
        for kept in self.servers.values_mut() {
            kept.leaves = wanted.iter().all(|wanted| wanted.name() != kept.name());
        }
        let leaving: Vec<String> = self
            .servers
            .values()
            .filter(|kept| kept.leaves)
            .map(|kept| kept.name().to_owned())
            .collect();
        for name in leaving {
            self.on(&name, Event::Stop);
        }
        for wanted in wanted {
            let name = wanted.name().to_owned();
            if self.servers.contains_key(&name) {
                self.with(&name, |kept, shop| kept.configure(wanted, shop));
                continue;
            }
            let starts = wanted.autostart;
            self.add(wanted, None);
            self.know_ready(&name);
            if starts {
                self.start(&name);
            }
        }
    }

    /// A new server hears which of those that it depends on run already.
    fn know_ready(&mut self, name: &str) {
        let needs: Vec<String> = self.order.needs(name).map(str::to_owned).collect();
        for other in needs {
            let state = self.servers.get(&other).map(|kept| kept.life.state());
            if matches!(state, Some(State::Running | State::Degraded)) {
                self.on(name, Event::DependencyReady(other));
            }
        }
    }

    /// While all are stopped: those whose dependents have stopped.
    fn stop_next(&mut self) {
        if !self.shop.is_ending {
            return;
        }
        let stopped = |name: &str| self.servers.get(name).is_none_or(is_stopped);
        let next: Vec<String> = self
            .servers
            .values()
            .filter(|kept| kept.life.is_wanted() && self.order.needed_by(kept.name()).all(stopped))
            .map(|kept| kept.name().to_owned())
            .collect();
        for name in next {
            self.on(&name, Event::Stop);
        }
    }

    /// What is not configured any more and of which nothing is left.
    fn forget(&mut self) {
        let gone: Vec<(String, u32)> = self
            .servers
            .iter()
            .filter(|(_, kept)| kept.leaves && is_stopped(kept))
            .map(|(name, kept)| (name.clone(), kept.slot))
            .collect();
        for (name, slot) in gone {
            self.servers.remove(&name);
            self.slots.remove(&slot);
            self.shop.records.remove(&name);
            self.is_dirty = true;
        }
    }

    fn publish(&mut self) {
        let changed = self.servers.values().any(|kept| kept.is_dirty);
        if !changed && !self.is_dirty {
            return;
        }
        self.is_dirty = false;
        let now = self.shop.now();
        let old = self.shared.view.load_full();
        let servers = self
            .servers
            .values_mut()
            .filter(|kept| !kept.leaves)
            .map(|kept| {
                let was_dirty = std::mem::take(&mut kept.is_dirty);
                match old.server(kept.name()) {
                    Some(same) if !was_dirty => Arc::clone(same),
                    _ => Arc::new(kept.view(now)),
                }
            });
        let servers = servers.collect();
        self.shared.publish(View {
            servers,
            orders_done: self.orders_done,
            is_ending: self.shop.is_ending,
        });
    }
}

fn is_stopped(kept: &Kept) -> bool {
    kept.life.state() == State::Stopped
}

/// Where groups can be made. Room is made for them where we are alone in our group.
fn hierarchies() -> Result<Hierarchies, String> {
    let mut hierarchies = Hierarchies::system().map_err(|error| error.to_string())?;
    if let Err(why) = hierarchies.make_room() {
        tracing::debug!("no room for groups of the unified hierarchy: {why}");
    }
    Ok(hierarchies)
}

fn timespec(ns: u64) -> Timespec {
    // Not sooner than it is due: it would be waited again for nothing.
    let ns = ns.saturating_add(1_000);
    Timespec {
        tv_sec: i64::try_from(ns / 1_000_000_000).unwrap_or(i64::MAX),
        tv_nsec: i64::try_from(ns % 1_000_000_000).unwrap_or(0),
    }
}
