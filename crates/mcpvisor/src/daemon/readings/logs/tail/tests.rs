//! Files that grow, are rotated, truncated and replaced.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Ask, Dialect, FileId, Found, Known, MOST_OF_A_FILE, look};

struct Log {
    _folder: tempfile::TempDir,
    path: PathBuf,
    known: Option<Known>,
    since: i64,
}

impl Log {
    /// A file that was there before us.
    fn old(contents: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.log");
        fs::write(&path, contents).unwrap();
        Self {
            _folder: folder,
            path,
            known: None,
            since: i64::MAX,
        }
    }

    fn append(&self, text: &str) {
        let mut file = File::options().append(true).open(&self.path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn ask(&self) -> Ask {
        Ask {
            path: self.path.clone(),
            must_be: None,
            known: self.known,
            since: self.since,
            dialect: Dialect::Plain,
        }
    }

    fn look(&mut self) -> Found {
        let mut allowance = 8 * MOST_OF_A_FILE;
        let found = look(&self.ask(), &mut allowance).unwrap();
        self.known = Some(found.known);
        found
    }

    /// Bytes and errors that are new.
    fn news(&mut self) -> (u64, u64) {
        let found = self.look();
        assert_eq!(found.skipped, 0);
        (found.bytes, found.errors)
    }
}

fn nothing(ask: &Ask) -> bool {
    look(ask, &mut u64::MAX.clone()).is_none()
}

#[test]
fn only_what_is_appended_counts() {
    let mut log = Log::old("ERROR: long ago\n");
    assert_eq!(log.news(), (0, 0));
    assert_eq!(log.news(), (0, 0));
    log.append("ERROR: now\nall is well\n");
    assert_eq!(log.news(), (23, 1));
    assert_eq!(log.news(), (0, 0));
}

#[test]
fn a_file_that_began_after_us_is_read_from_its_begin() {
    let mut log = Log::old("ERROR: at once\n");
    log.since = 0;
    assert_eq!(log.news(), (15, 1));
}

#[test]
fn a_line_counts_when_it_is_whole_and_only_once() {
    let mut log = Log::old("");
    log.news();
    log.append("ERR");
    assert_eq!(log.news(), (3, 0));
    log.append("OR: cut");
    assert_eq!(log.news(), (7, 0));
    log.append(" off\nERROR: two\nno");
    assert_eq!(log.news(), (18, 2));
    log.append(" error\n");
    assert_eq!(log.news(), (7, 0));
}

#[test]
fn a_traceback_is_one_error_with_the_line_that_announces_it() {
    let mut log = Log::old("");
    log.news();
    let trace =
        "Traceback (most recent call last):\n  File \"a.py\", line 1\n    raise X\nValueError: x\n";
    log.append(trace);
    assert_eq!(log.news().1, 1);
    log.append(&format!(
        "ERROR:root:failed\n{trace}INFO:root:up\nERROR:root:again\n"
    ));
    assert_eq!(log.news().1, 2);
}

#[test]
fn rotation_loses_nothing_and_truncation_begins_anew() {
    let mut log = Log::old("old\n");
    log.news();
    log.append("ERROR: last words\n");
    fs::rename(&log.path, log.path.with_extension("log.1")).unwrap();
    fs::write(&log.path, "ERROR: first words\nfine\n").unwrap();
    assert_eq!(log.news(), (18 + 24, 2));
    log.append("more\n");
    assert_eq!(log.news(), (5, 0));

    File::options()
        .write(true)
        .open(&log.path)
        .unwrap()
        .set_len(0)
        .unwrap();
    log.append("ERROR: 1\n");
    assert_eq!(log.news(), (9, 1));
}

#[test]
fn a_file_moved_elsewhere_is_not_missed() {
    let mut log = Log::old("old\n");
    log.news();
    let kept = log.path.with_extension("2025");
    fs::rename(&log.path, &kept).unwrap();
    assert!(nothing(&log.ask()), "no file is there now");
    fs::write(&log.path, "ERROR: x\n").unwrap();
    assert_eq!(log.news(), (9, 1));
}

#[test]
fn a_flood_is_counted_and_its_end_searched() {
    let mut log = Log::old("");
    log.news();
    let line = "ERROR: flood of one hundred bytes in each of the lines so that they are easy to count in the end...\n";
    assert_eq!(line.len(), 100);
    log.append(&line.repeat(30_000));
    let found = log.look();
    assert_eq!(found.bytes, 3_000_000);
    assert_eq!(found.skipped, 3_000_000 - MOST_OF_A_FILE);
    assert_eq!(
        found.errors,
        MOST_OF_A_FILE / 100,
        "and not the one that is cut"
    );

    // Together they may not read more than they are allowed to.
    log.append(&line.repeat(100));
    let mut allowance = 1_000;
    let found = look(&log.ask(), &mut allowance).unwrap();
    assert_eq!((found.bytes, found.skipped, allowance), (10_000, 9_000, 0));
    assert_eq!(found.errors, 9);
    log.known = Some(found.known);
    log.append(line);
    let found = look(&log.ask(), &mut allowance).unwrap();
    assert_eq!((found.bytes, found.errors, found.skipped), (100, 0, 100));
}

#[test]
fn a_line_without_an_end_is_not_read_again_and_again() {
    let mut log = Log::old("");
    log.news();
    log.append(&format!("ERROR: {}", "x".repeat(100_000)));
    let found = log.look();
    assert_eq!((found.bytes, found.errors), (100_007, 1));
    assert_eq!(found.known.searched, 100_007);
}

#[test]
fn only_that_regular_file_is_read() {
    let log = Log::old("ERROR: x\n");
    let folder: &Path = log.path.parent().unwrap();
    let id = FileId::of(&fs::metadata(&log.path).unwrap());
    let other = |path: PathBuf| Ask {
        path,
        since: 0,
        ..log.ask()
    };
    let link = folder.join("link.log");
    std::os::unix::fs::symlink(&log.path, &link).unwrap();
    assert!(nothing(&other(link)));
    let pipe = folder.join("pipe.log");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    assert!(nothing(&other(pipe)));
    assert!(nothing(&other(folder.to_owned())));
    assert!(nothing(&other(folder.join("none.log"))));
    assert!(!nothing(&Ask {
        must_be: Some(id),
        ..log.ask()
    }));
    let another = FileId {
        inode: id.inode + 1,
        ..id
    };
    assert!(nothing(&Ask {
        must_be: Some(another),
        ..log.ask()
    }));
}
