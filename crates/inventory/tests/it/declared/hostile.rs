//! Files that would hold up, overflow, flood or lead astray who reads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use inventory::declared::{
    Contents, Declared, FileReader, FolderEntry, Home, LocalFiles, ProblemKind, ReadError,
    Variables, discover, hub_workspaces,
};
use proptest::prelude::*;
use rustix::fs::{CWD, FileType, Mode};
use tempfile::tempdir;

use super::{declared_in, home_at, write};

const MB: usize = 1 << 20;

/// The only problem with a home that has one broken file beside a good one.
fn problem_with(broken: &str, make: impl FnOnce(&Path)) -> (ProblemKind, String) {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    write(
        &home.join(".kimi/mcp.json"),
        "{\"mcpServers\": {\"good\": {\"command\": \"good\"}}}",
    );
    let path = home.join(broken);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    make(&path);
    let declared = in_time(move || declared_in(&home));
    assert_eq!(declared.servers.len(), 1, "{declared:?}");
    let [problem] = &declared.problems[..] else {
        panic!("{declared:?}")
    };
    assert_eq!(problem.file, path);
    (problem.kind, problem.message.clone())
}

/// Fails instead of waiting for ever.
fn in_time(read: impl FnOnce() -> Declared + Send + 'static) -> Declared {
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || sender.send(read()));
    receiver.recv_timeout(Duration::from_secs(20)).unwrap()
}

#[test]
fn a_fifo_does_not_block() {
    let (kind, message) = problem_with(".cursor/mcp.json", |path| {
        rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR, 0).unwrap();
    });
    assert_eq!(
        (kind, message.as_str()),
        (
            ProblemKind::NotRegular,
            "not read: it is a FIFO, not a regular file"
        )
    );
}

#[test]
fn folders_and_devices_are_refused() {
    let (kind, _) = problem_with(".cursor/mcp.json", |path| {
        std::fs::create_dir(path).unwrap();
    });
    assert_eq!(kind, ProblemKind::NotRegular);
    let (kind, message) = problem_with(".cursor/mcp.json", |path| {
        std::os::unix::fs::symlink("/dev/zero", path).unwrap();
    });
    assert_eq!(
        (kind, message.as_str()),
        (
            ProblemKind::NotRegular,
            "not read: it is a device, not a regular file"
        )
    );
}

#[test]
fn a_loop_of_links_is_named() {
    let (kind, _) = problem_with(".cursor/mcp.json", |path| {
        std::os::unix::fs::symlink(path, path).unwrap();
    });
    assert_eq!(kind, ProblemKind::Unreadable);
}

#[test]
fn what_may_not_be_read_is_named() {
    if rustix::process::geteuid().is_root() {
        // Permissions do not hold root back: what the kernel says is enough of a test.
        let denied = ReadError::Failed(rustix::io::Errno::ACCESS.into());
        assert_eq!(denied.to_string(), "Permission denied (os error 13)");
        return;
    }
    let (kind, _) = problem_with(".cursor/mcp.json", |path| {
        write(path, "{}");
        rustix::fs::chmod(path, Mode::empty()).unwrap();
    });
    assert_eq!(kind, ProblemKind::Unreadable);
}

#[test]
fn large_files_are_refused_unread() {
    let sparse = |path: &Path, bytes: usize| {
        std::fs::File::create(path)
            .unwrap()
            .set_len(bytes as u64)
            .unwrap();
    };
    let (kind, message) = problem_with(".cursor/mcp.json", |path| sparse(path, 4 * MB + 1));
    assert_eq!(
        (kind, message.as_str()),
        (
            ProblemKind::TooLarge,
            "not read: it is larger than 4194304 bytes"
        )
    );
    let (kind, _) = problem_with(".claude.json", |path| sparse(path, 32 * MB + 1));
    assert_eq!(kind, ProblemKind::TooLarge);
}

#[test]
fn a_file_that_grows_while_it_is_read_is_refused() {
    // Files in /proc have a size of 0 and contents all the same.
    let read = LocalFiles.read(Path::new("/proc/self/status"), 10);
    assert!(matches!(read, Err(ReadError::TooLarge { limit: 10 })));
}

