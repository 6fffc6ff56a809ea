//! Where the configuration is, whether it may be trusted, and whether it has changed.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::problem::Problems;
use super::{Config, parse};
use crate::exit::{self, Failure};

/// Longest configuration that is read, bytes.
const CAP: u64 = 1 << 20;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the configuration {} {why}", .path.display())]
pub struct Fault {
    /// The file.
    pub path: PathBuf,
    /// What is the matter with it.
    pub why: Why,
}

/// What is the matter with a file.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// It is missing or refused.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It is a folder, a pipe or the like, or huge.
    #[error("is no regular file of at most {CAP} bytes")]
    NoFile,
    /// Others could change it.
    #[error(
        "can be written to by others (mode {mode:03o}); take that right away with `chmod go-w`"
    )]
    Writable {
        /// Permission bits.
        mode: u32,
    },
    /// Somebody else could change it.
    #[error("belongs to user {owner}, neither to you nor to root")]
    Foreign {
        /// User id.
        owner: u32,
    },
    /// It is no UTF-8.
    #[error("is no text in UTF-8 (byte {at} of it)")]
    NoText {
        /// First wrong byte, from 0.
        at: usize,
    },
    /// What is written in it is wrong.
    #[error("{0}")]
    Wrong(Problems),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let code = match fault.why {
            Why::Unreadable(_) => exit::NO_INPUT,
            _ => exit::CONFIG,
        };
        Self::new(code, fault.to_string())
    }
}

/// A configuration and where it came from.
#[derive(Debug)]
pub struct Loaded {
    /// The values in force.
    pub config: Config,
    /// Their source, to read it again.
    pub source: Source,
}

/// The file of a configuration, which need not exist unless it was named.
#[derive(Clone, Debug)]
pub struct Source {
    path: Option<PathBuf>,
    /// It was named on the command line.
    named: bool,
    /// The file that was last read, or last seen by [`Source::has_changed`].
    used: Option<Stamp>,
    /// The file at the last look, while it changes.
    looked: Option<Stamp>,
}

/// What tells one content of a file from another without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Reads the configuration: the file that was named, else the usual one if it exists.
pub fn load(named: Option<&Path>) -> Result<Config, Failure> {
    open(named).map(|loaded| loaded.config)
}

/// As [`load`], and remembers the file.
pub fn open(named: Option<&Path>) -> Result<Loaded, Failure> {
    Ok(open_or_fault(named)?)
}

/// As [`open`], with the fault itself, for whoever tells it in another form.
pub fn open_or_fault(named: Option<&Path>) -> Result<Loaded, Fault> {
    let mut source = Source {
        // The working directory may be another when it is read again.
        path: named.map_or_else(usual, |path| std::path::absolute(path).ok()),
        named: named.is_some(),
        used: None,
        looked: None,
    };
    let config = source.read()?;
    Ok(Loaded { config, source })
}

impl Source {
    /// The file, whether it exists or not; `None` where neither `XDG_CONFIG_HOME` nor `HOME` says
    /// where it would be.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Was there a file when it was last read or looked at?
    pub fn exists(&self) -> bool {
        self.used.is_some()
    }

    /// Reads it, again. Without a file the defaults are in force, unless it was named.
    pub fn read(&mut self) -> Result<Config, Fault> {
        let Some(path) = &self.path else {
            return Ok(Config::default());
        };
        self.used = Stamp::of(path);
        self.looked = self.used;
        let read = read(path).and_then(|(stamp, text)| {
            // The stamp of what was read, should it have been replaced in between.
            self.used = Some(stamp);
            self.looked = self.used;
            parse(&text, path.parent().unwrap_or(Path::new("/"))).map_err(Why::Wrong)
        });
        match read {
            Err(Why::Unreadable(error))
                if error.kind() == std::io::ErrorKind::NotFound && !self.named =>
            {
                Ok(Config::default())
            }
            other => other.map_err(|why| Fault {
                path: path.clone(),
                why,
            }),
        }
    }

