//! Unsafe code is possible in one crate only; all others forbid it, which no attribute can lift.

use super::Breach;
use super::tree::Tree;

const ATTRIBUTE: &str = "#![forbid(unsafe_code)]";

/// The one crate that makes kernel calls.
const EXCEPT: &str = "crates/linux/";

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    tree.rust()
        .filter(|file| is_crate_root(&file.path) && !file.path.starts_with(EXCEPT))
        .filter(|file| !file.text.lines().any(|line| line.trim() == ATTRIBUTE))
        .map(|file| Breach::of_file(&file.path, format!("a crate begins with `{ATTRIBUTE}`")))
        .collect()
}

/// A library, a program, or one of several programs.
fn is_crate_root(path: &str) -> bool {
    let Some((_, inside)) = path.split_once("/src/") else {
        return false;
    };
    match inside.strip_prefix("bin/") {
        None => matches!(inside, "lib.rs" | "main.rs"),
        Some(program) => !program.contains('/') || program.ends_with("/main.rs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_without_the_attribute() {
        let with = "//! Types.\n#![forbid(unsafe_code)]\n";
        let tree = Tree::of(&[
            ("crates/model/src/lib.rs", with),
            ("crates/model/src/units.rs", "//! Units.\n"),
            ("crates/linux/src/lib.rs", "//! Calls.\n"),
            (
                "crates/mcpvisor/src/main.rs",
                "//! Program.\n// #![forbid(unsafe_code)]\n",
            ),
            ("crates/testbed/src/bin/one.rs", "//! One.\n"),
            ("crates/testbed/src/bin/two/main.rs", "//! Two.\n"),
            ("crates/testbed/src/bin/two/part.rs", "//! Part.\n"),
            ("xtask/src/main.rs", with),
        ]);
        let files: Vec<String> = check(&tree).into_iter().map(|breach| breach.file).collect();
        assert_eq!(
            files,
            [
                "crates/mcpvisor/src/main.rs",
                "crates/testbed/src/bin/one.rs",
                "crates/testbed/src/bin/two/main.rs"
            ]
        );
    }
}
