//! Texts of others, cut to what is kept of them.

/// Lines that are kept of a log or of evidence.
pub(crate) const MOST_LINES: usize = 20;
/// Characters that are kept of a line.
pub(crate) const LONGEST_LINE: usize = 400;
/// Names and processes that are kept of a list.
pub(crate) const MOST_NAMES: usize = 100;

/// A line with at most [`LONGEST_LINE`] characters; what is cut shows as `…`.
pub(crate) fn line(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(LONGEST_LINE) {
        let keep = text.char_indices().nth(LONGEST_LINE - 1);
        text.truncate(keep.map_or(at, |(at, _)| at));
        text.push('…');
    }
    text
}

/// The last lines, which say why something ended.
pub(crate) fn last_lines(mut lines: Vec<String>) -> Vec<String> {
    let from = lines.len().saturating_sub(MOST_LINES);
    lines.drain(..from);
    lines.into_iter().map(line).collect()
}

/// The first lines, which say what it is about.
pub(crate) fn first_lines(mut lines: Vec<String>) -> Vec<String> {
    lines.truncate(MOST_LINES);
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_characters() {
        assert_eq!(line("short".to_owned()), "short");
        let full = "ä".repeat(LONGEST_LINE);
        assert_eq!(line(full.clone()), full);
        let cut = line(format!("{full}ä"));
        assert_eq!(cut.chars().count(), LONGEST_LINE);
        assert!(cut.ends_with("ä…"));
    }

    #[test]
    fn the_first_or_the_last_stay() {
        let lines: Vec<String> = (0..50).map(|number| number.to_string()).collect();
        assert_eq!(
            last_lines(lines.clone()).first().map(String::as_str),
            Some("30")
        );
        assert_eq!(first_lines(lines).last().map(String::as_str), Some("19"));
        assert!(last_lines(Vec::new()).is_empty());
    }
}
