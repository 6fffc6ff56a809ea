//! What the policy wants done, done: by the keeper, or by the same plans as cleaning.

use model::ProcessId;
use supervise::policy::{Act, Step, What};

use super::Looker;
use crate::daemon::orders::CleanWishes;
use crate::daemon::policy::{self, Wanted};
use crate::observe::Scope;

/// Rounds of acts that follow from each other at one look: a step that fails leads on to the next.
const MOST_ROUNDS: usize = 16;

/// Tells what is to be told and does what is to be done; what follows from that, too.
pub(super) fn carry_out(looker: &mut Looker<'_>, wanted: Wanted) {
    let mut wanted = wanted;
    let mut has_changed = false;
    for _ in 0..MOST_ROUNDS {
        has_changed |= !wanted.acts.is_empty() || !wanted.told.is_empty();
        tell(looker, &wanted);
        let mut next = Wanted::default();
        for act in std::mem::take(&mut wanted.acts) {
            // What is to be done is known before it is, also to who comes after a crash.
            looker.enforcer.keep(true, linux::clock::now());
            if let Some(how) = act_on(looker, &act) {
                next = next.and(end(looker, act.number, how));
            }
        }
        if next.acts.is_empty() && next.told.is_empty() {
            break;
        }
        wanted = next;
    }
    looker.enforcer.keep(has_changed, linux::clock::now());
}

fn tell(looker: &Looker<'_>, wanted: &Wanted) {
    let now = linux::clock::now().wall;
    for told in &wanted.told {
        tracing::info!("policy, {}: {}", told.rule, told.what);
        match &told.what {
            What::WouldAct { act } => {
                let words = "would have been done; `policy.mode` is \"observe\"";
                looker
                    .daemon
                    .audit_act(policy::entry("dry_run", act, Some(words), now));
            }
            What::Notice { evidence } => {
                looker.daemon.audit_act(policy::notice(told, evidence, now));
            }
            _ => {}
        }
    }
    looker
        .daemon
        .tell(now, wanted.told.iter().map(policy::change));
}

/// Does it; answers how it ended, if that is known at once.
fn act_on(looker: &mut Looker<'_>, act: &Act) -> Option<Result<String, String>> {
    let now = linux::clock::now().wall;
    looker
        .daemon
        .audit_act(policy::entry("begin", act, None, now));
    let how = match act.step {
        // People are told by the alert's own routes; that it was a step of a ladder is an event.
        Step::Notify => Some(Ok("people were told".to_owned())),
        Step::RestartServer => restart(looker, act),
        Step::CleanOrphans => Some(clean_orphans(looker, act)),
        Step::StopLargest => Some(stop(looker, act)),
        Step::RestartContainer => Some(Err(
            "no engine that answers has a container of this server".to_owned(),
        )),
    };
    if let Some(how) = &how {
        note_end(looker, act, how);
    } else {
        looker.enforcer.remember(act.clone());
    }
    how
}

fn note_end(looker: &Looker<'_>, act: &Act, how: &Result<String, String>) {
    let words = match how {
        Ok(words) => format!("done: {words}"),
        Err(words) => format!("failed: {words}"),
    };
    let now = linux::clock::now().wall;
    looker
        .daemon
        .audit_act(policy::entry("end", act, Some(&words), now));
}

fn end(looker: &mut Looker<'_>, act: u64, how: Result<String, String>) -> Wanted {
    looker.enforcer.done(act, how, linux::clock::now())
}

/// Restarts that were ordered and have come to an end.
pub(super) fn note_restarts(looker: &mut Looker<'_>) {
    let view = looker.daemon.kept();
    let mut wanted = Wanted::default();
    for (number, how) in looker.enforcer.restarted(&view) {
        if let Some(act) = looker.enforcer.forget(number) {
            note_end(looker, &act, &how);
        }
        wanted = wanted.and(end(looker, number, how));
    }
    if !wanted.acts.is_empty() || !wanted.told.is_empty() {
        carry_out(looker, wanted);
    }
}

fn restart(looker: &mut Looker<'_>, act: &Act) -> Option<Result<String, String>> {
    let view = looker.daemon.kept();
    let Some((server, before)) = policy::server_of(act, &view) else {
        return Some(Err("it is not kept by mcpvisor any more".to_owned()));
    };
    let ticket = looker
        .daemon
        .keeper()
        .and_then(|keeper| keeper.order_restart(&server));
    let Some(ticket) = ticket else {
        return Some(Err("too many orders are waiting".to_owned()));
    };
    looker
        .enforcer
        .await_restart(act.number, server, ticket, before);
    None
}

fn clean_orphans(looker: &mut Looker<'_>, act: &Act) -> Result<String, String> {
    let Some(last) = looker.last.clone() else {
        return Err("the machine has not been looked at yet".to_owned());
    };
    let only = policy::orphan_words(&act.target.processes, &last.picture);
    if only.is_empty() {
        return Err("they are gone or have an owner again".to_owned());
    }
    apply(
        looker,
        &CleanWishes {
            only,
            ..CleanWishes::default()
        },
        None,
    )
}

fn stop(looker: &mut Looker<'_>, act: &Act) -> Result<String, String> {
    let Some(root) = act.target.processes.first() else {
        return Err("it has ended".to_owned());
    };
    apply(
        looker,
        &CleanWishes {
            only: vec![root.pid.to_string()],
            insist: true,
            ..CleanWishes::default()
        },
        Some(*root),
    )
}

/// Plans it as for a person, and carries just that plan out. `root`: the plan must be about this process.
fn apply(
    looker: &mut Looker<'_>,
    wishes: &CleanWishes,
    root: Option<ProcessId>,
) -> Result<String, String> {
    looker.wish(wishes);
    let seen = looker.observer.observe(Scope::Thorough);
    looker.wish(&CleanWishes::default());
    let plan = &seen.plan;
    if let Some(refused) = plan.refused.first().filter(|_| plan.removals.is_empty()) {
        let reasons: Vec<&str> = refused
            .refusals
            .iter()
            .map(|why| why.detail.as_str())
            .collect();
        return Err(format!("it is left alone: {}", reasons.join("; ")));
    }
    let is_it = |root: ProcessId| plan.removals.iter().any(|removal| removal.root == root);
    if plan.removals.is_empty() || !root.is_none_or(is_it) {
        return Err("it has ended".to_owned());
    }
    let done = looker.clean(&plan.id, wishes, "policy")?;
    let freed = done.freed.as_ref();
    let processes = freed.map_or(0, |freed| freed.processes);
    let bytes = model::units::bytes(freed.map_or(0, |freed| freed.rss_bytes));
    let words = format!("{processes} processes ended, {bytes} freed");
    match &*done.outcome {
        "done" => Ok(words),
        other => Err(format!("{other}: {words}")),
    }
}
