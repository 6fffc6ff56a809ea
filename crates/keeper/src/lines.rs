//! Bytes that come in pieces, as lines with a bound.

/// Puts pieces together to lines. What is longer than the bound is cut, and the rest of it skipped.
#[derive(Debug)]
pub(crate) struct Lines {
    begun: Vec<u8>,
    longest: usize,
    /// The rest of the line that is being read was too much.
    skips: bool,
}

/// A line, without its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Line<'l> {
    pub(crate) bytes: &'l [u8],
    /// It was longer.
    pub(crate) is_cut: bool,
}

impl Lines {
    pub(crate) fn new(longest: usize) -> Self {
        Self {
            begun: Vec::new(),
            longest,
            skips: false,
        }
    }

    /// Takes in a piece; `each` is given the lines that end in it.
    pub(crate) fn push(&mut self, piece: &[u8], mut each: impl FnMut(Line<'_>)) {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match part.split_last() {
                Some((b'\n', text)) => (text, true),
                _ => (part, false),
            };
            let room = self.longest.saturating_sub(self.begun.len());
            let taken = text.get(..room).unwrap_or(text);
            self.skips |= taken.len() < text.len();
            self.begun.extend_from_slice(taken);
            if ends {
                self.end(&mut each);
            }
        }
    }

    /// What was begun and never ended is a line too.
    pub(crate) fn finish(&mut self, mut each: impl FnMut(Line<'_>)) {
        if !self.begun.is_empty() {
            self.end(&mut each);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(Line<'_>)) {
        let bytes = self.begun.strip_suffix(b"\r").unwrap_or(&self.begun);
        each(Line {
            bytes,
            is_cut: self.skips,
        });
        self.begun.clear();
        self.skips = false;
        // One long line must not hold its memory for ever.
        self.begun.shrink_to(1024);
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    fn lines(longest: usize, pieces: &[&str]) -> Vec<(String, bool)> {
        let mut lines = Lines::new(longest);
        let mut found = Vec::new();
        let mut note = |line: super::Line<'_>| {
            found.push((
                String::from_utf8_lossy(line.bytes).into_owned(),
                line.is_cut,
            ));
        };
        for piece in pieces {
            lines.push(piece.as_bytes(), &mut note);
        }
        lines.finish(&mut note);
        found
    }

    #[test]
    fn pieces_become_lines() {
        let plain = |texts: &[&str]| -> Vec<(String, bool)> {
            texts
                .iter()
                .map(|text| ((*text).to_owned(), false))
                .collect()
        };
        assert_eq!(
            lines(9, &["a\nb", "c\r\n", "\nd"]),
            plain(&["a", "bc", "", "d"])
        );
        assert_eq!(lines(9, &["", "\n"]), plain(&[""]));
    }

    #[test]
    fn a_line_without_end_takes_no_more_than_its_bound() {
        let cut = vec![("abc".to_owned(), true), ("ef".to_owned(), false)];
        assert_eq!(lines(3, &["ab", "cd", "dd\nef"]), cut);
        assert_eq!(
            lines(3, &["abc\nef\n"]),
            vec![("abc".to_owned(), false), ("ef".to_owned(), false)]
        );
    }
}
