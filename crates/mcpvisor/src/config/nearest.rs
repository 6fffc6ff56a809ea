//! The right spelling, if one is near.

/// Most edits for which two words are taken to be the same one.
const NEAR: usize = 3;

/// The fewest letters that say which word was begun.
const BEGUN: usize = 3;

/// The known word that is least edits away from the wrong one; none if it takes more than three
/// edits, or as many as would make any short word of another. Where it takes more than one, a word that
/// the wrong one begins goes first, if it is the only such.
pub(crate) fn nearest<'a>(
    wrong: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let known: Vec<&str> = known.into_iter().collect();
    let mut begun = known.iter().filter(|word| word.starts_with(wrong));
    let begun = match (wrong.len() >= BEGUN, begun.next(), begun.next()) {
        (true, Some(word), None) => Some(*word),
        _ => None,
    };
    let edits = known.iter().map(|word| (distance(wrong, word), *word));
    let near = edits.min();
    let near = near.filter(|&(edits, word)| edits <= NEAR && edits < word.len());
    match near {
        Some((0..=1, word)) => Some(word),
        near => begun.or(near.map(|(_, word)| word)),
    }
}

/// Edits between two words (Levenshtein): characters added, taken away or changed. Case and the
/// choice of `-` or `_` cost nothing.
fn distance(a: &str, b: &str) -> usize {
    let plain = |c: char| {
        if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        }
    };
    let b: Vec<char> = b.chars().map(plain).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().map(plain).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let changed = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far() {
        let known = [
            "never_touch",
            "grace",
            "kill_after",
            "raw",
            "server",
            "severity",
        ];
        for (wrong, right) in [
            ("never_tuch", Some("never_touch")),
            ("NeverTouch", Some("never_touch")),
            ("kill-after", Some("kill_after")),
            ("gracetime", None),
            ("neve", Some("never_touch")),
            ("sever", Some("server")),
            ("severi", Some("severity")),
            ("xyz", None),
        ] {
            assert_eq!(nearest(wrong, known), right, "{wrong}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
