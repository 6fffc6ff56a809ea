//! An engine that answers with recorded files, on a unix socket of its own.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

/// Answers by the end of the path; the rest is 404.
pub(crate) struct Replay {
    folder: tempfile::TempDir,
}

impl Replay {
    /// `answers`: what a path (without version and query) is answered with.
    pub(crate) fn start(answers: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let answers: HashMap<String, String> = answers
            .iter()
            .map(|(path, body)| ((*path).to_owned(), body.clone()))
            .collect();
        // Ends with the test's process: it only waits for connections.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(&stream, &answers);
            }
        });
        Self { folder }
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("engine.sock")
    }
}

fn answer(mut stream: &UnixStream, answers: &HashMap<String, String>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next()?.ok()?;
    while !lines.next()?.ok()?.is_empty() {}
    let path = request.split(' ').nth(1)?.split('?').next()?;
    let path = match path.strip_prefix("/v1.") {
        Some(rest) => rest.find('/').and_then(|slash| rest.get(slash..))?,
        None => path,
    };
    let (status, body) = match answers.get(path) {
        Some(body) => ("200 OK", body.as_str()),
        None => ("404 Not Found", r#"{"message":"No such container: x"}"#),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

/// A recorded file.
pub(crate) fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read_to_string(folder.join(name)).unwrap()
}