#[test]
fn only_what_is_needed_of_a_large_file_is_kept() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let history = "{\"display\": \"x\", \"pasted\": [1, 2, {\"a\": null}]},".repeat(100_000);
    let text = format!(
        "{{\"projects\": {{\"/srv\": {{\"history\": [{history}], \"mcpServers\": {{\"b\": {{\"command\": \"b\"}}}}}}}},\n\
         \"mcpServers\": {{\"a\": {{\"command\": \"a\"}}}}}}"
    );
    assert!(text.len() > 4 * MB);
    write(&home.join(".claude.json"), text);
    let declared = declared_in(&home);
    assert_eq!(declared.problems, []);
    let found: Vec<_> = declared
        .servers
        .iter()
        .map(|server| (&*server.name, server.line))
        .collect();
    assert_eq!(found, [("a", Some(2)), ("b", Some(1))]);
}

#[test]
fn nesting_neither_overflows_nor_hangs() {
    for (file, text) in [
        (".cursor/mcp.json", "[".repeat(100_000)),
        (".cursor/mcp.json", "{\"mcpServers\":".repeat(100_000)),
        (
            ".codex/config.toml",
            format!("mcp_servers = {}", "[".repeat(100_000)),
        ),
        (
            ".codex/config.toml",
            format!("mcp_servers{} = 1", ".a".repeat(100_000)),
        ),
        (
            ".hermes/config.yaml",
            format!("mcp_servers: {}", "[".repeat(100_000)),
        ),
        (
            ".hermes/config.yaml",
            format!("mcp_servers: {}", "{a: ".repeat(100_000)),
        ),
        (
            ".hermes/config.yaml",
            format!("mcp_servers:\n  {}", "- ".repeat(100_000)),
        ),
    ] {
        let (kind, _) = problem_with(file, |path| write(path, text));
        assert!(
            matches!(kind, ProblemKind::TooDeep | ProblemKind::Syntax),
            "{file}: {kind:?}"
        );
    }
}

#[test]
fn aliases_neither_turn_in_circles_nor_explode() {
    let (kind, message) = problem_with(".hermes/config.yaml", |path| {
        write(path, "mcp_servers: &all\n  a: *all\n");
    });
    assert_eq!(kind, ProblemKind::Cyclic);
    assert_eq!(message, "this alias stands for something that contains it");

    let mut text = "l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let aliases = format!("*l{}, ", level - 1).repeat(10);
        text = format!("{text}l{level}: &l{level} [{aliases}]\n");
    }
    let (kind, _) = problem_with(".hermes/config.yaml", |path| write(path, text));
    assert_eq!(kind, ProblemKind::TooMany);
}

#[test]
fn more_servers_than_anyone_has_are_cut_off() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    let servers: Vec<_> = (0..40_000)
        .map(|at| format!("\"s{at}\": {{\"command\": \"c\"}}"))
        .collect();
    write(
        &home.join(".cursor/mcp.json"),
        format!("{{\"mcpServers\": {{{}}}}}", servers.join(",")),
    );
    let declared = declared_in(&home);
    assert_eq!(declared.servers.len(), 10_000);
    assert_eq!(declared.problems[0].kind, ProblemKind::TooMany);
}

#[test]
fn text_in_another_encoding_is_named() {
    for (file, text) in [
        (".cursor/mcp.json", &b"{\"mcpServers\": {\"\xff\": {}}}"[..]),
        (".codex/config.toml", b"[mcp_servers.\xff]"),
        (".hermes/config.yaml", b"mcp_servers: {\xc3\x28: 1}"),
        (".kiro/settings/mcp.json", b"\xff\xfe{\0}\0"),
    ] {
        let (kind, message) = problem_with(file, |path| write(path, text));
        assert_eq!(
            (kind, message.as_str()),
            (ProblemKind::Encoding, "the file is not UTF-8 text")
        );
    }
}

