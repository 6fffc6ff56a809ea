//! Logs and state files of clients and gateways, with their sizes.
//!
//! Folders are walked to a bounded depth and number of entries: a look must not cost more
//! than what it warns of.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use inventory::context::{WatchedFile, WatchedKind};
use inventory::declared::Home;

/// Entries that are looked at below one folder.
const MOST_ENTRIES: usize = 2000;
/// Folders below a log folder.
const DEEPEST: usize = 4;
/// A lock of mcp-hub is held for milliseconds; one that is this old was left by a crash.
const STALE_LOCK_SECONDS: i64 = 60;

/// Folders and files of logs, from the home.
fn logs(home: &Home) -> Vec<(&'static str, PathBuf)> {
    let at = |path: &str| home.home.join(path);
    vec![
        ("Claude Code", at(".cache/claude-cli-nodejs")),
        ("Claude Code", at(".claude/debug")),
        ("Claude Desktop", home.xdg_config.join("Claude/logs")),
        ("mcp-hub", home.xdg_state.join("mcp-hub/logs")),
        ("mcp-hub", at(".mcp-hub/logs")),
        ("mcpproxy-go", home.xdg_state.join("mcpproxy/logs")),
        ("mcpproxy-go", at(".mcpproxy/logs")),
        ("toolhive", home.xdg_data.join("toolhive/logs")),
        ("Hermes", at(".hermes/logs")),
        ("Cursor", home.xdg_config.join("Cursor/logs")),
    ]
}

/// Looks at all watched files of the users whose homes these are.
pub(super) fn look(homes: &[(u32, Home)]) -> Vec<WatchedFile> {
    let mut found = Vec::new();
    for (_, home) in homes {
        for (client, path) in logs(home) {
            if let Some((bytes, modified)) = size(&path) {
                found.push(file(client, &path, WatchedKind::Log, bytes, modified));
            }
        }
        for folder in [home.home.join(".mcp-hub"), home.xdg_state.join("mcp-hub")] {
            let lock = folder.join("workspaces.json.lock");
            if let Ok(metadata) = std::fs::symlink_metadata(&lock)
                && age(metadata.mtime()) > STALE_LOCK_SECONDS
            {
                found.push(file(
                    "mcp-hub",
                    &lock,
                    WatchedKind::Lock,
                    metadata.len(),
                    Some(metadata.mtime()),
                ));
            }
        }
        let server = home.xdg_state.join("toolhive/server/server.json");
        if let Some((pid, bytes)) = named_pid(&server) {
            found.push(file(
                "toolhive",
                &server,
                WatchedKind::Pid(pid),
                bytes,
                None,
            ));
        }
    }
    found.extend(container_ids(homes));
    found
}

fn file(
    client: &str,
    path: &Path,
    kind: WatchedKind,
    bytes: u64,
    modified: Option<i64>,
) -> WatchedFile {
    WatchedFile {
        path: path.display().to_string(),
        client: client.to_owned(),
        kind,
        bytes,
        modified,
    }
}

fn age(modified: i64) -> i64 {
    linux::clock::now()
        .wall
        .as_second()
        .saturating_sub(modified)
}

/// Size of a file, or of all files in a folder, and the last change.
fn size(path: &Path) -> Option<(u64, Option<i64>)> {
    let metadata = std::fs::symlink_metadata(path).ok()?;
    if metadata.is_file() {
        return Some((metadata.len(), Some(metadata.mtime())));
    }
    if !metadata.is_dir() {
        return None;
    }
    let (mut bytes, mut modified, mut left) = (0_u64, None, MOST_ENTRIES);
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            continue;
        };
        for entry in entries.flatten() {
            if left == 0 {
                return Some((bytes, modified));
            }
            left -= 1;
            // Links are not followed: `metadata` of an entry is that of the link itself.
            let Ok(metadata) = entry.metadata() else {
                continue;
            };
            if metadata.is_dir() && depth < DEEPEST {
                folders.push((entry.path(), depth + 1));
            } else if metadata.is_file() {
                bytes = bytes.saturating_add(metadata.len());
                modified = modified.max(Some(metadata.mtime()));
            }
        }
    }
    Some((bytes, modified))
}

/// The `pid` in a small JSON file.
fn named_pid(path: &Path) -> Option<(u32, u64)> {
    let bytes = super::reader::read(rustix::process::geteuid().as_raw(), path, 64 << 10).ok()?;
    let value: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some((
        u32::try_from(value.get("pid")?.as_u64()?).ok()?,
        bytes.len() as u64,
    ))
}

/// `mcpproxy-cid-*.txt` in the temporary folder: mcpproxy removes them after reading, so one that
/// is old was left by a crash.
fn container_ids(homes: &[(u32, Home)]) -> Vec<WatchedFile> {
    let folder = std::env::temp_dir();
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .take(MOST_ENTRIES)
        .filter(|entry| {
            entry.file_name().to_str().is_some_and(|name| {
                name.strip_prefix("mcpproxy-cid-")
                    .and_then(|rest| rest.strip_suffix(".txt"))
                    .is_some()
            })
        })
        .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?)))
        .filter(|(_, metadata)| metadata.is_file() && age(metadata.mtime()) > STALE_LOCK_SECONDS)
        .filter(|(_, metadata)| homes.iter().any(|(uid, _)| *uid == metadata.uid()))
        .map(|(path, metadata)| {
            file(
                "mcpproxy-go",
                &path,
                WatchedKind::ContainerId,
                metadata.len(),
                Some(metadata.mtime()),
            )
        })
        .collect()
}
