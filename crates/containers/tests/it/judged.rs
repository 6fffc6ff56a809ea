//! Whose containers of a living engine are, and which are left over, with real clients and owners that
//! are killed.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the edge of a test: it starts programs and waits for them"
)]

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use containers::backends::{Backend, backends};
use containers::cidfile::{CidfileVerdict, Content, Known, judge, scan};
use containers::finding::{Wrong, findings, kind};
use containers::list::exists;
use containers::once;
use containers::orphan::{Judge, Judged, Memory, Verdict, judge_all};
use containers::owner::Owner;
use model::Severity;

use crate::dockerd::{Asked as _, Client, Dockerd, IMAGE};
use crate::processes::{all, hours_from_now};
use crate::reading::{PATIENCE, run};

/// A program called like mcpproxy: busybox under another name.
struct Owning(Child);

impl Owning {
    fn start(folder: &Path) -> Self {
        let program = folder.join("busybox-mcpproxy");
        if !program.exists() {
            fs::copy("/bin/busybox", &program).unwrap();
        }
        let child = Command::new(program)
            .args(["sleep", "600"])
            .stdin(Stdio::null())
            .spawn();
        Self(child.unwrap())
    }

    fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Owning {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Everything judged as if it were so many hours later.
pub(crate) fn judged_in(
    dockerd: &Dockerd,
    memory: &mut Memory,
    hours: i64,
) -> HashMap<String, Judged> {
    let view = once::once(&dockerd.places(), PATIENCE).unwrap();
    assert!(view.is_complete());
    let now = hours_from_now(hours);
    let judged = judge_all(&view.containers(), &all(), memory, &Judge::new(now));
    memory.remember(&judged, now);
    judged
        .into_iter()
        .map(|it| (it.owned.container.id.clone(), it))
        .collect()
}

pub(crate) fn owners_and_orphans(dockerd: &Dockerd) {
    let mut owner = Owning::start(dockerd.folder());
    let created = format!("com.mcpproxy.created={}", owner.0.id());
    let of_mcpproxy = [
        "-l",
        "com.mcpproxy.managed=true",
        "-l",
        "com.mcpproxy.server=github",
        "-l",
        &created,
    ];
    let mut managed = Client::start(dockerd, "managed", &of_mcpproxy);
    let mut bare = Client::start(dockerd, "bare", &["--name", "bare"]);
    let mut gateway = Client::start(
        dockerd,
        "gateway",
        &["-l", "docker-mcp=true", "-l", "docker-mcp-name=fetch"],
    );
    let detached = dockerd.run_detached(
        &[
            "-i",
            "--rm",
            "-l",
            "com.mcpproxy.managed=true",
            "-l",
            &created,
        ],
        &["sleep", "600"],
    );
    let compose = dockerd.run_detached(
        &["-l", "com.docker.compose.project=shop"],
        &["sleep", "600"],
    );

    let mut memory = Memory::default();
    let seen = judged_in(dockerd, &mut memory, 0);
    assert!(
        matches!(&seen[&managed.id].owned.owner, Owner::Mcpproxy { server: Some(server), .. } if server == "github")
    );
    assert_eq!(seen[&bare.id].owned.owner, Owner::BareStdio);
    assert_eq!(seen[&gateway.id].owned.owner.server(), Some("fetch"));
    for served in [&managed.id, &bare.id, &gateway.id] {
        assert_eq!(
            seen[served].verdict.name(),
            "served",
            "{:?}",
            seen[served].verdict
        );
    }

    // The clients die, mcpproxy lives.
    for client in [&mut managed, &mut bare, &mut gateway] {
        client.kill();
    }
    let left = judged_in(dockerd, &mut memory, 0);
    assert_eq!(
        left[&managed.id].verdict.name(),
        "served",
        "{:?}",
        left[&managed.id].verdict
    );
    assert_eq!(
        left[&bare.id].verdict.name(),
        "waiting",
        "{:?}",
        left[&bare.id].verdict
    );

    // mcpproxy dies.
    owner.end();
    judged_in(dockerd, &mut memory, 0);
    let left = judged_in(dockerd, &mut memory, 2);
    for orphan in [&managed.id, &bare.id, &gateway.id] {
        assert!(
            left[orphan].verdict.is_proven_orphan(),
            "{:?}",
            left[orphan].verdict
        );
    }
    for kept in [&detached, &compose] {
        assert_eq!(
            left[kept].verdict.name(),
            "kept",
            "{:?}",
            left[kept].verdict
        );
    }

    // Who has never seen the client cannot be as sure.
    let fresh = judged_in(dockerd, &mut Memory::default(), 2);
    assert!(matches!(&fresh[&bare.id].verdict, Verdict::Orphan { .. }));
    assert!(!fresh[&bare.id].verdict.is_proven_orphan());
    for id in left.keys() {
        dockerd.docker(&["rm", "-f", id]);
    }
}

pub(crate) fn files_with_ids(dockerd: &Dockerd) {
    let folder = dockerd.folder().join("cidfiles");
    fs::create_dir(&folder).unwrap();
    let live = folder.join("mcpproxy-cid-1.txt");
    let id = dockerd.run_detached(&["--cidfile", live.to_str().unwrap()], &["sleep", "600"]);
    for number in 2..7 {
        fs::write(
            folder.join(format!("mcpproxy-cid-{number}.txt")),
            "ab".repeat(32),
        )
        .unwrap();
    }
    let engine = dockerd.engine();
    let (now, processes) = (hours_from_now(1), all());
    let files = scan(&[folder]).files;
    let judged: Vec<_> = files
        .into_iter()
        .map(|file| {
            let Content::Id { id } = &file.content else {
                panic!("{file:?}")
            };
            let known = if run(exists(&engine, id, PATIENCE)).unwrap() {
                Known::Exists
            } else {
                Known::Nowhere
            };
            let verdict = judge(&file, known, &processes, now, Duration::from_mins(1));
            (file, verdict)
        })
        .collect();
    for (file, verdict) in &judged {
        let expected = if file.path == live {
            CidfileVerdict::InUse
        } else {
            CidfileVerdict::Stale
        };
        assert_eq!(*verdict, expected, "{file:?}");
    }
    let view = once::once(&dockerd.places(), PATIENCE).unwrap();
    let daemons = backends(&processes);
    assert!(
        daemons
            .iter()
            .any(|daemon| daemon.backend == Backend::Dockerd),
        "{daemons:?}"
    );
    let found = findings(Wrong {
        view: &view,
        judged: &[],
        cidfiles: &judged,
        backends: &[],
    });
    assert_eq!(
        found.iter().map(|finding| finding.kind).collect::<Vec<_>>(),
        [kind::CIDFILES]
    );
    judged[1].0.remove().unwrap();
    assert!(!judged[1].0.path.exists());
    dockerd.docker(&["rm", "-f", &id]);
}

pub(crate) fn mounted_credentials(dockerd: &Dockerd) {
    let socket = format!("{}:/run/docker.sock:ro", dockerd.socket().display());
    let id = dockerd.run_detached(&["-v", &socket], &["sleep", "600"]);
    let view = once::once(&dockerd.places(), PATIENCE).unwrap();
    let judged: Vec<Judged> = judged_in(dockerd, &mut Memory::default(), 0)
        .into_values()
        .collect();
    let found = findings(Wrong {
        view: &view,
        judged: &judged,
        cidfiles: &[],
        backends: &[],
    });
    let exposed = found
        .iter()
        .find(|finding| finding.kind == kind::CREDENTIALS)
        .unwrap();
    assert_eq!(exposed.severity, Severity::Critical);
    assert!(
        exposed.evidence[0].contains("read-only"),
        "{:?}",
        exposed.evidence
    );
    assert_eq!(view.container(&id).unwrap().container.image, IMAGE);
    dockerd.docker(&["rm", "-f", &id]);
}
