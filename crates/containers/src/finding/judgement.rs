//! From what was seen to findings. Each says what it rests on, and what is unknown gives none.

use model::Severity;

use super::{Finding, kind};
use crate::backends::{Backend, BackendProcess};
use crate::cidfile::{Cidfile, CidfileVerdict, MANY};
use crate::container::{Container, Health};
use crate::mounts::{Exposed, exposed};
use crate::orphan::{Certainty, Judged, Verdict};
use crate::view::{EngineState, EngineView, View};

/// Paths that are listed in a finding.
const LISTED: usize = 10;

/// What is judged.
#[derive(Clone, Copy, Debug)]
pub struct Wrong<'a> {
    /// Engines and their containers.
    pub view: &'a View,
    /// The containers with whose they are and their use.
    pub judged: &'a [Judged],
    /// Files with ids.
    pub cidfiles: &'a [(Cidfile, CidfileVerdict)],
    /// Engines' daemons.
    pub backends: &'a [BackendProcess],
}

/// Everything that is wrong, the worst first.
pub fn findings(seen: Wrong<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(
        seen.view
            .engines
            .iter()
            .filter_map(|engine| of_engine(engine)),
    );
    for judged in seen.judged {
        let container = &judged.owned.container;
        let start = found.len();
        found.extend(of_verdict(judged));
        // Other people's containers are not ours to judge; what looks like MCP is.
        if judged.owned.owner.is_mcp() || container.looks_like_mcp() {
            found.extend(of_mounts(container));
            found.extend(of_memory(container, seen.view));
            found.extend(of_health(container));
        }
        for finding in found.iter_mut().skip(start) {
            finding.container = Some(container.id.clone());
            finding.server = judged.owned.owner.server().map(str::to_owned);
            let stats = seen
                .view
                .container(&container.id)
                .and_then(|seen| seen.stats);
            finding.memory_bytes = stats.and_then(|stats| stats.memory_bytes);
        }
    }
    found.extend(of_cidfiles(seen.cidfiles));
    found.extend(of_backends(seen.backends));
    found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
    found
}

fn of_engine(engine: &EngineView) -> Option<Finding> {
    let socket = engine.socket.display().to_string();
    let (title, since) = match &engine.state {
        EngineState::Hangs { since } => (format!("the container engine at {socket} hangs"), since),
        // One that was never there is not missed.
        EngineState::Down { since, .. } if engine.looks > 0 => {
            (format!("the container engine at {socket} is gone"), since)
        }
        _ => return None,
    };
    let finding = Finding::new(kind::ENGINE, Severity::Error, [socket.as_str()], &title);
    Some(finding.with(
        [format!("since {since}"), engine.state.to_string()],
        "look at its log (`journalctl -u docker`), and restart it if it does not come back: containers \
         survive that where live-restore is on",
    ))
}

fn of_verdict(judged: &Judged) -> Option<Finding> {
    let Verdict::Orphan {
        certainty,
        since,
        evidence,
    } = &judged.verdict
    else {
        return None;
    };
    let container = &judged.owned.container;
    let (severity, word) = match certainty {
        Certainty::Proven => (Severity::Warning, "is left over"),
        Certainty::Likely => (Severity::Info, "seems to be left over"),
    };
    let title = format!(
        "container {} of {} {word}",
        container.title(),
        judged.owned.owner.name()
    );
    let noticed = since.map(|since| format!("noticed first at {since}"));
    let image = format!("image {}", container.image);
    let mut finding = Finding::new(kind::ORPHAN, severity, [container.id.as_str()], &title).with(
        evidence.iter().cloned().chain(noticed).chain([image]),
        "remove it; `mcpvisor clean` shows first what it would do",
    );
    // What is only likely has to be named by a person.
    let only = match certainty {
        Certainty::Proven => kind::ORPHAN,
        Certainty::Likely => &finding.id,
    };
    finding.command = Some(format!("mcpvisor clean --only {only}"));
    Some(finding)
}

fn of_mounts(container: &Container) -> Option<Finding> {
    let exposed = exposed(container);
    let worst = exposed.first()?.severity;
    let title = format!(
        "container {} can see credentials of the host",
        container.title()
    );
    let finding = Finding::new(kind::CREDENTIALS, worst, [container.id.as_str()], &title);
    Some(finding.with(
        exposed.iter().take(LISTED).map(line),
        "mount only what the server needs, read-only (`-v PATH:PATH:ro`), and give it a token of its own",
    ))
}

fn line(exposed: &Exposed) -> String {
    let access = match exposed.writable {
        Some(true) => "may be written",
        Some(false) => "read-only",
        None => "access unknown",
    };
    format!(
        "{} at {} ({access}): {}",
        exposed.source, exposed.destination, exposed.what
    )
}

fn of_memory(container: &Container, view: &View) -> Option<Finding> {
    let told = view
        .container(&container.id)
        .map_or(0, |seen| seen.oom_kills);
    if told == 0 && container.oom_killed != Some(true) {
        return None;
    }
    let title = format!("container {} ran out of memory", container.title());
    let limit = container.limits.memory_bytes.map_or_else(
        || "it has no memory limit of its own".to_owned(),
        |limit| format!("its limit is {limit} bytes"),
    );
    let count = (told > 0).then(|| format!("{told} times since it is watched"));
    let finding = Finding::new(kind::OOM, Severity::Error, [container.id.as_str()], &title);
    Some(
        finding.with(
            ["the kernel killed a process in it".to_owned(), limit]
                .into_iter()
                .chain(count),
            "look whether the server leaks; raise its limit only if it does not",
        ),
    )
}

