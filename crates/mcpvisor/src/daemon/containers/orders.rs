//! Orders of people to containers that the configuration names: start, stop, restart.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use containers::act::{self, Attempt, Outcome, Patience, Target};
use containers::container::State;
use containers::once;
use tokio::sync::oneshot;

use super::{find, words};
use crate::config::What;
use crate::daemon::Daemon;
use crate::daemon::tasks::Task;
use crate::engines::removal;

/// Numbers of these orders begin here, far above those of orders to servers that are kept, and below what
/// JSON's numbers hold exactly.
static NEXT: AtomicU64 = AtomicU64::new(1 << 50);

/// What is ordered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// It runs afterwards.
    Start,
    /// It does not.
    Stop,
    /// It runs, and was started anew.
    Restart,
}

impl Verb {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
        }
    }
}

impl Daemon {
    /// The container of a server that the configuration names by it.
    pub(crate) fn container_of(&self, server: &str) -> Option<String> {
        let config = self.config();
        let named = config.servers.iter().find(|known| known.name == server)?;
        match &named.what {
            What::Container(container) => Some(container.clone()),
            What::Command(_) | What::Url(_) => None,
        }
    }

    /// Notes an order to a server that is a container; its number.
    pub(crate) fn begin_container_order(&self, server: &str, verb: Verb) -> u64 {
        let id = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut tasks = self.tasks().lock().unwrap_or_else(PoisonError::into_inner);
        tasks.add(Task {
            id,
            server: server.to_owned(),
            order: verb.name(),
            at: linux::clock::now().wall,
            ended: None,
        });
        id
    }

    /// Carries it out in a thread of its own, and notes how it ended; the receiver hears of that.
    pub(crate) fn order_container(
        self: Arc<Self>,
        (task, server): (u64, String),
        container: String,
        verb: Verb,
        actor: String,
    ) -> Result<oneshot::Receiver<Result<(), String>>, String> {
        let (end, ended) = oneshot::channel();
        super::elsewhere("order", move || {
            let how = self.carry_out(&container, verb);
            drop(end.send(self.end_container_order(task, &server, verb, &actor, how)));
        })?;
        Ok(ended)
    }

    fn end_container_order(
        &self,
        task: u64,
        server: &str,
        verb: Verb,
        actor: &str,
        how: Result<String, String>,
    ) -> Result<(), String> {
        let at = linux::clock::now().wall;
        let ended = how.map(drop);
        {
            let mut tasks = self.tasks().lock().unwrap_or_else(PoisonError::into_inner);
            tasks.end(task, at, ended.clone());
        }
        let outcome = ended.as_ref().map_err(String::as_str).copied();
        self.audit(actor, verb.name(), server, outcome);
        ended
    }

    fn carry_out(&self, name: &str, verb: Verb) -> Result<String, String> {
        let containers = self
            .containers()
            .ok_or_else(|| "container engines are not watched yet".to_owned())?;
        let (container, socket) = find(&containers.view(), name)?;
        if verb == Verb::Start && container.state == State::Running {
            return Ok("it runs".to_owned());
        }
        let patience = Patience::default();
        let target = Target::from(&*container);
        let done = once::with_runtime(async {
            let engine = removal::connect(&socket, &patience).await?;
            Ok(match verb {
                // What does not run is started by that.
                Verb::Start | Verb::Restart => act::restart(&engine, &target, &patience).await,
                Verb::Stop => act::stop(&engine, &target, &patience).await,
            })
        });
        let report = done.map_err(|error| error.to_string())?;
        let report = report.map_err(|attempts: Vec<Attempt>| {
            format!("its engine does not answer: {}", super::tries(&attempts))
        })?;
        if verb == Verb::Stop && report.outcome == Outcome::AlreadyGone {
            return Ok("it is gone".to_owned());
        }
        words(&report, "did as it was told")
    }
}
