//! From the bytes that a terminal sends to keys.
//!
//! Reading is our own instead of a library's, so that keys, signals and kernel events wait in one
//! `poll` and nothing else reads the terminal behind its back. Understood are UTF-8 characters,
//! control characters, and the sequences `ESC [ ...` and `ESC O x` of ECMA-48 and xterm. A lone
//! escape byte is the Escape key only when nothing follows it: [`Decoder::flush`].

use super::input::Key;

const ESCAPE: u8 = 0x1b;
/// Longer sequences are no keys, bytes.
const LONGEST: usize = 32;

/// Collects bytes until they make a key.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    waiting: Vec<u8>,
}

/// What the front of the waiting bytes is.
enum Front {
    /// A key of so many bytes.
    Key(Key, usize),
    /// Nothing of use, so many bytes.
    Noise(usize),
    /// The beginning of something.
    Part,
}

impl Decoder {
    /// Takes in bytes and gives the keys that they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Key> {
        self.waiting.extend_from_slice(bytes);
        self.take(false)
    }

    /// Are there bytes that wait for more?
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// No more bytes came for a while: what waits is all there is.
    pub fn flush(&mut self) -> Vec<Key> {
        self.take(true)
    }

    fn take(&mut self, complete: bool) -> Vec<Key> {
        let mut keys = Vec::new();
        let mut at = 0;
        while at < self.waiting.len() {
            match front(&self.waiting[at..], complete) {
                Front::Key(key, length) => {
                    keys.push(key);
                    at += length;
                }
                Front::Noise(length) => at += length,
                Front::Part => break,
            }
        }
        self.waiting.drain(..at);
        keys
    }
}

fn front(bytes: &[u8], complete: bool) -> Front {
    match bytes {
        [ESCAPE] if complete => Front::Key(Key::Escape, 1),
        [ESCAPE] => Front::Part,
        [ESCAPE, b'[', rest @ ..] => sequence(rest, complete),
        [ESCAPE, b'O', last, ..] => {
            last_letter(*last).map_or(Front::Noise(3), |key| Front::Key(key, 3))
        }
        [ESCAPE, b'O'] if !complete => Front::Part,
        // A key together with Alt is Escape and the key, as in all terminals.
        [ESCAPE, ..] => Front::Key(Key::Escape, 1),
        [b'\r' | b'\n', ..] => Front::Key(Key::Enter, 1),
        [b'\t', ..] => Front::Key(Key::Tab, 1),
        [0x7f | 0x08, ..] => Front::Key(Key::Backspace, 1),
        [byte @ 1..=26, ..] => Front::Key(Key::Control(char::from(b'a' + byte - 1)), 1),
        [byte, ..] if byte.is_ascii_control() => Front::Noise(1),
        _ => character(bytes, complete),
    }
}

/// After `ESC [`: parameters, then a final byte from `@` to `~`.
fn sequence(rest: &[u8], complete: bool) -> Front {
    // The Linux console sends its function keys as `ESC [ [ A`.
    if let [b'[', _, ..] = rest {
        return Front::Noise(4);
    }
    let end = rest
        .iter()
        .position(|byte| (b'@'..=b'~').contains(byte) && *byte != b'[');
    let Some(end) = end else {
        return if complete || rest.len() > LONGEST {
            Front::Noise(2 + rest.len())
        } else {
            Front::Part
        };
    };
    let length = end + 3;
    let number = rest[..end]
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    let key = match (rest[end], number) {
        (b'~', b"1" | b"7") => Some(Key::Home),
        (b'~', b"3") => Some(Key::Delete),
        (b'~', b"4" | b"8") => Some(Key::End),
        (b'~', b"5") => Some(Key::PageUp),
        (b'~', b"6") => Some(Key::PageDown),
        (b'Z', _) => Some(Key::BackTab),
        (letter, _) => last_letter(letter),
    };
    key.map_or(Front::Noise(length), |key| Front::Key(key, length))
}

fn last_letter(letter: u8) -> Option<Key> {
    Some(match letter {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        b'M' => Key::Enter,
        _ => return None,
    })
}

fn character(bytes: &[u8], complete: bool) -> Front {
    let length = match bytes.first() {
        Some(0xc2..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(0xf0..=0xf4) => 4,
        _ => 1,
    };
    let Some(own) = bytes.get(..length) else {
        return if complete {
            Front::Noise(bytes.len())
        } else {
            Front::Part
        };
    };
    let decoded = std::str::from_utf8(own)
        .ok()
        .and_then(|text| text.chars().next());
    match decoded {
        Some(c) if !c.is_control() => Front::Key(Key::Char(c), length),
        Some(_) => Front::Noise(length),
        None => Front::Noise(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_keys() {
        for (bytes, expected) in [
            (&b"q"[..], &[Key::Char('q')][..]),
            (b"\x1b[A\x1b[B", &[Key::Up, Key::Down]),
            (b"\x1bOC\x1bOD", &[Key::Right, Key::Left]),
            (
                b"\x1b[5~\x1b[6~\x1b[3~",
                &[Key::PageUp, Key::PageDown, Key::Delete],
            ),
            (
                b"\x1b[1~\x1b[H\x1b[4~\x1b[F",
                &[Key::Home, Key::Home, Key::End, Key::End],
            ),
            (b"\x1b[1;5A", &[Key::Up]),
            (
                b"\x1b[Z\t\r\n\x7f\x08",
                &[
                    Key::BackTab,
                    Key::Tab,
                    Key::Enter,
                    Key::Enter,
                    Key::Backspace,
                    Key::Backspace,
                ],
            ),
            (b"\x03\x15", &[Key::Control('c'), Key::Control('u')]),
            (
                "é日😀".as_bytes(),
                &[Key::Char('é'), Key::Char('日'), Key::Char('😀')],
            ),
            (b"\xff\x80x", &[Key::Char('x')]),
            (b"\x1b[200~x", &[Key::Char('x')]),
            (b"\x1b[[Ax", &[Key::Char('x')]),
            (b"\x1bk", &[Key::Escape, Key::Char('k')]),
            (b"\x00\x1f", &[]),
        ] {
            let mut decoder = Decoder::default();
            assert_eq!(decoder.push(bytes), expected, "{}", bytes.escape_ascii());
            assert!(!decoder.is_waiting());
        }
    }

    #[test]
    fn a_sequence_may_come_in_parts() {
        for bytes in [&b"\x1b[1;2A"[..], "日".as_bytes(), b"\x1bOA", b"\x1b[6~"] {
            let mut decoder = Decoder::default();
            let (last, first) = bytes
                .split_last()
                .map_or((0, &[][..]), |(last, first)| (*last, first));
            for byte in first {
                assert_eq!(decoder.push(&[*byte]), []);
                assert!(decoder.is_waiting());
            }
            assert_eq!(decoder.push(&[last]).len(), 1);
        }
    }

    #[test]
    fn a_lone_escape_is_the_key_after_a_while() {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.push(b"\x1b"), []);
        assert_eq!(decoder.flush(), [Key::Escape]);
        assert_eq!(decoder.push(b"\x1b[12"), []);
        assert_eq!(decoder.flush(), []);
        assert!(!decoder.is_waiting());
    }

    #[test]
    fn noise_does_not_pile_up() {
        let mut decoder = Decoder::default();
        decoder.push(b"\x1b[");
        for _ in 0..10_000 {
            decoder.push(b"1111");
        }
        assert!(decoder.waiting.len() <= LONGEST + 8);
    }
}
