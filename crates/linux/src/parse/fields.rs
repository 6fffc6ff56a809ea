//! Fields separated by blanks, and lines: what most files of `/proc` are made of.

/// A cursor over fields separated by spaces or tabs, up to the end or a newline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { rest: text }
    }

    /// The next field as it stands; `None` at the end.
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let start = self.rest.iter().position(|b| !is_blank(*b))?;
        let field = &self.rest[start..];
        let length = field
            .iter()
            .position(|b| is_blank(*b))
            .unwrap_or(field.len());
        self.rest = &field[length..];
        Some(&field[..length])
    }

    /// The next field as a number; `None` at the end or if it is none. It is passed either way.
    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        let mut at = 0;
        while self.rest.get(at).copied().is_some_and(is_blank) {
            at += 1;
        }
        let start = at;
        let mut value: u64 = 0;
        let mut fits = true;
        while let Some(&byte) = self.rest.get(at) {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                if is_blank(byte) {
                    break;
                }
                fits = false;
            } else {
                // Nineteen digits always fit; longer ones are checked.
                match value
                    .checked_mul(10)
                    .and_then(|v| v.checked_add(u64::from(digit)))
                {
                    Some(next) => value = next,
                    None => fits = false,
                }
            }
            at += 1;
        }
        self.rest = &self.rest[at..];
        (fits && at > start).then_some(value)
    }

    /// Like [`Self::unsigned`], with a sign.
    pub(crate) fn signed(&mut self) -> Option<i64> {
        let field = self.text()?;
        match field.strip_prefix(b"-") {
            Some(digits) => 0_i64.checked_sub_unsigned(number(digits)?),
            None => i64::try_from(number(field)?).ok(),
        }
    }

    /// Passes `count` fields.
    pub(crate) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if self.text().is_none() {
                return;
            }
        }
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n')
}

/// All of `text` as a number.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let mut fields = Fields::new(text);
    let value = fields.unsigned()?;
    (fields.rest.is_empty() && text.first().is_some_and(u8::is_ascii_digit)).then_some(value)
}

/// Lines without their newline; a last line without one counts.
pub(crate) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = &rest[..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Fields, lines, number};

    #[test]
    fn a_bad_field_is_passed() {
        let mut fields = Fields::new(b"12 x3 -4  18446744073709551615 18446744073709551616 7\n");
        assert_eq!(fields.unsigned(), Some(12));
        assert_eq!(fields.unsigned(), None);
        assert_eq!(fields.signed(), Some(-4));
        assert_eq!(fields.unsigned(), Some(u64::MAX));
        assert_eq!(fields.unsigned(), None);
        assert_eq!(fields.unsigned(), Some(7));
        assert_eq!(fields.unsigned(), None);
    }

    #[test]
    fn only_digits_are_a_number() {
        for (text, expected) in [
            ("0", Some(0)),
            ("42", Some(42)),
            ("", None),
            (" 4", None),
            ("4 ", None),
            ("-4", None),
            ("4x", None),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn last_line_needs_no_newline() {
        assert_eq!(lines(b"a\n\nb").collect::<Vec<_>>(), [&b"a"[..], b"", b"b"]);
        assert_eq!(lines(b"a\n").count(), 1);
    }

    proptest! {
        #[test]
        fn numbers_come_back(values in prop::collection::vec(any::<i64>(), 0..20)) {
            let line = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let mut fields = Fields::new(line.as_bytes());
            for value in values {
                prop_assert_eq!(fields.signed(), Some(value));
            }
            prop_assert_eq!(fields.text(), None);
        }
    }
}
