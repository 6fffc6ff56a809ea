//! What may be removed besides processes: containers that are left over, stale files with container ids,
//! stale state files; and why the rest may not.
//!
//! Only what is shown to be left over is ever in a plan. Where that is only likely, a person has to name
//! the container itself.

mod refuse;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use containers::View;
use containers::act::Planned;
use containers::cidfile::{Cidfile, CidfileVerdict, Writer};
use containers::orphan::{Judged, Verdict};
use containers::view::EngineState;
use inventory::plan::Wishes;
use model::{FindingKind, ProcessId};

use super::Beside;
use super::files::{self, StateFile};
use super::names::means;
use super::telling::main_process;
pub use refuse::Refused;

/// Longest time that is asked for, seconds.
const LONGEST: f64 = 1e9;

/// What would be removed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Containers.
    pub removals: Vec<Removal>,
    /// Files.
    pub files: Vec<FileRemoval>,
    /// Containers that might have been, and why they are not.
    pub refused: Vec<Refused>,
}

/// A container to be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Removal {
    /// Which, and why.
    pub planned: Planned,
    /// Socket of its engine.
    pub socket: PathBuf,
    /// The finding about it.
    pub finding: String,
    /// Whose it was.
    pub owner: String,
    /// The server in it, where a label tells it.
    pub server: Option<String>,
    /// Its main process, where it can be seen.
    pub root: Option<ProcessId>,
    /// Memory that it holds, bytes.
    pub memory_bytes: Option<u64>,
}

/// A file to be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct FileRemoval {
    /// Which.
    pub file: LeftOver,
    /// The finding about it.
    pub finding: String,
    /// Why.
    pub reason: String,
}

/// A file that is left over.
#[derive(Clone, Debug, PartialEq)]
pub enum LeftOver {
    /// With a container's id.
    Cidfile(Cidfile),
    /// With state.
    State(StateFile),
}

impl LeftOver {
    /// Where it is.
    pub fn path(&self) -> &Path {
        match self {
            Self::Cidfile(file) => &file.path,
            Self::State(file) => &file.path,
        }
    }

    fn identity(&self) -> String {
        match self {
            Self::Cidfile(file) => format!("{:?}@{}", file.identity, file.modified),
            Self::State(file) => file.identity(),
        }
    }

    /// Removes it, if it is still what was judged.
    ///
    /// # Errors
    /// It is another by now, or the system says no. One that is gone is no error.
    pub fn remove(&self) -> std::io::Result<()> {
        match self {
            Self::Cidfile(file) => file.remove(),
            Self::State(file) => file.remove(),
        }
    }
}

impl Plan {
    /// Nothing would be removed.
    pub fn is_empty(&self) -> bool {
        self.removals.is_empty() && self.files.is_empty()
    }

    /// It rests on what engines have told.
    pub(super) fn needs_engines(&self) -> bool {
        let mut files = self.files.iter();
        !self.removals.is_empty() || files.any(|file| matches!(file.file, LeftOver::Cidfile(_)))
    }

    /// The id of a plan of processes together with this: the same world gives the same id.
    pub fn id_with(&self, processes: &str) -> String {
        if self.is_empty() {
            return processes.to_owned();
        }
        let mut parts = vec![processes.to_owned()];
        for removal in &self.removals {
            let target = removal.planned.target();
            let started = target.started.map(|at| at.to_string());
            parts.push(target.id.clone());
            parts.push(started.unwrap_or_default());
        }
        for file in &self.files {
            parts.push(file.file.path().display().to_string());
            parts.push(file.file.identity());
        }
        model::identity::fingerprint(parts.iter().map(String::as_str))
    }

    /// The longest that a container that is refused would have to wait, seconds.
    pub fn longest_wait(&self) -> Option<f64> {
        let waits = self.refused.iter().filter_map(|one| one.wait_seconds);
        waits.max_by(f64::total_cmp)
    }
}

/// What a plan is made from.
pub(super) struct Scene<'a> {
    pub(super) beside: &'a Beside<'a>,
    pub(super) view: &'a View,
    pub(super) judged: &'a [Judged],
    pub(super) cidfiles: &'a [(Cidfile, CidfileVerdict)],
    /// Container of each finding.
    pub(super) about: &'a std::collections::BTreeMap<String, String>,
}

static NOTHING: View = View {
    engines: Vec::new(),
    notes: Vec::new(),
};
static NO_FINDINGS: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();

impl<'a> Scene<'a> {
    /// Where there is no engine, files are all there is.
    pub(super) fn without_engines(beside: &'a Beside<'a>) -> Self {
        Self {
            beside,
            view: &NOTHING,
            judged: &[],
            cidfiles: &[],
            about: &NO_FINDINGS,
        }
    }

    fn wishes(&self) -> &Wishes {
        self.beside.wishes
    }

    /// Id of the finding that a container is left over; whether or not there is one.
    fn finding(&self, container: &str) -> String {
        let orphan = FindingKind::ContainerOrphan.name();
        let mut about = self.about.iter();
        let known = about.find(|(id, about)| *about == container && id.starts_with(orphan));
        known.map(|(id, _)| id.clone()).unwrap_or_default()
    }

    fn socket(&self, container: &str) -> Option<PathBuf> {
        let mut up = self
            .view
            .engines
            .iter()
            .filter(|engine| engine.state == EngineState::Up);
        let has = |seen: &containers::view::Seen| seen.container.id == container;
        let engine = up.find(|engine| engine.containers.iter().any(has))?;
        Some(engine.socket.clone())
    }
}

