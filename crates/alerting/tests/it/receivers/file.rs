//! The file of JSON lines: nothing half, nothing shared, nothing without end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use alerting::Notice;
use alerting::receivers::{Kind, Receiver, settings};

use super::{LONG, notice, receiver};

fn file(path: &Path, max_bytes: u64, keep: u32) -> Receiver {
    let path = path.to_owned();
    receiver(Kind::File(settings::File {
        path,
        max_bytes,
        keep,
    }))
}

fn ids(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Notice>(line).unwrap());
    lines.map(|notice| notice.id).collect()
}

fn write(receiver: &Receiver, id: &str) {
    let id = id.to_owned();
    receiver.deliver(&Notice { id, ..notice() }, LONG).unwrap();
}

#[test]
fn a_line_for_each_notice_for_our_eyes_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.jsonl");
    let receiver = file(&path, 1 << 20, 1);
    write(&receiver, "a");
    write(&receiver, "b");
    assert_eq!(ids(&path), ["a", "b"]);
    let first = fs::read_to_string(&path).unwrap();
    let first: Notice = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(
        first,
        Notice {
            id: "a".to_owned(),
            ..notice()
        }
    );
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn old_files_are_kept_and_then_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.jsonl");
    // Room for one notice in each file.
    let receiver = file(&path, 1_200, 2);
    for id in ["a", "b", "c", "d"] {
        write(&receiver, id);
    }
    assert_eq!(ids(&path), ["d"]);
    assert_eq!(ids(&folder.path().join("alerts.jsonl.1")), ["c"]);
    assert_eq!(ids(&folder.path().join("alerts.jsonl.2")), ["b"]);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let receiver = file(&path, 1_200, 0);
    write(&receiver, "e");
    assert_eq!(ids(&path), ["e"]);
    assert_eq!(ids(&folder.path().join("alerts.jsonl.1")), ["c"]);
}

#[test]
fn a_torn_line_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alerts.jsonl");
    fs::write(&path, "{\"id\":\"torn").unwrap();
    write(&file(&path, 1 << 20, 1), "whole");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!(
        serde_json::from_str::<Notice>(lines[1]).unwrap().id,
        "whole"
    );
}

#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (
        folder.path().join("alerts.jsonl"),
        folder.path().join("other"),
    );
    fs::write(&other, "as it was").unwrap();
    symlink(&other, &path).unwrap();
    let failure = file(&path, 1, 1).deliver(&notice(), LONG).unwrap_err();
    assert!(!failure.is_temporary());
    assert!(failure.message.contains("symbolic link"), "{failure}");
    assert_eq!(fs::read_to_string(&other).unwrap(), "as it was");
}

#[test]
fn what_can_be_mended_is_temporary() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().join("missing/alerts.jsonl"),
        folder.path().to_owned(),
    ] {
        let failure = file(&path, 1 << 20, 1)
            .deliver(&notice(), LONG)
            .unwrap_err();
        assert!(failure.is_temporary(), "{failure}");
        assert!(
            failure.message.contains(path.to_str().unwrap()),
            "{failure}"
        );
    }
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    let failure = file(&pipe, 1 << 20, 1)
        .deliver(&notice(), LONG)
        .unwrap_err();
    assert!(
        failure.is_temporary(),
        "nobody reads it, and nothing hangs: {failure}"
    );
}
