//! Why a container is not removed.

use containers::orphan::{Certainty, Judged, LEAST_GRACE, Verdict};

use super::{Named, Scene};

/// A container that was looked at and is left alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Its id.
    pub container: String,
    /// Its name.
    pub name: String,
    /// What is known of its use: `served`, `kept`, `waiting`, `orphan`, `unknown`, `not_running`.
    pub verdict: &'static str,
    /// Why it is left alone.
    pub detail: String,
    /// Seconds until it would not be, where waiting helps.
    pub wait_seconds: Option<f64>,
}

impl Refused {
    pub(super) fn new(judged: &Judged, detail: String, wait_seconds: Option<f64>) -> Self {
        let container = &judged.owned.container;
        Self {
            container: container.id.clone(),
            name: container.name.clone(),
            verdict: judged.verdict.name(),
            detail,
            wait_seconds,
        }
    }
}

/// Why this one is left alone; nothing if it may be removed.
pub(super) fn judge(scene: &Scene<'_>, judged: &Judged, named: Named) -> Option<Refused> {
    let refused = |detail: String| Some(Refused::new(judged, detail, None));
    if let Some(detail) = protected(scene, judged) {
        return refused(detail);
    }
    match &judged.verdict {
        Verdict::Orphan {
            certainty: Certainty::Likely,
            ..
        } if !named.itself => {
            let id = scene.finding(&judged.owned.container.id);
            refused(format!(
                "it seems to be left over, but nobody was seen leaving it: if you know that nobody uses it, \
                 `mcpvisor clean --only {id}` removes it"
            ))
        }
        Verdict::Orphan { .. } => younger(scene, judged),
        Verdict::Waiting { seconds, evidence } => {
            let left = *seconds as f64;
            // Who asks for a grace of a minute waits a minute, not an hour.
            let patience = scene.wishes().grace_seconds.max(LEAST_GRACE.as_secs_f64());
            let wait = (left <= patience).then_some(left);
            let why = evidence.first().map(String::as_str).unwrap_or_default();
            let detail = format!("it has not looked left over for long enough: {why}");
            Some(Refused::new(judged, detail, wait))
        }
        Verdict::Served { evidence } => refused(format!("it is in use: {evidence}")),
        Verdict::Kept { why } => refused(why.clone()),
        Verdict::Unknown { why } => refused(format!("whether it is in use cannot be told: {why}")),
        Verdict::NotRunning => {
            refused("it does not run, and holds nothing but its files".to_owned())
        }
    }
}

fn younger(scene: &Scene<'_>, judged: &Judged) -> Option<Refused> {
    let wanted = scene.wishes().older_than_seconds?;
    let started = judged.owned.container.started?;
    let age = scene
        .beside
        .table
        .moment
        .wall
        .duration_since(started)
        .as_secs_f64();
    let detail = format!("it has run for {age:.0} s, less than the {wanted:.0} s asked for");
    (age < wanted).then(|| Refused::new(judged, detail, None))
}

/// What must never be touched, whoever asks.
fn protected(scene: &Scene<'_>, judged: &Judged) -> Option<String> {
    let container = &judged.owned.container;
    let table = scene.beside.table;
    let runs_in = |pid: u32| {
        let process = table.get(pid)?;
        let its = process.sample.facts.container_id.as_deref()?;
        container.id.starts_with(its).then_some(())
    };
    if runs_in(std::process::id()).is_some() {
        return Some("mcpvisor runs in it".to_owned());
    }
    if scene.wishes().caller.and_then(runs_in).is_some() {
        return Some("who asks for it runs in it".to_owned());
    }
    let words = scene.wishes().never_touch.iter();
    let names = |word: &&String| {
        !word.is_empty()
            && (**word == container.name
                || judged.owned.owner.server() == Some(word)
                || container.image.contains(word.as_str()))
    };
    let mut words = words.filter(names);
    words
        .next()
        .map(|word| format!("the configuration says never to touch `{word}`"))
}
