//! One look at an engine: list, inspections, figures, within one deadline; what did not fit is said.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use crate::container::{Container, State};
use crate::engine::{Engine, EngineError, READ_DEADLINE};
use crate::list::{Lister, Listing};
use crate::stats::{self, Rates, Stats};
use crate::view::{EngineView, Seen};

/// Readings of figures under way at once.
const IN_FLIGHT: usize = 8;

/// Different problems that are told.
const MOST_PROBLEMS: usize = 5;

/// Kept between looks.
#[derive(Debug, Default)]
pub(crate) struct Looker {
    pub(crate) lister: Lister,
    figures: HashMap<String, Figures>,
    oom_kills: HashMap<String, u64>,
}

/// The last reading of a container.
#[derive(Clone, Copy, Debug)]
struct Figures {
    stats: Stats,
    rates: Rates,
    run: Option<jiff::Timestamp>,
    look: u64,
}

impl Looker {
    /// A process in this container was killed for want of memory.
    pub(crate) fn count_oom(&mut self, id: &str) {
        // Bounded: containers that are gone are forgotten at each look.
        *self.oom_kills.entry(id.to_owned()).or_default() += 1;
    }

    /// Looks, and writes what was seen into `view`.
    ///
    /// # Errors
    /// The list failed; nothing is changed then. Single containers that fail are problems.
    pub(crate) async fn look(
        &mut self,
        engine: &Engine,
        view: &mut EngineView,
        until: Instant,
    ) -> Result<Listing, EngineError> {
        let listing = self.lister.look(engine, until).await?;
        view.looks += 1;
        view.problems.clone_from(&listing.failures);
        self.forget_all_but(&listing);
        self.read(engine, &listing, view, until).await;
        view.total = listing.total;
        view.not_inspected = listing.not_inspected;
        view.taken = Some(crate::clock::now());
        view.containers = listing
            .containers
            .iter()
            .map(|container| self.seen(container))
            .collect();
        let running = listing
            .containers
            .iter()
            .filter(|it| it.state == State::Running);
        view.not_read = running
            .filter(|it| {
                self.figures
                    .get(&it.id)
                    .is_none_or(|figures| figures.look != view.looks)
            })
            .count();
        Ok(listing)
    }

    fn forget_all_but(&mut self, listing: &Listing) {
        let there: HashMap<&str, &Container> = listing
            .containers
            .iter()
            .map(|it| (it.id.as_str(), &**it))
            .collect();
        self.oom_kills
            .retain(|id, _| there.contains_key(id.as_str()));
        self.figures.retain(|id, figures| {
            let container = there.get(id.as_str());
            container.is_some_and(|it| it.state.is_alive() && it.started == figures.run)
        });
    }

    /// Reads figures of all that run, those first whose last reading is oldest.
    async fn read(
        &mut self,
        engine: &Engine,
        listing: &Listing,
        view: &mut EngineView,
        until: Instant,
    ) {
        let running = listing
            .containers
            .iter()
            .filter(|it| it.state == State::Running);
        let mut running: Vec<Arc<Container>> = running.cloned().collect();
        running.sort_by_key(|it| self.figures.get(&it.id).map_or(0, |figures| figures.look));
        let mut answers = stream::iter(running)
            .map(|container| {
                let engine = engine.clone();
                async move {
                    let left = until.saturating_duration_since(Instant::now());
                    let deadline = left.min(READ_DEADLINE).max(Duration::from_millis(1));
                    let answer = stats::read(&engine, &container.id, deadline).await;
                    (container, answer)
                }
            })
            .buffer_unordered(IN_FLIGHT);
        while let Ok(Some((container, answer))) =
            tokio::time::timeout_at(until, answers.next()).await
        {
            match answer {
                Ok(Some(stats)) => self.keep(&container, stats, view.looks),
                Ok(None) => {}
                // It ended between the list and now.
                Err(error) if error.is_not_found() => {}
                Err(error) => {
                    let error = error.to_string();
                    if view.problems.len() < MOST_PROBLEMS && !view.problems.contains(&error) {
                        view.problems.push(error);
                    }
                }
            }
        }
    }

    fn keep(&mut self, container: &Container, stats: Stats, look: u64) {
        let before = self.figures.get(&container.id);
        let rates = before.map(|before| Rates::between(&before.stats, &stats));
        let figures = Figures {
            stats,
            rates: rates.unwrap_or_default(),
            run: container.started,
            look,
        };
        self.figures.insert(container.id.clone(), figures);
    }

    fn seen(&self, container: &Arc<Container>) -> Seen {
        let figures = self.figures.get(&container.id);
        Seen {
            container: Arc::clone(container),
            stats: figures.map(|figures| figures.stats),
            rates: figures.map(|figures| figures.rates).unwrap_or_default(),
            oom_kills: self.oom_kills.get(&container.id).copied().unwrap_or(0),
        }
    }
}