/// Makes the plan.
pub(super) fn plan(scene: &Scene<'_>) -> Plan {
    let mut plan = Plan::default();
    // Who insists on processes has named processes.
    if scene.wishes().insist {
        return plan;
    }
    for judged in scene.judged {
        let named = Named::by(scene, judged);
        if !named.is_wanted(judged, scene.wishes()) {
            continue;
        }
        let refused = refuse::judge(scene, judged, named);
        match refused.map_or_else(|| removal(scene, judged), Err) {
            Ok(removal) => plan.removals.push(removal),
            Err(refused) => plan.refused.push(refused),
        }
    }
    let key = |removal: &Removal| removal.planned.target().id.clone();
    plan.removals.sort_by_cached_key(key);
    plan.files = left_over_files(scene);
    plan
}

fn removal(scene: &Scene<'_>, judged: &Judged) -> Result<Removal, Refused> {
    let container = &judged.owned.container;
    let refused = |detail: &str| Refused::new(judged, detail.to_owned(), None);
    let planned = Planned::of(judged).ok_or_else(|| refused("it is not left over"))?;
    let socket = scene
        .socket(&container.id)
        .ok_or_else(|| refused("its engine does not answer"))?;
    let seen = scene.view.container(&container.id);
    Ok(Removal {
        planned,
        socket,
        finding: scene.finding(&container.id),
        owner: judged.owned.owner.name().to_owned(),
        server: judged.owned.owner.server().map(str::to_owned),
        root: main_process(container, scene.beside.table),
        memory_bytes: seen.and_then(|seen| seen.stats?.memory_bytes),
    })
}

/// How `--only` and `--exclude` mean a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Named {
    /// By its own id or name, or by its finding's: a person has looked at it.
    itself: bool,
    /// By a kind, or by its server.
    broadly: bool,
    excluded: bool,
}

impl Named {
    fn by(scene: &Scene<'_>, judged: &Judged) -> Self {
        let container = &judged.owned.container;
        let finding = scene.finding(&container.id);
        let itself =
            |word: &String| means(word, container) || (!finding.is_empty() && *word == finding);
        let broadly = |word: &String| {
            [
                FindingKind::ContainerOrphan.name(),
                FindingKind::Orphan.name(),
            ]
            .contains(&word.as_str())
                && matches!(
                    judged.verdict,
                    Verdict::Orphan { .. } | Verdict::Waiting { .. }
                )
                || judged.owned.owner.server() == Some(word)
        };
        let wishes = scene.wishes();
        Self {
            itself: wishes.only.iter().any(itself),
            broadly: wishes.only.iter().any(broadly),
            excluded: wishes
                .exclude
                .iter()
                .any(|word| itself(word) || broadly(word)),
        }
    }

    fn is_wanted(self, judged: &Judged, wishes: &Wishes) -> bool {
        if self.excluded {
            return false;
        }
        let looks_left = matches!(
            judged.verdict,
            Verdict::Orphan { .. } | Verdict::Waiting { .. }
        );
        let by_default = wishes.only.is_empty() && looks_left;
        by_default || self.itself || self.broadly
    }
}

fn left_over_files(scene: &Scene<'_>) -> Vec<FileRemoval> {
    let wishes = scene.wishes();
    let stale = scene
        .cidfiles
        .iter()
        .filter(|(_, verdict)| *verdict == CidfileVerdict::Stale);
    let cidfiles = stale.map(|(file, _)| {
        let kinds = [FindingKind::ContainerCidfiles, FindingKind::StaleState];
        let is_known = file.writer != Writer::Other;
        (
            LeftOver::Cidfile(file.clone()),
            kinds,
            reason(file),
            is_known,
        )
    });
    let of_state = files::stale(scene.beside.files, scene.beside.table);
    let of_state = of_state.into_iter().map(|file| {
        let reason = format!("{}: {}", file.client, file.reason);
        (
            LeftOver::State(file),
            [FindingKind::StaleState; 2],
            reason,
            true,
        )
    });
    let mut found = Vec::new();
    for (file, kinds, reason, is_known) in cidfiles.chain(of_state) {
        let path = file.path().display().to_string();
        let finding = stale_state_id(&path);
        let itself = |word: &String| *word == path || *word == finding;
        let by_kind = |word: &String| kinds.iter().any(|kind| kind.name() == word);
        let only = &wishes.only;
        // A file of a program that nobody knows is removed only if a person names it.
        let is_wanted = if is_known {
            only.is_empty() || only.iter().any(|word| itself(word) || by_kind(word))
        } else {
            only.iter().any(itself)
        };
        let is_excluded = wishes
            .exclude
            .iter()
            .any(|word| itself(word) || by_kind(word));
        let is_kept = wishes
            .never_touch
            .iter()
            .any(|word| !word.is_empty() && path.contains(word.as_str()));
        if is_wanted && !is_excluded && !is_kept {
            found.push(FileRemoval {
                file,
                finding,
                reason,
            });
        }
    }
    found.sort_by(|a, b| a.file.path().cmp(b.file.path()));
    found
}

fn reason(file: &Cidfile) -> String {
    match &file.content {
        containers::cidfile::Content::Id { id } => {
            let short = id.get(..12).unwrap_or(id);
            format!("no engine knows container {short} any more, and nobody lives who wrote it")
        }
        containers::cidfile::Content::Empty => {
            "its container was never made, and nobody lives who wrote it".to_owned()
        }
    }
}

/// The id of the finding that a file is left over.
pub(super) fn stale_state_id(path: &str) -> String {
    let kind = FindingKind::StaleState.name();
    format!("{kind}-{}", model::identity::fingerprint([kind, path]))
}

/// A time in seconds, as far as one can be waited for.
pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds.min(LONGEST)).unwrap_or_default()
}
