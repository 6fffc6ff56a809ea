//! D-Bus messages: a header of known fields, then the body ("Message Format" in the specification).

use super::wire::{Reader, Writer};

/// Bytes at the begin of a message that tell its length.
pub(super) const PROLOGUE: usize = 16;

/// Bytes of a message that are read at most: what systemd answers has some hundred.
const LONGEST: usize = 64 << 10;

/// Kinds of messages, by their number.
const METHOD_CALL: u8 = 1;
const METHOD_RETURN: u8 = 2;
const ERROR: u8 = 3;

/// Fields of a header, by their number.
const PATH: u8 = 1;
const INTERFACE: u8 = 2;
const MEMBER: u8 = 3;
const ERROR_NAME: u8 = 4;
const REPLY_SERIAL: u8 = 5;
const DESTINATION: u8 = 6;
const SIGNATURE: u8 = 8;

/// A call of a method.
#[derive(Debug)]
pub(super) struct Call<'c> {
    /// Of this connection, not zero; the answer tells it.
    pub(super) serial: u32,
    pub(super) destination: &'c str,
    pub(super) path: &'c str,
    pub(super) interface: &'c str,
    pub(super) member: &'c str,
    /// Types of the values in the body.
    pub(super) signature: &'c str,
    pub(super) body: Vec<u8>,
}

impl Call<'_> {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut message = Writer::default();
        message.byte(b'l').byte(METHOD_CALL).byte(0).byte(1);
        message.number(u32::try_from(self.body.len()).unwrap_or(u32::MAX));
        message.number(self.serial);
        message.array(8, |fields| {
            text_field(fields, PATH, "o", self.path);
            text_field(fields, MEMBER, "s", self.member);
            text_field(fields, INTERFACE, "s", self.interface);
            text_field(fields, DESTINATION, "s", self.destination);
            if !self.signature.is_empty() {
                let field = fields.align(8).byte(SIGNATURE);
                field.signature("g").signature(self.signature);
            }
        });
        message.align(8);
        let mut bytes = message.into_bytes();
        bytes.extend(&self.body);
        bytes
    }
}

fn text_field(fields: &mut Writer, code: u8, kind: &str, value: &str) {
    let field = fields.align(8).byte(code);
    field.signature(kind).text(value);
}

/// What has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Incoming {
    pub(super) kind: Kind,
    /// The call that it answers.
    pub(super) answers: Option<u32>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The call succeeded.
    Return,
    /// It did not: the name of the error, and words for people.
    Error(String, String),
    /// A signal, or a call of ours.
    Other,
}

/// Bytes of the whole message that begins with these; `None` if it is none, or too long to be read.
pub(super) fn length(prologue: &[u8; PROLOGUE]) -> Option<usize> {
    let mut reader = Reader::new(prologue, is_big_endian(prologue)?);
    let (_order, _kind, _flags, version) = (
        reader.byte()?,
        reader.byte()?,
        reader.byte()?,
        reader.byte()?,
    );
    let (body, _serial, fields) = (reader.number()?, reader.number()?, reader.number()?);
    let (body, fields) = (usize::try_from(body).ok()?, usize::try_from(fields).ok()?);
    let header = PROLOGUE.checked_add(fields)?.checked_next_multiple_of(8)?;
    let whole = header.checked_add(body)?;
    (version == 1 && whole <= LONGEST).then_some(whole)
}

/// Reads a whole message; `None` if it is none.
pub(super) fn decode(message: &[u8]) -> Option<Incoming> {
    let big = is_big_endian(message)?;
    let mut reader = Reader::new(message, big);
    let (_order, kind) = (reader.byte()?, reader.byte()?);
    let (_flags, _version) = (reader.byte()?, reader.byte()?);
    let (_body, _serial) = (reader.number()?, reader.number()?);
    let end = PROLOGUE.checked_add(usize::try_from(reader.number()?).ok()?)?;
    let (mut answers, mut error, mut signature) = (None, None, "");
    while reader.at() < end {
        reader.align(8);
        let code = reader.byte()?;
        match (code, reader.signature()?) {
            (REPLY_SERIAL, "u") => answers = Some(reader.number()?),
            (ERROR_NAME, "s") => error = Some(reader.text()?),
            (SIGNATURE, "g") => signature = reader.signature()?,
            (_, "s" | "o") => drop(reader.text()?),
            (_, "g") => drop(reader.signature()?),
            (_, "u") => drop(reader.number()?),
            _ => return None,
        }
    }
    let kind = match kind {
        METHOD_RETURN => Kind::Return,
        ERROR => {
            let body = message.get(end.checked_next_multiple_of(8)?..)?;
            let words = signature
                .starts_with('s')
                .then(|| Reader::new(body, big).text())
                .flatten();
            Kind::Error(
                error.unwrap_or_default().to_owned(),
                words.unwrap_or_default().to_owned(),
            )
        }
        _ => Kind::Other,
    };
    Some(Incoming { kind, answers })
}

