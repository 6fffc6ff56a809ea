//! The program that the unit will start: where it is, and whether root may start it.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// It cannot be started by a service.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is not known where we are.
    #[error("cannot tell where this program is: {0}")]
    Unknown(std::io::Error),
    /// It was replaced while it ran.
    #[error("{} was replaced or removed while it ran: call the new one", .0.display())]
    Replaced(PathBuf),
    /// systemd reads UTF-8.
    #[error("{} is no UTF-8, which systemd needs: call it by another path", .0.display())]
    NoText(PathBuf),
    /// Who could change it would be root soon.
    #[error(
        "{} can be changed by user {owner} (mode {mode:03o}), who would become root by it: copy the \
         program to a place of root's, such as `install -m 755 {} /usr/local/bin/mcpvisor`, and call that \
         one; --force takes it as it is",
        .path.display(), .program.display()
    )]
    Writable {
        /// The program.
        program: PathBuf,
        /// The program, or a folder above it.
        path: PathBuf,
        /// User id.
        owner: u32,
        /// Permission bits.
        mode: u32,
    },
}

/// This very program.
pub fn ours() -> Result<String, ProgramError> {
    let path = std::env::current_exe().map_err(ProgramError::Unknown)?;
    if !path.exists() {
        return Err(ProgramError::Replaced(path));
    }
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(ProgramError::NoText(path)),
    }
}

/// Fails if somebody other than root could put another program there. `root` is its user id, but in
/// tests.
pub fn only_root_changes(program: &Path, root: u32) -> Result<(), ProgramError> {
    for path in program.ancestors() {
        let metadata = std::fs::metadata(path).map_err(ProgramError::Unknown)?;
        if metadata.uid() != root || metadata.mode() & 0o022 != 0 {
            return Err(ProgramError::Writable {
                program: program.to_owned(),
                path: path.to_owned(),
                owner: metadata.uid(),
                mode: metadata.mode() & 0o7777,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_program_in_a_folder_of_others_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("mcpvisor");
        std::fs::write(&program, "").unwrap();
        set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let own = rustix::process::geteuid().as_raw();
        let error = only_root_changes(&program, own).unwrap_err();
        assert!(
            matches!(&error, ProgramError::Writable { path, mode: 0o777, .. } if path == folder.path()),
            "{error}"
        );
        set_permissions(&program, Permissions::from_mode(0o775)).unwrap();
        let error = only_root_changes(&program, own).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("{} can be", program.display())),
            "{error}"
        );
        let error = only_root_changes(&program, own + 1).unwrap_err();
        assert!(matches!(error, ProgramError::Writable { .. }));
    }

    #[test]
    fn the_shell_is_roots() {
        only_root_changes(Path::new("/usr/bin/env"), 0).unwrap();
    }

    #[test]
    fn this_program_is_found() {
        assert!(Path::new(&ours().unwrap()).is_absolute());
    }
}
