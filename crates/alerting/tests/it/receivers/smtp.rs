//! A mail server of the test's own: it speaks as much SMTP as one mail needs, encrypts if it is told to, and
//! answers, hangs or floods as the test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{drip, hang};

/// What a server does when a command comes that begins so.
#[derive(Clone)]
pub(super) enum Reply {
    /// Answers with this line.
    Line(&'static str),
    /// Says nothing more.
    Hang,
    /// Sends a line that never ends, as fast as it can.
    Flood,
    /// Sends a line that never ends, slowly.
    Drip,
}

/// How a server is to behave.
#[derive(Clone, Default)]
pub(super) struct Manners {
    /// Encryption from the first byte.
    pub(super) implicit: Option<Arc<ServerConfig>>,
    /// Encryption by STARTTLS, which is offered only then.
    pub(super) starttls: Option<Arc<ServerConfig>>,
    /// Deviations: the beginning of a command (or `GREETING`, `MAIL-BODY`), and what happens.
    pub(super) instead: Vec<(&'static str, Reply)>,
}

/// What a connection brought.
#[derive(Debug, Default)]
pub(super) struct Visit {
    /// The commands, each with whether it came encrypted.
    pub(super) commands: Vec<(String, bool)>,
    /// The mail, if one was handed over.
    pub(super) mail: Option<String>,
}

impl Visit {
    /// The commands that begin so.
    pub(super) fn commands(&self, start: &str) -> Vec<&str> {
        let texts = self.commands.iter().map(|(text, _)| text.as_str());
        texts.filter(|text| text.starts_with(start)).collect()
    }
}

pub(super) struct MailServer {
    pub(super) address: SocketAddr,
    visits: Receiver<Visit>,
}

impl MailServer {
    pub(super) fn new(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tell, visits) = sync_channel(100);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &manners, &tell);
            }
        });
        Self { address, visits }
    }

    /// The next connection, after its end.
    pub(super) fn visit(&self) -> Visit {
        self.visits.recv_timeout(Duration::from_secs(30)).unwrap()
    }
}

trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

fn encrypt(stream: impl Stream + 'static, config: &Arc<ServerConfig>) -> Box<dyn Stream> {
    let connection = ServerConnection::new(Arc::clone(config)).unwrap();
    Box::new(StreamOwned::new(connection, stream))
}

fn serve(stream: TcpStream, manners: &Manners, tell: &SyncSender<Visit>) {
    let mut visit = Visit::default();
    let (stream, encrypted): (Box<dyn Stream>, bool) = match &manners.implicit {
        Some(config) => (encrypt(stream, config), true),
        None => (Box::new(stream), false),
    };
    let mut talk = Talk {
        stream: BufReader::new(stream),
        manners,
        encrypted,
    };
    // A client that goes away ends the conversation.
    if talk
        .reply("GREETING", "220 sink.example.org ready")
        .is_some()
    {
        while talk.next(&mut visit).is_some() {}
    }
    tell.try_send(visit).unwrap();
}

struct Talk<'a> {
    stream: BufReader<Box<dyn Stream>>,
    manners: &'a Manners,
    encrypted: bool,
}

impl Talk<'_> {
    /// Answers; `None` if that ends the conversation.
    fn reply(&mut self, command: &str, usual: &str) -> Option<()> {
        let deviates = |(start, _): &&(&str, Reply)| command.starts_with(start);
        let stream = self.stream.get_mut();
        match self.manners.instead.iter().find(deviates) {
            None => write!(stream, "{usual}\r\n").ok()?,
            Some((_, Reply::Line(line))) => write!(stream, "{line}\r\n").ok()?,
            Some((_, Reply::Hang)) => {
                hang(stream);
                return None;
            }
            Some((_, Reply::Flood)) => {
                while stream.write_all(&[b'2'; 16 * 1024]).is_ok() {}
                return None;
            }
            Some((_, Reply::Drip)) => {
                drip(stream, std::iter::repeat(b'2'));
                return None;
            }
        }
        stream.flush().ok()
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stream.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    fn next(&mut self, visit: &mut Visit) -> Option<()> {
        let command = self.line()?;
        visit.commands.push((command.clone(), self.encrypted));
        match command.split(' ').next()? {
            "EHLO" => {
                let starttls = self.manners.starttls.is_some() && !self.encrypted;
                let starttls = if starttls { "250-STARTTLS\r\n" } else { "" };
                let usual = format!(
                    "250-sink.example.org\r\n{starttls}250-8BITMIME\r\n250 AUTH PLAIN LOGIN"
                );
                self.reply(&command, &usual)
            }
            "STARTTLS" => {
                self.reply(&command, "220 go ahead")?;
                let plain =
                    std::mem::replace(&mut self.stream, BufReader::new(Box::new(std::io::empty())));
                let encrypted = encrypt(plain.into_inner(), self.manners.starttls.as_ref()?);
                self.stream = BufReader::new(encrypted);
                self.encrypted = true;
                Some(())
            }
            "AUTH" => self.reply(&command, "235 welcome"),
            "DATA" => {
                self.reply(&command, "354 go on")?;
                let mut mail = String::new();
                loop {
                    let line = self.line()?;
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                visit.mail = Some(mail);
                self.reply("MAIL-BODY", "250 queued as 4711")
            }
            "QUIT" => {
                self.reply(&command, "221 bye")?;
                None
            }
            _ => self.reply(&command, "250 fine"),
        }
    }
}
