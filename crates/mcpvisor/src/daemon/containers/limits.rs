//! `[limits.containers]` for containers that run without limits of their own.
//!
//! In `enforce` each is set once, by its engine, and read back: what holds is what the kernel and the engine
//! say afterwards. In `observe` it is only told. A limit that a container was made with is never changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use containers::act::{self, Enforced, LimitOutcome, Patience, Target, Wanted};
use containers::container::{Container, Limits};
use containers::once;
use containers::orphan::Judged;
use history::NewAudit;
use model::Severity;
use serde_json::json;
use supervise::policy::Mode;

use crate::api::LimitReport;
use crate::config::{Config, ServerLimits};
use crate::daemon::Daemon;
use crate::daemon::changes::Change;
use crate::engines::{Look, removal};

/// An engine that failed is asked again after this long, nanoseconds.
const AGAIN_NS: u64 = 600_000_000_000;

/// What became of limits, by id of the container. Bounded by the containers that exist.
#[derive(Clone, Default)]
pub(crate) struct Limited {
    states: Arc<Mutex<BTreeMap<String, (Wanted, State)>>>,
    is_busy: Arc<AtomicBool>,
}

#[derive(Clone, Debug, PartialEq)]
enum State {
    /// It was only told.
    Told,
    /// The engine is being asked.
    UnderWay,
    /// It was asked, and this holds.
    Done(Enforced),
    /// It could not be asked.
    Failed { why: String, at_ns: u64 },
}

/// A container that is to be limited.
struct Errand {
    container: Arc<Container>,
    socket: PathBuf,
    wanted: Wanted,
}

/// Looks after limits, as far as the last look shows that there is something to do.
pub(super) fn after(daemon: Weak<Daemon>, limited: &Limited, config: &Config, look: &Look) {
    limited.forget_all_but(look);
    let enforces = config.policy.settings.mode == Mode::Enforce;
    let mut errands = Vec::new();
    for judged in look
        .judged
        .iter()
        .filter(|judged| look.is_ours_to_judge(judged))
    {
        let container = &judged.owned.container;
        let wanted = missing(&asked(config, look, judged), &container.limits);
        if wanted == Wanted::default() || !container.state.is_alive() {
            continue;
        }
        if !limited.is_to_be_done(&container.id, &wanted, enforces) {
            continue;
        }
        let Ok((_, socket)) = super::find(&look.view, &container.id) else {
            continue;
        };
        errands.push(Errand {
            container: Arc::clone(container),
            socket,
            wanted,
        });
    }
    if errands.is_empty() {
        return;
    }
    if enforces {
        limited.begin(daemon, errands);
    } else if let Some(daemon) = daemon.upgrade() {
        for errand in errands {
            limited.set(&errand, State::Told);
            tell(&daemon, &errand);
        }
    }
}

impl Limited {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Wanted, State)>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, errand: &Errand, state: State) {
        let id = errand.container.id.clone();
        self.lock().insert(id, (errand.wanted, state));
    }

    fn forget_all_but(&self, look: &Look) {
        if !look.view.is_complete() {
            return;
        }
        let there: BTreeSet<&str> = look
            .judged
            .iter()
            .map(|judged| judged.owned.container.id.as_str())
            .collect();
        self.lock().retain(|id, _| there.contains(id.as_str()));
    }

    fn is_to_be_done(&self, id: &str, wanted: &Wanted, enforces: bool) -> bool {
        let now = linux::clock::boot_ns();
        match self.lock().get(id) {
            None => true,
            Some((before, _)) if before != wanted => true,
            Some((_, State::Told)) => enforces,
            Some((_, State::Failed { at_ns, .. })) => {
                enforces && now.saturating_sub(*at_ns) >= AGAIN_NS
            }
            Some((_, State::UnderWay | State::Done(_))) => false,
        }
    }

    /// Asks the engines in a thread of its own; one at a time.
    fn begin(&self, daemon: Weak<Daemon>, errands: Vec<Errand>) {
        if self.is_busy.swap(true, Ordering::AcqRel) {
            return;
        }
        for errand in &errands {
            self.set(errand, State::UnderWay);
        }
        let limited = self.clone();
        let begun = super::elsewhere("limits", move || {
            for errand in &errands {
                let state = carry_out(&daemon, errand);
                limited.set(errand, state);
            }
            limited.is_busy.store(false, Ordering::Release);
        });
        if let Err(why) = begun {
            tracing::warn!("limits of containers are not set: {why}");
            self.is_busy.store(false, Ordering::Release);
            // The next look tries again.
            self.lock()
                .retain(|_, (_, state)| *state != State::UnderWay);
        }
    }

    fn state(&self, id: &str) -> Option<(Wanted, State)> {
        self.lock().get(id).cloned()
    }
}

