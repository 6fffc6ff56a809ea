//! What becomes of servers that an earlier run of mcpvisor started and that it could not end, since it was
//! killed: taken over, ended, or forgotten.
//!
//! Each start is recorded before it is carried out. After a crash the records are compared with what lives.
//! Nothing is ended on the word of a record alone: either its root is there with the start time of the
//! record in the same boot, or its cgroup, which nobody but us makes, has processes. (Start times have
//! ticks of 10 ms; whoever signals compares more than that, see `linux::control::Expected`.)
//!
//! A stdio server whose stdin and stdout we held is never taken over: they ended with us, and nobody can
//! talk to it any more.

use std::collections::{BTreeMap, BTreeSet};

use model::ProcessId;
use serde::{Deserialize, Serialize};

use crate::spec::{Spec, Transport};

/// The record of a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Name of the server.
    pub server: String,
    /// What it runs ([`Runs::fingerprint`](crate::spec::Runs::fingerprint)).
    pub fingerprint: String,
    /// How clients talk to it.
    pub transport: Transport,
    /// The number of the start.
    pub generation: u64,
    /// Its root; `None` if we were killed between the start and its answer.
    pub root: Option<ProcessId>,
    /// `/proc/sys/kernel/random/boot_id` at that time.
    pub boot_id: String,
    /// The cgroup that was made for it, if one could be made.
    pub cgroup: Option<String>,
    /// It was to run when this was written; otherwise it was being ended.
    pub is_wanted: bool,
}

/// What lives now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alive {
    /// The boot id now; empty if it could not be read, and then no process is known by its pid.
    pub boot_id: String,
    /// Those roots of the records that are there with the same start time, and are no zombies.
    pub processes: BTreeSet<ProcessId>,
    /// Cgroups that we make for servers, by the names that the records have, and that have processes.
    pub cgroups: BTreeSet<String>,
}

/// What is done with servers that outlived us.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Survival {
    /// They are taken over as they run, where that is possible.
    #[default]
    Adopt,
    /// They are ended, and started anew if they are wanted.
    End,
}

/// What becomes of what a record names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict", content = "why")]
pub enum Verdict {
    /// It is taken over: [`Event::Adopted`](crate::lifecycle::Event::Adopted).
    Adopt,
    /// All of it is ended: [`Event::Leftover`](crate::lifecycle::Event::Leftover). A machine takes one tree,
    /// so what is superseded, or of a server that is not configured any more, is ended before and without it.
    End(EndReason),
    /// Nothing is done.
    Forget(ForgetReason),
}

/// Why it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Its stdin and stdout ended with the run that held them.
    StdioLost,
    /// No such server is configured any more.
    NotConfigured,
    /// It is configured to run something else now.
    Changed,
    /// It was being ended.
    NotWanted,
    /// Its root has ended and has left others.
    Remains,
    /// A later start of the same server lives too.
    Superseded,
    /// So it is configured.
    Policy,
    /// There is no record of it, only its cgroup.
    Unrecorded,
}

/// Why nothing is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForgetReason {
    /// The machine was restarted since.
    OtherBoot,
    /// It has ended.
    Gone,
    /// Whether a process of that pid is it cannot be told: the boot id is not known. What may be left of it
    /// is found like anything that nobody owns.
    Unproven,
}

/// What becomes of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The record.
    pub run: &'a Run,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions<'a> {
    /// Of each record, in their order.
    pub runs: Vec<Decision<'a>>,
    /// Cgroups with processes that no record names: they are ended ([`EndReason::Unrecorded`]).
    pub groups: Vec<String>,
}

/// How much of a run lives.
enum Life {
    /// Its root does.
    Root,
    /// Not its root, or that is not known, but something in its cgroup.
    Rest,
    /// Nothing.
    None(ForgetReason),
}

fn life(run: &Run, alive: &Alive) -> Life {
    // Both unknown is not the same boot.
    let is_known = !run.boot_id.is_empty() && !alive.boot_id.is_empty();
    if is_known && run.boot_id != alive.boot_id {
        return Life::None(ForgetReason::OtherBoot);
    }
    if is_known && run.root.is_some_and(|root| alive.processes.contains(&root)) {
        return Life::Root;
    }
    let group = run.cgroup.as_ref();
    if group.is_some_and(|group| alive.cgroups.contains(group)) {
        return Life::Rest;
    }
    Life::None(if is_known {
        ForgetReason::Gone
    } else {
        ForgetReason::Unproven
    })
}

/// Decides over all records. Only the latest start of a server can be taken over.
pub fn decide<'a>(
    runs: &'a [Run],
    alive: &Alive,
    specs: &[Spec],
    survival: Survival,
) -> Decisions<'a> {
    let specs: BTreeMap<&str, &Spec> = specs
        .iter()
        .map(|spec| (spec.name.as_str(), spec))
        .collect();
    let mut latest: BTreeMap<&str, u64> = BTreeMap::new();
    for run in runs {
        if !matches!(life(run, alive), Life::None(_)) {
            let last = latest.entry(&run.server).or_default();
            *last = run.generation.max(*last);
        }
    }
    let verdict = |run: &Run| match life(run, alive) {
        Life::None(why) => Verdict::Forget(why),
        Life::Rest => Verdict::End(EndReason::Remains),
        Life::Root => {
            let is_latest = latest.get(run.server.as_str()) == Some(&run.generation);
            let spec = specs.get(run.server.as_str()).copied();
            match end(run, spec, is_latest, survival) {
                Some(why) => Verdict::End(why),
                None => Verdict::Adopt,
            }
        }
    };
    let decisions = runs.iter().map(|run| Decision {
        run,
        verdict: verdict(run),
    });
    // The group of a run that is forgotten has processes of another one, which nobody recorded.
    let living = runs
        .iter()
        .filter(|run| !matches!(life(run, alive), Life::None(_)));
    let named: BTreeSet<&String> = living.filter_map(|run| run.cgroup.as_ref()).collect();
    let unnamed = alive.cgroups.iter().filter(|group| !named.contains(group));
    Decisions {
        runs: decisions.collect(),
        groups: unnamed.cloned().collect(),
    }
}

/// Why what lives cannot be taken over.
fn end(run: &Run, spec: Option<&Spec>, is_latest: bool, survival: Survival) -> Option<EndReason> {
    let Some(spec) = spec else {
        return Some(EndReason::NotConfigured);
    };
    if !run.is_wanted {
        Some(EndReason::NotWanted)
    } else if !is_latest {
        Some(EndReason::Superseded)
    } else if run.fingerprint != spec.runs.fingerprint() {
        Some(EndReason::Changed)
    } else if run.transport == Transport::Stdio {
        Some(EndReason::StdioLost)
    } else if survival == Survival::End {
        Some(EndReason::Policy)
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
