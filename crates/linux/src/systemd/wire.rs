//! The encoding of values in D-Bus messages, as far as it is needed here ("Marshaling" in the D-Bus
//! specification).
//!
//! Each type begins at a multiple of its own size, counted from the begin of the message; bodies begin at
//! a multiple of eight, so they can be written by themselves. We write little-endian, and read both.

/// Writes values one after the other.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Zeros up to a multiple of `size`.
    pub(super) fn align(&mut self, size: usize) -> &mut Self {
        self.bytes
            .resize(self.bytes.len().next_multiple_of(size), 0);
        self
    }

    /// `y`.
    pub(super) fn byte(&mut self, value: u8) -> &mut Self {
        self.bytes.push(value);
        self
    }

    /// `u`; also `b`, which is zero or one.
    pub(super) fn number(&mut self, value: u32) -> &mut Self {
        self.align(4).bytes.extend(value.to_le_bytes());
        self
    }

    /// `t`.
    pub(super) fn long(&mut self, value: u64) -> &mut Self {
        self.align(8).bytes.extend(value.to_le_bytes());
        self
    }

    /// `s`; also `o`.
    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.number(length(value.len()));
        self.bytes.extend(value.as_bytes());
        self.byte(0)
    }

    /// `g`.
    pub(super) fn signature(&mut self, value: &str) -> &mut Self {
        // None of ours is longer than a few characters.
        self.byte(u8::try_from(value.len()).unwrap_or(u8::MAX));
        self.bytes.extend(value.as_bytes());
        self.byte(0)
    }

    /// `a`: its elements begin at multiples of `size`, and padding before the first does not count.
    pub(super) fn array(&mut self, size: usize, elements: impl FnOnce(&mut Self)) -> &mut Self {
        self.number(0);
        let after_length = self.bytes.len();
        self.align(size);
        let begin = self.bytes.len();
        elements(self);
        let written = length(self.bytes.len() - begin).to_le_bytes();
        if let Some(place) = self.bytes.get_mut(after_length - 4..after_length) {
            place.copy_from_slice(&written);
        }
        self
    }
}

/// Messages have 128 MiB at most; ours have some hundred bytes.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Reads values one after the other; `None` where there is none of the kind.
#[derive(Debug)]
pub(super) struct Reader<'m> {
    bytes: &'m [u8],
    at: usize,
    is_big_endian: bool,
}

impl<'m> Reader<'m> {
    /// A message, or a body of one.
    pub(super) fn new(bytes: &'m [u8], is_big_endian: bool) -> Self {
        Self {
            bytes,
            at: 0,
            is_big_endian,
        }
    }

    /// Bytes that were read so far, padding too.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn align(&mut self, size: usize) {
        self.at = self.at.next_multiple_of(size);
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn number(&mut self) -> Option<u32> {
        self.align(4);
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if self.is_big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    pub(super) fn text(&mut self) -> Option<&'m str> {
        let length = self.number()?;
        self.terminated(usize::try_from(length).ok()?)
    }

    pub(super) fn signature(&mut self) -> Option<&'m str> {
        let length = self.byte()?;
        self.terminated(length.into())
    }

    fn terminated(&mut self, length: usize) -> Option<&'m str> {
        let text = self.take(length)?;
        (self.byte()? == 0).then_some(())?;
        std::str::from_utf8(text).ok()
    }

    fn take(&mut self, count: usize) -> Option<&'m [u8]> {
        let end = self.at.checked_add(count)?;
        let taken = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use proptest::prelude::*;

    use super::{Reader, Writer};

    /// The first example in "Summary of D-Bus marshaling" of the specification.
    #[test]
    fn strings_as_the_specification_shows_them() {
        let mut writer = Writer::default();
        writer.text("foo").text("+").text("bar");
        let expected = b"\x03\0\0\0foo\0\x01\0\0\0+\0\0\0\x03\0\0\0bar\0";
        assert_eq!(writer.into_bytes(), expected);
    }

    /// The second one, in our byte order: padding before the first element does not count.
    #[test]
    fn an_array_as_the_specification_shows_it() {
        let mut writer = Writer::default();
        writer.array(8, |elements| {
            elements.long(5);
        });
        assert_eq!(writer.into_bytes(), b"\x08\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0");
    }

    #[test]
    fn both_byte_orders_are_read() {
        let mut reader = Reader::new(b"\x01\0\0\0\0\0\0\x02hi\0", true);
        assert_eq!(reader.byte(), Some(1));
        assert_eq!(reader.text(), Some("hi"));
        assert_eq!((reader.at(), reader.byte()), (11, None));
        assert_eq!(Reader::new(b"\x02\0\0\0hi\0", false).text(), Some("hi"));
        assert_eq!(Reader::new(b"\x02\0\0\0hix", false).text(), None);
        assert_eq!(Reader::new(b"\xff\xff\xff\xffhi", false).text(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            byte: u8, number: u32, text in "\\PC{0,20}", signature in "[a-z(){}]{0,20}",
        ) {
            let mut writer = Writer::default();
            writer.byte(byte).number(number).signature(&signature).text(&text);
            let bytes = writer.into_bytes();
            let mut reader = Reader::new(&bytes, false);
            prop_assert_eq!(reader.byte().unwrap(), byte);
            prop_assert_eq!(reader.number().unwrap(), number);
            prop_assert_eq!(reader.signature().unwrap(), signature);
            prop_assert_eq!(reader.text().unwrap(), text);
            prop_assert_eq!(reader.at(), bytes.len());
        }
    }
}
