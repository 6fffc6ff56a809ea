//! Whether a part is installed as its inputs say: a file next to it repeats their text.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The inputs of a part, against what it was last installed from.
#[derive(Debug)]
pub(crate) struct Stamp {
    file: PathBuf,
    wanted: String,
}

impl Stamp {
    /// Reads the inputs. `folder` is where the part goes; the stamp stands beside it, because an
    /// installer may empty the folder.
    pub(crate) fn new(folder: &Path, inputs: &[PathBuf]) -> Result<Self> {
        let mut wanted = String::new();
        for input in inputs {
            let text = fs::read_to_string(input)
                .with_context(|| format!("cannot read {}", input.display()))?;
            wanted.push_str(&text);
        }
        Ok(Self {
            file: folder.with_extension("stamp"),
            wanted,
        })
    }

    /// Whether the part was installed from these very inputs.
    pub(crate) fn agrees(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|installed| installed == self.wanted)
    }

    /// Notes that it is so now.
    pub(crate) fn set(&self) -> Result<()> {
        fs::write(&self.file, &self.wanted)
            .with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// Notes that it may be anything now: an installation is about to begin.
    pub(crate) fn clear(&self) -> Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("cannot remove {}", self.file.display()))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn agrees_until_an_input_changes_or_an_installation_begins() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (part, input) = (folder.join("part"), folder.join("lock"));
        fs::write(&input, "a = 1").unwrap();
        let inputs = [input.clone()];
        let stamp = Stamp::new(&part, &inputs).unwrap();
        stamp.clear().unwrap();
        assert!(!stamp.agrees());
        stamp.set().unwrap();
        assert!(Stamp::new(&part, &inputs).unwrap().agrees());
        fs::write(&input, "a = 2").unwrap();
        assert!(!Stamp::new(&part, &inputs).unwrap().agrees());
        stamp.clear().unwrap();
        assert!(!stamp.agrees());
        fs::remove_dir_all(&folder).unwrap();
    }
}
