//! Cleaning, as the thread that looks does it: a plan, carrying it out, and its end, at once or in a thread of
//! its own where containers are left to be removed.

use super::Looker;
use crate::cleaning::{self, Carried, Underway};
use crate::daemon::containers;
use crate::daemon::handle::Daemon;
use crate::daemon::orders::{CleanWishes, Reply};
use crate::observe::Scope;
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

impl Looker<'_> {
    /// What would be cleaned.
    pub(super) fn plan(&mut self, wishes: &CleanWishes) -> CleanReport {
        self.wish(wishes);
        let seen = self.observer.observe(Scope::Thorough);
        let outcome = if seen.has_nothing_to_clean() {
            "nothing_to_do"
        } else {
            "planned"
        };
        let document = cleaning::document(&mut self.observer, &seen, outcome);
        let root = self.observer.collector().root();
        if let Some(targets) = cleaning::grasp(root, &seen.plan) {
            self.held
                .hold(&seen.plan.id, targets, linux::clock::boot_ns());
        }
        self.wish(&CleanWishes::default());
        document
    }

    /// Carries out a plan.
    pub(super) fn clean(
        &mut self,
        plan_id: &str,
        wishes: &CleanWishes,
        actor: &str,
    ) -> Result<Carried, String> {
        self.wish(wishes);
        let kill_after = wishes.kill_after.unwrap_or(self.config.clean.kill_after.0);
        let daemon = self.daemon;
        daemon.begin(actor, "clean", &format!("plan {plan_id}"));
        let held = self.held.take(plan_id);
        let done = cleaning::apply(
            self.setting,
            &mut self.observer,
            plan_id,
            held,
            kill_after,
            actor,
            &|line| {
                daemon.pulse();
                tracing::info!("clean: {}", line.trim());
            },
        )
        .map_err(|error| format!("{error:#}"));
        match &done {
            Ok(Carried::Done(document)) => audit(daemon, actor, plan_id, Ok(document)),
            // It is when the rest has been tried.
            Ok(Carried::Underway(_)) => {}
            Err(error) => audit(daemon, actor, plan_id, Err(error)),
        }
        self.wish(&CleanWishes::default());
        self.look(Scope::Servers);
        done
    }

    /// Takes wishes into force until the next.
    pub(super) fn wish(&mut self, wishes: &CleanWishes) {
        let grace = wishes.grace.unwrap_or(self.config.clean.grace.0);
        let own = self.observer.wishes();
        own.grace_seconds = grace.as_secs_f64();
        own.older_than_seconds = wishes.older_than.map(|age| age.as_secs_f64());
        own.only.clone_from(&wishes.only);
        own.exclude.clone_from(&wishes.exclude);
        own.insist = wishes.insist;
        own.caller = wishes.caller;
        own.all_users = wishes.all_users && rustix::process::geteuid().is_root();
    }
}