fn carry_out(daemon: &Weak<Daemon>, errand: &Errand) -> State {
    let audit = |phase: &str, outcome: Option<&str>, data: serde_json::Value| {
        if let Some(daemon) = daemon.upgrade() {
            daemon.audit_act(entry(errand, phase, outcome, data));
        }
    };
    audit("begin", None, json!({ "wanted": errand.wanted }));
    let target = Target::from(&*errand.container);
    let patience = Patience::default();
    let done = once::with_runtime(async {
        let engine = removal::connect(&errand.socket, &patience).await;
        let engine = engine.map_err(|attempts| {
            format!("its engine does not answer: {}", super::tries(&attempts))
        })?;
        let set = act::set_limits(&engine, &target, &errand.wanted).await;
        set.map_err(|error| error.to_string())
    });
    let done = done.map_err(|error| error.to_string()).flatten();
    match done {
        Ok(enforced) => {
            let words = in_words(&enforced);
            audit("end", Some(&words), json!({ "enforced": enforced }));
            tracing::info!("container {}: {words}", errand.container.name);
            State::Done(enforced)
        }
        Err(why) => {
            let words = format!("failed: {why}");
            audit("end", Some(&words), serde_json::Value::Null);
            tracing::warn!(
                "container {}: limits were not set: {why}",
                errand.container.name
            );
            State::Failed {
                why,
                at_ns: linux::clock::boot_ns(),
            }
        }
    }
}

fn tell(daemon: &Daemon, errand: &Errand) {
    let words = "would have been set; `policy.mode` is \"observe\"";
    let data = json!({ "wanted": errand.wanted });
    daemon.audit_act(entry(errand, "dry_run", Some(words), data));
    let name = model::text::safe(&errand.container.name);
    let change = Change {
        kind: "action",
        severity: Severity::Info,
        server: None,
        title: format!("container {name} runs without limits that the configuration has for it"),
        data: json!({ "container": errand.container.id, "wanted": errand.wanted }),
    };
    daemon.tell(linux::clock::now().wall, [change]);
}

fn entry(
    errand: &Errand,
    phase: &str,
    outcome: Option<&str>,
    mut data: serde_json::Value,
) -> NewAudit {
    if let Some(data) = data.as_object_mut() {
        data.insert("container".to_owned(), json!(errand.container.id));
    }
    NewAudit {
        at: linux::clock::now().wall.as_millisecond(),
        actor: "policy".to_owned(),
        command: "set_limits".to_owned(),
        target: format!("container {}", errand.container.name),
        phase: phase.to_owned(),
        outcome: outcome.map(str::to_owned),
        data,
    }
}

fn in_words(enforced: &Enforced) -> String {
    let is_set = |(_, outcome): &&(String, LimitOutcome)| *outcome == LimitOutcome::Set;
    let set: Vec<&str> = enforced
        .limits
        .iter()
        .filter(is_set)
        .map(|(name, _)| name.as_str())
        .collect();
    let others = enforced.limits.iter().filter(|limit| !is_set(limit));
    let others: Vec<String> = others
        .map(|(name, outcome)| format!("{name}: {}", how(outcome)))
        .collect();
    let held = if set.is_empty() {
        "nothing holds".to_owned()
    } else {
        format!("done: {} hold", set.join(", "))
    };
    if others.is_empty() {
        held
    } else {
        format!("{held}; {}", others.join("; "))
    }
}

fn how(outcome: &LimitOutcome) -> String {
    match outcome {
        LimitOutcome::Set => "the engine and the kernel hold it".to_owned(),
        LimitOutcome::Differs { holds } => format!("what holds is {holds}"),
        LimitOutcome::Unverified { why } => format!("whether it holds is not known: {why}"),
        LimitOutcome::Refused { why } => why.clone(),
    }
}

/// What the configuration has for a container.
fn asked(config: &Config, look: &Look, judged: &Judged) -> ServerLimits {
    match look.config_name(&judged.owned.container.id) {
        Some(name) => config.limits_of(name),
        None => config.limits_of_containers(),
    }
}

/// What of it the container was made without. Open files are limited only when it is made.
fn missing(asked: &ServerLimits, has: &Limits) -> Wanted {
    let memory_bytes = asked.memory_max.filter(|_| has.memory_bytes.is_none());
    let swap = memory_bytes.zip(asked.swap_max);
    Wanted {
        memory_bytes,
        memory_swap_bytes: swap.map(|(memory, swap)| memory.saturating_add(swap)),
        pids: asked.pids_max.filter(|_| has.pids.is_none()),
        cpus: asked.cpu.filter(|_| has.cpus.is_none()),
        nofile: None,
    }
}