fn of_health(container: &Container) -> Option<Finding> {
    if container.health != Some(Health::Unhealthy) {
        return None;
    }
    let title = format!("container {} fails its own health check", container.title());
    let streak = container
        .failing_streak
        .map(|streak| format!("{streak} checks failed in a row"));
    let finding = Finding::new(
        kind::UNHEALTHY,
        Severity::Error,
        [container.id.as_str()],
        &title,
    );
    Some(finding.with(streak, "look at its log (`docker logs`), or restart it"))
}

/// Nothing up to [`MANY`]; what cannot be judged counts, because it is there.
fn of_cidfiles(files: &[(Cidfile, CidfileVerdict)]) -> Option<Finding> {
    if files.len() <= MANY {
        return None;
    }
    let of = |wanted: &CidfileVerdict| files.iter().filter(|(_, it)| it == wanted).count();
    let stale = of(&CidfileVerdict::Stale);
    let title = format!(
        "{} files with container ids, {stale} of them left over",
        files.len()
    );
    let counts = format!(
        "{} whose container exists, {} that cannot be judged",
        of(&CidfileVerdict::InUse),
        of(&CidfileVerdict::Unknown)
    );
    let paths = files
        .iter()
        .filter(|(_, verdict)| *verdict == CidfileVerdict::Stale)
        .take(LISTED)
        .map(|(file, _)| file.path.display().to_string());
    let mut finding = Finding::new(kind::CIDFILES, Severity::Warning, ["cidfiles"], &title).with(
        [counts].into_iter().chain(paths),
        "a gateway crashed again and again: look at its log; the files that are left over can be removed",
    );
    finding.command = Some("mcpvisor clean --only container_cidfiles".to_owned());
    Some(finding)
}

fn of_backends(daemons: &[BackendProcess]) -> Option<Finding> {
    let of = |backend| {
        daemons
            .iter()
            .filter(move |daemon| daemon.backend == backend)
            .count()
    };
    let kinds = [
        Backend::Dockerd,
        Backend::Containerd,
        Backend::PodmanService,
    ];
    if kinds.iter().all(|backend| of(*backend) <= 1) {
        return None;
    }
    let evidence = daemons
        .iter()
        .take(LISTED)
        .map(|daemon| format!("{}, process {}", daemon.backend.name(), daemon.id.pid));
    let title = "more than one container engine of one kind runs".to_owned();
    let finding = Finding::new(kind::BACKENDS, Severity::Warning, ["backends"], &title);
    Some(finding.with(
        evidence.collect::<Vec<_>>(),
        "clients see only the containers of the engine that they ask: stop the one that nobody needs, or \
         set DOCKER_HOST",
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cidfile::{Content, Writer};
    use crate::container::Mount;
    use crate::orphan::{Judge, Memory, judge_all};
    use crate::process::Processes;
    use crate::samples::{START, container, process, second};

    fn of(container: Container) -> Vec<(&'static str, Severity)> {
        let processes = Processes::new([process(900, "node")], true);
        let judge = Judge::new(second(START + 7_200));
        let judged = judge_all(
            &[Arc::new(container)],
            &processes,
            &Memory::default(),
            &judge,
        );
        let view = View::default();
        let found = findings(Wrong {
            view: &view,
            judged: &judged,
            cidfiles: &[],
            backends: &[],
        });
        found
            .iter()
            .map(|finding| (finding.kind, finding.severity))
            .collect()
    }

    #[test]
    fn each_kind_of_trouble() {
        assert_eq!(of(container("a")), [(kind::ORPHAN, Severity::Info)]);
        let mut kept = container("a");
        kept.manner.attached = Some(false);
        kept.health = Some(Health::Unhealthy);
        kept.oom_killed = Some(true);
        kept.mounts = vec![Mount {
            kind: "bind".to_owned(),
            source: "/var/run/docker.sock".to_owned(),
            destination: "/s".to_owned(),
            writable: Some(true),
        }];
        assert_eq!(
            of(kept.clone()),
            [
                (kind::CREDENTIALS, Severity::Critical),
                (kind::OOM, Severity::Error),
                (kind::UNHEALTHY, Severity::Error)
            ]
        );
        kept.image = "postgres".to_owned();
        assert!(of(kept).is_empty(), "not an MCP server");
    }

    #[test]
    fn six_cidfiles_are_too_many_five_are_not() {
        let file = Cidfile {
            path: "/tmp/x.cid".into(),
            writer: Writer::Other,
            content: Content::Empty,
            modified: second(START),
            identity: (1, 1),
        };
        let files = vec![(file, CidfileVerdict::Stale); 6];
        assert!(of_cidfiles(&files[..5]).is_none());
        let finding = of_cidfiles(&files);
        assert!(
            finding
                .is_some_and(|finding| finding.title.starts_with("6 files with container ids, 6"))
        );
    }

    #[test]
    fn two_dockerds_are_a_finding_one_of_each_is_not() {
        let daemon = |backend, pid| BackendProcess {
            backend,
            id: process(pid, "x").id,
        };
        let each = [
            daemon(Backend::Dockerd, 1),
            daemon(Backend::PodmanService, 2),
        ];
        assert!(of_backends(&each).is_none());
        assert!(of_backends(&[daemon(Backend::Dockerd, 1), daemon(Backend::Dockerd, 2)]).is_some());
    }
}
