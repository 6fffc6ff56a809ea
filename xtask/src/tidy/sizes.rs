//! Files small enough to hold one idea: the median near 130 lines, 95 of 100 under 500, none over 800.

use super::Breach;
use super::tree::Tree;

/// No file that a person wrote is longer, in lines.
const LONGEST: usize = 800;

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    let too_long = tree.rust().map(|file| (file, file.text.lines().count()));
    too_long
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(file, lines)| {
            let message = format!("{lines} lines; split it by concept, {LONGEST} are the most");
            Breach::of_file(&file.path, message)
        })
        .collect()
}

/// One line about the sizes of all Rust files that are not tests.
pub(crate) fn report(tree: &Tree) -> String {
    let shipped = tree.rust().filter(|file| file.path.contains("/src/"));
    let mut sizes: Vec<usize> = shipped.map(|file| file.text.lines().count()).collect();
    sizes.sort_unstable();
    let quantile = |percent: usize| {
        let last = sizes.len().saturating_sub(1);
        sizes.get(last * percent / 100).copied().unwrap_or(0)
    };
    format!(
        "{} source files, {} lines: median {}, 95 % under {}, longest {}",
        sizes.len(),
        sizes.iter().sum::<usize>(),
        quantile(50),
        quantile(95) + 1,
        quantile(100)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_long() {
        let (long, full) = ("\n".repeat(LONGEST + 1), "\n".repeat(LONGEST));
        let tree = Tree::of(&[
            ("crates/model/src/a.rs", &long),
            ("crates/model/src/b.rs", &full),
            ("docs/long.md", &long),
        ]);
        let breaches = check(&tree);
        assert_eq!(breaches.len(), 1);
        assert!(breaches[0].message.starts_with("801 lines"));
    }

    #[test]
    fn the_report_counts_what_is_shipped() {
        let tree = Tree::of(&[
            ("crates/model/src/a.rs", "1\n2\n3\n"),
            ("crates/model/src/b.rs", "1\n"),
            ("crates/model/src/c.rs", "1\n2\n"),
            ("crates/model/tests/it/main.rs", "1\n2\n3\n4\n5\n"),
        ]);
        assert_eq!(
            report(&tree),
            "3 source files, 6 lines: median 2, 95 % under 3, longest 3"
        );
        assert!(report(&Tree::of(&[])).starts_with("0 source files"));
    }
}