    /// Has it changed since it was last read? Says so once a change, and not before it was the same
    /// at two looks: an editor may be half-way through writing it.
    pub fn has_changed(&mut self) -> bool {
        let now = self.path.as_deref().and_then(Stamp::of);
        let rests = now == self.looked;
        self.looked = now;
        let changed = rests && now != self.used;
        if changed {
            self.used = now;
        }
        changed
    }
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        std::fs::metadata(path)
            .ok()
            .map(|metadata| Self::from(&metadata))
    }
}

impl From<&std::fs::Metadata> for Stamp {
    fn from(metadata: &std::fs::Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// Reads a file that nobody else can have written.
fn read(path: &Path) -> Result<(Stamp, String), Why> {
    let mut file = File::options()
        .read(true)
        // A pipe in its place must not hold us up.
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)
        .map_err(Why::Unreadable)?;
    let metadata = file.metadata().map_err(Why::Unreadable)?;
    if !metadata.is_file() || metadata.len() > CAP {
        return Err(Why::NoFile);
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(Why::Writable {
            mode: metadata.mode() & 0o777,
        });
    }
    let owner = metadata.uid();
    if owner != rustix::process::geteuid().as_raw() && owner != 0 {
        return Err(Why::Foreign { owner });
    }
    let mut bytes = Vec::new();
    file.by_ref()
        .take(CAP + 1)
        .read_to_end(&mut bytes)
        .map_err(Why::Unreadable)?;
    if bytes.len() as u64 > CAP {
        return Err(Why::NoFile);
    }
    let text = String::from_utf8(bytes).map_err(|error| Why::NoText {
        at: error.utf8_error().valid_up_to(),
    })?;
    Ok((Stamp::from(&metadata), text))
}

/// The usual place: `$XDG_CONFIG_HOME/mcpvisor/mcpvisor.toml`, else in `~/.config`.
pub fn usual() -> Option<PathBuf> {
    let folder = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|folder| folder.is_absolute())
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")))?;
    Some(folder.join("mcpvisor/mcpvisor.toml"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use crate::config::Span;

    fn interval(config: &Config) -> Span {
        config.daemon.interval
    }

    #[test]
    fn a_change_is_told_once_and_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcpvisor.toml");
        std::fs::write(&path, "[daemon]\ninterval = \"2s\"\n").unwrap();
        let Loaded { config, mut source } = open(Some(&path)).unwrap();
        assert_eq!(interval(&config), Span::seconds(2));
        assert!(!source.has_changed());
        std::fs::write(&path, "[daemon]\ninterval = \"10s\"\n").unwrap();
        assert!(!source.has_changed(), "it may still be written");
        assert!(source.has_changed());
        assert!(!source.has_changed());
        assert_eq!(interval(&source.read().unwrap()), Span::seconds(10));

        std::fs::write(&path, "[daemon]\ninterval = \"10\n").unwrap();
        assert_eq!((source.has_changed(), source.has_changed()), (false, true));
        assert!(source.read().is_err());
        assert_eq!(
            (source.has_changed(), source.has_changed()),
            (false, false),
            "a bad file is told once"
        );

        std::fs::remove_file(&path).unwrap();
        assert_eq!((source.has_changed(), source.has_changed()), (false, true));
        let fault = source.read().unwrap_err().to_string();
        assert!(fault.contains("cannot be read"), "{fault}");
    }

    #[test]
    fn a_pipe_a_folder_and_what_is_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mcpvisor.toml");
        let said = |path: &Path| open(Some(path)).unwrap_err();
        assert!(said(folder.path()).message.contains("no regular file"));
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert!(said(&path).message.contains("no regular file"));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, b"[clean]\n\xff\n").unwrap();
        assert!(said(&path).message.contains("byte 8"), "{:?}", said(&path));
        assert_eq!(said(&path).code, exit::CONFIG);
    }
}
