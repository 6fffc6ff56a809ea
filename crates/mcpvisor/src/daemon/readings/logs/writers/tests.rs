//! Whose standard error is whose log, of processes that this test starts.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "the test starts and reaps programs"
)]

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use linux::parse::stat::stat;
use model::ProcessId;

use super::{Links, Writer};

/// A program that waits; dropping it ends it.
struct Program(Child);

impl Program {
    fn start(error: Stdio) -> Self {
        let mut command = Command::new("cat");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(error);
        Self(command.spawn().unwrap())
    }

    fn writing_to(path: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        Self::start(Stdio::from(file))
    }

    fn id(&self) -> ProcessId {
        let text = std::fs::read(format!("/proc/{}/stat", self.0.id())).unwrap();
        ProcessId {
            pid: self.0.id(),
            start_ticks: stat(&text).unwrap().start_ticks,
        }
    }

    fn of(&self, server: &str, owner: Option<&Self>) -> Writer {
        Writer {
            key: (Arc::from(server), Arc::from("mcp-hub")),
            id: self.id(),
            uid: 7,
            owner: owner.map(Self::id),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Server, pid and path of each source.
fn found(links: &mut Links, writers: &[Writer], now_ns: u64) -> Vec<(String, u32, PathBuf)> {
    let mut found: Vec<_> = links
        .sources(writers, now_ns)
        .into_iter()
        .map(|source| {
            assert_eq!(source.uid, 7);
            (source.key.0.to_string(), source.pid, source.path)
        })
        .collect();
    found.sort();
    found
}

#[test]
fn a_file_of_one_server_alone_is_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.log"), folder.path().join("b.log"));
    let hub = Program::writing_to(&b);
    let one = Program::writing_to(&a);
    let helper = Program::writing_to(&a);
    let other = Program::writing_to(&b);
    let quiet = Program::start(Stdio::null());
    let piped = Program::start(Stdio::piped());
    let now = |writers: &[Writer]| found(&mut Links::default(), writers, 1);
    let memory = [("memory".to_owned(), one.id().pid, a.clone())];

    assert_eq!(now(&[]), []);
    assert_eq!(now(&[one.of("memory", None)]), memory);
    assert_eq!(now(&[one.of("memory", Some(&hub))]), memory);
    // Wrapper and server of one instance.
    assert_eq!(
        now(&[one.of("memory", None), helper.of("memory", None)]),
        memory
    );
    assert_eq!(now(&[one.of("memory", None), helper.of("time", None)]), []);
    assert_eq!(
        now(&[other.of("memory", Some(&hub))]),
        [],
        "the hub writes there too"
    );
    assert_eq!(
        now(&[one.of("memory", None), other.of("time", None)]).len(),
        2
    );
    assert_eq!(now(&[quiet.of("memory", None), piped.of("time", None)]), []);
    let recycled = Writer {
        id: ProcessId {
            start_ticks: one.id().start_ticks + 1,
            ..one.id()
        },
        ..one.of("memory", None)
    };
    assert_eq!(now(&[recycled]), []);
}

#[test]
fn a_renamed_file_is_followed_and_a_removed_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    let program = Program::writing_to(&path);
    let mut links = Links::default();
    let writers = [program.of("memory", None)];
    assert_eq!(found(&mut links, &writers, 1)[0].2, path);
    let moved = folder.path().join("a.log.1");
    std::fs::rename(&path, &moved).unwrap();
    assert_eq!(found(&mut links, &writers, 2)[0].2, moved);
    std::fs::remove_file(&moved).unwrap();
    assert_eq!(found(&mut links, &writers, 3), []);
    assert_eq!(links.seen.len(), 1);
    assert_eq!(found(&mut links, &[], 4), []);
    assert!(links.seen.is_empty());
}
