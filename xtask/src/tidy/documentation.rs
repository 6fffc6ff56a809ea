//! Each source file begins by saying what it is responsible for.

use super::Breach;
use super::tree::Tree;

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    tree.rust()
        .filter(|file| file.path.contains("/src/"))
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| {
            let message = "begin with a `//!` comment: what this file is responsible for, and how";
            Breach::of_file(&file.path, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_its_first_words() {
        let tree = Tree::of(&[
            ("crates/model/src/lib.rs", "//! Types.\n"),
            ("crates/model/src/other.rs", "use std::fmt;\n"),
            ("crates/model/tests/it/main.rs", "mod a;\n"),
        ]);
        let breaches = check(&tree);
        assert_eq!(breaches.len(), 1);
        assert_eq!(breaches[0].file, "crates/model/src/other.rs");
    }
}
