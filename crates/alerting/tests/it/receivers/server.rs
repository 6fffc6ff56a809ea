//! HTTP servers of the test's own, each with one way to misbehave.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

/// A request as it came.
#[derive(Debug)]
pub(super) struct Asked {
    /// First line and headers.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Asked {
    /// The value of a header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let (_, value) = lines.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// A server on a free port of this machine, and what it was asked.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Receiver<Asked>,
}

impl Server {
    /// Reads a request of each connection and lets `answer` do what it likes with it then.
    pub(super) fn new(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, asked) = sync_channel(100);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if let Some(request) = read_request(&mut stream) {
                    tell.try_send(request).unwrap();
                    answer(&mut stream);
                }
            }
        });
        Self { address, asked }
    }

    /// Answers each request with this text.
    pub(super) fn answering(answer: &str) -> Self {
        let answer = answer.replace('\n', "\r\n");
        Self::new(move |stream| stream.write_all(answer.as_bytes()).unwrap())
    }

    /// Answers each request with this status and nothing else.
    pub(super) fn with_status(status: &str) -> Self {
        Self::answering(&format!("HTTP/1.1 {status}\nContent-Length: 0\n\n"))
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// The next request.
    pub(super) fn asked(&self) -> Asked {
        self.asked.recv_timeout(Duration::from_secs(30)).unwrap()
    }

    /// Whether somebody has asked meanwhile.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.try_recv().is_ok()
    }
}

/// Reads one request with a `Content-Length`; `None` if the client goes away before its end.
pub(super) fn read_request(stream: &mut impl Read) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let mut asked = Asked {
        head,
        body: Vec::new(),
    };
    let length: usize = asked.header("content-length").unwrap().parse().unwrap();
    asked.body = vec![0; length];
    stream.read_exact(&mut asked.body).ok()?;
    Some(asked)
}

/// Sends these bytes one by one, slowly, until nobody listens any more.
pub(super) fn drip(stream: &mut impl Write, bytes: impl IntoIterator<Item = u8>) {
    for byte in bytes {
        if stream.write_all(&[byte]).is_err() || stream.flush().is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until the other side closes.
pub(super) fn hang(stream: &mut impl Read) {
    let mut rest = [0; 1_024];
    while matches!(stream.read(&mut rest), Ok(read) if read > 0) {}
}
