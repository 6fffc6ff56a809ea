//! Whether a writer is left, on real pipes and sockets.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::net::UnixStream,
    },
    process::{Command, Stdio},
};

use linux::control::stdin_writer_gone;

use super::{Kid, root, until};

/// Asks about a descriptor of our own. A child that another test is just starting holds a
/// copy of all our descriptors for a moment, so "gone" may come late, but "left" may not.
fn gone(fd: &impl AsRawFd) -> Option<bool> {
    let number = u32::try_from(fd.as_raw_fd()).unwrap();
    stdin_writer_gone(&root(), std::process::id(), number)
}

fn becomes_gone(fd: &impl AsRawFd) {
    until("the last writer to be gone", || gone(fd)?.then_some(()));
}

#[test]
fn a_pipe_knows_when_its_last_writer_is_gone() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    assert_eq!(gone(&reader), Some(false));
    let second = writer.try_clone().unwrap();
    writer.write_all(b"kept").unwrap();
    drop(writer);
    assert_eq!(gone(&reader), Some(false), "one of two is left");
    drop(second);
    becomes_gone(&reader);
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "kept", "looking takes no data");
}

#[test]
fn a_writer_in_another_process_counts() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new("sleep");
    command.arg("1000").stdin(Stdio::null()).stdout(writer);
    let kid = Kid(command.spawn().unwrap());
    drop(command);
    assert_eq!(gone(&reader), Some(false));
    drop(kid);
    becomes_gone(&reader);
}

#[test]
fn a_child_is_looked_into() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut command = Command::new("sleep");
    command.arg("1000").stdin(reader);
    let kid = Kid(command.spawn().unwrap());
    drop(command);
    assert_eq!(stdin_writer_gone(&root(), kid.pid(), 0), Some(false));
    drop(writer);
    until("the last writer to be gone", || {
        stdin_writer_gone(&root(), kid.pid(), 0)?.then_some(())
    });
}

#[test]
fn a_socket_knows_when_its_peer_is_gone() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    if gone(&ours).is_none() {
        println!("skipped: this kernel does not list Unix sockets");
        return;
    }
    assert_eq!(gone(&ours), Some(false));
    let copy: OwnedFd = theirs.try_clone().unwrap().into();
    drop(theirs);
    assert_eq!(gone(&ours), Some(false), "one of two is left");
    drop(copy);
    becomes_gone(&ours);
}

#[test]
fn a_peer_that_ended_its_writing_is_gone() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    if gone(&ours).is_none() {
        println!("skipped: this kernel does not list Unix sockets");
        return;
    }
    theirs.shutdown(Shutdown::Write).unwrap();
    assert_eq!(gone(&ours), Some(true));
    assert_eq!(gone(&theirs), Some(false));
}

#[test]
fn other_files_are_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("file")).unwrap();
    assert_eq!(gone(&file), None);
    let null = std::fs::File::open("/dev/null").unwrap();
    assert_eq!(gone(&null), None);
    let listener = std::os::unix::net::UnixListener::bind(folder.path().join("s")).unwrap();
    assert_eq!(gone(&listener), None);
    assert_eq!(
        stdin_writer_gone(&root(), std::process::id(), 1 << 20),
        None
    );
}

#[test]
fn a_named_pipe_is_left_alone() {
    use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
    let reader = open(&path, OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()).unwrap();
    assert_eq!(gone(&reader), None);
}
