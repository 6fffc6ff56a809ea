//! What the policy wants done, done: by the keeper, or by the same plans as cleaning.

use model::ProcessId;
use supervise::policy::{Act, Step, What};

use super::{Looker, cleaned};
use crate::cleaning::Carried;
use crate::daemon::containers;
use crate::daemon::orders::{CleanWishes, Order};
use crate::daemon::policy::{self, Wanted};
use crate::observe::Scope;
use crate::report::CleanReport;

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
            looker.keep_policy(true);
            if let Some(how) = act_on(looker, &act) {
                next = next.and(end(looker, act.number, how));
            }
        }
        if next.acts.is_empty() && next.told.is_empty() {
            break;
        }
        wanted = next;
    }
    looker.keep_policy(has_changed);
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
        Step::CleanOrphans => clean_orphans(looker, act),
        Step::StopLargest => stop(looker, act),
        Step::RestartContainer => restart_container(looker, act).err().map(Err),
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

/// What was done elsewhere has come to an end.
pub(super) fn note_done(looker: &mut Looker<'_>, number: u64, how: Result<String, String>) {
    if let Some(act) = looker.enforcer.forget(number) {
        note_end(looker, &act, &how);
    }
    let wanted = end(looker, number, how);
    if !wanted.acts.is_empty() || !wanted.told.is_empty() {
        carry_out(looker, wanted);
    }
}

/// Has an engine restart the container; its end is an order.
fn restart_container(looker: &Looker<'_>, act: &Act) -> Result<(), String> {
    let name = policy::container_of(&act.target.object);
    let name = name.ok_or_else(|| "it is no container".to_owned())?;
    let watched = looker.daemon.containers();
    let view = watched.ok_or_else(|| "no container engine is watched".to_owned())?;
    let (container, socket) = containers::find(&view.view(), name)?;
    containers::restart(looker.daemon.weak(), act.number, &container, socket)
}

fn clean_orphans(looker: &mut Looker<'_>, act: &Act) -> Option<Result<String, String>> {
    let Some(last) = looker.last.clone() else {
        return Some(Err("the machine has not been looked at yet".to_owned()));
    };
    let mut only = policy::orphan_words(&act.target.processes, &last.picture);
    only.extend(policy::orphan_containers(
        &act.target.processes,
        &last.picture,
    ));
    if only.is_empty() {
        return Some(Err("they are gone or have an owner again".to_owned()));
    }
    apply(
        looker,
        act,
        &CleanWishes {
            only,
            ..CleanWishes::default()
        },
        None,
    )
}

fn stop(looker: &mut Looker<'_>, act: &Act) -> Option<Result<String, String>> {
    let Some(root) = act.target.processes.first() else {
        return Some(Err("it has ended".to_owned()));
    };
    apply(
        looker,
        act,
        &CleanWishes {
            only: vec![root.pid.to_string()],
            insist: true,
            ..CleanWishes::default()
        },
        Some(*root),
    )
}

/// Plans it as for a person, and carries just that plan out. `root`: the plan must be about this process.
/// Answers how it ended; nothing where containers are left to be removed, whose end is an order.
fn apply(
    looker: &mut Looker<'_>,
    act: &Act,
    wishes: &CleanWishes,
    root: Option<ProcessId>,
) -> Option<Result<String, String>> {
    match applied(looker, wishes, root) {
        Ok((_, Carried::Done(document))) => Some(in_words(&document)),
        Ok((plan_id, Carried::Underway(underway))) => {
            let (daemon, number) = (looker.daemon.weak(), act.number);
            let actor = "policy".to_owned();
            let begun = cleaned::finish(looker.daemon, underway, plan_id, actor, move |document| {
                let how = in_words(&document);
                containers::put(&daemon, Order::PolicyDone { act: number, how });
            });
            begun.err().map(Err)
        }
        Err(why) => Some(Err(why)),
    }
}

fn applied(
    looker: &mut Looker<'_>,
    wishes: &CleanWishes,
    root: Option<ProcessId>,
) -> Result<(String, Carried), String> {
    looker.wish(wishes);
    let seen = looker.observer.observe(Scope::Thorough);
    looker.wish(&CleanWishes::default());
    let plan = &seen.plan;
    if let Some(refused) = plan.refused.first().filter(|_| seen.has_nothing_to_clean()) {
        let reasons: Vec<&str> = refused
            .refusals
            .iter()
            .map(|why| why.detail.as_str())
            .collect();
        return Err(format!("it is left alone: {}", reasons.join("; ")));
    }
    let is_it = |root: ProcessId| plan.removals.iter().any(|removal| removal.root == root);
    if seen.has_nothing_to_clean() || !root.is_none_or(is_it) {
        return Err("it has ended".to_owned());
    }
    let done = looker.clean(&plan.id, wishes, "policy")?;
    Ok((plan.id.clone(), done))
}

fn in_words(done: &CleanReport) -> Result<String, String> {
    let freed = done.freed.clone().unwrap_or_default();
    let bytes = freed.rss_bytes + freed.container_memory_bytes.unwrap_or(0);
    let bytes = model::units::bytes(bytes);
    let mut words = format!("{} processes ended, {bytes} freed", freed.processes);
    if freed.containers > 0 {
        words = format!("{} containers removed, {words}", freed.containers);
    }
    let failed = done
        .containers
        .iter()
        .filter_map(|result| result.detail.as_ref());
    for why in failed {
        words.push_str(&format!("; {why}"));
    }
    match &*done.outcome {
        "done" => Ok(words),
        other => Err(format!("{other}: {words}")),
    }
}
