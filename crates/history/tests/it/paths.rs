//! Whose files are used, and with which permissions.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use history::{Error, History};
use rustix::fs::Mode;

use crate::sample::{self, START, options, timestamp};

#[test]
fn only_we_may_read_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a/b");
    let history = sample::open(&deep);
    sample::record(&history, sample::fleet(1, 3, 1));
    for name in ["history.db", "history.db-wal", "history.db-shm"] {
        let mode = fs::metadata(deep.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert_eq!(
        fs::metadata(&deep).unwrap().permissions().mode() & 0o777,
        0o700
    );
    drop(history);
    // One that was opened to others meanwhile is closed to them again.
    rustix::fs::chmod(deep.join("history.db"), Mode::from_raw_mode(0o644)).unwrap();
    sample::open(&deep);
    assert_eq!(
        fs::metadata(deep.join("history.db"))
            .unwrap()
            .permissions()
            .mode()
            & 0o777,
        0o600
    );
}

#[test]
fn what_is_not_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    let refused = || {
        let outcome = History::open(options(folder.path()), timestamp(START));
        assert!(matches!(outcome, Err(Error::Refused { .. })), "{outcome:?}");
    };
    let elsewhere = folder.path().join("elsewhere");
    fs::write(&elsewhere, "precious").unwrap();
    symlink(&elsewhere, &path).unwrap();
    refused();
    assert_eq!(fs::read(&elsewhere).unwrap(), b"precious");
    fs::remove_file(&path).unwrap();

    fs::create_dir(&path).unwrap();
    refused();
    fs::remove_dir(&path).unwrap();

    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)")
        .unwrap();
    drop(other);
    refused();
    let other = rusqlite::Connection::open(&path).unwrap();
    let count: i64 = other
        .query_row("SELECT count(*) FROM theirs", [], |row| row.get(0))
        .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn options_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut small = options(folder.path());
    small.max_disk = 1_000;
    let error = History::open(small, timestamp(START)).unwrap_err();
    assert!(error.to_string().contains("max_disk"), "{error}");
}