fn is_big_endian(message: &[u8]) -> Option<bool> {
    match message.first()? {
        b'l' => Some(false),
        b'B' => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::*;

    const DBUS: &str = "org.freedesktop.DBus";

    /// What `busctl` of systemd sends first, as strace(1) shows it.
    const HELLO: &[u8] = b"l\x01\0\x01\0\0\0\0\x01\0\0\0m\0\0\0\
        \x01\x01o\0\x15\0\0\0/org/freedesktop/DBus\0\0\0\
        \x03\x01s\0\x05\0\0\0Hello\0\0\0\
        \x02\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0\
        \x06\x01s\0\x14\0\0\0org.freedesktop.DBus\0\0\0\0";

    fn hello(signature: &'static str, body: Vec<u8>) -> Vec<u8> {
        let call = Call {
            serial: 1,
            destination: DBUS,
            path: "/org/freedesktop/DBus",
            interface: DBUS,
            member: "Hello",
            signature,
            body,
        };
        call.encode()
    }

    #[test]
    fn the_first_call_of_every_connection() {
        assert_eq!(hello("", Vec::new()), HELLO);
    }

    #[test]
    fn lengths_are_those_of_whole_messages() {
        let prologue = |message: &[u8]| message[..PROLOGUE].try_into().unwrap();
        assert_eq!(length(&prologue(HELLO)), Some(HELLO.len()));
        let with_body = hello("s", vec![7; 11]);
        assert_eq!(length(&prologue(&with_body)), Some(with_body.len()));
        let mut huge: [u8; PROLOGUE] = prologue(HELLO);
        huge[7] = 1;
        assert_eq!(length(&huge), None);
        assert_eq!(length(&[0; PROLOGUE]), None);
    }

    fn answer(kind: u8, order: u8, words: &str) -> Vec<u8> {
        // Big-endian numbers are put in by hand, below.
        let mut body = Writer::default();
        body.text(words);
        let body = body.into_bytes();
        let mut message = Writer::default();
        message.byte(order).byte(kind).byte(1).byte(1);
        message.number(u32::try_from(body.len()).unwrap()).number(9);
        message.array(8, |fields| {
            text_field(fields, 7, "s", ":1.3");
            fields.align(8).byte(REPLY_SERIAL).signature("u").number(2);
            text_field(fields, ERROR_NAME, "s", "org.example.No");
            fields
                .align(8)
                .byte(SIGNATURE)
                .signature("g")
                .signature("s");
        });
        message.align(8);
        [message.into_bytes(), body].concat()
    }

    #[test]
    fn answers_are_told_apart() {
        let decoded = decode(&answer(ERROR, b'l', "not today")).unwrap();
        assert_eq!(decoded.answers, Some(2));
        assert_eq!(
            decoded.kind,
            Kind::Error("org.example.No".to_owned(), "not today".to_owned())
        );
        let decoded = decode(&answer(METHOD_RETURN, b'l', "/job/1")).unwrap();
        assert_eq!((decoded.kind, decoded.answers), (Kind::Return, Some(2)));
        let decoded = decode(&answer(4, b'l', "")).unwrap();
        assert_eq!(decoded.kind, Kind::Other);
        assert_eq!(decode(HELLO).unwrap().kind, Kind::Other);
    }

    #[test]
    fn answers_of_machines_with_the_other_byte_order() {
        let message = b"B\x02\x01\x01\0\0\0\0\0\0\0\x07\0\0\0\x08\x05\x01u\0\0\0\0\x02";
        assert_eq!(length(&message[..PROLOGUE].try_into().unwrap()), Some(24));
        let decoded = decode(message).unwrap();
        assert_eq!((decoded.kind, decoded.answers), (Kind::Return, Some(2)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(
            bytes in prop::collection::vec(any::<u8>(), 0..200), order in prop::sample::select(vec![b'l', b'B']),
        ) {
            decode(&bytes);
            let mut answer = answer(ERROR, order, "words");
            let at = bytes.len() % answer.len();
            answer.truncate(at);
            decode(&answer);
            if let Ok(prologue) = <&[u8; PROLOGUE]>::try_from(bytes.get(..PROLOGUE).unwrap_or_default()) {
                length(prologue);
            }
        }
    }
}
