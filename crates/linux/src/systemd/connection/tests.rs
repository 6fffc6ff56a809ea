//! Conversations with a manager that is played by the test.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use super::*;

/// As long as a test may take on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// Answers the authentication, then sends these messages when it has read `wanted` bytes.
fn manager(
    folder: &Path,
    auth: &'static [u8],
    said: Vec<u8>,
    wanted: usize,
) -> JoinHandle<Vec<u8>> {
    let listener = UnixListener::bind(folder.join("socket")).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let asked = take(&mut stream, |bytes| bytes.ends_with(b"\r\n"));
        stream.write_all(auth).unwrap();
        let mut heard = take(&mut stream, |bytes| {
            bytes.len() == b"BEGIN\r\n".len() + wanted
        });
        stream.write_all(&said).unwrap();
        // Kept open: what does not come is waited for.
        take(&mut stream, |_| false);
        heard.splice(0..0, asked);
        heard
    })
}

/// Reads until it is enough, or until the other side is gone.
fn take(stream: &mut UnixStream, enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !enough(&bytes) {
        let mut byte = [0];
        match stream.read(&mut byte) {
            Ok(1) => bytes.push(byte[0]),
            _ => break,
        }
    }
    bytes
}

fn socket(folder: &Path, is_bus: bool) -> Socket {
    Socket {
        path: folder.join("socket"),
        is_bus,
    }
}

/// A message of this kind that answers `serial`, without a body.
fn answer(kind: u8, serial: u8) -> Vec<u8> {
    let head = [b'l', kind, 1, 1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0];
    [&head[..], &[5, 1, b'u', 0, serial, 0, 0, 0]].concat()
}

#[test]
fn a_bus_is_greeted_and_its_other_words_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let hello = call::hello(HELLO);
    let said = [answer(2, 1), answer(4, 0), answer(2, 2)].concat();
    let wanted = hello.len() + 3;
    let manager = manager(folder.path(), b"OK 0123456789abcdef\r\n", said, wanted);
    let mut connection = Connection::open(&socket(folder.path(), true), LONG).unwrap();
    connection
        .call(|serial| vec![u8::try_from(serial).unwrap(); 3])
        .unwrap();
    drop(connection);
    let user = rustix::process::geteuid().as_raw().to_string();
    let user: String = user.bytes().map(hex).collect();
    let expected = [
        format!("\0AUTH EXTERNAL {user}\r\nBEGIN\r\n").into_bytes(),
        hello,
        vec![2; 3],
    ];
    assert_eq!(manager.join().unwrap(), expected.concat());
}

#[test]
fn systemd_itself_is_not_greeted_and_may_refuse() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), b"OK 00\r\n", answer(3, 2), 3);
    let mut connection = Connection::open(&socket(folder.path(), false), LONG).unwrap();
    let fault = connection.call(|_| b"abc".to_vec()).unwrap_err();
    assert!(matches!(fault, Fault::Refused(..)), "{fault:?}");
    drop(connection);
    assert!(manager.join().unwrap().ends_with(b"BEGIN\r\nabc"));
}

#[test]
fn who_is_not_recognised_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), b"REJECTED EXTERNAL\r\n", Vec::new(), 0);
    let error = Connection::open(&socket(folder.path(), true), LONG).unwrap_err();
    assert!(error.to_string().contains("REJECTED EXTERNAL"), "{error}");
    manager.join().unwrap();
}

#[test]
fn one_that_says_nothing_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let manager = manager(folder.path(), b"OK 00\r\n", Vec::new(), 1);
    let patience = Duration::from_millis(200);
    let mut connection = Connection::open(&socket(folder.path(), false), patience).unwrap();
    let fault = connection.call(|_| vec![0]).unwrap_err();
    let is_late = |error: &io::Error| error.kind() == io::ErrorKind::TimedOut;
    assert!(
        matches!(&fault, Fault::Broken(error) if is_late(error)),
        "{fault:?}"
    );
    drop(connection);
    manager.join().unwrap();
}

#[test]
fn noise_is_no_answer() {
    for noise in [
        &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
        &[b'l'; 40],
        b"l\x02",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let manager = manager(folder.path(), b"OK 00\r\n", noise.to_vec(), 1);
        let patience = Duration::from_millis(500);
        let mut connection = Connection::open(&socket(folder.path(), false), patience).unwrap();
        let fault = connection.call(|_| vec![0]).unwrap_err();
        assert!(matches!(fault, Fault::Broken(_)), "{fault:?}");
        drop(connection);
        manager.join().unwrap();
    }
}
