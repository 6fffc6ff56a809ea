//! The end of cleaning: at once, or in a thread of its own where containers are left to be removed.

use super::Looker;
use crate::cleaning::{Carried, Underway};
use crate::daemon::containers;
use crate::daemon::handle::Daemon;
use crate::daemon::orders::{CleanWishes, Reply};
use crate::report::CleanReport;

/// Cleans, and answers when all of it has been tried.
pub(super) fn clean(
    looker: &mut Looker<'_>,
    (plan_id, wishes, actor): (&str, &CleanWishes, String),
    reply: Reply<Result<CleanReport, String>>,
) {
    let underway = match looker.clean(plan_id, wishes, &actor) {
        Ok(Carried::Underway(underway)) => underway,
        Ok(Carried::Done(document)) => return drop(reply.send(Ok(*document))),
        Err(why) => return drop(reply.send(Err(why))),
    };
    let plan_id = plan_id.to_owned();
    let begun = finish(looker.daemon, underway, plan_id, actor, move |document| {
        drop(reply.send(Ok(document)));
    });
    if let Err(why) = begun {
        tracing::error!("containers of a plan are not removed: {why}");
    }
}

/// Does what is left of a plan in a thread of its own.
pub(super) fn finish(
    daemon: &Daemon,
    underway: Box<Underway>,
    plan_id: String,
    actor: String,
    then: impl FnOnce(CleanReport) + Send + 'static,
) -> Result<(), String> {
    let weak = daemon.weak();
    containers::finish(underway, move |document| {
        if let Some(daemon) = weak.upgrade() {
            audit(&daemon, &actor, &plan_id, Ok(&document));
        }
        then(document);
    })
}

/// Notes what cleaning has come to.
pub(super) fn audit(daemon: &Daemon, actor: &str, plan_id: &str, done: Result<&CleanReport, &str>) {
    let outcome = match done {
        Ok(document) if document.applied => Ok(()),
        Ok(document) => Err(&*document.outcome),
        Err(error) => Err(error),
    };
    daemon.audit(actor, "clean", &format!("plan {plan_id}"), outcome);
}
