//! All containers of an engine: one list, and one inspection for each that is new or has changed.
//!
//! An inspection is kept until an event names its container, or its entry in the list differs from
//! before. After a break in the events everything is inspected again. What does not fit into the time or
//! the bounds keeps its last inspection, or is counted as not inspected.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::time::Instant;

use crate::container::{Container, Listed, inspected, listed, podman};
use crate::engine::{Engine, EngineError, EngineKind, READ_DEADLINE, encoded};

/// Containers that are inspected at most; of more, those that live and the newest.
pub const MOST_CONTAINERS: usize = 1_000;

/// Inspections under way at once: an engine holds a lock for each.
const IN_FLIGHT: usize = 8;

/// Different failures that are told.
const MOST_FAILURES: usize = 5;

/// What a look at an engine found.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The containers that were inspected, now or before.
    pub containers: Vec<Arc<Container>>,
    /// How many there are.
    pub total: usize,
    /// How many were never inspected: too many, too slow, or failed.
    pub not_inspected: usize,
    /// Why single ones could not be inspected, each reason once.
    pub failures: Vec<String>,
}

/// Keeps inspections between looks.
#[derive(Debug, Default)]
pub struct Lister {
    kept: HashMap<String, (Listed, Arc<Container>)>,
    stale: HashSet<String>,
    all_stale: bool,
    inspections: u64,
}

impl Lister {
    /// Something happened to this container: its inspection is worth nothing any more.
    pub fn changed(&mut self, id: &str) {
        if self.kept.contains_key(id) {
            self.stale.insert(id.to_owned());
        }
    }

    /// Events may have been missed.
    pub fn all_changed(&mut self) {
        self.all_stale = true;
    }

    /// Inspections made so far, for tests and for what watching costs.
    pub fn inspections(&self) -> u64 {
        self.inspections
    }

    /// Lists all, and inspects what has to be, until `until`.
    ///
    /// # Errors
    /// The list itself failed; the last inspections stay.
    pub async fn look(&mut self, engine: &Engine, until: Instant) -> Result<Listing, EngineError> {
        let left = until.saturating_duration_since(Instant::now());
        let answer = engine
            .read("/containers/json?all=true", left.min(READ_DEADLINE))
            .await?;
        let mut entries = listed(&answer)?;
        let total = entries.len();
        entries.sort_by_key(|entry| (!entry.state.is_alive(), -entry.created));
        entries.truncate(MOST_CONTAINERS);
        self.forget_all_but(&entries);
        let failures = self.inspect(engine, &entries, until).await;
        let containers: Vec<Arc<Container>> = entries
            .iter()
            .filter_map(|entry| Some(Arc::clone(&self.kept.get(&entry.id)?.1)))
            .collect();
        Ok(Listing {
            not_inspected: total - containers.len(),
            containers,
            total,
            failures,
        })
    }

    fn forget_all_but(&mut self, entries: &[Listed]) {
        let there: HashSet<&str> = entries.iter().map(|entry| entry.id.as_str()).collect();
        self.kept.retain(|id, _| there.contains(id.as_str()));
        self.stale.retain(|id| there.contains(id.as_str()));
        if std::mem::take(&mut self.all_stale) {
            self.stale = self.kept.keys().cloned().collect();
        }
    }

    async fn inspect(
        &mut self,
        engine: &Engine,
        entries: &[Listed],
        until: Instant,
    ) -> Vec<String> {
        let wanted = entries.iter().filter(|entry| {
            let known = self.kept.get(&entry.id);
            self.stale.contains(&entry.id) || known.is_none_or(|(before, _)| before != *entry)
        });
        let wanted: Vec<Listed> = wanted.cloned().collect();
        let mut failures = Vec::new();
        let mut answers = stream::iter(wanted)
            .map(|entry| {
                let engine = engine.clone();
                async move {
                    let answer = inspect(&engine, &entry.id, READ_DEADLINE).await;
                    (entry, answer)
                }
            })
            .buffer_unordered(IN_FLIGHT);
        while let Ok(Some((entry, answer))) = tokio::time::timeout_at(until, answers.next()).await {
            self.inspections += 1;
            match answer {
                Ok(container) => {
                    self.stale.remove(&entry.id);
                    self.kept
                        .insert(entry.id.clone(), (entry, Arc::new(container)));
                }
                // It went away between the list and now.
                Err(error) if error.is_not_found() => {
                    self.kept.remove(&entry.id);
                }
                Err(error) => {
                    let error = error.to_string();
                    if failures.len() < MOST_FAILURES && !failures.contains(&error) {
                        failures.push(error);
                    }
                }
            }
        }
        failures
    }
}

/// One container, as it is now.
pub async fn inspect(
    engine: &Engine,
    id: &str,
    deadline: Duration,
) -> Result<Container, EngineError> {
    let path = format!("/containers/{}/json", encoded(id));
    let mut container = inspected(&engine.read(&path, deadline).await?)?;
    if let (EngineKind::Podman, Some(libpod)) = (engine.kind(), &engine.version().libpod) {
        podman::forget(&mut container);
        let path = format!("/v{libpod}/libpod{path}");
        match engine.read(&path, deadline).await {
            Ok(answer) => podman::add(&mut container, &answer)?,
            // Without its own interface what it says stays unknown.
            Err(error) if error.status().is_some() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(container)
}

/// Whether the engine knows a container of this id.
///
/// # Errors
/// The engine did not answer, so nobody knows.
pub async fn exists(engine: &Engine, id: &str, deadline: Duration) -> Result<bool, EngineError> {
    match inspect(engine, id, deadline).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}
