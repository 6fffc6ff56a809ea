//! No path of the machine that a file was written on: samples and examples use made-up places, so that
//! they mean the same everywhere and tell nobody's name.

use std::path::Path;

use super::Breach;
use super::tree::Tree;
use crate::repository;

/// A folder of build machines that no example needs; written in two parts for this very rule.
const BUILD_FOLDER: &str = concat!("/wo", "rk/");

pub(crate) fn check(tree: &Tree) -> Vec<Breach> {
    check_for(tree, repository::root(), std::env::home_dir().as_deref())
}

fn check_for(tree: &Tree, checkout: &Path, home: Option<&Path>) -> Vec<Breach> {
    let mut private = vec![BUILD_FOLDER.to_owned()];
    // Short ones, such as /root or /app, are the same on many machines, and good examples.
    let own = home
        .into_iter()
        .chain([checkout])
        .filter(|path| path.components().count() > 2);
    private.extend(own.map(|path| path.display().to_string()));
    let mut breaches = Vec::new();
    for file in tree.files() {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(path) = private.iter().find(|path| starts_a_path(line, path)) {
                let message = format!(
                    "`{path}` is a path of one machine; use a made-up one, such as /home/ada or /srv/demo"
                );
                breaches.push(Breach::of_line(&file.path, index + 1, message));
            }
        }
    }
    breaches
}

/// Whether the line holds this path from its root on, not as the end of a longer one: `~/..`,
/// `$HOME/..`, `[tmp]/..`.
fn starts_a_path(line: &str, path: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "/._-~}>])".contains(c);
    line.match_indices(path)
        .any(|(at, _)| !line[..at].chars().next_back().is_some_and(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaks(line: &str) -> bool {
        let tree = Tree::of(&[("docs/example.md", line)]);
        let home = Path::new("/export/people/jo");
        !check_for(&tree, Path::new("/build/checkout"), Some(home)).is_empty()
    }

    #[test]
    fn paths_of_one_machine() {
        assert!(breaks("see /build/checkout/target"));
        assert!(breaks("HOME=/export/people/jo"));
        assert!(breaks(concat!("cd /wo", "rk/project")));
    }

    #[test]
    fn paths_of_any_machine() {
        for line in [
            "/home/ada/code and /Users/alice/Library and /home/ada/work/x",
            "~/work/project and $HOME/work/x and [tmp]/work/x",
            "https://example.org/work/it",
            "/root/.claude.json",
        ] {
            assert!(!breaks(line), "{line}");
        }
    }

    #[test]
    fn the_home_of_root_is_no_secret() {
        let tree = Tree::of(&[("a", "/root/.config")]);
        let home = Some(Path::new("/root"));
        assert!(check_for(&tree, Path::new("/build/checkout"), home).is_empty());
    }
}
