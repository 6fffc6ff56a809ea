//! Secrets of receivers, and where they come from.
//!
//! A secret is read afresh for each delivery, so a file that is replaced takes effect at once. It is
//! shown by nothing: [`Secret`] has no `Display`, no `Serialize`, and its `Debug` is a mask.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

/// A secret is shorter than this, bytes; also its file.
const MOST_BYTES: u64 = 64 * 1024;

/// A text that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text that must not be shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with this secret masked wherever it stands in it: servers like to repeat what they were sent.
    pub(super) fn mask(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, model::redact::MASK)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(model::redact::MASK)
    }
}

/// Where a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// It is written in the configuration.
    Value(Secret),
    /// It is the only content of a file; white space at its end does not count.
    File(PathBuf),
    /// It is in this variable of the daemon's environment.
    Env(String),
}

/// A secret that cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The file cannot be opened or read.
    #[error("cannot read the secret in {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is a folder, a pipe or a device.
    #[error("{} is no regular file, so no secret is read from it", .0.display())]
    NoFile(PathBuf),
    /// Others may read or change it.
    #[error(
        "others may read or change the secret in {} (mode {mode:04o}, owner {owner}): \
         `chmod 600` it, and let it belong to who runs the daemon, or to root",
        path.display()
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
        /// The user it belongs to.
        owner: u32,
    },
    /// There is nothing in it, or far too much.
    #[error("the secret in {0} must be one line of text, neither empty nor longer than 64 KiB")]
    Unfit(String),
    /// The environment has no such variable.
    #[error("the environment has no variable {0}, from which a secret is to be read")]
    NoVariable(String),
}

impl SecretSource {
    /// Reads the secret.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let (text, place) = match self {
            Self::Value(secret) => (secret.0.clone(), "the configuration".to_owned()),
            Self::File(path) => (read_private(path)?, path.display().to_string()),
            Self::Env(name) => {
                let value = std::env::var(name);
                let value = value.map_err(|_| SecretError::NoVariable(name.clone()))?;
                (value, format!("the variable {name}"))
            }
        };
        let text = text.trim_end();
        // A control character in a header or a command would begin another one.
        let fits = !text.is_empty()
            && text.len() as u64 <= MOST_BYTES
            && !text.chars().any(char::is_control);
        if !fits {
            return Err(SecretError::Unfit(place));
        }
        Ok(Secret(text.to_owned()))
    }
}

/// The content of a file that only its owner may change, and only its owner may read. What belongs to root
/// may be readable by its group: root gave it that group, as service managers do for their services.
fn read_private(path: &Path) -> Result<String, SecretError> {
    let unreadable = |source| SecretError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // Without blocking: a pipe with nobody at its other end would hold up the receiver for ever.
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut options = File::options();
    options.read(true).custom_flags(flags.bits().cast_signed());
    let file = options.open(path).map_err(unreadable)?;
    let about = file.metadata().map_err(unreadable)?;
    if !about.is_file() {
        return Err(SecretError::NoFile(path.to_owned()));
    }
    let (owner, ours) = (about.uid(), rustix::process::geteuid().as_raw());
    let may_not = if owner == 0 { 0o027 } else { 0o077 };
    if about.mode() & may_not != 0 || (owner != 0 && owner != ours) {
        return Err(SecretError::Open {
            path: path.to_owned(),
            mode: about.mode() & 0o7777,
            owner,
        });
    }
    let mut text = String::new();
    let mut file = file.take(MOST_BYTES + 1);
    file.read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(folder: &Path, content: &str, mode: u32) -> SecretSource {
        let path = folder.join("secret");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        SecretSource::File(path)
    }

    #[test]
    fn a_private_file_is_read_afresh() {
        let folder = tempfile::tempdir().unwrap();
        let source = file(folder.path(), "first\n", 0o600);
        assert_eq!(source.read().unwrap().expose(), "first");
        let source_again = file(folder.path(), "second\r\n\n", 0o400);
        assert_eq!(source_again.read().unwrap().expose(), "second");
        assert_eq!(source.read().unwrap().expose(), "second");
    }

    #[test]
    fn what_others_may_read_or_change_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o604, 0o602, 0o620, 0o644, 0o666] {
            let error = file(folder.path(), "text", mode).read().unwrap_err();
            assert!(matches!(error, SecretError::Open { .. }), "{mode:o}");
            let message = error.to_string();
            assert!(message.contains(&format!("{mode:04o}")), "{message}");
            assert!(!message.contains("text"), "{message}");
        }
    }

    #[test]
    fn neither_folders_nor_nothing_nor_lines() {
        let folder = tempfile::tempdir().unwrap();
        let error = SecretSource::File(folder.path().to_owned()).read();
        assert!(matches!(error.unwrap_err(), SecretError::NoFile(_)));
        for content in ["", " \n", "a\nb", "a\u{1b}b"] {
            let error = file(folder.path(), content, 0o600).read().unwrap_err();
            assert!(matches!(error, SecretError::Unfit(_)), "{content:?}");
        }
        let long = "x".repeat(70_000);
        let error = file(folder.path(), &long, 0o600).read().unwrap_err();
        assert!(matches!(error, SecretError::Unfit(_)));
        let error = SecretSource::Env("MCPVISOR_NO_SUCH_VARIABLE".to_owned()).read();
        assert!(error.unwrap_err().to_string().contains("NO_SUCH"));
    }

    #[test]
    fn it_never_shows_itself() {
        let secret = Secret::new("hunter2");
        let source = SecretSource::Value(secret.clone());
        assert!(!format!("{secret:?} {source:?}").contains("hunter2"));
        assert_eq!(secret.mask("I know hunter2!"), "I know <redacted>!");
        assert_eq!(Secret::new("").mask("as it is"), "as it is");
    }
}
