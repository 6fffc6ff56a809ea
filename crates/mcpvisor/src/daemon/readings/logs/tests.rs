//! Logs of processes that this test starts, and of clients' folders.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "the test starts and reaps programs"
)]

use std::fs::{self, File, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use inventory::declared::{Home, Variables};

use super::{Key, Logs, STALE_NS, Source, Written};

const SECOND: u64 = 1_000_000_000;

fn key(server: &str, owner: &str) -> Key {
    (Arc::from(server), Arc::from(owner))
}

/// A program that waits, with a file as its standard error; dropping it ends it.
struct Writer(Child);

impl Writer {
    fn start(log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        let child = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::from(file))
            .spawn()
            .unwrap();
        Self(child)
    }

    fn source(&self, key: &Key, path: &Path) -> Source {
        Source {
            key: key.clone(),
            uid: rustix::process::geteuid().as_raw(),
            pid: self.0.id(),
            path: path.to_owned(),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn append(path: &Path, text: &str) {
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Reads logs at a time of its own.
struct Reader {
    logs: Logs,
    now_ns: u64,
    homes: Vec<(u32, Home)>,
}

impl Reader {
    fn new(homes: Vec<(u32, Home)>) -> Self {
        Self {
            logs: Logs::new(i64::MAX),
            now_ns: 1_000 * SECOND,
            homes,
        }
    }

    fn read(&mut self, servers: &[Key], sources: Vec<Source>) -> Vec<Written> {
        self.now_ns += 10 * SECOND;
        self.logs
            .read_these(self.now_ns, 0, servers, sources, &self.homes)
    }

    /// Bytes and errors of the only server.
    fn only(&mut self, key: &Key, sources: Vec<Source>) -> Option<(u64, u64)> {
        let all = self.read(std::slice::from_ref(key), sources);
        assert!(all.len() <= 1, "{all:?}");
        let one = all.first()?;
        assert_eq!(*one.labels, [Arc::clone(&key.0), Arc::clone(&key.1)]);
        Some((one.bytes, one.errors))
    }
}

#[test]
fn standard_error_is_followed_past_the_end_of_its_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.log");
    append(&path, "ERROR: before us\n");
    let writer = Writer::start(&path);
    let key = key("memory", "mcp-hub");
    let mut reader = Reader::new(Vec::new());
    let source = || vec![writer.source(&key, &path)];
    assert_eq!(reader.only(&key, Vec::new()), None, "no log is known");
    assert_eq!(reader.only(&key, source()), Some((0, 0)));
    append(&path, "up\nERROR: one\n");
    assert_eq!(reader.only(&key, source()), Some((14, 1)));
    append(&path, "Error: last words\n");
    drop(writer);
    assert_eq!(reader.only(&key, Vec::new()), Some((32, 2)));
    // Another file in its place is not its log.
    fs::remove_file(&path).unwrap();
    append(
        &path,
        "ERROR: of somebody else, and longer than all that was there before\n",
    );
    assert_eq!(reader.only(&key, Vec::new()), Some((32, 2)));
    assert_eq!(reader.only(&key, Vec::new()), Some((32, 2)));
}

#[test]
fn a_renamed_file_is_not_counted_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.log");
    let writer = Writer::start(&path);
    let key = key("memory", "mcp-hub");
    let mut reader = Reader::new(Vec::new());
    // As if the file had begun after us.
    reader.logs.since = 0;
    append(&path, "ERROR: one\n");
    assert_eq!(
        reader.only(&key, vec![writer.source(&key, &path)]),
        Some((11, 1))
    );
    let moved = folder.path().join("memory.old");
    fs::rename(&path, &moved).unwrap();
    append(&moved, "ERROR: two\n");
    assert_eq!(
        reader.only(&key, vec![writer.source(&key, &moved)]),
        Some((22, 2))
    );
    // A link to a file that is not the writer's standard error is not followed.
    std::os::unix::fs::symlink(&moved, &path).unwrap();
    assert_eq!(
        reader.only(&key, vec![writer.source(&key, &path)]),
        Some((22, 2))
    );
}

#[test]
fn what_cannot_be_read_is_left_out_after_a_while_and_what_is_away_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.log");
    let writer = Writer::start(&path);
    let key = key("memory", "mcp-hub");
    let mut reader = Reader::new(Vec::new());
    let source = || vec![writer.source(&key, &path)];
    assert_eq!(reader.only(&key, source()), Some((0, 0)));
    assert_eq!(reader.read(&[], Vec::new()), [], "the server is gone");
    assert_eq!(reader.only(&key, source()), Some((0, 0)));
    fs::remove_file(&path).unwrap();
    let mut told = 0;
    while reader.only(&key, source()).is_some() {
        told += 1;
    }
    assert_eq!(told, STALE_NS / (10 * SECOND) - 1);
}

#[test]
fn logs_that_clients_keep_for_a_server_are_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let uid = rustix::process::geteuid().as_raw();
    let home = Home::new(folder.path(), Variables::default());
    let log = |server: &str| -> PathBuf {
        let logs = folder.path().join(".config/Claude/logs");
        fs::create_dir_all(&logs).unwrap();
        logs.join(format!("mcp-server-{server}.log"))
    };
    append(
        &log("My Server"),
        "2025-11-21T10:00:00Z [My Server] [info] up\n",
    );
    append(&log("other"), "x\n");
    let mut reader = Reader::new(vec![(uid, home)]);
    let mine = key("My Server", "Claude Desktop");
    assert_eq!(reader.only(&key("My Server", "Cursor"), Vec::new()), None);
    // Places are looked for once a minute.
    reader.now_ns += 60 * SECOND;
    assert_eq!(reader.only(&mine, Vec::new()), Some((0, 0)));
    append(
        &log("My Server"),
        "2025-11-21T10:00:00Z [My Server] [error] down\n",
    );
    append(&log("other"), "ERROR: x\n");
    assert_eq!(reader.only(&mine, Vec::new()), Some((46, 1)));
}

#[test]
fn many_files_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let key = key("memory", "mcp-hub");
    let mut reader = Reader::new(Vec::new());
    let me = std::process::id();
    let uid = rustix::process::geteuid().as_raw();
    let sources = (0..600).map(|number| Source {
        key: key.clone(),
        uid,
        pid: me,
        path: folder.path().join(number.to_string()),
    });
    reader.read(std::slice::from_ref(&key), sources.collect());
    assert_eq!(reader.logs.tails.len(), super::MOST_FILES);
    reader.read(std::slice::from_ref(&key), Vec::new());
    reader.read(&[], Vec::new());
    assert!(reader.logs.tails.is_empty());
}

#[test]
fn root_lends_its_rights_to_nobody() {
    if !rustix::process::geteuid().is_root() {
        // Only root reads files as somebody else.
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("memory.log");
    let writer = Writer::start(&path);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    let key = key("memory", "mcp-hub");
    let source = |uid: u32| {
        vec![Source {
            uid,
            ..writer.source(&key, &path)
        }]
    };
    let (mut of_root, mut of_another) = (Reader::new(Vec::new()), Reader::new(Vec::new()));
    assert_eq!(of_root.only(&key, source(0)), Some((0, 0)));
    assert_eq!(of_another.only(&key, source(54_321)), Some((0, 0)));
    append(&path, "ERROR: secret\n");
    assert_eq!(of_root.only(&key, source(0)), Some((14, 1)));
    assert_eq!(of_another.only(&key, source(54_321)), Some((0, 0)));
}
