//! Real locks on real files.

use std::{fs::File, os::fd::AsRawFd as _};

use linux::{
    ProcRoot,
    locks::{self, FileKey, LockAccess, LockKind},
};
use rustix::fs::{FlockOperation, fcntl_lock, flock, fstat};

#[test]
fn holders_of_a_file_are_found() {
    let root = ProcRoot::system().unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (operation, access) in [
        (FlockOperation::NonBlockingLockExclusive, LockAccess::Write),
        (FlockOperation::NonBlockingLockShared, LockAccess::Read),
    ] {
        let file = File::create(folder.path().join("lock")).unwrap();
        flock(&file, operation).unwrap();
        let stat = fstat(&file).unwrap();
        let key = FileKey::new(stat.st_dev, stat.st_ino);
        let listed = locks::read(&root).unwrap();
        let holders: Vec<_> = locks::held_on(&listed, key).collect();
        assert_eq!(holders.len(), 1, "{listed:?}");
        assert_eq!(
            (holders[0].kind, holders[0].access),
            (LockKind::Flock, access)
        );
        assert_eq!(holders[0].pid, Some(std::process::id()));
    }
}

#[test]
fn a_descriptor_tells_its_own_locks() {
    let root = ProcRoot::system().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("lock")).unwrap();
    let number = u32::try_from(file.as_raw_fd()).unwrap();
    let own = std::process::id();
    assert_eq!(locks::of_descriptor(&root, own, number).unwrap(), []);
    fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
    let seen = locks::of_descriptor(&root, own, number).unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].kind, seen[0].pid), (LockKind::Posix, Some(own)));
}
