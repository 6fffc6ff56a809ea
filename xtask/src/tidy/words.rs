//! Words that stand for work not done. They are put together here so that this file passes its own
//! rule.

use super::Breach;
use super::tree::Tree;

/// A text and what to do instead.
const FORBIDDEN: [(&str, &str); 6] = [
    (concat!("to", "do!("), "finish it or leave it out"),
    (concat!("unimple", "mented!("), "finish it or leave it out"),
    (
        concat!("#[ign", "ore]"),
        "a test that never runs tests nothing; give a reason, or remove it",
    ),
    (concat!("TO", "DO"), "finish it or open an issue"),
    (concat!("FIX", "ME"), "mend it or open an issue"),
    (concat!("#[allow(dead", "_code"), "remove what nobody uses"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.rust() {
        for (index, line) in file.text.lines().enumerate() {
            for (word, advice) in FORBIDDEN {
                if line.contains(word) {
                    let message = format!("`{word}`: {advice}");
                    breaches.push(Breach::of_line(&file.path, index + 1, message));
                }
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_work() {
        for (word, _) in FORBIDDEN {
            let source = format!("//! A file.\nfn f() {{\n    {word}\n}}\n");
            let breaches = check(&Tree::of(&[("crates/model/src/a.rs", &source)]));
            assert_eq!(breaches.len(), 1, "{word}");
            assert_eq!(breaches[0].line, Some(3));
        }
    }

    #[test]
    fn an_ignored_test_with_a_reason_passes() {
        let source = concat!("//! A file.\n#[ign", "ore = \"needs a kernel of 6.9\"]\n");
        assert!(check(&Tree::of(&[("crates/model/src/a.rs", source)])).is_empty());
    }
}
