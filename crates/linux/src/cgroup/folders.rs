//! The two calls by which a group comes and goes. Tests fill the folders that they make: there the
//! kernel would put its files.

use std::path::Path;

use rustix::{
    fs::{AtFlags, CWD, Mode, mkdir, unlinkat},
    io::Errno,
};

pub(super) trait Folders {
    fn make(&mut self, folder: &Path) -> Result<(), Errno>;
    fn remove(&mut self, folder: &Path) -> Result<(), Errno>;
}

/// The kernel's own.
pub(super) struct System;

impl Folders for System {
    fn make(&mut self, folder: &Path) -> Result<(), Errno> {
        mkdir(folder, Mode::from_raw_mode(0o755))
    }

    fn remove(&mut self, folder: &Path) -> Result<(), Errno> {
        // Files of a group vanish with it.
        unlinkat(CWD, folder, AtFlags::REMOVEDIR)
    }
}
