//! Files that fill, vanish, move and meet a full disk.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const LINE: &[u8] = b"0123456789abcde\n";

fn fresh(max_size: u64, keep: u32) -> (tempfile::TempDir, BoundedFile) {
    let folder = tempfile::tempdir().unwrap();
    let file = BoundedFile::open(&folder.path().join("x.log"), max_size, keep).unwrap();
    (folder, file)
}

fn names(folder: &tempfile::TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn content(folder: &tempfile::TempDir, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn full_files_are_set_aside_and_the_oldest_goes() {
    let (folder, mut file) = fresh(64, 2);
    for number in 0..20 {
        assert!(file.put(format!("line {number:09}\n").as_bytes()));
    }
    assert_eq!(names(&folder), ["x.log", "x.log.1", "x.log.2"]);
    let all: String = ["x.log.2", "x.log.1", "x.log"]
        .map(|name| content(&folder, name))
        .concat();
    let expected: Vec<String> = (8..20).map(|number| format!("line {number:09}")).collect();
    let all: Vec<&str> = all.lines().collect();
    assert_eq!(all, expected, "the newest lines, in order");
    for name in names(&folder) {
        let metadata = std::fs::metadata(folder.path().join(name)).unwrap();
        assert!(metadata.len() <= 64);
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn nothing_need_be_kept() {
    let (folder, mut file) = fresh(40, 0);
    for _ in 0..5 {
        assert!(file.put(LINE));
    }
    assert_eq!(names(&folder), ["x.log"]);
    assert_eq!(content(&folder, "x.log").len(), LINE.len());
}

#[test]
fn it_goes_on_where_it_was() {
    let (folder, mut file) = fresh(1000, 1);
    assert!(file.put(b"one\n"));
    let mut later = BoundedFile::open(&folder.path().join("x.log"), 1000, 1).unwrap();
    assert!(later.put(b"two\n"));
    assert_eq!(content(&folder, "x.log"), "one\ntwo\n");
}

#[test]
fn a_removed_file_is_begun_again() {
    let (folder, mut file) = fresh(1000, 1);
    assert!(file.put(b"one\n"));
    std::fs::remove_file(folder.path().join("x.log")).unwrap();
    assert!(file.put(b"two\n"));
    assert_eq!(content(&folder, "x.log"), "two\n");
}

#[test]
fn a_removed_folder_costs_lines_until_it_is_back() {
    let (folder, mut file) = fresh(1000, 1);
    std::fs::remove_dir_all(folder.path()).unwrap();
    assert!(!file.put(b"one\n"));
    assert!(!file.put(b"two\n"));
    std::fs::create_dir(folder.path()).unwrap();
    assert!(file.put(b"three\n"));
    assert_eq!(content(&folder, "x.log"), "three\n");
}

#[test]
fn a_file_that_was_moved_is_left_when_it_is_opened_again() {
    let (folder, mut file) = fresh(1000, 1);
    assert!(file.put(b"one\n"));
    std::fs::rename(folder.path().join("x.log"), folder.path().join("moved")).unwrap();
    assert!(file.put(b"two\n"));
    file.reopen().unwrap();
    assert!(file.put(b"three\n"));
    assert_eq!(content(&folder, "moved"), "one\ntwo\n");
    assert_eq!(content(&folder, "x.log"), "three\n");
}

#[test]
fn what_somebody_else_began_is_not_set_aside() {
    let (folder, mut file) = fresh(40, 1);
    assert!(file.put(LINE) && file.put(LINE));
    std::fs::rename(folder.path().join("x.log"), folder.path().join("x.log.1")).unwrap();
    std::fs::write(folder.path().join("x.log"), "new\n").unwrap();
    assert!(file.put(LINE), "full, but the path is another file by now");
    assert_eq!(content(&folder, "x.log.1").len(), 2 * LINE.len());
    assert!(content(&folder, "x.log").starts_with("new\n"));
}

#[test]
fn where_nothing_can_be_set_aside_the_file_begins_anew() {
    let (folder, mut file) = fresh(36, 1);
    assert!(file.put(LINE) && file.put(LINE));
    // A folder in the place of the file aside cannot be replaced.
    std::fs::create_dir_all(folder.path().join("x.log.1/full")).unwrap();
    assert!(file.put(b"next\n"));
    assert_eq!(content(&folder, "x.log"), "next\n");
}

#[test]
fn a_full_disk_costs_lines_and_nothing_else() {
    let (folder, mut file) = fresh(1000, 1);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let disk = file.file.replace(full);
    assert!(!file.put(LINE));
    assert!(!file.put(LINE));
    file.file = disk;
    file.torn = true;
    assert!(file.put(b"after\n"));
    assert_eq!(
        content(&folder, "x.log"),
        "after\n",
        "nothing was there to be torn"
    );
    file.torn = true;
    assert!(file.put(b"again\n"));
    assert_eq!(content(&folder, "x.log"), "after\n\nagain\n");
}

#[test]
fn what_is_no_file_is_refused_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = |path: &Path| {
        BoundedFile::open(path, 64, 1)
            .map(drop)
            .unwrap_err()
            .to_string()
    };
    assert!(said(folder.path()).contains("no regular file"));
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
    assert!(said(&link).contains("no regular file"));
    assert!(said(Path::new("/dev/null")).contains("no regular file"));
    let nowhere = folder.path().join("missing/x.log");
    let message = said(&nowhere);
    assert!(
        message.contains("missing/x.log") && message.contains("name another file"),
        "{message}"
    );
}
