//! What wakes a server: its descriptors, and times.

use supervise::lifecycle::{Event, News, State};

use super::Kept;
use crate::keeper::Shop;
use crate::notice::Happened;
use crate::run::Source;

impl Kept {
    /// A descriptor of its run has something.
    pub(crate) fn wake(&mut self, source: Source, shop: &mut Shop) {
        let generation = self.life.generation();
        let news = match (source, &mut self.run) {
            (_, None) => return,
            (Source::End, Some(_)) => self.reap(shop),
            (Source::Input, Some(run)) => {
                run.flush();
                Vec::new()
            }
            (Source::Output | Source::Log, Some(run)) => {
                let (goes_on, news) = run.read(source, &mut self.log, shop.now());
                if !goes_on {
                    tracing::trace!("{}: {source:?} has ended", self.wanted.name());
                }
                news
            }
        };
        for news in news {
            self.on(Event::Tree { generation, news }, shop);
        }
        self.attend_input(shop);
    }

    /// Waits for its standard input while something is to be written.
    fn attend_input(&self, shop: &mut Shop) {
        if let Some(run) = &self.run
            && let Some(input) = run.descriptor(Source::Input)
        {
            shop.wait_for(input, self.slot, Source::Input);
        }
    }

    /// When something is due, ns.
    pub(crate) fn due(&self) -> u64 {
        let timer = self.timer.unwrap_or(u64::MAX);
        let held = self.held.map_or(u64::MAX, |(_, at)| at);
        let run = self
            .run
            .as_ref()
            .map_or(u64::MAX, |run| run.due(self.is_starting()));
        timer
            .min(held)
            .min(run)
            .min(self.run_time_over().unwrap_or(u64::MAX))
    }

    pub(super) fn is_starting(&self) -> bool {
        self.life.state() == State::Starting
    }

    fn run_time_over(&self) -> Option<u64> {
        let run = self
            .run
            .as_ref()
            .filter(|run| !run.is_over_told && !run.has_ended)?;
        let time = u64::try_from(self.wanted.run_time?.as_nanos()).ok()?;
        run.began.checked_add(time)
    }

    /// Does what is due.
    pub(crate) fn tick(&mut self, shop: &mut Shop) {
        let now = shop.now();
        if self.timer.is_some_and(|at| at <= now) {
            self.timer = None;
            self.on(Event::Tick, shop);
        }
        if let Some((generation, _)) = self.held.filter(|(_, at)| *at <= now) {
            self.go_on(generation, shop);
        }
        let is_starting = self.is_starting();
        let readiness = self.wanted.spec.readiness;
        let errors = self.log.bytes();
        let generation = self.life.generation();
        if let Some(run) = self.run.as_mut().filter(|run| !run.has_ended) {
            let news = run.tick(&shop.ground.root, readiness, is_starting, errors, now);
            let events = run.look_at_limits(Some(now));
            self.tell_events(events, shop);
            for news in news {
                self.on(Event::Tree { generation, news }, shop);
            }
            self.attend_input(shop);
        }
        if let Some(time) = self.wanted.run_time
            && self.run_time_over().is_some_and(|at| at <= now)
        {
            if let Some(run) = &mut self.run {
                run.is_over_told = true;
            }
            self.tell(Happened::RunTimeOver(time), shop);
            self.on(Event::Restart, shop);
        }
    }

    /// A start that waited for another's may be made by now, or not be wanted any more.
    fn go_on(&mut self, generation: u64, shop: &mut Shop) {
        let is_wanted = self.life.generation() == generation && self.is_starting();
        if !is_wanted {
            self.held = None;
            // Whoever asked for it waits for an answer, whatever has become of it.
            let reason = "it was given up while it waited for another's download".to_owned();
            self.on(
                Event::Tree {
                    generation,
                    news: News::SpawnFailed { reason },
                },
                shop,
            );
            return;
        }
        for news in self.spawn(generation, shop) {
            self.on(Event::Tree { generation, news }, shop);
        }
    }
}
