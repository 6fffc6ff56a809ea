//! A conversation over a unix socket: who we are, what is asked, what is answered.
//!
//! Authentication is `EXTERNAL`: the kernel tells the other side our user ("Authentication Protocol" in
//! the D-Bus specification). Everything has one deadline.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::address::Socket;
use super::call;
use super::message::{self, Incoming, Kind, PROLOGUE};
use crate::clock;

/// The other side's answer to `AUTH` is a word and some forty characters.
const LONGEST_LINE: usize = 256;
/// Messages that may come before the answer: what the bus says about names.
const MOST_BEFORE: usize = 32;
/// Serial numbers of what we send; each connection makes one call.
const HELLO: u32 = 1;
const CALL: u32 = 2;

/// Why a call was not carried out.
#[derive(Debug)]
pub(super) enum Fault {
    /// The conversation did not work.
    Broken(io::Error),
    /// The answer was an error: its name, and words for people.
    Refused(String, String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// A manager that can be asked.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    deadline_ns: u64,
    is_bus: bool,
}

impl Connection {
    /// Connects, and tells who we are. All that follows has to be over within `patience`.
    pub(super) fn open(socket: &Socket, patience: Duration) -> io::Result<Self> {
        let patience = u64::try_from(patience.as_nanos()).unwrap_or(u64::MAX);
        let mut connection = Self {
            stream: UnixStream::connect(&socket.path)?,
            deadline_ns: clock::boot_ns().saturating_add(patience),
            is_bus: socket.is_bus,
        };
        connection.authenticate(rustix::process::geteuid().as_raw())?;
        Ok(connection)
    }

    fn authenticate(&mut self, user: u32) -> io::Result<()> {
        let user: String = user.to_string().bytes().map(hex).collect();
        self.send(format!("\0AUTH EXTERNAL {user}\r\n").as_bytes())?;
        let answer = self.line()?;
        if answer.starts_with(b"OK ") {
            return self.send(b"BEGIN\r\n");
        }
        let answer = String::from_utf8_lossy(&answer);
        let words = format!("it does not take us for user {user}: {}", answer.trim_end());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, words))
    }

    /// Makes the call that `encode` puts together for a serial number, and waits for the answer.
    pub(super) fn call(&mut self, encode: impl FnOnce(u32) -> Vec<u8>) -> Result<(), Fault> {
        let mut all = Vec::new();
        if self.is_bus {
            all.extend(call::hello(HELLO));
        }
        all.extend(encode(CALL));
        self.send(&all)?;
        for _ in 0..MOST_BEFORE {
            let Incoming { kind, answers } = self.receive()?;
            match kind {
                Kind::Return if answers == Some(CALL) => return Ok(()),
                Kind::Error(name, words) => return Err(Fault::Refused(name, words)),
                Kind::Return | Kind::Other => {}
            }
        }
        Err(invalid("it says much and does not answer").into())
    }

    fn receive(&mut self) -> io::Result<Incoming> {
        let mut prologue = [0; PROLOGUE];
        self.fill(&mut prologue)?;
        let length = message::length(&prologue)
            .ok_or_else(|| invalid("what it says is no message of D-Bus"))?;
        let mut whole = vec![0; length];
        let (begin, rest) = whole
            .split_at_mut_checked(PROLOGUE)
            .ok_or_else(|| invalid("a message is shorter than its header"))?;
        begin.copy_from_slice(&prologue);
        self.fill(rest)?;
        message::decode(&whole).ok_or_else(|| invalid("a message has fields that cannot be read"))
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            self.fill(&mut byte)?;
            line.extend(byte);
            if line.len() > LONGEST_LINE {
                return Err(invalid("what it says is no D-Bus"));
            }
        }
        Ok(line)
    }

    fn fill(&mut self, mut rest: &mut [u8]) -> io::Result<()> {
        while !rest.is_empty() {
            self.stream.set_read_timeout(Some(self.remaining()?))?;
            match self.stream.read(rest) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
                Err(error) => again(error)?,
            }
        }
        Ok(())
    }

    fn send(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            self.stream.set_write_timeout(Some(self.remaining()?))?;
            match self.stream.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => again(error)?,
            }
        }
        Ok(())
    }

    fn remaining(&self) -> io::Result<Duration> {
        match self.deadline_ns.saturating_sub(clock::boot_ns()) {
            0 => Err(io::ErrorKind::TimedOut.into()),
            left => Ok(Duration::from_nanos(left)),
        }
    }
}

/// Interrupted, or the deadline is over: that is told when it is looked at again.
fn again(error: io::Error) -> io::Result<()> {
    match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => Ok(()),
        _ => Err(error),
    }
}

fn invalid(words: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, words)
}

fn hex(byte: u8) -> String {
    format!("{byte:02x}")
}

#[cfg(test)]
mod tests;