#[test]
fn values_of_variables_show_up_nowhere() {
    let machine = tempdir().unwrap();
    let home = machine.path().join("home");
    write(
        &home.join(".cursor/mcp.json"),
        r#"{"mcpServers": {
            "a": {"command": "a", "args": ["--url=${SECRET}"], "cwd": "${SECRET}", "env": {"KEY": "hidden"}},
            "b": {"url": "https://x/?k=${SECRET}", "headers": {"Authorization": "hidden"}},
            "c": {"args": "hidden ${SECRET}", "env": {"KEY": "hidden"}}}}"#,
    );
    let mut home = home_at(&home);
    home.env = [("SECRET", "hidden")].into_iter().collect();
    let declared = discover(&home, &[], &[], &LocalFiles);
    assert_eq!((declared.servers.len(), declared.problems.len()), (2, 1));
    assert!(
        !format!("{declared:?}{home:?}").contains("hidden"),
        "{declared:?}"
    );
    // The samples check that it was expanded for matching; here is how it is shown.
    assert_eq!(declared.servers[0].shown, "a '--url=${SECRET}'");
}

/// Every file of a home that is looked at, with stars filled in.
const EVERY_FILE: &[&str] = &[
    ".claude.json",
    ".cursor/mcp.json",
    ".config/Code/User/settings.json",
    ".config/zed/settings.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".continue/config.yaml",
    ".config/goose/config.yaml",
    ".config/opencode/opencode.jsonc",
    ".config/crush/crush.json",
    ".config/amp/settings.json",
    ".vibe/config.toml",
    ".hermes/config.yaml",
    ".openclaw/openclaw.json",
    ".mcpproxy/mcp_config.json",
    ".config/mcphub/servers.json",
    ".local/state/toolhive/runconfigs/a.json",
    ".local/state/mcp-hub/workspaces.json",
    ".docker/mcp/registry.yaml",
    ".docker/mcp/config.yaml",
    ".docker/mcp/catalogs/a.yaml",
    ".claude/plugins/a/.mcp.json",
    ".claude/plugins/a/plugin.json",
];

/// Bytes that come near to a configuration often enough to get past the parsers.
fn any_contents() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "'",
            "\n",
            "- ",
            "  ",
            "= ",
            "&a ",
            "*a",
            "<<: ",
            "#",
            "//",
            "/*",
            "\"mcpServers\":",
            "mcpServers:",
            "[mcp_servers.a]\n",
            "[[mcp_servers]]\n",
            "\"mcp\":",
            "servers",
            "\"command\":",
            "command: ",
            "command = ",
            "\"url\":",
            "\"args\":",
            "null",
            "true",
            "1e9",
            "\"x\"",
            "${",
            "${A:-",
            "registry:\n",
            "extensions:\n",
            "projects",
            "\\u",
            "\\",
            "!!str ",
            "| \n",
            "? ",
            "---\n",
            "%",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn no_contents_make_it_panic(contents in prop::collection::vec(any_contents(), EVERY_FILE.len())) {
        let home = Home::new("/home/ada", Variables::default());
        let paths = EVERY_FILE.iter().map(|file| home.home.join(file));
        let reader = InMemory(paths.zip(contents).collect());
        let declared = discover(&home, &[], &[], &reader);
        let (_, hub_problems) = hub_workspaces(&home, &reader);
        // A folder's worth of files was looked at, and each was read or named.
        let named: BTreeSet<_> = declared.problems.iter().chain(&hub_problems).map(|problem| &problem.file).collect();
        for file in EVERY_FILE.iter().filter(|file| !file.contains("docker") && !file.contains("workspaces")) {
            let path = home.home.join(file);
            prop_assert!(declared.files_read.contains(&path) || named.contains(&path), "{}", file);
        }
    }
}

/// Files that are nowhere but here.
struct InMemory(BTreeMap<PathBuf, Vec<u8>>);

impl FileReader for InMemory {
    fn read(&self, path: &Path, _: u64) -> Result<Contents, ReadError> {
        let at = self
            .0
            .keys()
            .position(|file| file == path)
            .ok_or(ReadError::Absent)?;
        Ok(Contents {
            bytes: self.0[path].clone(),
            identity: (0, at as u64),
        })
    }

    fn list(&self, folder: &Path, _: usize) -> Result<Vec<FolderEntry>, ReadError> {
        let below = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(folder).ok());
        let entries: BTreeSet<_> = below
            .filter_map(|path| {
                let mut parts = path.iter();
                let name = parts.next()?.to_owned();
                Some(FolderEntry {
                    name,
                    is_folder: parts.next().is_some(),
                })
            })
            .collect();
        Ok(entries.into_iter().collect())
    }

    fn exists(&self, path: &Path) -> bool {
        self.0.keys().any(|file| file.starts_with(path))
    }
}
