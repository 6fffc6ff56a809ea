//! A small HTTP/1.1 client: one connection that is kept, one request at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// What headers a request has besides `Host`.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

/// A connection.
#[derive(Debug)]
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    port: u16,
}

/// The head of an answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    length: Option<usize>,
    chunked: bool,
    closes: bool,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the connection ends with it.
    pub(crate) is_last: bool,
}

impl Connection {
    /// Connects to a port of this machine.
    pub(crate) fn open(port: u16) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let stream =
            TcpStream::connect(address).with_context(|| format!("nobody answers at {address}"))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            reader: BufReader::with_capacity(64 << 10, stream),
            port,
        })
    }

    /// Asks, and reads the whole answer. The connection can be used again afterwards.
    pub(crate) fn get(&mut self, path: &str, headers: Headers<'_>) -> Result<Answer> {
        self.begin("GET", path, headers)?;
        self.answer()
    }

    /// Writes the head of a request.
    pub(crate) fn begin(&mut self, method: &str, path: &str, headers: Headers<'_>) -> Result<()> {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
            self.port
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.send(head.as_bytes())
    }

    /// Writes a part of a body as a chunk; an empty one ends the body.
    pub(crate) fn chunk(&mut self, part: &[u8]) -> Result<()> {
        self.send(format!("{:x}\r\n", part.len()).as_bytes())?;
        self.send(part)?;
        self.send(b"\r\n")
    }

    fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let stream = self.reader.get_mut();
        stream.write_all(bytes).context("the request is not taken")
    }

    /// Reads the whole answer.
    pub(crate) fn answer(&mut self) -> Result<Answer> {
        let head = self.head()?;
        let mut body = Vec::new();
        if head.chunked {
            while self.read_chunk(&mut body)? {}
        } else if let Some(length) = head.length {
            body.resize(length, 0);
            self.reader
                .read_exact(&mut body)
                .context("the answer is cut short")?;
        } else if head.closes {
            self.reader.read_to_end(&mut body)?;
        }
        Ok(Answer {
            status: head.status,
            body,
            is_last: head.closes,
        })
    }

    /// Reads the head of an answer.
    pub(crate) fn head(&mut self) -> Result<Head> {
        let mut text = String::new();
        loop {
            let before = text.len();
            self.reader
                .read_line(&mut text)
                .context("no answer in time")?;
            match &text[before..] {
                "" => bail!("the connection was closed before an answer"),
                "\r\n" | "\n" => return head(&text),
                _ => {}
            }
        }
    }

    /// Appends a chunk; false at the end.
    fn read_chunk(&mut self, body: &mut Vec<u8>) -> Result<bool> {
        let mut size = String::new();
        self.reader.read_line(&mut size)?;
        let digits = size.trim_end().split(';').next().unwrap_or_default();
        let size = usize::from_str_radix(digits, 16)
            .with_context(|| format!("{digits:?} is no length of a chunk"))?;
        let old = body.len();
        // The line break behind it comes along, and goes again.
        body.resize(old + size + 2, 0);
        self.reader
            .read_exact(&mut body[old..])
            .context("the answer is cut short")?;
        body.truncate(old + size);
        Ok(size > 0)
    }

    /// The bare stream, with what has been read of it already.
    pub(crate) fn into_stream(self) -> (TcpStream, Vec<u8>) {
        let rest = self.reader.buffer().to_vec();
        (self.reader.into_inner(), rest)
    }
}

/// One answer on a connection of its own; anything but 200 is an error.
pub(crate) fn fetch(port: u16, path: &str, headers: Headers<'_>) -> Result<Vec<u8>> {
    let mut connection = Connection::open(port)?;
    let answer = connection.get(path, headers)?;
    ensure!(
        answer.status == 200,
        "{path}: status {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body[..answer.body.len().min(300)])
    );
    Ok(answer.body)
}

fn head(text: &str) -> Result<Head> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let mut head = Head {
        status: status.with_context(|| format!("{first:?} is no answer"))?,
        closes: first.starts_with("HTTP/1.0"),
        ..Head::default()
    };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.parse().ok(),
            "transfer-encoding" => head.chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => head.closes = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that answers the requests of one connection with these bytes, one after the other.
    fn answering(answers: Vec<&'static str>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream);
            for answer in answers {
                let mut line = String::new();
                while line != "\r\n" {
                    line.clear();
                    reader.read_line(&mut line).unwrap();
                }
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
        });
        port
    }

    #[test]
    fn answers_on_one_connection() {
        let port = answering(vec![
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            "HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
            "HTTP/1.1 204 None\r\n\r\n",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nrest",
        ]);
        let mut connection = Connection::open(port).unwrap();
        let mut ask = || {
            let answer = connection.get("/", &[("Accept", "*/*")]).unwrap();
            let body = String::from_utf8(answer.body).unwrap();
            (answer.status, body, answer.is_last)
        };
        assert_eq!(ask(), (200, "ok".to_owned(), false));
        assert_eq!(ask(), (503, "abc0123456789".to_owned(), false));
        assert_eq!(ask(), (204, String::new(), false));
        assert_eq!(ask(), (200, "rest".to_owned(), true));
    }

    #[test]
    fn refusals_are_errors() {
        let port = answering(vec!["HTTP/1.1 404 No\r\nContent-Length: 4\r\n\r\nnone"]);
        let error = fetch(port, "/x", &[]).unwrap_err();
        assert_eq!(error.to_string(), "/x: status 404: none");
        assert!(head("SSH-2.0\r\n").is_err());
    }
}