/// Limits that the configuration has for a container, with what holds.
pub(crate) fn report(
    limited: &Limited,
    config: &Config,
    look: &Look,
    judged: &Judged,
) -> Vec<LimitReport> {
    let asked = asked(config, look, judged);
    let container = &judged.owned.container;
    let state = limited.state(&container.id);
    let has = &container.limits;
    let bytes = |value: u64| model::units::bytes(value);
    let rows = [
        (
            "memory_max",
            "memory",
            asked.memory_max.map(bytes),
            has.memory_bytes.map(bytes),
        ),
        (
            "pids_max",
            "pids",
            asked.pids_max.map(|pids| format!("{pids} tasks")),
            has.pids.map(|pids| format!("{pids} tasks")),
        ),
        (
            "cpu_max",
            "cpus",
            asked.cpu.map(|cpus| format!("{cpus} processors")),
            has.cpus.map(|cpus| format!("{cpus} processors")),
        ),
        (
            "nofile",
            "nofile",
            asked.nofile.map(|files| format!("{} files", files.soft)),
            has.nofile.map(|files| format!("{files} files")),
        ),
    ];
    let rows = rows.into_iter().filter_map(|(limit, name, asked, has)| {
        let (enforced, how) = held(name, has, state.as_ref());
        Some(LimitReport {
            limit: limit.into(),
            asked: asked?,
            enforced,
            how,
        })
    });
    rows.collect()
}

fn held(
    name: &str,
    has: Option<String>,
    state: Option<&(Wanted, State)>,
) -> (Option<bool>, String) {
    if let Some((_, State::Done(enforced))) = state
        && let Some((_, outcome)) = enforced.limits.iter().find(|(limit, _)| limit == name)
    {
        let is_held = match outcome {
            LimitOutcome::Set => Some(true),
            LimitOutcome::Unverified { .. } => None,
            LimitOutcome::Differs { .. } | LimitOutcome::Refused { .. } => Some(false),
        };
        return (is_held, how(outcome));
    }
    if let Some(has) = has {
        return (Some(true), format!("it has a limit of its own: {has}"));
    }
    if name == "nofile" {
        let how = "set only when it is made: `--ulimit nofile=N`";
        return (Some(false), how.to_owned());
    }
    let (is_held, how) = match state.map(|(_, state)| state) {
        Some(State::UnderWay) => (None, "its engine is being asked".to_owned()),
        Some(State::Failed { why, .. }) => (Some(false), why.clone()),
        Some(State::Told) => (
            Some(false),
            "not set: `policy.mode` is \"observe\"".to_owned(),
        ),
        Some(State::Done(_)) | None => (Some(false), "not set yet".to_owned()),
    };
    (is_held, how)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn only_what_a_container_was_made_without_is_set() {
        let asked = ServerLimits {
            memory_max: Some(64 * MIB),
            swap_max: Some(MIB),
            pids_max: Some(50),
            cpu: Some(2.0),
            ..ServerLimits::default()
        };
        let all = missing(&asked, &Limits::default());
        assert_eq!(
            (all.memory_bytes, all.memory_swap_bytes, all.pids, all.cpus),
            (Some(64 * MIB), Some(65 * MIB), Some(50), Some(2.0))
        );
        let has = Limits {
            memory_bytes: Some(512 * MIB),
            pids: Some(100),
            ..Limits::default()
        };
        let rest = missing(&asked, &has);
        assert_eq!(
            (
                rest.memory_bytes,
                rest.memory_swap_bytes,
                rest.pids,
                rest.cpus
            ),
            (None, None, None, Some(2.0)),
            "whoever made it chose its own"
        );
        let nothing = missing(&ServerLimits::default(), &Limits::default());
        assert_eq!(nothing, Wanted::default());
    }

    #[test]
    fn what_was_not_set_is_never_said_to_hold() {
        let told = (Wanted::default(), State::Told);
        let failed = State::Failed {
            why: "hangs".to_owned(),
            at_ns: 0,
        };
        let failed = (Wanted::default(), failed);
        for state in [None, Some(&told), Some(&failed)] {
            assert_eq!(held("memory", None, state).0, Some(false));
        }
        let own = held("memory", Some("64 MiB".to_owned()), None);
        assert_eq!(own.0, Some(true));
        let refused = Enforced {
            limits: vec![(
                "memory".to_owned(),
                LimitOutcome::Refused {
                    why: "too little".to_owned(),
                },
            )],
            recorded: None,
            kernel_memory_bytes: None,
            kernel_pids: None,
            warnings: Vec::new(),
        };
        let refused = (Wanted::default(), State::Done(refused));
        assert_eq!(held("memory", None, Some(&refused)).0, Some(false));
    }
}
