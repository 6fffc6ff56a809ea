//! Reading the configurations of clients and gateways.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod files;
mod hostile;
mod samples;

use std::path::Path;

use inventory::declared::{Declared, Home, LocalFiles, Variables, discover};

/// What a home folder declares to a user without special variables.
fn declared_in(home: &Path) -> Declared {
    discover(&home_at(home), &[], &[], &LocalFiles)
}

/// A home folder, with the system's folders in `root` beside it.
fn home_at(folder: &Path) -> Home {
    let env = Variables::from_iter([("PACKAGES", "/opt/packages")]);
    let root = folder.parent().unwrap().join("root");
    Home {
        root,
        ..Home::new(folder, env)
    }
}

/// Writes a file and the folders above it.
fn write(path: &Path, contents: impl AsRef<[u8]>) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, contents).unwrap();
}
