//! The token in the file `token`: whoever can read it may do everything. It is made on first start, and
//! read again on reload, so replacing the file's content replaces the token.

use std::path::Path;

use super::AccessError;
use super::private_file;
use super::secret::{Hashed, new_secret};

/// The file's name in the state directory.
pub const TOKEN_FILE: &str = "token";

/// Shorter ones can be guessed.
const SHORTEST: usize = 32;
const LONGEST: u64 = 1024;

/// Reads the token, or makes one. Only its hash is kept.
pub(super) fn open(folder: &Path) -> Result<Hashed, AccessError> {
    let path = folder.join(TOKEN_FILE);
    let Some(bytes) = private_file::read(&path, LONGEST)? else {
        let token = new_secret().map_err(AccessError::Random)?;
        // The bare token, so that programs can use the file as it is.
        private_file::replace(&path, token.as_bytes())?;
        return Ok(Hashed::of(&token));
    };
    let text = String::from_utf8(bytes).unwrap_or_default();
    let token = text.trim();
    let fits = token.len() >= SHORTEST && token.bytes().all(|byte| byte.is_ascii_graphic());
    if fits {
        Ok(Hashed::of(token))
    } else {
        Err(AccessError::Token { path })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::fs;

    use super::*;

    #[test]
    fn it_is_made_once_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let made = open(folder.path()).unwrap();
        let token = fs::read_to_string(folder.path().join(TOKEN_FILE)).unwrap();
        assert_eq!(token.len(), 64);
        assert!(made.is(&Hashed::of(&token)));
        assert!(made.is(&open(folder.path()).unwrap()));
    }

    #[test]
    fn ones_own_token_may_end_with_a_new_line() {
        let folder = tempfile::tempdir().unwrap();
        let own = "correct-horse-battery-staple-2026";
        private_file::replace(
            &folder.path().join(TOKEN_FILE),
            format!("{own}\n").as_bytes(),
        )
        .unwrap();
        assert!(open(folder.path()).unwrap().is(&Hashed::of(own)));
    }

    #[test]
    fn what_is_no_token_is_refused_and_kept() {
        for text in ["", "short", &"two words ".repeat(5), &"é".repeat(32)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join(TOKEN_FILE);
            private_file::replace(&path, text.as_bytes()).unwrap();
            let message = open(folder.path()).err().unwrap().to_string();
            assert!(message.contains("at least 32"), "{message}");
            assert!(text.is_empty() || !message.contains(text), "{message}");
            assert_eq!(fs::read_to_string(path).unwrap(), text);
        }
    }
}
