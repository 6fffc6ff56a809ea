//! Byte ranges of a text that hold secrets, and the text with them masked.

use std::borrow::Cow;
use std::ops::Range;

use super::MASK;

/// Ranges as the readers found them: in any order, overlapping or not. Each starts and
/// ends at an ASCII byte or at an end of the text, so never within a character.
#[derive(Default)]
pub(super) struct Spans(Vec<Range<usize>>);

impl Spans {
    /// Notes a range; an empty one is nothing to hide.
    pub(super) fn add(&mut self, range: Range<usize>) {
        if !range.is_empty() {
            self.0.push(range);
        }
    }

    /// Notes ranges that were found in a part of the text, which starts at `offset`.
    pub(super) fn add_all(&mut self, found: Self, offset: usize) {
        let moved = found
            .0
            .into_iter()
            .map(|range| range.start + offset..range.end + offset);
        self.0.extend(moved);
    }

    /// The text with each range replaced by [`MASK`]; ranges that touch become one.
    /// Borrowed where nothing changes, also because all of it was masked before.
    pub(super) fn mask(mut self, text: &str) -> Cow<'_, str> {
        self.0.retain(|range| text.get(range.clone()) != Some(MASK));
        if self.0.is_empty() {
            return Cow::Borrowed(text);
        }
        self.0
            .sort_unstable_by_key(|range| (range.start, range.end));
        let mut shown = String::with_capacity(text.len());
        let mut end = 0;
        let mut masked = false;
        for range in &self.0 {
            if range.start > end || !masked {
                shown.push_str(text.get(end..range.start).unwrap_or_default());
                shown.push_str(MASK);
                masked = true;
                end = range.end;
            } else {
                end = end.max(range.end);
            }
        }
        shown.push_str(text.get(end..).unwrap_or_default());
        Cow::Owned(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::Spans;

    #[test]
    fn ranges_that_overlap_or_touch_are_one_mask() {
        let mut spans = Spans::default();
        for range in [8..9, 0..2, 2..4, 3..5, 6..6] {
            spans.add(range);
        }
        assert_eq!(spans.mask("0123456789"), "<redacted>567<redacted>9");
    }

    #[test]
    fn a_mask_is_not_masked_again() {
        let mut spans = Spans::default();
        spans.add(2..12);
        assert!(matches!(
            spans.mask("a=<redacted>"),
            std::borrow::Cow::Borrowed("a=<redacted>")
        ));
    }
}
