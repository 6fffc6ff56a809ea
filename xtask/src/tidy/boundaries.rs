//! What a crate may not do, as far as its text shows it: `model` reads no file and no clock,
//! `inventory` and `analysis` only think.

use super::Breach;
use super::tree::{Tree, shipped_lines};

/// A folder, a text that may not stand in it, and why.
const BOUNDARIES: [(&str, &str, &str); 11] = [
    ("crates/model/src/", "std::fs", PURE),
    ("crates/model/src/", "std::net", PURE),
    ("crates/model/src/", "std::process", PURE),
    ("crates/model/src/", "::now()", PURE),
    ("crates/analysis/src/", "std::fs", PURE),
    ("crates/analysis/src/", "std::net", PURE),
    ("crates/analysis/src/", "::now()", PURE),
    ("crates/inventory/src/", "::now()", "clocks are passed in"),
    ("crates/inventory/src/", "kill_process", PLANS),
    ("crates/inventory/src/", "pidfd_send_signal", PLANS),
    ("crates/inventory/src/", "Command::new", PLANS),
];

const PURE: &str = "this crate does no I/O and reads no clock: the caller passes in what it needs";

const PLANS: &str = "this crate makes plans; signals are sent and programs started in `linux`";

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (folder, text, reason) in BOUNDARIES {
        let shipped = |path: &str| path.starts_with(folder) && !path.contains("/tests");
        for file in tree.rust().filter(|file| shipped(&file.path)) {
            for (number, line) in shipped_lines(&file.text) {
                let is_comment = line.trim_start().starts_with("//");
                if !is_comment && line.contains(text) {
                    let message = format!("`{text}`: {reason}");
                    breaches.push(Breach::of_line(&file.path, number, message));
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
    fn a_clock_in_the_model() {
        let source = "//! Types.\nfn f() {\n    let now = Timestamp::now();\n}\n";
        let breaches = check(&Tree::of(&[("crates/model/src/time.rs", source)]));
        assert_eq!(breaches.len(), 1);
        assert_eq!(breaches[0].line, Some(3));
    }

    #[test]
    fn comments_unit_tests_and_other_crates_are_free() {
        let commented = "//! Never `Timestamp::now()`.\n";
        let tested = "//! Types.\n#[cfg(test)]\nmod tests { fn f() { T::now(); } }\n";
        let elsewhere = "//! Clock.\nfn f() { T::now(); }\n";
        let tree = Tree::of(&[
            ("crates/model/src/a.rs", commented),
            ("crates/model/src/b.rs", tested),
            ("crates/model/src/c/tests.rs", elsewhere),
            ("crates/mcpvisor/src/clock.rs", elsewhere),
        ]);
        assert!(check(&tree).is_empty());
    }
}
