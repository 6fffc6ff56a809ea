//! A name in small letters, split into words.

/// The longest part of a name that is read, in bytes: its end.
pub(in crate::redact) const LONGEST: usize = 64;
/// The most words of it that are told apart; further ones count as part of the last.
const MOST: usize = 16;

/// The words of a name, without the digits at their ends: `apiKey2` is `api`, `key`.
pub(in crate::redact) struct Words {
    letters: [u8; LONGEST],
    length: usize,
    ends: [u8; MOST],
    count: usize,
}

impl Words {
    /// Splits a name at everything that is no letter or digit, where a capital follows a
    /// small letter or a digit, and before the last capital of several: `APIKey`.
    pub(in crate::redact) fn of(name: &[u8]) -> Self {
        let mut words = Self {
            letters: [0; LONGEST],
            length: 0,
            ends: [0; MOST],
            count: 0,
        };
        let name = &name[name.len().saturating_sub(LONGEST)..];
        let mut before = b'-';
        for (at, &byte) in name.iter().enumerate() {
            if byte.is_ascii_alphanumeric() {
                if byte.is_ascii_uppercase() && before.is_ascii_alphanumeric() {
                    let last_capital = name.get(at + 1).is_some_and(u8::is_ascii_lowercase);
                    if !before.is_ascii_uppercase() || last_capital {
                        words.end_word();
                    }
                }
                words.letters[words.length] = byte.to_ascii_lowercase();
                words.length += 1;
            } else {
                words.end_word();
            }
            before = byte;
        }
        words.end_word();
        words
    }

    fn start(&self, word: usize) -> usize {
        word.checked_sub(1)
            .map_or(0, |before| usize::from(self.ends[before]))
    }

    fn end_word(&mut self) {
        let start = self.start(self.count);
        while self.length > start && self.letters[self.length - 1].is_ascii_digit() {
            self.length -= 1;
        }
        if self.length == start {
            return;
        }
        self.count = self.count.min(MOST - 1);
        // At most LONGEST, which is far below 256.
        self.ends[self.count] = u8::try_from(self.length).unwrap_or(u8::MAX);
        self.count += 1;
    }

    /// How many words there are.
    pub(in crate::redact) fn count(&self) -> usize {
        self.count
    }

    /// One of them; empty behind the last.
    pub(in crate::redact) fn word(&self, at: usize) -> &[u8] {
        if at < self.count {
            &self.letters[self.start(at)..usize::from(self.ends[at])]
        } else {
            b""
        }
    }

    /// The last one.
    pub(in crate::redact) fn last(&self) -> &[u8] {
        self.count.checked_sub(1).map_or(b"", |at| self.word(at))
    }

    /// Whether there is a word of a kind.
    pub(in crate::redact) fn any(&self, is: impl Fn(&[u8]) -> bool) -> bool {
        (0..self.count).any(|at| is(self.word(at)))
    }

    /// All of them in one: `apikey`.
    pub(in crate::redact) fn squashed(&self) -> &[u8] {
        &self.letters[..self.length]
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_are_found_in_every_spelling() {
        for (name, expected) in [
            ("--api-key", "api key"),
            ("apiKey2", "api key"),
            ("API_KEY", "api key"),
            ("APIKey", "api key"),
            ("x.y.dbPassword", "x y db password"),
            ("123", ""),
            ("", ""),
        ] {
            let words = Words::of(name.as_bytes());
            let list: Vec<_> = (0..words.count())
                .map(|at| String::from_utf8_lossy(words.word(at)))
                .collect();
            assert_eq!(list.join(" "), expected, "{name}");
        }
    }

    #[test]
    fn long_names_are_read_from_their_end() {
        let name = "a-".repeat(200) + "token";
        assert_eq!(Words::of(name.as_bytes()).last().last(), Some(&b'n'));
        let name = "X".repeat(200) + "_TOKEN";
        assert_eq!(Words::of(name.as_bytes()).last(), b"token");
    }
}
