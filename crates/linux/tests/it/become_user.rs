//! Reading as another user. The other users are `nobody` and its like: they own nothing here.

use std::{
    fs::{self, Permissions},
    io::ErrorKind,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use linux::become_user::{as_user, read_as};
use rustix::process::geteuid;

const NOBODY: u32 = 65_534;

/// A folder that everybody may enter; `None` with a message if we are not root.
fn as_root() -> Option<tempfile::TempDir> {
    if !geteuid().is_root() {
        println!("skipped: only root can become another user");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    Some(folder)
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn root_lends_its_rights_to_nobody() {
    let Some(folder) = as_root() else { return };
    let secret = folder.path().join("secret");
    write(&secret, "root's own", 0o600);
    let error = read_as(NOBODY, &secret, 100).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("secret") && !error.to_string().contains("root's own"));
    let link = folder.path().join("link");
    symlink(&secret, &link).unwrap();
    let error = read_as(NOBODY, &link, 100).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert_eq!(read_as(0, &secret, 100).unwrap(), b"root's own");
}

#[test]
fn users_read_what_is_theirs_and_what_is_open_to_all() {
    let Some(folder) = as_root() else { return };
    let own = folder.path().join("own");
    write(&own, "theirs", 0o600);
    chown(&own, Some(NOBODY), Some(NOBODY)).unwrap();
    let open = folder.path().join("open");
    write(&open, "everybody's", 0o644);
    assert_eq!(read_as(NOBODY, &own, 100).unwrap(), b"theirs");
    assert_eq!(read_as(NOBODY, &open, 100).unwrap(), b"everybody's");
    assert_eq!(
        read_as(NOBODY - 1, &own, 100).unwrap_err().kind(),
        ErrorKind::PermissionDenied
    );
    assert!(geteuid().is_root(), "our own thread is as it was");
}

#[test]
fn files_that_block_or_never_end_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = geteuid().as_raw();
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &fifo,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    for path in [fifo.as_path(), Path::new("/dev/zero"), folder.path()] {
        let error = read_as(own, path, 100).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let missing = read_as(own, &folder.path().join("absent"), 100).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
}

#[test]
fn the_cap_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let own = geteuid().as_raw();
    let path = folder.path().join("file");
    write(&path, "0123456789", 0o600);
    assert_eq!(read_as(own, &path, 10).unwrap().len(), 10);
    assert_eq!(
        read_as(own, &path, 9).unwrap_err().kind(),
        ErrorKind::FileTooLarge
    );
    // A file of procfs has no size until it is read.
    let error = read_as(own, Path::new("/proc/self/status"), 9).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::FileTooLarge);
}

#[test]
fn only_the_one_thread_changes_and_nobody_may_signal_it() {
    let Some(_folder) = as_root() else { return };
    let status = as_user(NOBODY, NOBODY, &[NOBODY], || {
        fs::read_to_string("/proc/thread-self/status").unwrap()
    })
    .unwrap();
    let line = |name: &str| {
        let found = status.lines().find_map(|line| line.strip_prefix(name));
        found
            .unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
    };
    // Real, effective, saved, file system.
    assert_eq!(line("Uid:"), ["0", "65534", "0", "65534"]);
    assert_eq!(line("CapEff:"), ["0000000000000000"]);
    assert_eq!(line("Groups:"), ["65534"]);
    assert!(geteuid().is_root());
}

#[test]
fn without_root_nobody_else_can_be_become() {
    if geteuid().is_root() {
        // Inside, we are not root any more.
        let again = as_user(NOBODY, NOBODY, &[], || {
            as_user(NOBODY - 1, NOBODY, &[], || ())
        });
        assert_eq!(
            again.unwrap().unwrap_err().kind(),
            ErrorKind::PermissionDenied
        );
    } else {
        assert_eq!(
            as_user(0, 0, &[], || ()).unwrap_err().kind(),
            ErrorKind::PermissionDenied
        );
    }
}
